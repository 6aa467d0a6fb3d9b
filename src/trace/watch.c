/* trace/watch.c - see trace/watch.h. */
#include "trace/watch.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "trace/history.h"
#include "trace/merge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define MS 1000000ULL
enum { PERIOD_LEAST = 100, SHARE = 50, NAMES_MAX = 1 << 20, STEP_MOST = 1000 };

typedef struct process {
    char name[32]; /* of its file */
    int fd;        /* -1: taken up */
    hf_state_header header;
    hf_count *live; /* of each node, when last read */
    /* ... and at its own peak, where that was since the last look but one; else NULL */
    hf_count *recent;
    hf_count *best; /* ... and when all processes together held most */
    size_t live_count, recent_count, best_count, room;
    uint64_t live_bytes, recent_bytes, known_peak; /* known_peak: header.peak when last read */
    uint64_t resident;                             /* as told last */
    uint32_t *nodes;                               /* of the capture, once taken up */
    size_t node_count;
} process;

struct hf_watch {
    int folder;
    uint64_t folder_changed; /* ns since 1970, when it was last read */
    bool folder_is_known;    /* all that was in it then has been met, and it was not changing */
    uint64_t start, next, period; /* ns */
    hf_merge *merge;
    hf_history *history;
    process *processes;
    size_t count, open;       /* open: those that are not taken up */
    uint64_t best, best_time; /* most live bytes of several processes together */
    size_t most_alive;
    bool last_look;
    bool recovering; /* long after: states tell when they were last written */
    bool looking;    /* nothing is removed or written */
    bool foreign;    /* ... and pids may be those of another namespace */
    hf_watch_resident *resident;
};

static uint64_t nanoseconds(struct timespec t)
{
    return (uint64_t)t.tv_sec * 1000 * MS + (uint64_t)t.tv_nsec;
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return nanoseconds(t);
}

static uint64_t used(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return nanoseconds(t);
}

hf_err *hf_watch_new(const char *folder, hf_watch_resident *resident, hf_watch **ret)
{
    hf_watch *w = calloc(1, sizeof(*w));
    if (!w)
        return hf_fail_memory();
    w->start = now();
    w->period = PERIOD_LEAST * MS;
    w->resident = resident;
    w->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    hf_err *err = w->folder < 0 ? hf_fail_sys(errno, "cannot open '%s'", folder) : NULL;
    if (!err)
        err = hf_merge_new(w->start, &w->merge);
    if (!err)
        err = hf_history_new(&w->history);
    if (err) {
        hf_watch_free(w);
        return err;
    }
    *ret = w;
    return NULL;
}

void hf_watch_free(hf_watch *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->count; i++) {
        process *p = &w->processes[i];
        if (p->fd >= 0)
            close(p->fd);
        free(p->live);
        free(p->recent);
        free(p->best);
        free(p->nodes);
    }
    free(w->processes);
    hf_merge_free(w->merge);
    hf_history_free(w->history);
    if (w->folder >= 0)
        close(w->folder);
    free(w);
}

static bool is_known(const hf_watch *w, const char *name)
{
    for (size_t i = w->count; i-- > 0;)
        if (strcmp(w->processes[i].name, name) == 0)
            return true;
    return false;
}

