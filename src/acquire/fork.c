/* The rung of the copy-on-write fork. */
#include "acquire/asker.h"
#include "acquire/cgroup.h"
#include "acquire/inject.h"
#include "acquire/inside.h"
#include "acquire/preflight.h"
#include "acquire/priority.h"
#include "acquire/rest.h"

#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    STOPS_PER_ATTEMPT = 20, /* short stops that find it at work, before one is taken as it is */
    ZOMBIES_MAX = 512,
};

#define REST_LIMIT UINT64_C(100000000) /* nanoseconds to wait for rest before a stop */
#define PATIENCE   UINT64_C(200000000) /* nanoseconds to follow threads until they rest, in all */

typedef struct forking {
    hf_freezing *f;
    hf_injector injector;
    hf_copy_process copy;
    pid_t zombies[ZOMBIES_MAX]; /* to be waited for */
    size_t zombie_count;
    unsigned stops;   /* of this attempt */
    uint64_t watched; /* bytes of headroom were last asked at this time */
    bool is_tight;    /* there was not room for all of its memory twice */
    bool reads;       /* the copy is being read */
    uint64_t reserve; /* headroom below which the copy is given up */
} forking;

static bool is_at_rest(void *context)
{
    const forking *k = context;
    return hf_rest_in_process(k->f->process, &k->f->options, false);
}

static bool is_ready(void *context)
{
    forking *k = context;
    return ++k->stops >= STOPS_PER_ATTEMPT ||
           hf_rest_in_process(k->f->process, &k->f->options, true);
}

/* Makes ready for calls in the copy. False where there is none, or a filter that it has inherited
 * does not let it. */
static bool may_call(const forking *k, const hf_call *call)
{
    pid_t pid = k->copy.process.pid;
    if (!pid || ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD) < 0)
        return false;
    hf_err *err =
        k->injector.ask_filters ? hf_seccomp_ask(pid, &k->injector.gadgets, call, 1) : NULL;
    bool may = !err;
    hf_err_free(err);
    return may;
}

static int64_t call_in_copy(const forking *k, const hf_call *call)
{
    int64_t result = -1;
    hf_err_free(hf_machine_call(k->copy.process.pid, &k->injector.gadgets, call, &result));
    return result;
}

static int64_t unmap(const forking *k, uint64_t start, uint64_t end)
{
    return call_in_copy(k, &(hf_call){.number = SYS_munmap, .arguments = {start, end - start}});
}

/* A target that ends while its copy lives would leave its open files to the copy: ports that
 * whoever starts it again needs, locks, connections. So a copy that lives longer leaves the table
 * that it shares with the target, and has none. False where it cannot (Linux before 5.9). */
static bool leave_files(const forking *k)
{
    const hf_call call = {.number = SYS_close_range, .arguments = {0, ~0U, CLOSE_RANGE_UNSHARE}};
    return may_call(k, &call) && call_in_copy(k, &call) == 0;
}

/* A process that ends is off the list of the OOM killer before its memory is free. Where a limit is
 * near, and the target takes memory in just that time, the killer would find nobody but the target.
 * So the copy gives its memory back first, while it still stands there to be chosen. */
static void empty_copy(forking *k)
{
    const uint64_t user_space = UINT64_C(0x7ffffffff000);
    if (!may_call(k, &(hf_call){.number = SYS_munmap}))
        return;
    if (unmap(k, 0, user_space) == 0)
        return;
    const hf_maps *maps = &k->f->maps; /* some of it is sealed */
    for (size_t i = 0; i < maps->count; i++)
        if (maps->items[i].writable && hf_process_alive(&k->copy.process))
            unmap(k, maps->items[i].start, maps->items[i].end);
}

/* Ends the copy, if there is one, and notes what is left of it. */
static void end_copy(forking *k)
{
    empty_copy(k);
    hf_copy_kill(&k->copy);
    if (k->copy.inner && k->zombie_count < ZOMBIES_MAX)
        k->zombies[k->zombie_count++] = k->copy.inner;
    k->copy.inner = 0;
}

/* The target waits for what is left of copies. When that cannot be done now, the next run will: no
 * reason to fail. */
static void reap_copies(forking *k)
{
    if (k->injector.stuck || !k->zombie_count)
        return;
    hf_injector *i = &k->injector;
    bool (*at_rest)(void *) = i->at_rest;
    bool (*ready)(void *) = i->ready;
    i->at_rest = i->ready = NULL;
    hf_err *err = hf_inject_reap(i, k->zombies, k->zombie_count);
    if (!err)
        k->zombie_count = 0;
    hf_err_free(err);
    i->at_rest = at_rest;
    i->ready = ready;
}

/* Before another copy is made, this one is gone altogether: a tool that is killed then leaves one
 * zombie and not two. */
static void discard_copy(forking *k)
{
    end_copy(k);
    reap_copies(k);
}

