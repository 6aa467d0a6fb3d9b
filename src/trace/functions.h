/* trace/functions.h - a run by function: what each holds itself, and with all that it calls. */
#ifndef HF_TRACE_FUNCTIONS_H
#define HF_TRACE_FUNCTIONS_H

#include "trace/capture.h"

typedef struct hf_function {
    uint32_t code;   /* one of its codes; a function is known by its file and name */
    hf_counts own;   /* asked for by its own lines, and by native code that they call */
    hf_counts total; /* ... and by all that it calls; a call that recurs counts once */
} hf_function;

typedef struct hf_functions {
    hf_function *rows; /* in no order */
    size_t count;
    hf_counts all; /* of the processes that were chosen, also what no function asked for */
} hf_functions;

/* pid 0: of all processes. The caller releases *ret with hf_functions_deinit(). */
hf_err *hf_functions_compute(const hf_capture *c, int64_t pid, hf_functions *ret);
void hf_functions_deinit(hf_functions *f);

#endif
