/* analyse/paths.h - the shortest way from a root to an object, told as Python. */
#ifndef HF_ANALYSE_PATHS_H
#define HF_ANALYSE_PATHS_H

#include "base/buf.h"
#include "graph/graph.h"

#define HF_PATH_HELD_BY_C "held by C" /* begins the text of what C code alone has references to */

typedef struct hf_path_step {
    uint32_t object; /* who is reached by this step */
    uint64_t edge;   /* row of the edge from the step before; UINT64_MAX for the root step */
} hf_path_step;

typedef struct hf_path {
    uint32_t root;  /* row in roots, or UINT32_MAX: reached by no root */
    bool held_by_c; /* ... but by C code, which has references to the first object */
    hf_path_step *steps;
    size_t count;
    /* from this step on an entry stands for all of its collection: `lists[*]`; 0: none does */
    size_t any_from;
} hf_path;

/* Shortest paths from the roots to all objects at once: one predecessor an object. Kinds of roots
 * are tried in their order of preference, and within a kind the shortest path wins. */
typedef struct hf_path_tree hf_path_tree;

hf_err *hf_path_tree_build(hf_graph *g, hf_path_tree **ret);

/* Bits by number of what no path may use, and of roots from which one is told only where none leads
 * from the others (but for the data of binaries); a NULL set is empty. */
typedef struct hf_path_limits {
    const uint64_t *edges, *roots, *objects;
    const uint64_t *late_roots;
} hf_path_limits;

hf_err *hf_path_tree_build_within(hf_graph *g, const hf_path_limits *limits, hf_path_tree **ret);
void hf_path_tree_free(hf_path_tree *t);

/* The same, kept with the graph, for whoever asks again: 8 bytes an object. Who asks first says
 * which roots come late, or NULL. *ret is the graph's. */
hf_err *hf_path_tree_of(hf_graph *g, const uint64_t *late_roots, const hf_path_tree **ret);

/* The caller releases *ret with hf_path_deinit(). */
hf_err *hf_path_to(const hf_path_tree *t, uint32_t object, hf_path *ret);
void hf_path_deinit(hf_path *p);

/* Appends `module shop.pricing._quotes['sku-1', 3].lines[0]`: instance and module dicts are seen
 * through, keys are written with their values ("[…]" where the snapshot has none). */
hf_err *hf_path_text(hf_graph *g, const hf_path *p, hf_buf *out);

/* The same for people: of more than eight steps that are alike, as the links of a chain are, the
 * first two (`head.next.next<+297 like this>.value`). */
hf_err *hf_path_text_folded(hf_graph *g, const hf_path *p, hf_buf *out);

/* Appends a key of a dict as a path shows it, `'sku-1'` or `('a', 3)`; false, and nothing, where
 * its value is not known. */
bool hf_path_key(hf_graph *g, uint32_t key, hf_buf *out);

#endif
