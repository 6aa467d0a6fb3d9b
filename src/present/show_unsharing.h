/* present/show_unsharing.h - memory --tree: what the processes of a tree share, why no more of it,
 * and what gc.freeze() would have kept shared. */
#ifndef HF_PRESENT_SHOW_UNSHARING_H
#define HF_PRESENT_SHOW_UNSHARING_H

#include "analyse/unsharing.h"
#include "present/show_tree.h"

/* What was found out of one process. */
typedef struct hf_worker_row {
    /* row of the process that it was forked from; HF_NO_ROW: no worker, or not compared */
    size_t origin;
    bool compared;
    hf_inherited pages;
    hf_unsharing words; /* its graph is not there any more */
    hf_unsharing_verdict verdict;
} hf_worker_row;

/* What was found out of a process that others were forked from. */
typedef struct hf_origin_row {
    size_t row;
    uint64_t objects, frozen; /* frozen by gc.freeze() */
    uint64_t pause;           /* nanoseconds */
    char version[24];
} hf_origin_row;

typedef struct hf_unsharing_view {
    hf_tree_view tree;            /* one tree */
    const hf_worker_row *workers; /* of each row of the tree */
    const hf_origin_row *origins;
    size_t origin_count, failed; /* failed: processes that could not be compared */
} hf_unsharing_view;

void hf_show_unsharing_text(hf_text *t, const hf_unsharing_view *view);
void hf_show_unsharing_json(hf_json *j, const hf_unsharing_view *view);

/* The cause "copy-on-write" in a report of diagnose: nothing where it is none. */
void hf_show_unsharing_growth_text(hf_text *t, const hf_unsharing_growth *growth, double seconds);
void hf_show_unsharing_growth_json(hf_json *j, const hf_unsharing_growth *growth);

#endif
