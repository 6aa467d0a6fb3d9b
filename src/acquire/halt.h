/* acquire/halt.h - all threads of a process stand still, by ptrace.
 *
 * By the thread that has to let them go again; should it end before, the kernel does. */
#ifndef HF_ACQUIRE_HALT_H
#define HF_ACQUIRE_HALT_H

#include "acquire/process.h"

typedef struct hf_halt {
    pid_t *tids;
    size_t count;
    uint64_t since; /* CLOCK_MONOTONIC when the first was last seen running */
} hf_halt;

/* After an error hf_halt_end() is due as well. */
hf_err *hf_halt_all(const hf_process *p, hf_halt *ret);

/* Lets them go; returns for how many nanoseconds they stood still. */
uint64_t hf_halt_end(hf_halt *halt);

#endif
