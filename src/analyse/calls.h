/* analyse/calls.h - running calls, followed through the snapshots of one process. */
#ifndef HF_ANALYSE_CALLS_H
#define HF_ANALYSE_CALLS_H

#include "analyse/timeline.h"

/* Whether the variable of a running call that this root of the last snapshot is was there in all the earlier ones, of a
 * call of the same function, and had the same object. A call that comes and goes makes its objects anew, and
 * memory that is asked for in the same order comes back at the same addresses. True for other roots. */
bool hf_call_lasts(const hf_timeline *t, uint32_t root);

#endif
