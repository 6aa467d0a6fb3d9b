/* analyse/calls.h - running calls, followed through the snapshots of one process. */
#ifndef HF_ANALYSE_CALLS_H
#define HF_ANALYSE_CALLS_H

#include "analyse/timeline.h"

/* A bit by number for each root of the last snapshot that is a variable of a passing call: in an
 * earlier snapshot no call of the same function had that object in that variable. What only
 * passing calls hold is gone when they are; and memory that each of them asks for in the same
 * order comes back at the same addresses, so that it looks old. The caller frees it; NULL when
 * out of memory. */
uint64_t *hf_calls_passing(const hf_timeline *t);

/* In how many intervals between snapshots what calls have became more: there were more threads, or
 * a deep stack became deeper, or the value in this variable was larger than what the same function
 * of the same thread had there; 0 where it became less in between. Requests that follow one another
 * have as much as those before them, at addresses that make some of it look old, and now more, now
 * fewer threads of a pool have one. `root`: a variable of a call of the last snapshot. */
size_t hf_calls_growing_intervals(const hf_timeline *t, uint32_t root);

static inline bool hf_calls_is_passing(const uint64_t *passing, uint32_t root)
{
    return passing[root >> 6] >> (root & 63) & 1;
}

#endif
