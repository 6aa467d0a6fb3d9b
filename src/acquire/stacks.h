/* acquire/stacks.h - the stacks of threads in frozen memory.
 *
 * The kernel names the main thread's only. glibc maps the others as one block, with a guard in
 * front, and at its upper end struct pthread (nptl/descr.h), whose first and third word are its own
 * address and which notes the block: two words, its start and its size. Stacks of threads that have
 * ended are kept for the next ones; their thread number is 0. */
#ifndef HF_ACQUIRE_STACKS_H
#define HF_ACQUIRE_STACKS_H

#include "acquire/target.h"

typedef struct hf_stack {
    uint64_t start, end; /* the guard included */
    uint32_t tid;        /* of its thread, as the target itself counts; 0: it has ended */
    bool kept;           /* its thread has ended */
} hf_stack;

/* The stack of the thread whose struct pthread begins in the page at `page`; false
 * where none does. */
bool hf_stack_in(hf_target *t, uint64_t page, hf_stack *ret);

#endif
