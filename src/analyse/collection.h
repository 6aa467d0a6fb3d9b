/* analyse/collection.h - what a collection would free, predicted without running one.
 *
 * The collector's own algorithm on the graph (Modules/gcmodule.c, deduce_unreachable()): from
 * the reference count of each object on its lists the references are subtracted that come from
 * such objects; where some are left, somebody outside holds it; what those lead to lives, the
 * others do not. Then what these free is taken away as reference counting would. Roots play no
 * part, as they play none for the collector; only of free-threaded builds, whose stacks may
 * refer without counting, what running calls hold is added. Objects in the permanent generation
 * (gc.freeze) are never collected. */
#ifndef HF_ANALYSE_COLLECTION_H
#define HF_ANALYSE_COLLECTION_H

#include "graph/graph.h"

typedef enum hf_fate {
    HF_FATE_STAYS,
    HF_FATE_COLLECTED, /* on the collector's lists, and reached from outside of them by nothing */
    HF_FATE_FOLLOWS,   /* not on the lists, or frozen; freed when what holds it is */
} hf_fate;

typedef struct hf_collection {
    uint8_t *fate;                       /* hf_fate, by object */
    uint64_t collected, collected_bytes; /* what gc.collect() would return, but for what a
                                                 finalizer brings back to life */
    uint64_t follows, follows_bytes;     /* what goes with it */
    uint64_t finalizers;                 /* collected instances with a __del__ that has not run */
    uint64_t tracked, frozen;            /* objects on the lists; of these in the permanent one */
    uint64_t tracked_bytes, frozen_bytes;
} hf_collection;

/* All that would be free afterwards. */
static inline uint64_t hf_collection_bytes(const hf_collection *c)
{
    return c->collected_bytes + c->follows_bytes;
}

/* A collection of all generations. O(objects + references). */
hf_err *hf_collection_predict(hf_graph *g, hf_collection *ret);
void hf_collection_deinit(hf_collection *c);

#endif
