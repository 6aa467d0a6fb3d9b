/* present/cli/watch_plan.c - see present/cli/watch_plan.h. */
#include "present/cli/watch_plan.h"

#include "base/cleanup.h"
#include "present/cli/progress.h"
#include "present/cli/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

enum { SNAPSHOTS_DEFAULT = 4, SNAPSHOTS_MOST = 100 };

#define SECONDS_DEFAULT 30.0

double hf_watch_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

hf_err *hf_watch_plan_make(const hf_arguments *a, hf_watch_plan *ret)
{
    ret->seconds = a->watch > 0 ? a->watch : SECONDS_DEFAULT;
    ret->snapshots = SNAPSHOTS_DEFAULT;
    ret->is_asked = a->every > 0;
    if (a->every > 0 && ret->seconds / a->every > SNAPSHOTS_MOST)
        return hf_fail(HF_ERR_USAGE, "--every that short gives more than %d snapshots",
                       SNAPSHOTS_MOST);
    if (a->every > 0)
        ret->snapshots = (size_t)(ret->seconds / a->every) + 1;
    if (ret->snapshots < HF_WATCH_LEAST)
        ret->snapshots = HF_WATCH_LEAST;
    ret->keep = a->keep;
    if (a->keep && mkdir(a->keep, 0700) && errno != EEXIST)
        return hf_fail_sys(errno, "cannot make folder '%s'", a->keep);
    time_t seconds = time(NULL);
    struct tm broken;
    if (!gmtime_r(&seconds, &broken) ||
        !strftime(ret->stamp, sizeof(ret->stamp), "%Y%m%dT%H%M%SZ", &broken))
        ret->stamp[0] = 0;
    return hf_scratch_folder(a->keep, &ret->scratch);
}

/* A look costs a microsecond of processor time for each object, and so does the verdict in the end.
 * Not measured, so that the same heap is always looked at in the same way. */
void hf_watch_plan_for_heap(hf_watch_plan *p, uint64_t objects)
{
    enum { MANY = 2000000 };
    if (p->is_asked || objects <= MANY || p->snapshots <= HF_WATCH_LEAST)
        return;
    p->snapshots = HF_WATCH_LEAST;
    hf_note("%.1f million objects: %d snapshots are enough (--every asks for more)",
            (double)objects / 1e6, HF_WATCH_LEAST);
}

hf_err *hf_watch_keep(const hf_watch_plan *p, pid_t pid, size_t number, const char *path)
{
    hf_buf goal HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&goal, "%s/%d-%s-%zu.hfheap", p->keep, (int)pid, p->stamp, number);
    if (rename(path, hf_buf_string(&goal)))
        return hf_fail_sys(errno, "cannot write '%s'", hf_buf_string(&goal));
    return NULL;
}

/* To judge a heap takes half a microsecond of processor time for each object, as much as to look
 * once more; it is worth that only where many times as much waiting may be saved. Not measured,
 * so that the same heap is always looked at in the same way. */
static bool is_worth_asking(uint64_t objects, double left)
{
    const double judging = 0.5e-6, times = 8;
    return left >= times * judging * (double)objects;
}

bool hf_watch_may_end(const hf_watch_plan *p, size_t snapshots, uint64_t objects, double elapsed)
{
    return snapshots < p->snapshots && snapshots >= HF_WATCH_LEAST && elapsed >= p->seconds / 2 &&
           is_worth_asking(objects, p->seconds - elapsed);
}

void hf_watch_wait(double moment, double begun, double seconds, const hf_process *process)
{
    hf_progress_begin("watching (Ctrl-C: report)");
    if (seconds > 1)
        hf_progress_at_once();
    hf_scratch_wait(true);
    for (double left; (left = moment - hf_watch_now()) > 0 && !hf_scratch_was_interrupted();) {
        hf_progress_update((uint64_t)((hf_watch_now() - begun) * 1000), (uint64_t)(seconds * 1000));
        if (process && !hf_process_alive(process))
            break;
        double step = left < 0.1 ? left : 0.1;
        nanosleep(&(struct timespec){0, (long)(step * 1e9)}, NULL);
    }
    hf_scratch_wait(false);
    hf_progress_clear();
}
