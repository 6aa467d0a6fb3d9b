/* graph/workers.h - the same work on many blocks, on all processors. */
#ifndef HF_GRAPH_WORKERS_H
#define HF_GRAPH_WORKERS_H

#include "base/err.h"

#include <stddef.h>

typedef struct hf_work {
    void *context;
    size_t count; /* pieces */
    /* One worker's own state, made before its first piece and released after its last. */
    hf_err *(*enter)(void *context, void **ret_state);
    hf_err *(*run)(void *context, void *state, size_t piece);
    void (*leave)(void *state);
} hf_work;

/* Runs every piece once, in no promised order; after a failure no new piece is begun and the
 * first failure is handed on. */
hf_err *hf_work_run(const hf_work *work);

#endif
