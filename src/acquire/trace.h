/* acquire/trace.h - stopping one thread by ptrace, and letting it go.
 *
 * Seized, never attached: no signal is sent, and a tool that dies leaves nothing behind. EXITKILL
 * is never set on the target. Errors are HF_ERR_REFUSED (the thread is as it was) or
 * HF_ERR_TARGET_GONE. */
#ifndef HF_ACQUIRE_TRACE_H
#define HF_ACQUIRE_TRACE_H

#include "acquire/process.h"

/* Stops a thread; it must be let go by hf_trace_let_go(). *ret: CLOCK_MONOTONIC when it was last
 * seen running. *ret_stuck is set after a second without a stop (it sleeps where no signal reaches
 * it): it stays seized then, and the calling thread must end soon, when the kernel lets it go. */
hf_err *hf_trace_stop(const hf_process *p, pid_t tid, bool *ret_stuck, uint64_t *ret);

/* Lets a stopped thread run on, with the signal (or 0) that it had stopped to take. */
void hf_trace_let_go(pid_t tid, int signal);

/* Where a thread stopped. */
typedef enum hf_stop {
    HF_STOP_CALL,   /* at the entry or the exit of a system call */
    HF_STOP_CLONE,  /* has just made a child */
    HF_STOP_SIGNAL, /* about to take a signal */
    HF_STOP_OTHER,  /* job control */
    HF_STOP_END,    /* it is no more */
    HF_STOP_NONE,   /* not within the time: it runs */
} hf_stop;

/* Lets it run, with the signal `deliver` (or 0) that it had stopped to take, to the next system
 * call boundary (or other event), and waits for that, at most until `deadline` (CLOCK_MONOTONIC).
 * *ret_signal: the signal of HF_STOP_SIGNAL. */
hf_stop hf_trace_next(pid_t tid, int deliver, uint64_t deadline, int *ret_signal);

/* Stops it where it runs on after HF_STOP_NONE; as hf_trace_stop() from there. */
hf_err *hf_trace_stop_again(const hf_process *p, pid_t tid, bool *ret_stuck, uint64_t *ret);

/* At HF_STOP_CALL: whether the call is about to be made. False on kernels before 5.3. */
bool hf_trace_at_entry(pid_t tid);

/* From now on, children that a stopped thread makes are traced, too. False when it is no more. */
bool hf_trace_children(pid_t tid);

/* The pid, as we count, of the child made at HF_STOP_CLONE; 0 when it cannot be had. */
pid_t hf_trace_child(pid_t tid);

/* Threads of the process, the best to stop first: one that computes, else one in a wait that can
 * be interrupted without a trace. Threads that sleep where no signal reaches them are left out, and
 * so are those with seccomp filters other than the main thread's. Returns how many. */
size_t hf_trace_candidates(pid_t pid, pid_t *tids, size_t limit);

#endif
