/* analyse/dominators.h - who alone keeps what alive.
 *
 * Object d dominates o when every chain of strong references from the roots to o goes through d:
 * were d gone, o would be. The immediate dominators form a tree; the retained size of d is what
 * its subtree takes. Computed with semi-NCA (Georgiadis 2005), exact also through cycles.
 *
 * Objects that no root reaches hang below one of two virtual holders: those with references that
 * no object of the heap accounts for are `held by C`, the others are garbage that waits for the
 * collector. */
#ifndef HF_ANALYSE_DOMINATORS_H
#define HF_ANALYSE_DOMINATORS_H

#include "base/cleanup.h"
#include "graph/graph.h"

typedef enum hf_reach {
    HF_REACH_ROOT,    /* from a root */
    HF_REACH_C,       /* only from an object with references that nobody accounts for */
    HF_REACH_GARBAGE, /* from nowhere: cyclic garbage, or held by it */
} hf_reach;

#define HF_DOMINATED_BY_ROOT (UINT32_MAX - 1) /* no single object dominates it */

typedef struct hf_dominators {
    uint32_t count;
    uint32_t *parent;   /* immediate dominator, or HF_DOMINATED_BY_ROOT */
    uint64_t *retained; /* bytes (block + external) of the subtree */
    uint8_t *reach;     /* hf_reach */
    uint32_t *order; /* all objects, each behind what dominates it; of the same block as parent */
    uint64_t garbage_bytes, garbage_objects, c_held_bytes, c_held_objects;
} hf_dominators;

/* Whether the holder is the object, or dominates it within so many levels as a suspect is away from
 * what holds it. */
static inline bool hf_dominates(const hf_dominators *d, uint32_t holder, uint32_t object)
{
    enum { LEVELS = 64 };
    for (int level = 0; level < LEVELS && object < d->count; level++) {
        if (object == holder)
            return true;
        object = d->parent[object];
    }
    return false;
}

/* The caller owns *ret. Needs 24 bytes an object beside the graph while it runs, and 4 for
 * each that is garbage. */
hf_err *hf_dominators_compute(hf_graph *g, hf_dominators **ret);
void hf_dominators_free(hf_dominators *d);
HF_RELEASE_BY(hf_dominators, hf_dominators_free)

/* The same, kept with the graph, for whoever asks again: 17 bytes an object. *ret is
 * the graph's. */
hf_err *hf_dominators_of(hf_graph *g, const hf_dominators **ret);

#endif
