/* analyse/filling.h - which collections of one kind were filled side by side, as one snapshot
 * tells.
 *
 * Where a program has a few shards, or ten thousand devices, each with a list of its own, either
 * the lists fill up or their owners come. Who comes with all that it has got its members in one
 * go: they lie together in memory. Of lists that fill up beside each other each has some members
 * in every part of the memory that all of them took. Allocators place blocks of one size one after
 * the other as they are asked for (Objects/obmalloc.c: pools of one size class), so that the order
 * of addresses is, within such a part, that of time. */
#ifndef HF_ANALYSE_FILLING_H
#define HF_ANALYSE_FILLING_H

#include "analyse/dominators.h"

/* chosen: for each object whether it is a collection that may be one of many. Leaves of these
 * those that were filled side by side with others of their shape, and says for each of them in
 * ret_top, which has room for all objects, the highest collection below which they are. The graph
 * needs its reverse edges. False without memory. */
bool hf_filled_side_by_side(const hf_graph *g, const hf_dominators *d, uint8_t *chosen,
                            uint32_t *ret_top);

#endif
