#include "acquire/inject.h"

#include "acquire/inside.h"
#include "acquire/priority.h"
#include "acquire/proc.h"
#include "acquire/step.h"
#include "acquire/trace.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CANDIDATES = 8 };

#define STILL_LIMIT UINT64_C(10000000) /* nanoseconds that a followed thread stands still, in all */

hf_err *hf_injector_open(const hf_process *p, bool ask_filters, uint64_t *pause, hf_injector *ret)
{
    hf_injector i = {.process = p, .ask_filters = ask_filters, .pause = pause};
    hf_err *err = hf_machine_new(&i.machine);
    if (!err)
        err = hf_process_maps(p->pid, &i.maps);
    if (!err)
        err = hf_gadgets_find(p, &i.maps, &i.gadgets);
    if (err) {
        hf_injector_close(&i);
        return err;
    }
    *ret = i;
    return NULL;
}

void hf_injector_close(hf_injector *i)
{
    hf_machine_free(i->machine);
    hf_maps_deinit(&i->maps);
    *i = (hf_injector){0};
}

/* A thread that has been stopped, with its frames written; nothing that it uses has changed. */
typedef struct held {
    pid_t tid;
    uint64_t since; /* CLOCK_MONOTONIC */
    bool at_entry;  /* of a system call that it is about to make */
} held;

/* While a thread of the target stands still, ours is to get a processor at once, for the hundred
 * microseconds or so that it needs one. Without the right to that it waits its turn. */
static void hurry(hf_injector *i)
{
    i->hurries = hf_priority_raise(0);
}

static void relax(hf_injector *i)
{
    if (i->hurries)
        hf_priority_lower(0);
    i->hurries = false;
}

static void release(hf_injector *i, const held *h, int signal)
{
    hf_trace_let_go(h->tid, signal);
    *i->pause += hf_now(CLOCK_MONOTONIC) - h->since;
    relax(i);
}

static hf_err *prepare(hf_injector *i, pid_t tid)
{
    hf_err *err = hf_machine_save(i->machine, i->process, &i->maps, &i->gadgets, tid);
    if (!err && i->ask_filters)
        err = hf_seccomp_ask_fork(tid, &i->gadgets);
    hf_step();
    return err ? err : hf_machine_write_frames(i->machine);
}

/* Python lets go of its lock right before a call that may block, and before it wakes another
 * thread that waits for the lock: so a thread that runs comes to rest at the entry of one of its
 * own system calls. It is let run from one to the next, as fast as it can; nothing in it is
 * changed. A program that computes without any such call is not found at rest, and one that
 * makes very many is not to stand still for long at all of them. *ret: it was found at rest.
 * Else it stands anywhere. */
static hf_err *follow_to_rest(hf_injector *i, held *h, bool *ret)
{
    uint64_t deadline = hf_now(CLOCK_MONOTONIC) + i->patience, still = 0;
    int signal = 0;
    for (;;) {
        uint64_t stood = hf_now(CLOCK_MONOTONIC) - h->since;
        *i->pause += stood;
        still += stood;
        relax(i);
        int deliver = signal;
        hf_stop stop = hf_trace_next(h->tid, deliver, deadline, &signal);
        hurry(i);
        h->since = hf_now(CLOCK_MONOTONIC);
        i->patience = h->since < deadline ? deadline - h->since : 0;
        signal = stop == HF_STOP_SIGNAL ? signal : 0;
        h->at_entry = stop == HF_STOP_CALL && hf_trace_at_entry(h->tid);
        if (stop == HF_STOP_NONE)
            return hf_trace_stop_again(i->process, h->tid, &i->stuck, &h->since);
        if (stop == HF_STOP_END)
            return hf_process_alive(i->process)
                       ? hf_fail(HF_ERR_REFUSED, "its thread %d ended", (int)h->tid)
                       : hf_process_gone(i->process->pid);
        if (stop == HF_STOP_OTHER) { /* job control: let it have its way */
            hf_trace_let_go(h->tid, 0);
            return hf_fail(HF_ERR_REFUSED, "it was stopped by somebody");
        }
        *ret = h->at_entry && i->at_rest(i->context);
        if (*ret)
            return NULL;
        if (stop == HF_STOP_CALL && still > STILL_LIMIT) {
            i->patience = 0;
            return NULL;
        }
    }
}

