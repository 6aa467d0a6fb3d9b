#include "acquire/halt.h"

#include "acquire/inside.h"
#include "acquire/ladder.h"
#include "acquire/proc.h"
#include "acquire/step.h"
#include "acquire/trace.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static bool is_among(const hf_halt *h, pid_t tid)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->tids[i] == tid)
            return true;
    return false;
}

/* Stops the threads that are not yet; *ret_more: there were some. */
static hf_err *stop_others(const hf_process *p, hf_halt *h, bool *ret_more)
{
    char folder[64];
    HF_AUTO(hf_freep) pid_t *tids = NULL;
    size_t count = 0;
    *ret_more = false;
    snprintf(folder, sizeof(folder), "/proc/%d/task", (int)p->pid);
    if (hf_proc_numbers(folder, &tids, &count))
        return hf_process_gone(p->pid);
    pid_t *room = realloc(h->tids, (h->count + count) * sizeof(*room));
    if (!room)
        return hf_fail_memory();
    h->tids = room;
    for (size_t i = 0; i < count; i++) {
        uint64_t since;
        bool stuck = false;
        if (is_among(h, tids[i]))
            continue;
        *ret_more = true;
        hf_err *err = hf_trace_stop(p, tids[i], &stuck, &since);
        hf_step();
        if (!err) {
            h->since = h->count ? h->since : since;
            h->tids[h->count++] = tids[i];
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

hf_err *hf_halt_all(const hf_process *p, hf_halt *ret)
{
    bool more = true;
    *ret = (hf_halt){0};
    while (more) { /* running threads start new ones; when a whole round finds none, all stand */
        hf_err *err = stop_others(p, ret, &more);
        if (err)
            return err;
    }
    return NULL;
}

uint64_t hf_halt_end(hf_halt *h)
{
    for (size_t i = 0; i < h->count; i++) {
        hf_trace_let_go(h->tids[i], 0);
        hf_step();
    }
    uint64_t stood = h->count ? hf_now(CLOCK_MONOTONIC) - h->since : 0;
    free(h->tids);
    *h = (hf_halt){0};
    return stood;
}
