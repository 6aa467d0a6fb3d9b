/* analyse/branches.h - growth that is spread over a tree whose nodes have each other as members:
 * replies to replies, a search tree, dicts within dicts by the parts of a path. No node grows by
 * enough to be told, nor do those of one depth; the tree does. */
#ifndef HF_ANALYSE_BRANCHES_H
#define HF_ANALYSE_BRANCHES_H

#include "analyse/growth.h"

/* Makes one row, of the highest node, of those whose owners are parts of nodes of one tree, where
 * many of them grew, at several depths, and none by most of it. Changes rows and *count, whose
 * former rows are then part of row group_of[]. edge_to: hf_shape_edges(). False without memory. */
bool hf_branches_join(const hf_graph *g, const hf_dominators *d, const uint64_t *edge_to,
                      hf_growth_row *rows, size_t *count, uint32_t *group_of);

#endif
