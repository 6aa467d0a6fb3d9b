/* present/show_what_if.h - what would be freed if references were cut. */
#ifndef HF_PRESENT_SHOW_WHAT_IF_H
#define HF_PRESENT_SHOW_WHAT_IF_H

#include "analyse/what_if.h"
#include "present/json.h"
#include "present/text.h"

enum { HF_OTHER_PATHS = 3 };

/* One --cut or --cut-type. */
typedef struct hf_cut_row {
    const char *asked;            /* the path, or the pattern of types */
    uint64_t references;          /* edges and roots, or objects, that it names */
    uint32_t object;              /* where it leads; of several the first; HF_NO_OBJECT for types */
    uint64_t freed;               /* of the objects that it leads to */
    char *others[HF_OTHER_PATHS]; /* what else holds `object` after all the cuts; NULL: nothing */
} hf_cut_row;

typedef struct hf_what_if_view {
    hf_graph *graph;
    const hf_what_if *result;
    const hf_cut_row *rows;
    size_t count;
    uint64_t heap_bytes, top;
} hf_what_if_view;

void hf_show_what_if_text(hf_text *t, const hf_what_if_view *view);
void hf_show_what_if_json(hf_json *j, const hf_what_if_view *view);

#endif
