/* trace/native_calls.h - puts the calls that addresses of native code stand for in their place.
 *
 * A run notes addresses of native code; one may stand for several calls, since compilers put
 * functions into those that call them. Places that become equal become one. */
#ifndef HF_TRACE_NATIVE_CALLS_H
#define HF_TRACE_NATIVE_CALLS_H

#include "trace/capture.h"

typedef struct hf_native_call {
    uint32_t code, line; /* as of a node */
} hf_native_call;

/* The calls that a node becomes: `count` of them from calls[first] on, the outermost first. */
typedef struct hf_native_chain {
    uint32_t first, count; /* count: at least 1 */
} hf_native_chain;

/* `chains`: of each node, read where it is a call of native code. Where the capture would have too
 * many nodes, each becomes its outermost call only. After a failure the capture is as it was. */
hf_err *hf_capture_put_native_calls(hf_capture *c, const hf_native_call *calls,
                                    const hf_native_chain *chains);

#endif
