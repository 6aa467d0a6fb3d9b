/* trace/merge.h - states of processes, one after the other, to one capture. */
#ifndef HF_TRACE_MERGE_H
#define HF_TRACE_MERGE_H

#include "base/cleanup.h"
#include "trace/capture.h"
#include "trace/state_read.h"

typedef struct hf_merge hf_merge;

/* start: ns since 1970. The caller owns *ret. */
hf_err *hf_merge_new(uint64_t start, hf_merge **ret);
void hf_merge_free(hf_merge *m); /* NULL is fine */
HF_RELEASE_BY(hf_merge, hf_merge_free)

/* From now on only what the program has allocated in this block of its own
 * (HF_STATE_BLOCK) is added. */
void hf_merge_only(hf_merge *m, uint32_t block);

/* Adds a process behind those that are there: its tree, with counts; at the peak each node has what
 * it had at the peak of its own process. end: ns since 1970. Returns through *ret_nodes (the caller
 * frees it) the node of the capture that each node of the state has become. */
hf_err *hf_merge_add(hf_merge *m, const hf_state *s, uint64_t end, uint32_t flags,
                     uint32_t **ret_nodes);

/* Hands the capture over: complete but for its peak and its timeline. */
hf_capture *hf_merge_take(hf_merge *m);

#endif
