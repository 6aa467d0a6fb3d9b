/* trace/select.c - see trace/select.h. */
#include "trace/select.h"

#include "base/cleanup.h"

#include <fnmatch.h>
#include <string.h>

hf_count hf_measure_of(const hf_counts *counts, hf_measure measure)
{
    switch (measure) {
    case HF_MEASURE_PEAK:
        return counts->peak;
    case HF_MEASURE_LIVE:
    case HF_MEASURE_HELD:
        return counts->live;
    case HF_MEASURE_TOTAL:
        return counts->total;
    case HF_MEASURE_TEMPORARY:
        break;
    }
    return counts->temporary;
}

bool hf_node_is_native(const hf_node *n)
{
    return n->kind == HF_NODE_NATIVE || n->kind == HF_NODE_MAPPING;
}

hf_count hf_count_sum(const hf_count *rows, size_t count)
{
    hf_count sum = {0};
    for (size_t i = 0; i < count; i++) {
        sum.bytes += rows[i].bytes;
        sum.blocks += rows[i].blocks;
    }
    return sum;
}

/* What is held at `to`, less what was held at `from`. */
static hf_err *held(const hf_capture *c, uint64_t from, uint64_t to, hf_count **ret)
{
    if (!c->interval_count)
        return hf_fail(HF_ERR_USAGE, "this capture has no timeline");
    HF_AUTO(hf_freep) hf_count *before = NULL;
    hf_count *now = NULL;
    hf_err *err = from ? hf_capture_live_at(c, from, &before) : NULL;
    if (!err)
        err = hf_capture_live_at(c, to, &now);
    for (size_t i = 0; before && !err && i < c->node_count; i++) {
        bool grown = now[i].bytes > before[i].bytes;
        bool more = grown && now[i].blocks > before[i].blocks;
        now[i].bytes = grown ? now[i].bytes - before[i].bytes : 0;
        now[i].blocks = more ? now[i].blocks - before[i].blocks : 0;
    }
    if (!err)
        *ret = now;
    return err;
}

static bool matches(const hf_capture *c, const char *pattern, uint32_t text)
{
    return !pattern || fnmatch(pattern, hf_strtab_get(&c->texts, text), 0) == 0;
}

/* Of each code whether it is one of those that were asked for. */
static hf_err *match_codes(const hf_capture *c, const hf_selection *s, bool **ret)
{
    bool *wanted = calloc(c->code_count + 1, sizeof(*wanted));
    if (!wanted)
        return hf_fail_memory();
    for (size_t i = 0; i < c->code_count; i++)
        wanted[i] =
            matches(c, s->function, c->codes[i].name) && matches(c, s->file, c->codes[i].file);
    *ret = wanted;
    return NULL;
}

/* Zeroes what no call of such a function had asked for. */
static hf_err *keep_stacks(const hf_capture *c, const hf_selection *s, hf_count *counts)
{
    HF_AUTO(hf_freep) bool *wanted = NULL;
    HF_AUTO(hf_freep) bool *within = calloc(c->node_count + 1, sizeof(*within));
    hf_err *err = within ? match_codes(c, s, &wanted) : hf_fail_memory();
    if (err)
        return err;
    for (size_t i = 0; i < c->node_count; i++) {
        const hf_node *n = &c->nodes[i];
        within[i] = (n->parent != HF_NODE_NONE && within[n->parent]) ||
                    (hf_kind_is_call(n->kind) && wanted[n->code]);
        if (!within[i])
            counts[i] = (hf_count){0};
    }
    return NULL;
}

static hf_err *keep_process(const hf_capture *c, int64_t pid, hf_count *counts)
{
    bool found = false;
    for (size_t i = 0; i < c->process_count; i++)
        found = found || c->processes[i].pid == pid;
    if (!found)
        return hf_fail(HF_ERR_USAGE, "the run had no process %lld", (long long)pid);
    for (size_t i = 0; i < c->node_count; i++)
        if (c->processes[c->nodes[i].process].pid != pid)
            counts[i] = (hf_count){0};
    return NULL;
}

hf_err *hf_select(const hf_capture *c, const hf_selection *s, hf_count **ret)
{
    HF_AUTO(hf_freep) hf_count *counts = NULL;
    hf_err *err = NULL;
    if (s->measure == HF_MEASURE_HELD) {
        err = held(c, s->from, s->to, &counts);
    } else {
        counts = malloc((c->node_count + 1) * sizeof(*counts));
        for (size_t i = 0; counts && i < c->node_count; i++)
            counts[i] = hf_measure_of(&c->counts[i], s->measure);
        err = counts ? NULL : hf_fail_memory();
    }
    if (!err && s->pid)
        err = keep_process(c, s->pid, counts);
    if (!err && (s->function || s->file))
        err = keep_stacks(c, s, counts);
    if (!err)
        *ret = hf_take(counts);
    return err;
}
