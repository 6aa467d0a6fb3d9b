/* analyse/what_if.h - what would be freed if references were cut, exactly: everything that the
 * roots and C code reach now, without what they reach afterwards. */
#ifndef HF_ANALYSE_WHAT_IF_H
#define HF_ANALYSE_WHAT_IF_H

#include "analyse/histogram.h"
#include "analyse/path_find.h"

/* What is cut; bits by number. */
typedef struct hf_cuts {
    uint64_t *edges, *roots;
    uint64_t *objects; /* that are gone with all references to them */
    uint64_t edge_count, root_count, object_count;
} hf_cuts;

hf_err *hf_cuts_init(const hf_graph *g, hf_cuts *ret);
void hf_cuts_deinit(hf_cuts *c);

/* One reference; an object where it is neither edge nor root. */
void hf_cuts_add(hf_cuts *c, const hf_found *found);

/* All objects of types that the filter accepts. */
void hf_cuts_add_types(const hf_graph *g, hf_cuts *c, const hf_filter *filter);

typedef struct hf_what_if {
    uint8_t *freed; /* by object */
    uint64_t objects, bytes;
    uint64_t held_by_c; /* of these, objects with references that nothing in the heap accounts
                           for: they may stay, and what they hold */
    hf_histogram types;
} hf_what_if;

/* The graph gets its reverse edges. */
hf_err *hf_what_if_compute(hf_graph *g, const hf_cuts *cuts, hf_what_if *ret);
void hf_what_if_deinit(hf_what_if *w);

/* A shortest path from a root to the object that avoids the cuts, in Python notation; *ret is ""
 * where there is none. On the way its last reference is added to `avoided`, which has the cuts and
 * what earlier calls added, so that the next call tells another one. The caller frees *ret. */
hf_err *hf_what_if_other_path(hf_graph *g, hf_cuts *avoided, uint32_t object, char **ret);

#endif
