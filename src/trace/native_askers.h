/* trace/native_askers.h - the native function that asked for a block: of an extension or library,
 * not what allocates for it.
 *
 * Between a line of Python and malloc() stand functions that nobody has written the program for:
 * the interpreter's, the standard libraries' of C++ and Rust, and those that allocate. Who asked is
 * the innermost that is none of these. */
#ifndef HF_TRACE_NATIVE_ASKERS_H
#define HF_TRACE_NATIVE_ASKERS_H

#include "trace/capture.h"

/* Of each node (node_count rows) the node of the native function that asked for its blocks, below
 * the line of Python that called it; HF_NODE_NONE: none. The caller frees *ret. */
hf_err *hf_native_askers(const hf_capture *c, uint32_t **ret);

/* Whether a binary is CPython itself, by its path: "python3.11", "libpython3.so.1.0". */
bool hf_is_interpreter(const char *binary);

/* Whether the run has followed native calls. */
bool hf_has_native_calls(const hf_capture *c);

#endif
