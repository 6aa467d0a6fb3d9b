/* graph/probe.h - which Python a process runs, found out where a hostile one can do no harm.
 *
 * What tells it, the headers and symbol tables of the process's binaries and the structs of its
 * interpreter, is a stranger's memory, which may be in the midst of a change besides. So it is
 * parsed in the sandbox where heaps are decoded: without privileges, as the process's own user,
 * holding nothing but the file that memory is read from (/proc/PID/mem, opened for reading
 * before). Where that file cannot be opened, the sandbox asks us for the bytes, which we hand on
 * and do not look at. */
#ifndef HF_GRAPH_PROBE_H
#define HF_GRAPH_PROBE_H

#include "cpython/execute.h"
#include "cpython/heap.h"

/* As hf_python_probe_live(). */
hf_err *hf_probe(hf_target *live, hf_python_probe *ret);

/* As hf_execution_find(). */
hf_err *hf_probe_execution(hf_target *live, hf_execution_plan *ret);

/* What the sandbox answers, and what can be believed of it: false where it cannot be. */
void hf_probe_encode(const hf_python_probe *probe, hf_buf *out);
bool hf_probe_decode(const uint8_t *bytes, size_t length, hf_python_probe *ret);

#endif
