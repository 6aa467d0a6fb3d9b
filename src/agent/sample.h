/* agent/sample.h - a sample of the blocks in place of all.
 *
 * Each byte that is allocated has the same small chance to be the one at which a sample is taken,
 * one in `mean`; a block is noted if one of its bytes is. So the distance to the next sample is
 * exponentially distributed and has no memory, and a block of s bytes is noted with the chance p =
 * 1 - exp(-s / mean). What is noted counts s / p bytes and 1 / p blocks: the expectation of every
 * sum is the sum over all blocks. The variance of a sum of B bytes is below mean * B.
 *
 * 1 / p is no whole number. Which of its neighbours is taken goes by the block's address, so that a
 * block counts the same when it is freed. To know a temporary block, the two blocks allocated after
 * a sample are looked at. */
#ifndef HF_AGENT_SAMPLE_H
#define HF_AGENT_SAMPLE_H

#include "agent/agent.h"

enum { HF_WATCHED = 2 };

typedef struct hf_weight {
    uint64_t bytes, blocks;
} hf_weight;

/* True where the block that is allocated now is to be noted. */
bool hf_sample_takes(hf_countdown *c, size_t size);

/* What a noted block counts for where not all are. */
hf_weight hf_sample_weight(uint64_t size, uintptr_t block);

static inline hf_weight hf_weigh(uint64_t size, uintptr_t block)
{
    return HF_LIKELY(!hf_hot.sample) ? (hf_weight){size, 1} : hf_sample_weight(size, block);
}

#endif
