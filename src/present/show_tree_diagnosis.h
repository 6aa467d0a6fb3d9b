/* present/show_tree_diagnosis.h - the report of diagnose --tree. */
#ifndef HF_PRESENT_SHOW_TREE_DIAGNOSIS_H
#define HF_PRESENT_SHOW_TREE_DIAGNOSIS_H

#include "analyse/common_suspects.h"
#include "analyse/unsharing.h"
#include "present/show_tree.h"

/* What was found of one process. */
typedef struct hf_tree_diagnosis_row {
    bool diagnosed;
    const char *why; /* not, or not to the end; NULL */
    hf_verdict verdict;
    char *early; /* what may level off, as `diagnose` of it says; NULL: nothing. The row's own */
    size_t snapshots, suspects;
    uint64_t pause; /* nanoseconds, all together */
    double seconds, smallest_rate;
    int64_t rss_grown, heap_grown;
    bool private_known;
    int64_t private_grown; /* pages that only it has */
    hf_unsharing_growth unsharing;
} hf_tree_diagnosis_row;

typedef struct hf_tree_diagnosis_view {
    hf_tree_view tree;                 /* one tree */
    const hf_tree_diagnosis_row *rows; /* of each row of it */
    const hf_common_suspects *suspects;
    hf_verdict verdict;
    uint64_t top;
    const char *kept; /* folder of the snapshots, or NULL */
    const char *note; /* what went otherwise than asked, or NULL */
} hf_tree_diagnosis_view;

void hf_show_tree_diagnosis_text(hf_text *t, const hf_tree_diagnosis_view *view);
void hf_show_tree_diagnosis_json(hf_json *j, const hf_tree_diagnosis_view *view);

#endif
