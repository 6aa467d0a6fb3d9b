/* analyse/path_home.h - which module a global is told from, where several have it.
 *
 * `from shop.pricing import _quotes` makes all ways to one object equally long, but only one leads
 * to where the reader has to look. Nothing in a heap says which module made a global, so that what
 * it can have been made by decides: its class, or the functions that use it by that name. */
#ifndef HF_ANALYSE_PATH_HOME_H
#define HF_ANALYSE_PATH_HOME_H

#include "graph/graph.h"

#define HF_PATH_ROOT (1ULL << 63)

/* How each object is reached. */
typedef struct hf_path_reached {
    uint64_t *by;              /* by object: the last edge, or HF_PATH_ROOT | row of its root */
    const uint32_t *distance;  /* by object, in steps from the root */
    const uint64_t *cut_edges; /* a bit each: not to be used; may be NULL */
} hf_path_reached;

/* Changes `by` of globals that another module has under a name as well, and made. Ways get no
 * longer by that. False when out of memory. */
bool hf_path_find_homes(const hf_graph *g, const hf_path_reached *reached);

/* The name space of a module, or HF_NO_OBJECT. */
uint32_t hf_path_name_space(const hf_graph *g, uint32_t module);

#endif
