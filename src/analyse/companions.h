/* analyse/companions.h - what grows because something else grows: weak containers of objects that
 * another suspect holds, second indexes of the same entries. It is no mistake of its own, and goes
 * when the cause goes. */
#ifndef HF_ANALYSE_COMPANIONS_H
#define HF_ANALYSE_COMPANIONS_H

#include "analyse/clues.h"
#include "analyse/known.h"
#include "analyse/patterns.h"

/* What a candidate is told for beside itself: the sums of others alike. */
typedef struct hf_told_with {
    uint32_t owners;
    int64_t growth, born_objects, died_objects;
    uint64_t retained;
} hf_told_with;

/* A row of growth that was judged to grow for good. */
typedef struct hf_candidate {
    hf_clues clues;
    int64_t growth; /* bytes */
    bool follows;   /* another candidate is the cause: not to be told by itself */
    bool harmless;  /* known to stop at a bound */
    hf_known_match known;
    const hf_pattern *pattern; /* that fits best, by `fit` */
    double fit;
    size_t alike; /* the same number as those have with which it is one mistake; 0: with none */
    hf_told_with others;
    const char *mirror; /* name of one that follows because it gets the same entries, or NULL */
} hf_candidate;

typedef struct hf_candidates {
    hf_candidate *rows; /* most net growth first */
    size_t count;
} hf_candidates;

/* The word of the pattern that is told. */
const char *hf_candidate_pattern(const hf_candidate *candidate);

void hf_candidates_deinit(hf_candidates *c);

/* Sets `follows` and `mirror`. `record_of`: of the growth. */
void hf_candidates_find_companions(hf_candidates *c, const uint32_t *record_of);

#endif
