/* analyse/alike.h - suspects that are one mistake seen in several entries of one collection, as
 * `runners[0].failures` and `runners[1].failures` are: told as one, `runners[*].failures`. */
#ifndef HF_ANALYSE_ALIKE_H
#define HF_ANALYSE_ALIKE_H

#include "analyse/companions.h"

/* Sets `alike`: of the same signature in entries of one collection, and below these of the same
 * types all the way. Items of records and modules are never joined, nor is what is harmless: that
 * explains, and is told with the bound of the very one. One that grew by more than all others (of
 * two: by twice as much) is told by itself. */
hf_err *hf_candidates_find_alike(hf_candidates *c);

/* Adds up those alike that do not follow others: the largest of them is told for all. After the
 * companions are found. */
hf_err *hf_candidates_join_alike(hf_candidates *c);

/* Bytes that the candidate keeps alive, those that it is told for left out. */
uint64_t hf_candidate_retained(const hf_candidate *candidate);

#endif
