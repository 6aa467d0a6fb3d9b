/* analyse/alike.h - suspects that are one mistake seen in several entries of one collection, as
 * `runners[0].failures` and `runners[1].failures` are: told as one, `runners[*].failures`. */
#ifndef HF_ANALYSE_ALIKE_H
#define HF_ANALYSE_ALIKE_H

#include "analyse/companions.h"

/* Sets `alike`: of the same signature, below one collection. One that grew by more than half of all of them is told by
 * itself. */
void hf_candidates_find_alike(hf_candidates *c);

/* Adds up those alike that do not follow others: the largest of them is told for all. After the companions are found. */
hf_err *hf_candidates_join_alike(hf_candidates *c);

/* Bytes that the candidate keeps alive, those that it is told for left out. */
uint64_t hf_candidate_retained(const hf_candidate *candidate);

#endif
