/* analyse/accumulation.h - where memory has come together, as one snapshot shows it: collections of
 * many objects that are alike, long chains, large buffers; and what nothing of the program holds.
 *
 * So that the same rules can judge one snapshot and several, a timeline is made in which all that
 * has come together was born since an empty beginning. */
#ifndef HF_ANALYSE_ACCUMULATION_H
#define HF_ANALYSE_ACCUMULATION_H

#include "analyse/dominators.h"
#include "analyse/timeline.h"

/* graphs: twice the same one. Sets born and was of *t accordingly. The graph gets its
 * reverse edges. */
hf_err *hf_accumulation_mark(hf_timeline *t, const hf_dominators *d, const uint8_t *species);

#endif
