/* present/cli/looked.h - a graph and what is computed of all of it, for the commands
 * that need it. */
#ifndef HF_PRESENT_CLI_LOOKED_H
#define HF_PRESENT_CLI_LOOKED_H

#include "analyse/dominators.h"
#include "analyse/paths.h"
#include "present/cli/session.h"

typedef struct hf_looked {
    hf_graph *graph;
    hf_dominators *dominators;
    hf_path_tree *tree;
    uint64_t heap_bytes; /* block + external of all objects */
} hf_looked;

/* The graph of the first operand, its dominators and its paths, with progress shown. */
hf_err *hf_look(hf_session *s, hf_looked *ret);
void hf_looked_deinit(hf_looked *l);

/* Texts that rows of a report borrow. Owns each of them and the array. */
typedef struct hf_texts {
    char **text;
    size_t count;
} hf_texts;

void hf_texts_deinit(hf_texts *t);

#endif
