/* analyse/threads.h - threads that run Python: what each keeps by itself, where it stands, and
 * Thread objects that outlive their thread.
 *
 * A thread's private objects are those that its frames and its state reach and nothing else
 * does. They are told exactly, for all threads in one pass: what two threads reach, or any other
 * root, is nobody's. */
#ifndef HF_ANALYSE_THREADS_H
#define HF_ANALYSE_THREADS_H

#include "analyse/dominators.h"

typedef enum hf_thread_life {
    HF_THREAD_RUNS,
    HF_THREAD_ENDED,     /* it was started, and no thread of the process is it */
    HF_THREAD_NOT_BEGUN, /* an object that was never started */
    HF_THREAD_UNKNOWN,   /* values that would tell are not in the snapshot */
} hf_thread_life;

typedef struct hf_thread_row {
    uint32_t thread; /* row in threads of the graph; UINT32_MAX: of an object alone */
    uint32_t object; /* threading.Thread; HF_NO_OBJECT: not made by threading */
    uint32_t interpreter;
    hf_thread_life life;
    bool daemon, daemon_known;
    uint64_t private_objects, private_bytes;
    uint64_t local_bytes;    /* its data in threading.local objects */
    uint64_t stack_resident; /* bytes in memory of its C stack; 0: not known */
    uint64_t retained;       /* by the object */
} hf_thread_row;

typedef struct hf_executor {
    uint32_t object;
    uint64_t queued, threads;
    int64_t most; /* threads that it may have; -1: not known */
    uint64_t retained;
} hf_executor;

typedef struct hf_threads {
    /* those that run first, most private bytes first; then the others, by retained */
    hf_thread_row *rows;
    size_t count;
    size_t running, ended;
    uint64_t saved;         /* bytes that objects of ended threads retain */
    uint64_t local_left;    /* bytes of threading.local data of threads that are gone */
    hf_executor *executors; /* most queued first */
    size_t executor_count;
} hf_threads;

hf_err *hf_threads_tell(hf_graph *g, const hf_dominators *d, hf_threads *ret);
void hf_threads_deinit(hf_threads *t);

#endif