static hf_err *hold_thread(hf_injector *i, pid_t tid, held *h)
{
    bool rests = false;
    *h = (held){.tid = tid};
    hurry(i);
    hf_err *err = hf_trace_stop(i->process, tid, &i->stuck, &h->since);
    if (err) {
        relax(i);
        return err;
    }
    hf_step();
    if (i->at_rest && i->patience && !i->at_rest(i->context)) {
        err = follow_to_rest(i, h, &rests);
        if (err) {
            relax(i);
            return err;
        }
    }
    if (i->ready && !rests && !i->ready(i->context))
        err = hf_fail(HF_ERR_REFUSED, "it was not at rest");
    if (!err)
        err = prepare(i, tid);
    hf_step();
    if (err)
        release(i, h, 0);
    return err;
}

static hf_err *refresh_maps(hf_injector *i)
{
    hf_maps maps;
    hf_err *err = hf_process_maps(i->process->pid, &maps);
    if (err)
        return err;
    hf_maps_deinit(&i->maps);
    i->maps = maps;
    return NULL;
}

/* Stops the first thread that will do. */
static hf_err *hold(hf_injector *i, held *h)
{
    pid_t tids[CANDIDATES];
    hf_err *err = refresh_maps(i); /* stacks come and go */
    if (err)
        return err;
    size_t count = hf_trace_candidates(i->process->pid, tids, CANDIDATES);
    err = hf_fail(HF_ERR_REFUSED, "it has no thread that could be stopped");
    for (size_t k = 0; k < count && !i->stuck && hf_err_code_of(err) == HF_ERR_REFUSED; k++) {
        hf_err_free(err);
        err = hold_thread(i, tids[k], h);
        if (!err)
            return NULL;
    }
    if (!hf_process_alive(i->process)) {
        hf_err_free(err);
        return hf_process_gone(i->process->pid);
    }
    return err;
}

/* How a call went. */
typedef struct outcome {
    bool returned; /* else it was not made */
    int64_t result;
    pid_t child;
} outcome;

/* Puts the thread back as it was found and lets it go. A signal that it was about to take is
 * delivered to it in that state: as if the stop had lasted a little longer. */
static void put_back(hf_injector *i, const held *h, int signal)
{
    hf_step();
    hf_err_free(hf_machine_restore(i->machine, h->tid));
    hf_step();
    release(i, h, signal);
    hf_step();
}

/* Follows a thread, sent to a system call, to the exit of that call, and releases it. */
static hf_err *follow(hf_injector *i, const held *h, outcome *ret)
{
    bool entered = h->at_entry;
    for (;;) {
        int signal = 0;
        hf_stop stop = hf_trace_next(h->tid, 0, UINT64_MAX, &signal);
        hf_step();
        if (stop == HF_STOP_CLONE) {
            ret->child = hf_trace_child(h->tid);
        } else if (stop == HF_STOP_CALL && !entered) {
            entered = true;
        } else if (stop == HF_STOP_CALL) {
            hf_err *err = hf_machine_result(h->tid, &ret->result);
            ret->returned = !err && ret->result != -513; /* ERESTARTNOINTR: a signal came first */
            put_back(i, h, 0);
            return err;
        } else if (stop == HF_STOP_END) {
            relax(i);
            return hf_process_alive(i->process)
                       ? hf_fail(HF_ERR_REFUSED, "its thread %d ended", (int)h->tid)
                       : hf_process_gone(i->process->pid);
        } else { /* before the call: a signal, or job control; let it have its way */
            put_back(i, h, signal);
            return NULL;
        }
    }
}

/* Writes 1000 to oom_score_adj: should memory run out, the copy goes, and not the target. */
static void offer_to_oom_killer(pid_t copy)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)copy);
    HF_AUTO(hf_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "1000", 4) != 4)
        return;
}

/* Its pid as the target counts. */
static pid_t inner_pid(const hf_process *p, pid_t copy)
{
    hf_proc_status target, status;
    if (hf_proc_status_of(p->pid, &target) || hf_proc_status_of(copy, &status) ||
        !target.id_count || status.id_count < target.id_count)
        return copy;
    return status.ids[target.id_count - 1];
}

/* The new child is traced like its parent, and stops before its first instruction. Only now, and
 * only for it, is EXITKILL set: the target must never have it. In this order, a zombie that is left
 * behind has either our exit code, or the mark 1000 and was killed: see is_copy(). */
