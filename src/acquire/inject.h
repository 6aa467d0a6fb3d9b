/* acquire/inject.h - one system call in a thread of the target, from its stop to its release. */
#ifndef HF_ACQUIRE_INJECT_H
#define HF_ACQUIRE_INJECT_H

#include "acquire/ladder.h"
#include "acquire/machine.h"
#include "acquire/seccomp.h"

typedef struct hf_injector {
    const hf_process *process;
    hf_maps maps;
    hf_gadgets gadgets;
    hf_machine *machine;
    bool ask_filters; /* read and run the target's seccomp filters at each stop */
    bool stuck;       /* a thread never stopped: no more to be done here, see hf_trace_stop() */
    bool hurries;     /* the calling thread runs with priority */
    uint64_t *pause;  /* nanoseconds that it stood still are added here */
    /* Asked when the thread has stopped, before anything is written. A thread that is not at rest
     * is followed from system call to system call, for `patience` nanoseconds in all (which are
     * used up), until it is: then the call that it is about to make waits until it has been let
     * go. After that, ready() says whether it is to be taken as it is, or false to try later. */
    bool (*at_rest)(void *context);
    uint64_t patience;
    bool (*ready)(void *context);
    void *context;
} hf_injector;

/* A copy of the target: a child of it, traced by the calling thread, that has run nothing. */
typedef struct hf_copy_process {
    hf_process process; /* to read it; pid 0: there is none */
    pid_t inner;        /* its pid as the target counts; what is left of it when it is killed */
} hf_copy_process;

/* Finds what is needed in the target's memory. Refused when it is not there. */
hf_err *hf_injector_open(const hf_process *p, bool ask_filters, uint64_t *pause, hf_injector *ret);
void hf_injector_close(hf_injector *i);

/* Makes a copy. *ret_try_again: the refusal may be a passing one. *ret_taken:
 * CLOCK_REALTIME of the cut. The caller ends the copy by hf_copy_kill(). A refusal may also
 * leave a zombie: ret->inner. */
hf_err *hf_inject_fork(hf_injector *i, hf_copy_process *ret, uint64_t *ret_taken,
                       bool *ret_try_again);

/* Kills the copy and waits until its memory is free; what is left is a zombie of the target. */
void hf_copy_kill(hf_copy_process *copy);

/* Makes the target wait for zombies (as it counts them) that are copies of ours. */
hf_err *hf_inject_reap(hf_injector *i, const pid_t *zombies, size_t count);

/* Zombies that copies of ours have left behind in the target when an earlier run was killed, as the
 * target counts. The caller frees *ret. */
hf_err *hf_copies_left(const hf_process *p, pid_t **ret, size_t *ret_count);

#endif
