/* trace/select.h - which blocks of a run a report is about: one measure of all nodes, or of some.
 *
 * Every report starts with hf_select(): one number of blocks and bytes for each node. What is not
 * chosen is zero there, so that tables, trees and exports of one selection add up to the same. */
#ifndef HF_TRACE_SELECT_H
#define HF_TRACE_SELECT_H

#include "trace/capture.h"

typedef enum hf_measure {
    HF_MEASURE_PEAK,
    HF_MEASURE_LIVE, /* what leaks: never freed */
    HF_MEASURE_TOTAL,
    HF_MEASURE_TEMPORARY,
    HF_MEASURE_HELD, /* at a time, or what came to be held between two: by the timeline */
} hf_measure;

/* What blocks are added up by (trace/sites.h). */
typedef enum hf_by { HF_BY_LINE, HF_BY_FUNCTION, HF_BY_FILE, HF_BY_STACK } hf_by;

typedef struct hf_selection {
    hf_measure measure;
    uint64_t from, to; /* HF_MEASURE_HELD: ns after the start; from 0: all that was held at `to` */
    int64_t pid;       /* only this process; 0: all */
    const char *function, *file; /* patterns of fnmatch(3): only what was allocated by such a
                                    function or in calls that it made; NULL: all */
} hf_selection;

/* The counts of each node, node_count rows; the caller frees *ret. Between two times, nodes that
 * hold no more than before count nothing. Fails with HF_ERR_USAGE where the run has no such
 * process, or no timeline for a time. */
hf_err *hf_select(const hf_capture *c, const hf_selection *selection, hf_count **ret);

/* One of the four measures that nodes have. */
hf_count hf_measure_of(const hf_counts *counts, hf_measure measure);

/* Blocks that native code asked the C library or the kernel for. */
bool hf_node_is_native(const hf_node *n);

/* The sum of `count` rows. */
hf_count hf_count_sum(const hf_count *rows, size_t count);

#endif