static hf_err *adopt(const hf_process *p, pid_t child, hf_copy_process *ret)
{
    *ret = (hf_copy_process){.process = {.pid = child, .pidfd = -1, .memory = -1},
                             .inner = inner_pid(p, child)};
    int status = 0;
    offer_to_oom_killer(child);
    /* A process that ends is off the list of the OOM killer before its memory is free, and where
     * processors are busy it may stand there for long. It runs nothing but its end, so it may have
     * it at once. */
    hf_priority_raise(child);
    hf_step();
    while (waitpid(child, &status, __WALL) < 0)
        if (errno != EINTR)
            break;
    hf_step();
    if (!WIFSTOPPED(status) || ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL) < 0) {
        hf_copy_kill(ret);
        return hf_fail(HF_ERR_REFUSED, "its copy was killed at once");
    }
    hf_step();
    ret->process.pidfd = (int)syscall(SYS_pidfd_open, child, 0);
    if (p->memory >= 0) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d/mem", (int)child);
        ret->process.memory = open(path, O_RDONLY | O_CLOEXEC);
    }
    hf_proc_stat stat;
    if (hf_proc_stat_of(child, &stat) == 0)
        ret->process.start_time = stat.start_time;
    return NULL;
}

hf_err *hf_inject_fork(hf_injector *i, hf_copy_process *ret, uint64_t *ret_taken,
                       bool *ret_try_again)
{
    held h;
    *ret_try_again = true;
    hf_err *err = hold(i, &h);
    if (err)
        return err;
    err = hf_trace_children(h.tid) ? hf_machine_begin_fork(i->machine, h.tid)
                                   : hf_fail(HF_ERR_REFUSED, "its thread %d ended", (int)h.tid);
    if (err) {
        release(i, &h, 0);
        return err;
    }
    hf_step();
    outcome o = {0};
    *ret_taken = hf_now(CLOCK_REALTIME);
    err = follow(i, &h, &o);
    if (o.child) {
        hf_err *other = adopt(i->process, o.child, ret);
        if (err && !other)
            hf_copy_kill(ret);
        if (err)
            hf_err_free(other);
        return err ? err : other;
    }
    if (err)
        return err;
    if (!o.returned)
        return hf_fail(HF_ERR_REFUSED, "a signal came in between");
    *ret_try_again = false;
    return hf_fail(HF_ERR_REFUSED, "the kernel refused the fork: %s", strerror((int)-o.result));
}

void hf_copy_kill(hf_copy_process *copy)
{
    if (!copy->process.pid)
        return;
    int status = 0;
    kill(copy->process.pid, SIGKILL); /* we trace it: the number cannot be another's yet */
    hf_step();
    while (waitpid(copy->process.pid, &status, __WALL) >= 0 && WIFSTOPPED(status))
        ;
    hf_step();
    hf_process_close(&copy->process);
    copy->process.pid = 0;
}

hf_err *hf_inject_reap(hf_injector *i, const pid_t *zombies, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        held h;
        outcome o = {0};
        for (unsigned tries = 0; tries < 3 && !o.returned; tries++) {
            hf_err *err = hold(i, &h);
            if (err)
                return err;
            err = hf_machine_begin_wait(i->machine, h.tid, zombies[k]);
            if (err) {
                release(i, &h, 0);
                return err;
            }
            hf_step();
            err = follow(i, &h, &o);
            if (err)
                return err;
        }
    }
    return NULL;
}

/* A zombie child with exit signal 0 that ended as copies of ours end: by the code of its frame, or
 * killed after it was marked for the OOM killer. Programs that clone without an exit signal are
 * rare; those that end like that, none. */
static bool is_copy(pid_t parent, pid_t pid)
{
    hf_proc_stat stat;
    if (hf_proc_stat_of(pid, &stat) || stat.state != 'Z' || stat.parent != parent ||
        stat.exit_signal != 0)
        return false;
    if (stat.exit_code == HF_COPY_EXIT_CODE << 8)
        return true;
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    return stat.exit_code == SIGKILL && hf_proc_read(pid, "oom_score_adj", &text) == 0 &&
           strncmp(hf_buf_string(&text), "1000", 4) == 0;
}

hf_err *hf_copies_left(const hf_process *p, pid_t **ret, size_t *ret_count)
{
    pid_t *pids = NULL;
    size_t count = 0, found = 0;
    if (hf_proc_numbers("/proc", &pids, &count))
        return hf_fail(HF_ERR_SYSTEM, "cannot list the processes in /proc");
    for (size_t i = 0; i < count; i++)
        if (is_copy(p->pid, pids[i]))
            pids[found++] = inner_pid(p, pids[i]);
    *ret = pids;
    *ret_count = found;
    return NULL;
}
