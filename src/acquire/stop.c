/* The rung of stop and copy: every thread is stopped by ptrace, and the memory copied meanwhile. */
#include "acquire/inside.h"
#include "acquire/ladder.h"
#include "acquire/proc.h"
#include "acquire/rest.h"
#include "acquire/trace.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define REST_LIMIT UINT64_C(100000000) /* nanoseconds */

typedef struct stopped {
    pid_t *tids;
    size_t count;
    uint64_t since;
} stopped;

static bool is_among(const stopped *s, pid_t tid)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->tids[i] == tid)
            return true;
    return false;
}

/* Stops the threads that are not yet; *ret_more: there were some. */
static hf_err *stop_others(const hf_process *p, stopped *s, bool *ret_more)
{
    char folder[64];
    HF_AUTO(hf_freep) pid_t *tids = NULL;
    size_t count = 0;
    *ret_more = false;
    snprintf(folder, sizeof(folder), "/proc/%d/task", (int)p->pid);
    if (hf_proc_numbers(folder, &tids, &count))
        return hf_process_gone(p->pid);
    pid_t *room = realloc(s->tids, (s->count + count) * sizeof(*room));
    if (!room)
        return hf_fail_memory();
    s->tids = room;
    for (size_t i = 0; i < count; i++) {
        uint64_t since;
        bool stuck = false;
        if (is_among(s, tids[i]))
            continue;
        *ret_more = true;
        hf_err *err = hf_trace_stop(p, tids[i], &stuck, &since);
        if (!err) {
            s->since = s->count ? s->since : since;
            s->tids[s->count++] = tids[i];
            continue;
        }
        hf_proc_stat stat;
        bool ended = hf_proc_stat_of(tids[i], &stat) != 0;
        if (!ended || hf_err_code_of(err) != HF_ERR_REFUSED)
            return err;
        hf_err_free(err);
    }
    return NULL;
}

static hf_err *stop_all(const hf_process *p, stopped *s)
{
    bool more = true;
    while (more) { /* running threads start new ones; when a whole round finds none, all stand */
        hf_err *err = stop_others(p, s, &more);
        if (err)
            return err;
    }
    return NULL;
}

static void let_all_go(stopped *s)
{
    for (size_t i = 0; i < s->count; i++)
        hf_trace_let_go(s->tids[i], 0);
    free(s->tids);
    *s = (stopped){0};
}

hf_err *hf_freeze_by_stop(hf_freezing *f)
{
    stopped s = {0};
    hf_rest_wait(f->process, &f->options, REST_LIMIT);
    hf_err *err = stop_all(f->process, &s);
    if (!err) {
        f->info.way = HF_WAY_STOP;
        f->info.attempts = 1;
        f->info.taken_at = hf_now(CLOCK_REALTIME);
        err = hf_freezing_copy(f, f->process, NULL, NULL);
    }
    uint64_t since = s.since;
    bool any = s.count > 0;
    let_all_go(&s);
    if (any)
        f->info.pause += hf_now(CLOCK_MONOTONIC) - since;
    return err;
}
