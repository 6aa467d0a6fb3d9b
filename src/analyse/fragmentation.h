/* analyse/fragmentation.h - memory that is free and cannot be given back, since a few objects that
 * outlived many lie within it. */
#ifndef HF_ANALYSE_FRAGMENTATION_H
#define HF_ANALYSE_FRAGMENTATION_H

#include "analyse/drafts.h"

/* grown: bytes of the process between first and last snapshot; noise: what of it may be chance.
 * True where fragmentation explains that growth, and is a suspect. After who holds what grows. */
bool hf_fragmentation(const hf_case *c, int64_t grown, int64_t noise, hf_drafts *out);

/* The same of one snapshot of a process that has `whole` bytes: an opinion. */
void hf_fragmentation_opinion(const hf_case *c, int64_t whole, hf_drafts *out);

#endif
