#include "acquire/trace.h"

#include "acquire/inside.h"
#include "acquire/ladder.h"
#include "acquire/machine.h"
#include "acquire/proc.h"
#include "acquire/step.h"
#include "base/cleanup.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EVENT_STOP = 128, CALL_STOP = SIGTRAP | 0x80 }; /* PTRACE_EVENT_STOP, TRACESYSGOOD */

#define STOP_LIMIT  UINT64_C(1000000000) /* nanoseconds */
#define QUEUE_LIMIT UINT64_C(5000000000) /* for a thread that waits for a processor */
#define SPIN_LIMIT  UINT64_C(100000)
#define SLEEP_MAX   UINT64_C(1000000)

void (*hf_step_hook)(void);

static int event_of(int status)
{
    return status >> 16;
}

static hf_err *seize(const hf_process *p, pid_t tid)
{
    const unsigned long options = PTRACE_O_TRACESYSGOOD;
    if (ptrace(PTRACE_SEIZE, tid, NULL, options) == 0)
        return NULL;
    int errnum = errno;
    hf_proc_status status;
    if (!hf_process_alive(p))
        return hf_process_gone(p->pid);
    if (hf_proc_status_of(tid, &status) == 0 && status.tracer)
        return hf_fail(HF_ERR_REFUSED, "it is traced already, by process %d", (int)status.tracer);
    return hf_fail(HF_ERR_REFUSED, "it may not be traced: %s", strerror(errnum));
}

/* A stopped thread that was asked to stop: true when this is that stop. Signals that come before
 * it are passed on. */
static bool arrived(pid_t tid, int status)
{
    if (event_of(status) == EVENT_STOP)
        return true;
    int signal = event_of(status) || WSTOPSIG(status) == CALL_STOP ? 0 : WSTOPSIG(status);
    ptrace(PTRACE_CONT, tid, NULL, (uintptr_t)signal);
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL); /* any other stop cancels the one asked for */
    return false;
}

/* Whether it only waits for a processor, which on a busy machine may take long: it runs on, so
 * there is no hurry. */
static bool is_runnable(pid_t tid)
{
    hf_proc_stat stat;
    return hf_proc_stat_of(tid, &stat) == 0 && stat.state == 'R';
}

hf_err *hf_trace_stop_again(const hf_process *p, pid_t tid, bool *ret_stuck, uint64_t *ret)
{
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
    uint64_t start = hf_now(CLOCK_MONOTONIC), running = start, now = start, limit = STOP_LIMIT;
    for (; now - start < limit; now = hf_now(CLOCK_MONOTONIC)) {
        int status = 0;
        pid_t waited = waitpid(tid, &status, __WALL | WNOHANG);
        if (waited < 0 || (waited == tid && !WIFSTOPPED(status)))
            return hf_process_alive(p) ? hf_fail(HF_ERR_REFUSED, "its thread %d ended", (int)tid)
                                       : hf_process_gone(p->pid);
        if (waited == tid && arrived(tid, status)) {
            *ret = running;
            if (WSTOPSIG(status) == SIGTRAP)
                return NULL;
            hf_trace_let_go(tid, 0);
            return hf_fail(HF_ERR_REFUSED, "it was stopped by signal %d", WSTOPSIG(status));
        }
        running = now;
        if (now - start > limit / 2 && limit == STOP_LIMIT && is_runnable(tid))
            limit = QUEUE_LIMIT;
        if (now - start < SPIN_LIMIT)
            sched_yield();
        else /* it may need this processor to come to its stop */
            nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
    }
    *ret_stuck = true;
    return hf_fail(HF_ERR_REFUSED, "its thread %d sleeps where it cannot be stopped", (int)tid);
}

hf_err *hf_trace_stop(const hf_process *p, pid_t tid, bool *ret_stuck, uint64_t *ret)
{
    hf_err *err = seize(p, tid);
    if (err)
        return err;
    hf_step();
    return hf_trace_stop_again(p, tid, ret_stuck, ret);
}

void hf_trace_let_go(pid_t tid, int signal)
{
    hf_machine_mend_wait(tid);
    ptrace(PTRACE_DETACH, tid, NULL, (uintptr_t)signal);
}

/* Whether the thread is still one that we trace. */
static bool is_ours(pid_t tid)
{
    hf_proc_status status;
    return hf_proc_status_of(tid, &status) == 0 && status.tracer == (pid_t)syscall(SYS_gettid);
}

/* Until the next look at a thread that has been waited for so long. It works meanwhile, maybe in a
 * fork of a large process, and each look takes the processor from it: so there are few, and what
 * the last sleep adds to the wait is a small part of it. */
