/* analyse/timeline.h - the objects of the last snapshot, followed back through the earlier ones.
 *
 * CPython does not move objects: the same address with the same type is the same object. A str,
 * int, bytes, tuple or numpy array whose size differs is taken for a new one at a reused address,
 * and so is a tuple with other items, a list or a dict that kept none of its items, a block of
 * itertools.tee() with another first item, and an instance that a dict has by another key and that
 * kept none of its parts (analyse/rekeyed.h). */
#ifndef HF_ANALYSE_TIMELINE_H
#define HF_ANALYSE_TIMELINE_H

#include "graph/graph.h"

typedef struct hf_timeline {
    hf_graph *const *graphs; /* oldest first; not owned */
    size_t count;
    hf_graph *last;
    double *when;     /* seconds after the first, one a snapshot */
    uint32_t **was;   /* was[k][i]: number in graphs[k] of object i of the last, or HF_NO_OBJECT */
    uint16_t *born;   /* first snapshot from which on object i is there without a gap */
    uint32_t *now_of; /* of object i of the first: its number in the last, or HF_NO_OBJECT */
} hf_timeline;

/* The caller owns *ret; the graphs must outlive it. Needs count * 4 + 2 bytes an object,
 * and 16 more while it is built. */
hf_err *hf_timeline_build(hf_graph *const *graphs, size_t count, hf_timeline **ret);
void hf_timeline_free(hf_timeline *t); /* NULL is fine */

/* Seconds between the first and the last snapshot. */
static inline double hf_timeline_seconds(const hf_timeline *t)
{
    return t->when[t->count - 1];
}

/* Intervals between snapshots that had a fair share of the time. A tool that was kept from its work
 * makes up for it and looks twice in a row: between, nothing can have grown. */
size_t hf_timeline_intervals(const hf_timeline *t);
bool hf_timeline_counts(const hf_timeline *t, size_t k); /* the interval before snapshot k */

static inline bool hf_timeline_is_old(const hf_timeline *t, uint32_t object)
{
    return t->born[object] == 0;
}

/* Length and bytes (block + external) that object i of the last had in snapshot k; 0 when it was
 * not there. */
uint64_t hf_timeline_length(const hf_timeline *t, size_t k, uint32_t object);
uint64_t hf_timeline_shallow(const hf_timeline *t, size_t k, uint32_t object);

/* What an object of the last had in snapshot k by the name of its edge `now`: an attribute,
 * a key of a namespace, the contents of a cell. HF_NO_OBJECT where it had nothing by it, or
 * was not there. */
uint32_t hf_timeline_at_place(const hf_timeline *t, size_t k, uint32_t object, uint64_t now);

/* The same of an object `then` of snapshot k, which may have been another one. */
uint32_t hf_timeline_by_name(const hf_timeline *t, size_t k, uint32_t then, uint64_t now);

#endif
