/* cpython/collector.h - what a collector says of itself: switches, survivors, statistics. */
#ifndef HF_CPYTHON_COLLECTOR_H
#define HF_CPYTHON_COLLECTOR_H

#include "acquire/target.h"
#include "cpython/heap.h"
#include "cpython/layout.h"

/* Reads the struct _gc_runtime_state at `gc`. Lengths of lists are not in it: the walk
 * counts them. */
void hf_collector_describe(hf_target *t, const hf_layout *l, uint64_t gc, hf_collector_info *ret);

#endif
