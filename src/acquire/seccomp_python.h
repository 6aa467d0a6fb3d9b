/* acquire/seccomp_python.h - would seccomp filters let pass what Python code of ours calls?
 *
 * That is: what CPython calls to read the code from a folder and to write output there, as
 * cpython/boot.h tells it to, with glibc or musl. What the code itself calls is for who wrote it
 * to know. */
#ifndef HF_ACQUIRE_SECCOMP_PYTHON_H
#define HF_ACQUIRE_SECCOMP_PYTHON_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

/* Before threads are stopped: refused where it is known that they may not, or cannot be found out.
 * *ret_tried: so many filters, the same as ours, were tried and found to allow it; else 0. */
hf_err *hf_seccomp_python_check(pid_t pid, uint32_t *ret_tried);

/* For a thread that the caller has stopped: refused unless it stands under no filters, under those
 * that were tried, or under such as allow it. */
hf_err *hf_seccomp_python_ask(pid_t tid, uint32_t tried);

#endif
