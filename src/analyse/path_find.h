/* analyse/path_find.h - from a path as it is written to the references that it names.
 *
 * The notation is that of hf_path_text(), and is understood by writing it: from each object the
 * edges are followed whose text is what comes next. So whatever is printed can be asked for. A path
 * may also begin with the address of an object: 0x7f31c2a41b80.lines[0], and leave out the word
 * "module". One path can name several
 * references: {…} stands for any member of a set, [*] for any entry of a list, tuple or dict, and a
 * long key is cut. */
#ifndef HF_ANALYSE_PATH_FIND_H
#define HF_ANALYSE_PATH_FIND_H

#include "base/err.h"
#include "graph/graph.h"

/* One reference that a path ends with: an edge, or where it has no steps a root; the address of an
 * object alone names neither, but the object. */
typedef struct hf_found {
    uint32_t object; /* where the path leads */
    uint64_t edge;   /* UINT64_MAX: none */
    uint32_t root;   /* UINT32_MAX: none */
} hf_found;

typedef struct hf_found_list {
    hf_found *rows;
    size_t count, capacity;
} hf_found_list;

/* HF_ERR_NOT_FOUND says how far the path leads and what there is instead. */
hf_err *hf_path_find(hf_graph *g, const char *path, hf_found_list *ret);
void hf_found_list_deinit(hf_found_list *l);

#endif
