/* analyse/ranking.h - the largest objects, and the places where memory comes together. */
#ifndef HF_ANALYSE_RANKING_H
#define HF_ANALYSE_RANKING_H

#include "analyse/histogram.h"

typedef enum hf_rank_key { HF_RANK_RETAINED, HF_RANK_SHALLOW, HF_RANK_LENGTH } hf_rank_key;

typedef struct hf_rank_query {
    hf_filter filter;
    const uint8_t *chosen; /* only objects for which this is not 0; NULL: all */
    hf_rank_key key;
    bool holders_only; /* see hf_ranking */
    size_t top;        /* at most so many */
} hf_rank_query;

/* Objects, largest first; of equals the lower address first.
 *
 * With holders_only an object is left out when one object that it dominates retains four fifths of
 * what it retains: of the chain module, its dict, a dict in that, only the last is told, where the
 * memory comes together. */
typedef struct hf_ranking {
    uint32_t *objects;
    size_t count;
    uint64_t matching; /* objects that the query accepts, also beyond the top */
} hf_ranking;

/* O(n log top). The caller releases *ret with hf_ranking_deinit(). */
hf_err *hf_ranking_compute(const hf_graph *g, const hf_dominators *dominators,
                           const hf_rank_query *query, hf_ranking *ret);
void hf_ranking_deinit(hf_ranking *r);

/* The objects that `object` immediately dominates and that retain at least `least` bytes, largest
 * first; object HF_DOMINATED_BY_ROOT: those that nothing dominates. At most `top`. O(n). */
hf_err *hf_ranking_dominated(const hf_graph *g, const hf_dominators *dominators, uint32_t object,
                             uint64_t least, size_t top, hf_ranking *ret);

#endif
