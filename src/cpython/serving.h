/* cpython/serving.h - which thread of an interpreter of 3.14 is to be asked to run something.
 *
 * Only states that are in the interpreter's list are told: a word beside it may lead to one that
 * has been freed, and is other memory now. */
#ifndef HF_CPYTHON_SERVING_H
#define HF_CPYTHON_SERVING_H

#include "cpython/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct hf_thread_list {
    const hf_layout *layout;
    uint64_t interpreter;
    bool (*read)(void *context, uint64_t addr, void *bytes, size_t n); /* all or nothing */
    void *context;
} hf_thread_list;

/* The first state of the list, or the one behind another of it; 0 at the end. */
uint64_t hf_thread_list_next(const hf_thread_list *l, uint64_t state);

/* The state of the thread with this number, or of the first there is; 0 where there is none. */
uint64_t hf_thread_list_find(const hf_thread_list *l, pid_t tid);

/* The state of the thread that holds the lock of the interpreter now; 0 where none does. */
uint64_t hf_thread_list_running(const hf_thread_list *l);

#endif