static void sleep_a_part(uint64_t waited)
{
    uint64_t part = waited / 16;
    part = part < SLEEP_MAX ? part : SLEEP_MAX;
    nanosleep(&(struct timespec){.tv_nsec = (long)part}, NULL);
}

/* Waits for a traced thread to stop or end; tells its number then, 0 when it runs still at
 * the deadline, and -1 when it is no more. When another thread of the process calls
 * execve(2), the first one vanishes and its number goes over to that one: a wait that blocks
 * is then never woken. */
static pid_t await(pid_t tid, uint64_t deadline, int *ret_status)
{
    const uint64_t ask_again = 5000000;
    uint64_t start = hf_now(CLOCK_MONOTONIC), asked = start;
    for (;;) {
        pid_t waited = waitpid(tid, ret_status, __WALL | WNOHANG);
        if (waited == tid || (waited < 0 && errno != EINTR))
            return waited;
        uint64_t now = hf_now(CLOCK_MONOTONIC);
        if (now > deadline)
            return 0;
        if (now - asked > ask_again) {
            asked = now;
            if (!is_ours(tid))
                return waitpid(tid, ret_status, __WALL | WNOHANG) == tid ? tid : -1;
        }
        if (now - start < SPIN_LIMIT)
            sched_yield();
        else
            sleep_a_part(now - start);
    }
}

hf_stop hf_trace_next(pid_t tid, int deliver, uint64_t deadline, int *ret_signal)
{
    int status = 0;
    if (ptrace(PTRACE_SYSCALL, tid, NULL, (uintptr_t)deliver) < 0 && errno == ESRCH)
        return HF_STOP_END;
    hf_step();
    pid_t waited = await(tid, deadline, &status);
    if (!waited)
        return HF_STOP_NONE;
    if (waited < 0 || !WIFSTOPPED(status))
        return HF_STOP_END;
    if (WSTOPSIG(status) == CALL_STOP)
        return HF_STOP_CALL;
    if (event_of(status) == PTRACE_EVENT_CLONE)
        return HF_STOP_CLONE;
    if (event_of(status))
        return HF_STOP_OTHER;
    *ret_signal = WSTOPSIG(status);
    return HF_STOP_SIGNAL;
}

bool hf_trace_at_entry(pid_t tid)
{
    struct __ptrace_syscall_info info = {0};
    return ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) > 0 &&
           info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

bool hf_trace_children(pid_t tid)
{
    return ptrace(PTRACE_SETOPTIONS, tid, NULL, PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD) == 0;
}

pid_t hf_trace_child(pid_t tid)
{
    unsigned long child = 0;
    return ptrace(PTRACE_GETEVENTMSG, tid, NULL, &child) < 0 ? 0 : (pid_t)child;
}

/* System calls that any stop makes fail with EINTR, and those that the kernel restarts through
 * restart_syscall(2): the first are avoided, the second are second best. */
static unsigned rank_of_call(long number)
{
    switch (number) {
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case SYS_rt_sigtimedwait:
        return 3;
    case SYS_poll:
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
    case SYS_futex:
        return 2;
    default:
        return 1;
    }
}

enum { RANKS = 4, THREADS_LOOKED_AT = 256 };

/* 0 (best) to 3, or RANKS for a thread that is not to be stopped. */
static unsigned rank_of(pid_t pid, pid_t tid, uint32_t filters)
{
    hf_proc_status status;
    if (hf_proc_status_of(tid, &status) || status.process != pid ||
        status.seccomp_filters != filters)
        return RANKS;
    if (status.state == 'R')
        return 0;
    if (status.state != 'S')
        return RANKS;
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    char *end;
    if (hf_proc_read(tid, "syscall", &text))
        return 1;
    const char *line = hf_buf_string(&text);
    long number = strtol(line, &end, 10);
    return end == line ? 1 : rank_of_call(number);
}

size_t hf_trace_candidates(pid_t pid, pid_t *ret, size_t limit)
{
    char folder[64];
    HF_AUTO(hf_freep) pid_t *tids = NULL;
    size_t count = 0, found = 0;
    hf_proc_status main;
    snprintf(folder, sizeof(folder), "/proc/%d/task", (int)pid);
    if (hf_proc_status_of(pid, &main) || hf_proc_numbers(folder, &tids, &count))
        return 0;
    count = count < THREADS_LOOKED_AT ? count : THREADS_LOOKED_AT;
    uint8_t ranks[THREADS_LOOKED_AT];
    for (size_t i = 0; i < count; i++)
        ranks[i] = (uint8_t)rank_of(pid, tids[i], main.seccomp_filters);
    for (unsigned rank = 0; rank < RANKS; rank++)
        for (size_t i = 0; i < count && found < limit; i++)
            if (ranks[i] == rank)
                ret[found++] = tids[i];
    return found;
}
