/* trace/history.c - see trace/history.h. */
#include "trace/history.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "trace/state.h"

#include <stdlib.h>
#include <string.h>

enum { CHANGES_MAX = 1 << 21, INTERVALS_MAX = 1 << 15 };

typedef struct change {
    uint32_t process, node;
    int64_t bytes, blocks;
} change;

typedef struct resident {
    uint32_t process;
    size_t number; /* the later row counts */
    uint64_t bytes;
} resident;

typedef struct interval {
    uint64_t time;
    size_t end, resident_end; /* of its changes and residents */
} interval;

struct hf_history {
    change *changes;
    interval *intervals;
    resident *residents;
    size_t change_count, change_room, interval_count, interval_room;
    size_t resident_count, resident_room;
    unsigned join, joined; /* so many intervals become one; ends that were left out */
};

hf_err *hf_history_new(hf_history **ret)
{
    hf_history *t = calloc(1, sizeof(*t));
    if (!t)
        return hf_fail_memory();
    t->join = 1;
    *ret = t;
    return NULL;
}

void hf_history_free(hf_history *t)
{
    if (!t)
        return;
    free(t->changes);
    free(t->intervals);
    free(t->residents);
    free(t);
}

hf_err *hf_history_add(hf_history *t, uint32_t process, uint32_t node, int64_t bytes,
                       int64_t blocks)
{
    if (!hf_array_room(&t->changes, t->change_count, &t->change_room))
        return hf_fail_memory();
    t->changes[t->change_count++] = (change){process, node, bytes, blocks};
    return NULL;
}

hf_err *hf_history_resident(hf_history *t, uint32_t process, uint64_t bytes)
{
    if (!hf_array_room(&t->residents, t->resident_count, &t->resident_room))
        return hf_fail_memory();
    t->residents[t->resident_count] = (resident){process, t->resident_count, bytes};
    t->resident_count++;
    return NULL;
}

static int by_process(const void *a, const void *b)
{
    const resident *x = a, *y = b;
    if (x->process != y->process)
        return x->process < y->process ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Sorts rows and keeps the last of each process; returns how many are left. */
static size_t keep_last(resident *rows, size_t count)
{
    if (count)
        qsort(rows, count, sizeof(*rows), by_process);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || rows[i + 1].process != rows[i].process)
            rows[kept++] = rows[i];
    return kept;
}

static int by_node(const void *a, const void *b)
{
    const change *x = a, *y = b;
    if (x->process != y->process)
        return x->process < y->process ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* Sorts changes and adds up those of one node; returns how many are left. What has come to
 * nothing is left out. */
static size_t add_up(change *changes, size_t count)
{
    if (count)
        qsort(changes, count, sizeof(*changes), by_node);
    size_t kept = 0;
    for (size_t i = 0; i < count;) {
        change sum = changes[i++];
        for (; i < count && by_node(&sum, &changes[i]) == 0; i++) {
            sum.bytes += changes[i].bytes;
            sum.blocks += changes[i].blocks;
        }
        if (sum.bytes || sum.blocks)
            changes[kept++] = sum;
    }
    return kept;
}

/* Each two intervals become one: times of the second, changes of both. */
static void thin(hf_history *t)
{
    size_t kept = 0, intervals = 0, residents = 0;
    for (size_t i = 0, start = 0, first = 0; i < t->interval_count; i += 2) {
        size_t last = i + 1 < t->interval_count ? i + 1 : i, end = t->intervals[last].end;
        size_t count = add_up(t->changes + start, end - start);
        memmove(t->changes + kept, t->changes + start, count * sizeof(*t->changes));
        start = end;
        kept += count;
        size_t resident_end = t->intervals[last].resident_end;
        count = keep_last(t->residents + first, resident_end - first);
        memmove(t->residents + residents, t->residents + first, count * sizeof(*t->residents));
        first = resident_end;
        residents += count;
        t->intervals[intervals++] = (interval){t->intervals[last].time, kept, residents};
    }
    t->change_count = kept;
    t->resident_count = residents;
    t->interval_count = intervals;
}

hf_err *hf_history_end_interval(hf_history *t, uint64_t time)
{
    if (++t->joined < t->join)
        return NULL;
    t->joined = 0;
    if (!hf_array_room(&t->intervals, t->interval_count, &t->interval_room))
        return hf_fail_memory();
    t->intervals[t->interval_count++] = (interval){time, t->change_count, t->resident_count};
    if (t->change_count > CHANGES_MAX || t->resident_count > CHANGES_MAX ||
        t->interval_count > INTERVALS_MAX) {
        thin(t);
        t->join *= 2;
    }
    return NULL;
}

/* Changes of one interval, with the nodes of the capture; process 0 for all. */
static size_t place(change *changes, size_t count, const uint32_t *const *nodes,
                    const size_t *counts)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        change c = changes[i];
        if (c.node >= counts[c.process])
            continue;
        c.node = nodes[c.process][c.node];
        c.process = 0;
        changes[kept++] = c;
    }
    return add_up(changes, kept);
}

/* The residents of all intervals, with the processes of the capture. */
static hf_err *finish_residents(hf_history *t, const uint32_t *const *nodes, const size_t *counts,
                                hf_capture *c)
{
    c->residents = malloc((t->resident_count + 1) * sizeof(*c->residents));
    if (!c->residents)
        return hf_fail_memory();
    for (size_t i = 0, start = 0; i < t->interval_count; start = t->intervals[i++].resident_end) {
        size_t kept = start;
        for (size_t k = start; k < t->intervals[i].resident_end; k++) {
            resident r = t->residents[k];
            if (counts[r.process] <= HF_STATE_ROOT)
                continue;
            r.process = c->nodes[nodes[r.process][HF_STATE_ROOT]].process;
            t->residents[kept++] = r;
        }
        size_t count = keep_last(t->residents + start, kept - start);
        for (size_t k = start; k < start + count; k++)
            c->residents[c->resident_count++] =
                (hf_resident){(uint32_t)i, t->residents[k].process, t->residents[k].bytes};
    }
    return NULL;
}

hf_err *hf_history_finish(hf_history *t, const uint32_t *const *nodes, const size_t *counts,
                          hf_capture *c)
{
    const interval *newest = t->interval_count ? &t->intervals[t->interval_count - 1] : NULL;
    if (t->change_count > (newest ? newest->end : 0) ||
        t->resident_count > (newest ? newest->resident_end : 0)) {
        t->join = 1;
        uint64_t last = newest ? newest->time : 0;
        hf_err *err = hf_history_end_interval(t, c->info.length > last ? c->info.length : last);
        if (err)
            return err;
    }
    c->changes = malloc((t->change_count + 1) * sizeof(*c->changes));
    c->intervals = malloc((t->interval_count + 1) * sizeof(*c->intervals));
    if (!c->changes || !c->intervals)
        return hf_fail_memory();
    uint64_t live = 0;
    for (size_t i = 0, start = 0; i < t->interval_count; start = t->intervals[i++].end) {
        size_t count = place(t->changes + start, t->intervals[i].end - start, nodes, counts);
        c->intervals[i] = (hf_interval){
            .time = t->intervals[i].time, .first_change = c->change_count, .change_count = count};
        for (size_t k = 0; k < count; k++) {
            const change *one = &t->changes[start + k];
            c->changes[c->change_count++] = (hf_change){one->node, one->bytes, one->blocks};
            live += (uint64_t)one->bytes;
        }
        c->intervals[i].live = live;
    }
    c->interval_count = t->interval_count;
    return finish_residents(t, nodes, counts, c);
}
