/* analyse/turnover.h - are the members of a container still those that it had? */
#ifndef HF_ANALYSE_TURNOVER_H
#define HF_ANALYSE_TURNOVER_H

#include "analyse/timeline.h"

/* Share (0 .. 1) of the members (keys of a dict, items of others) of `before` in `old_graph` that
 * are members of `now` in `new_graph`; 1 for an empty container. Values that never change are
 * compared by value, for their addresses are soon used again; everything else by address,
 * and members of a list or a deque by their order, too. -1 when out of memory. */
double hf_turnover_kept(hf_graph *old_graph, uint32_t before, hf_graph *new_graph, uint32_t now);

/* The same from each snapshot to the next, the least of all; `object` is of the last. A
 * list that is emptied now and then is found out by it, whatever its lengths at the moments
 * of the snapshots. */
double hf_turnover_kept_least(const hf_timeline *t, uint32_t object);

/* The same from the last snapshot but one to the last. */
double hf_turnover_kept_last(const hf_timeline *t, uint32_t object);

#endif
