/* acquire/seccomp.h - would a seccomp filter let the injected calls pass?
 *
 * A filter may kill the process for a call that it does not like, so it is asked before, never
 * tried. Where the kernel lets us (CAP_SYS_ADMIN) the filters are read and run here; else, when
 * this tool stands under the same number of filters in the same namespaces, a child of ours tries
 * the same calls. */
#ifndef HF_ACQUIRE_SECCOMP_H
#define HF_ACQUIRE_SECCOMP_H

#include "acquire/machine.h"

#include <linux/filter.h>

/* What the program answers (SECCOMP_RET_...) for a call: the way of the kernel's own interpreter,
 * for the instructions that seccomp_check_filter() lets pass. A program that breaks its rules
 * answers SECCOMP_RET_KILL_PROCESS. */
uint32_t hf_seccomp_run(const struct sock_filter *program, size_t count, const hf_call *call);

typedef enum hf_seccomp_way {
    HF_SECCOMP_NONE,  /* no filters */
    HF_SECCOMP_READ,  /* to be read from the stopped thread: hf_seccomp_ask() */
    HF_SECCOMP_TRIED, /* tried in a child of ours, and allowed */
} hf_seccomp_way;

/* How it can be found out for this process or thread; refused when it cannot, or is known to be
 * forbidden. `try` makes the calls, in a child of ours, and returns 0 where that went well; they
 * are what `what` needs. */
hf_err *hf_seccomp_find_way(pid_t pid, int (*try)(void), const char *what, hf_seccomp_way *ret);

/* The same for the calls of the injection. */
hf_err *hf_seccomp_check(pid_t pid, hf_seccomp_way *ret);

/* Reads the filters of a thread that we have stopped; refused unless they all allow all calls,
 * which need no machine and no instruction. At most 32. */
hf_err *hf_seccomp_ask(pid_t tid, const hf_gadgets *gadgets, const hf_call *calls, size_t count);

/* The same for the calls of the injection. */
hf_err *hf_seccomp_ask_fork(pid_t tid, const hf_gadgets *gadgets);

#endif
