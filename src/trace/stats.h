/* trace/stats.h - the numbers of a whole run: how many blocks, of which size, how fast, by whom. */
#ifndef HF_TRACE_STATS_H
#define HF_TRACE_STATS_H

#include "trace/capture.h"

enum { HF_SIZE_CLASSES = 40 }; /* of powers of two; the last has all that is larger */

typedef struct hf_stats {
    hf_counts python, malloc, mmap; /* by who handed the blocks out */
    hf_counts all;                  /* of these three */
    /* Blocks of 2^i to 2^(i+1) - 1 bytes (0 counts as 1): the size of a block is the mean of those
     * of its node. */
    hf_counts sizes[HF_SIZE_CLASSES];
    size_t stacks; /* nodes that allocated */
    size_t depth;  /* of the deepest of them, in calls of Python */
} hf_stats;

/* pid 0: of all processes. */
hf_err *hf_stats_compute(const hf_capture *c, int64_t pid, hf_stats *ret);

#endif