/* A file that has just appeared; one that is not written yet is met again next time. */
static hf_err *meet(hf_watch *w, const char *name)
{
    HF_AUTO(hf_closep)
    int fd = openat(w->folder, name,
                    (w->looking ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    process p = {.fd = -1};
    hf_err *err = fd < 0 ? hf_fail_sys(errno, "cannot open '%s'", name)
                         : hf_state_read_header(fd, name, &p.header);
    if (err) {
        w->folder_is_known = false;
        if (w->last_look && !w->looking && hf_err_code_of(err) == HF_ERR_NOT_OURS)
            unlinkat(w->folder, name,
                     0); /* a process that ended before it began: there is nothing in it */
        hf_err_free(err);
        return NULL;
    }
    if (!hf_array_next(&w->processes, w->count))
        return hf_fail_memory();
    p.fd = fd;
    fd = -1;
    snprintf(p.name, sizeof(p.name), "%s", name);
    w->processes[w->count++] = p;
    w->open++;
    return NULL;
}

/* True where nothing can have come into the folder since it was read: names that come change its
 * time, unless it is younger than a step of its file system's clock may be. */
static bool is_as_it_was(hf_watch *w)
{
    struct stat facts;
    if (fstat(w->folder, &facts))
        return false;
    uint64_t changed = nanoseconds(facts.st_mtim), time = now();
    bool same = w->folder_is_known && changed == w->folder_changed;
    w->folder_changed = changed;
    w->folder_is_known = changed + STEP_MOST * MS < time;
    return same;
}

static hf_err *look_for_processes(hf_watch *w)
{
    if (is_as_it_was(w) && !w->last_look)
        return NULL;
    int fd = openat(w->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = fd >= 0 ? fdopendir(fd) : NULL;
    if (!names) {
        hf_closep(&fd);
        return hf_fail_sys(errno, "cannot read the folder of the trace");
    }
    hf_err *err = NULL;
    const struct dirent *entry;
    for (int i = 0; i < NAMES_MAX && !err && (entry = readdir(names)); i++) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot && strcmp(dot, ".state") == 0 &&
            strlen(entry->d_name) < sizeof(w->processes->name) && !is_known(w, entry->d_name))
            err = meet(w, entry->d_name);
    }
    closedir(names);
    return err;
}

static bool has_ended(const hf_watch *w, const process *p)
{
    if (p->header.ended || (!w->foreign && kill(p->header.pid, 0) && errno == ESRCH))
        return true;
    for (const process *other = w->processes; other < w->processes + w->count; other++)
        if (other->header.pid == p->header.pid && other->header.start > p->header.start)
            return true; /* it runs another program now */
    return false;
}

/* Tells the timeline what has changed at the first `count` nodes since they were last read. */
static hf_err *tell_changes(hf_watch *w, process *p, const hf_state_counter *counters, size_t count)
{
    if (!hf_array_reserve(&p->live, count, &p->room))
        return hf_fail_memory();
    for (; p->live_count < count; p->live_count++)
        p->live[p->live_count] = (hf_count){0};
    uint32_t number = (uint32_t)(p - w->processes);
    for (size_t i = HF_STATE_ROOT; i < count; i++) {
        const hf_state_counter *c = &counters[i];
        hf_count live = {c->allocated_bytes - c->freed_bytes,
                         c->allocated_blocks - c->freed_blocks};
        if (live.bytes == p->live[i].bytes && live.blocks == p->live[i].blocks)
            continue;
        hf_err *err = hf_history_add(w->history, number, (uint32_t)i,
                                     (int64_t)(live.bytes - p->live[i].bytes),
                                     (int64_t)(live.blocks - p->live[i].blocks));
        if (err)
            return err;
        p->live[i] = live;
    }
    return NULL;
}

/* Between two looks a process may have held more than at either: its peak, which it
 * notes itself. */
static hf_err *note_recent(process *p, const hf_state_counter *counters, size_t count)
{
    free(p->recent);
    p->recent = NULL;
    p->live_bytes = p->recent_bytes = 0;
    for (size_t i = 0; i < p->live_count; i++)
        p->live_bytes += p->live[i].bytes;
    if (p->header.peak == p->known_peak)
        return NULL;
    p->known_peak = p->header.peak;
    if (!(p->recent = calloc(count, sizeof(*p->recent))))
        return hf_fail_memory();
    p->recent_count = count;
    for (size_t i = HF_STATE_ROOT; i < count; i++) {
        p->recent[i] = hf_state_peak_of(&counters[i], &p->header);
        p->recent_bytes += p->recent[i].bytes;
    }
    return NULL;
}

static hf_err *tell_resident(hf_watch *w, process *p, uint64_t bytes)
{
    if (bytes == p->resident)
        return NULL;
    p->resident = bytes;
    return hf_history_resident(w->history, (uint32_t)(p - w->processes), bytes);
}

/* The memory of a process is gone with it. */
static hf_err *tell_end(hf_watch *w, process *p)
{
    hf_state_counter *nothing = calloc(p->live_count + 1, sizeof(*nothing));
    if (!nothing)
        return hf_fail_memory();
    hf_err *err = tell_changes(w, p, nothing, p->live_count);
    free(nothing);
    return err ? err : tell_resident(w, p, 0);
}

static hf_err *read_live(hf_watch *w, process *p)
{
    hf_err *err = hf_state_read_header(p->fd, p->name, &p->header);
    if (err)
        return err;
    size_t count = p->header.node_count;
    HF_AUTO(hf_freep) hf_state_counter *counters = malloc(count * sizeof(*counters));
    if (!counters)
        return hf_fail_memory();
    err = hf_state_read_counters(p->fd, p->name, counters, count);
    if (!err)
        err = tell_changes(w, p, counters, count);
    if (!err && w->resident && !p->header.ended)
        err = tell_resident(w, p, w->resident(p->header.pid));
    return err ? err : note_recent(p, counters, count);
}

/* When a process was last known to be there, ns since 1970. */
static uint64_t end_of(const hf_watch *w, const process *p)
{
    struct stat facts;
    if (!w->recovering || fstat(p->fd, &facts))
        return now();
    uint64_t written = nanoseconds(facts.st_mtim);
    return written > p->header.clock ? written : p->header.clock;
}

/* Between fork and exec, which is all that many children do: they run no Python, and are told as
 * the program that they become. */
static bool is_on_its_way(const hf_state *s)
{
    if (!s->header.forked || s->header.ended)
        return false;
    for (uint32_t i = HF_STATE_ROOT; i < s->header.node_count; i++)
        if ((s->nodes[i].kind == HF_STATE_PYTHON || s->nodes[i].kind == HF_STATE_FUNCTION) &&
            s->counters[i].allocated_blocks)
            return false;
    return true;
}

/* hf_trace_flag of how it has ended, where not as it should. */
static uint32_t ending_of(const hf_watch *w, const process *p)
{
    if (p->header.ended)
        return 0;
    return w->looking && !has_ended(w, p) ? HF_TRACED_RUNNING : HF_TRACED_CUT_OFF;
}

/* Makes a process part of the capture; a state that cannot be read is left out and left there.
 * Whether it has said farewell is read last: it may have since it was looked at. */
static hf_err *take_up(hf_watch *w, process *p)
{
    hf_state s HF_AUTO(hf_state_deinit) = {0};
    hf_err *err = hf_state_read(p->fd, p->name, &s);
    if (!err) {
        p->header = s.header;
        p->node_count = s.header.node_count;
        err = tell_changes(w, p, s.counters, p->node_count);
    }
    if (!err)
        err = note_recent(p, s.counters, p->node_count);
    if (!err && !is_on_its_way(&s))
        err = hf_merge_add(w->merge, &s, end_of(w, p), ending_of(w, p), &p->nodes);
    if (!err && !w->looking)
        unlinkat(w->folder, p->name, 0);
    close(p->fd);
    p->fd = -1;
    w->open--;
    if (err && hf_err_code_of(err) != HF_ERR_NO_MEMORY) {
        hf_err_free(err);
        err = NULL;
        p->live_count = p->best_count = 0;
        p->live_bytes = p->recent_bytes = 0;
    }
    return err;
}

/* Keeps what the nodes of a process hold now, or held at its recent peak. */
static hf_err *keep_best(process *p, bool recent)
{
    size_t count = recent ? p->recent_count : p->live_count;
    hf_count *best = malloc((count + 1) * sizeof(*best));
    if (!best)
        return hf_fail_memory();
    if (count)
        memcpy(best, recent ? p->recent : p->live, count * sizeof(*best));
    free(p->best);
    p->best = best;
    p->best_count = count;
    return NULL;
}

/* Notes what all nodes hold, where all processes together hold more than ever before: now, or at
 * the recent peak of one of them, with what the others hold now. */
static hf_err *note_best(hf_watch *w, uint64_t time)
{
    uint64_t now_live = 0, most = 0;
    size_t alive = 0, peaking = w->count;
    for (size_t i = 0; i < w->count; i++) {
        now_live += w->processes[i].live_bytes;
        alive += w->processes[i].live_count > 0;
    }
    most = now_live;
    for (size_t i = 0; i < w->count; i++) {
        const process *p = &w->processes[i];
        if (p->recent && now_live - p->live_bytes + p->recent_bytes > most) {
            most = now_live - p->live_bytes + p->recent_bytes;
            peaking = i;
        }
    }
    w->most_alive = alive > w->most_alive ? alive : w->most_alive;
    if (alive < 2 || most <= w->best)
        return NULL;
    w->best = most;
    w->best_time = time;
    hf_err *err = NULL;
    for (size_t i = 0; i < w->count && !err; i++)
        err = keep_best(&w->processes[i], i == peaking);
    return err;
}

static hf_err *sample(hf_watch *w, uint64_t time)
{
    hf_err *err = look_for_processes(w);
    for (size_t i = 0; i < w->count && !err; i++) {
        process *p = &w->processes[i];
        if (p->fd < 0) {
            if (p->live_count)
                err = tell_end(w, p);
            p->live_count = 0;
            p->live_bytes = p->recent_bytes = 0;
            free(p->recent);
            p->recent = NULL;
            continue;
        }
        err = read_live(w, p);
        if (!err && !has_ended(w, p))
            continue;
        hf_err_free(err);
        err = take_up(w, p);
    }
    if (!err)
        err = note_best(w, time);
    return err ? err : hf_history_end_interval(w->history, time - w->start);
}

/* True where the heads of several processes say that they hold a hundredth more than
 * ever before. */
static bool holds_more(const hf_watch *w)
{
    uint64_t sum = 0;
    hf_state_header h;
    for (size_t i = 0; i < w->count && w->open > 1; i++) {
        const process *p = &w->processes[i];
        if (p->fd < 0)
            continue;
        hf_err *err = hf_state_read_header(p->fd, p->name, &h);
        sum += err ? 0 : hf_state_live(&h);
        hf_err_free(err);
    }
    return w->open > 1 && sum > w->best + w->best / 100;
}

/* The clock of a process, and what it writes down of blocks that are born now. */
static void tell_time(const process *p, uint64_t time)
{
    uint64_t age = time > p->header.start ? (time - p->header.start) / HF_STATE_TICK : 0;
    age = age < HF_STATE_BIRTH_MAX ? age : HF_STATE_BIRTH_MAX;
    const struct {
        uint64_t clock;
        uint32_t birth;
    } told = {time, HF_STATE_BIRTH + (uint32_t)age};
    enum { LENGTH = sizeof(told.clock) + sizeof(told.birth) };
    ssize_t n = pwrite(p->fd, &told, LENGTH, offsetof(hf_state_header, clock));
    (void)n; /* without it times of peaks and births are not known, no more */
}

hf_err *hf_watch_tick(hf_watch *w)
{
    uint64_t time = now();
    for (size_t i = 0; i < w->count; i++)
        if (w->processes[i].fd >= 0)
            tell_time(&w->processes[i], time);
    if (time < w->next && !holds_more(w))
        return NULL;
    uint64_t before = used();
    hf_err *err = sample(w, time);
    uint64_t cost = SHARE * (used() - before);
    uint64_t period = cost > w->period ? cost : w->period;
    w->next = time + period;
    return err;
}

/* What was live when all held most; or the peak of one process, which is exact, if that is more. */
static hf_err *settle_peak(hf_watch *w, hf_capture *c)
{
    size_t highest = 0;
    for (size_t i = 1; i < c->process_count; i++)
        if (c->processes[i].peak > c->processes[highest].peak)
            highest = i;
    bool together = w->best > c->processes[highest].peak;
    c->info.peak = together ? w->best : c->processes[highest].peak;
    c->info.peak_time = together ? w->best_time - w->start : c->processes[highest].peak_time;
    c->info.peak_slack = w->most_alive > 1 ? w->period : 0;
    for (size_t i = 0; i < c->node_count; i++)
        if (together || c->nodes[i].process != highest)
            c->counts[i].peak = (hf_count){0};
    for (size_t i = 0; i < w->count && together; i++) {
        const process *p = &w->processes[i];
        for (size_t k = HF_STATE_ROOT; p->nodes && k < p->best_count && k < p->node_count; k++) {
            hf_count *peak = &c->counts[p->nodes[k]].peak;
            peak->bytes += p->best[k].bytes;
            peak->blocks += p->best[k].blocks;
        }
    }
    return NULL;
}

static hf_err *finish(hf_watch *w, uint64_t time, hf_capture **ret)
{
    w->last_look = true;
    hf_err *err = sample(w, time);
    for (size_t i = 0; i < w->count && !err; i++)
        if (w->processes[i].fd >= 0)
            err = take_up(w, &w->processes[i]);
    if (err)
        return err;
    hf_capture *c = hf_merge_take(w->merge);
    if (!c->process_count)
        err = hf_fail(
            HF_ERR_NOT_PYTHON,
            "no Python ran that could be traced (programs that are linked statically, or lose "
            "LD_PRELOAD, cannot)");
    HF_AUTO(hf_freep) const uint32_t **nodes = calloc(w->count + 1, sizeof(*nodes));
    HF_AUTO(hf_freep) size_t *counts = calloc(w->count + 1, sizeof(*counts));
    if (!err && (!nodes || !counts))
        err = hf_fail_memory();
    for (size_t i = 0; i < w->count && !err; i++) {
        nodes[i] = w->processes[i].nodes;
        counts[i] = w->processes[i].nodes ? w->processes[i].node_count : 0;
    }
    if (!err)
        err = settle_peak(w, c);
    if (!err) {
        c->info.length = time - w->start;
        err = hf_history_finish(w->history, nodes, counts, c);
    }
    if (err)
        hf_capture_free(c);
    else
        *ret = c;
    return err;
}

hf_err *hf_watch_finish(hf_watch *w, hf_capture **ret)
{
    return finish(w, now(), ret);
}

hf_err *hf_watch_so_far(hf_watch *w, hf_capture **ret)
{
    w->looking = true;
    return finish(w, now(), ret);
}

/* Lets the run begin when its first process did. */
static hf_err *begin_again(hf_watch *w, uint64_t start)
{
    hf_merge_free(w->merge);
    w->merge = NULL;
    w->start = start;
    return hf_merge_new(start, &w->merge);
}

hf_err *hf_watch_look(const char *folder, hf_capture **ret)
{
    HF_AUTO(hf_watch_freep) hf_watch *w = NULL;
    hf_err *err = hf_watch_new(folder, NULL, &w);
    if (err)
        return err;
    w->looking = w->foreign = true;
    err = look_for_processes(w);
    uint64_t start = w->start;
    for (size_t i = 0; i < w->count; i++)
        if (w->processes[i].header.start < start)
            start = w->processes[i].header.start;
    if (!err)
        err = begin_again(w, start);
    return err ? err : finish(w, now(), ret);
}

hf_err *hf_watch_block(int fd, const char *name, uint32_t block, hf_capture **ret)
{
    hf_state s HF_AUTO(hf_state_deinit) = {0};
    HF_AUTO(hf_merge_freep) hf_merge *m = NULL;
    HF_AUTO(hf_freep) uint32_t *nodes = NULL;
    uint64_t time = now();
    hf_err *err = hf_state_read(fd, name, &s);
    if (!err)
        err = hf_merge_new(s.header.start < time ? s.header.start : time, &m);
    if (err)
        return err;
    hf_merge_only(m, block);
    err = hf_merge_add(m, &s, time, 0, &nodes);
    if (err)
        return err;
    hf_capture *c = hf_merge_take(m);
    c->info.length = time - c->info.start;
    c->info.peak = c->processes[0].peak = hf_capture_sum(c).peak.bytes;
    c->info.peak_time = c->processes[0].peak_time;
    *ret = c;
    return NULL;
}

hf_err *hf_watch_recover(const char *folder, hf_capture **ret)
{
    HF_AUTO(hf_watch_freep) hf_watch *w = NULL;
    hf_err *err = hf_watch_new(folder, NULL, &w);
    if (!err)
        err = look_for_processes(w);
    if (err)
        return err;
    w->recovering = true;
    uint64_t start = w->start, end = 0;
    for (size_t i = 0; i < w->count; i++) {
        const process *p = &w->processes[i];
        if (!has_ended(w, p))
            return hf_fail(HF_ERR_REFUSED, "process %d of '%s' still runs", p->header.pid, folder);
        uint64_t last = end_of(w, p);
        start = p->header.start < start ? p->header.start : start;
        end = last > end ? last : end;
    }
    err = begin_again(w, start);
    return err ? err : finish(w, end > start ? end : start, ret);
}
