/* Rungs that inject nothing: the process runs on, or somebody else has stopped it. */
#include "acquire/ladder.h"
#include "acquire/proc.h"
#include "acquire/rest.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <time.h>

#define REST_LIMIT UINT64_C(100000000) /* nanoseconds */

bool hf_process_stopped(pid_t pid)
{
    char path[64];
    HF_AUTO(hf_freep) pid_t *tids = NULL;
    size_t count = 0, stopped = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    if (hf_proc_numbers(path, &tids, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        hf_proc_stat stat;
        if (hf_proc_stat_of(tids[i], &stat))
            return false;
        stopped += stat.state == 'T' || stat.state == 't';
    }
    return count && stopped == count;
}

hf_err *hf_freeze_stopped(hf_freezing *f)
{
    if (!hf_process_stopped(f->process->pid))
        return hf_fail(HF_ERR_REFUSED, "the process is not stopped");
    f->info.way = HF_WAY_STOPPED;
    f->info.attempts = 1;
    f->info.taken_at = hf_now(CLOCK_REALTIME);
    hf_err *err = hf_freezing_copy(f, f->process, NULL, NULL);
    if (!err && !hf_process_stopped(f->process->pid))
        return hf_fail(HF_ERR_REFUSED, "the process was continued while it was copied");
    return err;
}

hf_err *hf_freeze_live(hf_freezing *f)
{
    hf_rest_wait(f->process, &f->options, REST_LIMIT);
    f->info.way = HF_WAY_LIVE;
    f->info.attempts = 1;
    f->info.taken_at = hf_now(CLOCK_REALTIME);
    return hf_freezing_copy(f, f->process, NULL, NULL);
}