/* One copy, at whatever moment it was caught. */
static hf_err *make_copy(forking *k)
{
    hf_err *err = NULL;
    k->stops = 0;
    for (unsigned tries = 0; tries < STOPS_PER_ATTEMPT; tries++) {
        bool try_again = false;
        hf_rest_wait(k->f->process, &k->f->options, REST_LIMIT);
        hf_err_free(err);
        err = hf_inject_fork(&k->injector, &k->copy, &k->f->info.taken_at, &try_again);
        if (!err || hf_err_code_of(err) != HF_ERR_REFUSED || !try_again || k->injector.stuck)
            break;
        discard_copy(k);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return err;
}

/* Whether another attempt keeps the promise about the pause. */
static bool may_try_again(const forking *k, uint64_t last_pause)
{
    const hf_freezing *f = k->f;
    uint64_t next = last_pause > f->info.predicted_pause ? last_pause : f->info.predicted_pause;
    return f->info.attempts < f->options.max_attempts &&
           (f->options.allow_stop ||
            (double)(f->info.pause + next) <= f->options.max_pause_ms * 1e6);
}

/* Copies until one is at rest, or no more are allowed: then the last one has to do. */
static hf_err *make_copy_at_rest(forking *k)
{
    for (;;) {
        uint64_t before = k->f->info.pause;
        k->f->info.attempts++;
        hf_err *err = make_copy(k);
        if (err)
            return err;
        bool whole = hf_rest_in_process(&k->copy.process, &k->f->options, false);
        bool enough = hf_rest_in_process(&k->copy.process, &k->f->options, true);
        if (whole || (enough && !k->injector.patience) ||
            !may_try_again(k, k->f->info.pause - before))
            return NULL;
        discard_copy(k);
    }
}

/* Whoever reads the copy's memory keeps it from being freed until he has done so, also when the OOM
 * killer has chosen the copy, and a thread that waits for a processor in the midst of that would
 * keep it for long: then the target is the next to be chosen. So where memory may run short, nobody
 * else runs before us while we read. What was read is written without that (freezing.c): a
 * processor is taken for a millisecond at a time. */
static void hurry(forking *k, bool hurries)
{
    if (hurries == k->f->hurries)
        return;
    if (!hurries)
        hf_priority_lower(0);
    k->f->hurries = hurries && hf_priority_raise(0);
}

/* While the copy lives, pages that the target writes to are doubled. Before its memory limit is
 * reached the copy is given up. */
static hf_err *watch_headroom(void *context)
{
    forking *k = context;
    const uint64_t often = 4000000, seldom = 50000000; /* nanoseconds */
    uint64_t now = hf_now(CLOCK_MONOTONIC);
    if (now - k->watched < (k->is_tight ? often : seldom))
        return NULL;
    k->watched = now;
    hf_headroom room = hf_headroom_of(k->f->process->pid);
    k->is_tight = room.bytes < k->f->expected + k->reserve;
    hurry(k, k->is_tight && k->reads);
    if (room.bytes >= k->reserve)
        return NULL;
    return hf_fail(HF_ERR_REFUSED, "memory ran short while the copy was read");
}

/* A copy whose memory is read on demand lives longer, in which the target may double all of it,
 * and what is read is memory of ours, of the same machine if not of the same group: not where
 * either may run short. Code that is run in a copy changes it, and what is written as raw memory
 * is all needed. */
static bool may_defer(const forking *k)
{
    const hf_freezing *f = k->f;
    return f->options.on_demand && !f->options.keep_copy && !f->writer && !k->is_tight &&
           k->copy.process.memory >= 0 &&
           hf_headroom_of(getpid()).bytes >= 2 * f->expected + k->reserve;
}

static hf_err *read_copy(forking *k)
{
    hf_freezing *f = k->f;
    f->info.way = HF_WAY_FORK;
    k->reads = true;
    hf_err *err = watch_headroom(k);
    f->defers = !err && may_defer(k) && leave_files(k);
    if (!err)
        err = hf_freezing_copy(f, &k->copy.process, watch_headroom, k);
    f->defers = false;
    if (f->demand)
        f->info.at_rest = hf_rest_in_process(&k->copy.process, &f->options, false);
    k->reads = false;
    hurry(k, false);
    if (err && hf_err_code_of(err) == HF_ERR_TARGET_GONE && hf_process_alive(k->f->process)) {
        hf_err_free(err);
        err = hf_fail(HF_ERR_REFUSED, "its copy was killed while it was read (memory ran short?)");
    }
    return err;
}

static void remember_zombies(forking *k)
{
    pid_t *left = NULL;
    size_t count = 0;
    hf_err *err = hf_copies_left(k->f->process, &left, &count);
    if (err) {
        hf_err_free(err);
        return;
    }
    for (size_t i = 0; i < count && k->zombie_count < ZOMBIES_MAX / 2; i++)
        k->zombies[k->zombie_count++] = left[i];
    free(left);
}

hf_err *hf_freeze_by_fork(hf_freezing *f)
{
    forking k = {.f = f, .reserve = hf_headroom_reserve(f->expected)};
    hf_seccomp_way seccomp;
    f->info.attempts = 0;
    hf_err *err = hf_seccomp_check(f->process->pid, &seccomp);
    if (!err)
        err = hf_injector_open(f->process, seccomp == HF_SECCOMP_READ, &f->info.pause, &k.injector);
    if (err)
        return err;
    remember_zombies(&k);
    k.injector.at_rest = is_at_rest;
    k.injector.patience = PATIENCE;
    k.injector.ready = is_ready;
    k.injector.context = &k;
    err = make_copy_at_rest(&k);
    if (!err)
        err = read_copy(&k);
    if (!err && (f->options.keep_copy || f->demand))
        hf_asker_serve(f, &k.copy, &k.injector.gadgets, watch_headroom, &k);
    end_copy(&k);
    reap_copies(&k);
    hf_injector_close(&k.injector);
    return err;
}
