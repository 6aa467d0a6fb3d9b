/* analyse/path_writer.h - the notation of paths, step by step: for who writes one (path_text.c) and
 * who looks for the objects that one names (path_find.c). */
#ifndef HF_ANALYSE_PATH_WRITER_H
#define HF_ANALYSE_PATH_WRITER_H

#include "base/buf.h"
#include "graph/graph.h"

typedef struct hf_path_writer {
    hf_graph *g;
    hf_buf *out;
    bool in_dict;  /* `.__dict__` is due: an attribute may take its place */
    bool in_local; /* within a thread-local object, before the dict of one thread */
    bool in_closure;
    bool any;          /* an entry is written as all of its collection: [*] */
    uint32_t function; /* whose `.__closure__` is due: the name of a variable may take its place;
                          HF_NO_OBJECT: of none */
} hf_path_writer;

/* What stands before the steps; more: there are steps. */
void hf_path_write_root(hf_path_writer *w, const hf_root *root, bool more);

/* The same for what C code alone has references to. */
void hf_path_write_held_by_c(hf_path_writer *w, uint32_t object);

/* Appends what an edge of `source` adds, which may be nothing yet. */
void hf_path_write_step(hf_path_writer *w, uint32_t source, uint64_t edge);

/* Appends what is still due behind the last step. */
void hf_path_write_end(hf_path_writer *w);

#endif
