/* analyse/turnover.h - are the members of a container still those that it had? */
#ifndef HF_ANALYSE_TURNOVER_H
#define HF_ANALYSE_TURNOVER_H

#include "graph/graph.h"

/* Share (0 .. 1) of the members (keys of a dict, items of others) of `before` in `old_graph` that
 * are members of `now` in `new_graph`; 1 for an empty container. Values that never change are
 * compared by value, for their addresses are soon used again; everything else by address.
 * -1 when out of memory. */
double hf_turnover_kept(hf_graph *old_graph, uint32_t before, hf_graph *new_graph, uint32_t now);

#endif
