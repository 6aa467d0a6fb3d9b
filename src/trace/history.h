/* trace/history.h - what was live when: changes of nodes, interval by interval, of
 * several processes.
 *
 * It does not grow without end: when it has become large, each two intervals become one. */
#ifndef HF_TRACE_HISTORY_H
#define HF_TRACE_HISTORY_H

#include "trace/capture.h"

typedef struct hf_history hf_history;

hf_err *hf_history_new(hf_history **ret);
void hf_history_free(hf_history *t); /* NULL is fine */

/* A change since the last interval; `node` is a number of that process's state. */
hf_err *hf_history_add(hf_history *t, uint32_t process, uint32_t node, int64_t bytes,
                       int64_t blocks);

/* Bytes resident of a process; the last word before an interval ends is what the interval has. */
hf_err *hf_history_resident(hf_history *t, uint32_t process, uint64_t bytes);

/* All that was added since belongs to the interval that ends at `time` (ns after the start). */
hf_err *hf_history_end_interval(hf_history *t, uint64_t time);

/* Writes intervals, changes and residents of the capture: nodes[process][node] is the node of the
 * capture, for node < counts[process]; changes of others are left out, as are residents of
 * processes without nodes. The process of nodes[process][HF_STATE_ROOT] is the capture's. */
hf_err *hf_history_finish(hf_history *t, const uint32_t *const *nodes, const size_t *counts,
                          hf_capture *c);

#endif
