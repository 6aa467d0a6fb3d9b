/* cpython/runtime.h - finding CPython in a process, and choosing the table that describes it.
 *
 * Works on live targets and frozen ones alike: reads through hf_target_read() only. */
#ifndef HF_CPYTHON_RUNTIME_H
#define HF_CPYTHON_RUNTIME_H

#include "acquire/target.h"
#include "cpython/heap.h"
#include "cpython/layout.h"

typedef struct hf_runtime {
    uint64_t address, size;   /* _PyRuntime; size 0 where the symbol tells none */
    uint64_t type_type, none; /* PyType_Type, _Py_NoneStruct; 0 where not exported */
    uint32_t version;         /* PY_VERSION_HEX */
    bool debug, free_threaded;
    bool static_link;        /* it lies in the executable */
    const hf_layout *layout; /* NULL until chosen */
} hf_runtime;

enum { HF_INTERPRETERS_MAX = 256, HF_WHY = 160 };

/* version.c: PY_VERSION_HEX of the process; 0 where it is not to be found. */
uint32_t hf_version_find(hf_target *t, uint64_t runtime, uint64_t runtime_size);

/* Finds _PyRuntime and the version. HF_ERR_NOT_PYTHON, HF_ERR_UNPROVEN. */
hf_err *hf_runtime_find(hf_target *t, hf_runtime *ret);

/* The rows to try, best first: same minor version and flavour; at most `limit`. */
size_t hf_runtime_candidates(const hf_runtime *r, const hf_layout **ret, size_t limit);

/* Whether a table fits as far as a few dozen reads can tell: sizes, self-references, back
 * pointers and, with `rings`, the heads of the collector's lists, which only memory at rest need
 * get right. Where it does not fit, `why` says so. */
bool hf_runtime_fits(hf_target *t, const hf_runtime *r, const hf_layout *layout, bool rings,
                     char why[HF_WHY]);

/* Whether the first and the last member of a collector's list point back at its head. */
bool hf_runtime_ring_starts(hf_target *t, const hf_layout *layout, uint64_t head);

/* The words that tell whether a process is at rest; r->layout is set. Fills ret->rest. */
void hf_runtime_rest_words(hf_target *t, const hf_runtime *r, hf_python_probe *ret);

/* The interpreters, main one first; at most HF_INTERPRETERS_MAX. */
size_t hf_runtime_interpreters(hf_target *t, const hf_runtime *r, const hf_layout *layout,
                               uint64_t ret[HF_INTERPRETERS_MAX]);

/* Whether a thread of a free-threaded interpreter is in the midst of Python; false with a GIL, of
 * which one word tells. */
bool hf_runtime_runs(hf_target *t, const hf_runtime *r);

/* Fills what the runtime's structs say. r->layout is set. */
void hf_runtime_describe(hf_target *t, const hf_runtime *r, hf_python_info *ret);

/* HF_ERR_UNPROVEN, told with the version found and what each candidate failed by. `reasons` is
 * that list. */
hf_err *hf_runtime_unproven(hf_target *t, const hf_runtime *r, const char *reasons);

#endif
