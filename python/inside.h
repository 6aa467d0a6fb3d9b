/* python/inside.h - parts of holdfast._self: what the package does within its own process.
 *
 *   tracing.c   the agent in this process: found, or loaded
 *   lines.c     memory and counts line by line, as probes tell of them
 *   probes.c    those made and read
 *   resident.c  how much is resident, also while a function runs that lets no other thread run */
#ifndef HF_PYTHON_INSIDE_H
#define HF_PYTHON_INSIDE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Headers of 3.12 and later take None for immortal, which it is not in earlier versions. */
#undef Py_RETURN_NONE
#define Py_RETURN_NONE      \
    do {                    \
        Py_INCREF(Py_None); \
        return Py_None;     \
    } while (0)

#include "trace/state.h"

#include <stdint.h>
#include <sys/types.h>

/* Before glibc 2.34 these were in another library; this version is in both. */
#ifdef __x86_64__
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");
__asm__(".symver dlopen, dlopen@GLIBC_2.2.5");
__asm__(".symver dlerror, dlerror@GLIBC_2.2.5");
#endif

extern PyMethodDef hf_tracing_methods[], hf_lines_methods[], hf_resident_methods[];

/* Where the tracer of this process notes what it knows; NULL there: none is here, as in a child
 * that was forked just now. */
extern hf_state_header *const *hf_traced_header;

/* Bytes that the tracer knows to be live. */
static inline int64_t hf_traced_now(const hf_state_header *h)
{
    return (int64_t)(__atomic_load_n(&h->python_live, __ATOMIC_RELAXED) +
                     __atomic_load_n(&h->native_live, __ATOMIC_RELAXED));
}

/* Bytes resident of a process (0: of this one), with those of its descendants on request; 0 where
 * it has none. */
uint64_t hf_resident_of(pid_t pid, int children);

#endif
