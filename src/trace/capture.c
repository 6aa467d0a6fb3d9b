/* trace/capture.c - see trace/capture.h. */
#include "trace/capture.h"

#include <math.h>
#include <stdlib.h>

hf_err *hf_capture_new(hf_capture **ret)
{
    hf_capture *c = calloc(1, sizeof(*c));
    if (!c || !hf_strtab_init(&c->texts)) {
        free(c);
        return hf_fail_memory();
    }
    *ret = c;
    return NULL;
}

void hf_capture_free(hf_capture *c)
{
    if (!c)
        return;
    hf_strtab_deinit(&c->texts);
    free(c->codes);
    free(c->processes);
    free(c->nodes);
    free(c->counts);
    free(c->intervals);
    free(c->changes);
    free(c->residents);
    free(c);
}

static void add(hf_count *sum, hf_count more)
{
    sum->bytes += more.bytes;
    sum->blocks += more.blocks;
}

void hf_counts_add(hf_counts *sum, const hf_counts *more)
{
    add(&sum->total, more->total);
    add(&sum->live, more->live);
    add(&sum->peak, more->peak);
    add(&sum->temporary, more->temporary);
}

hf_counts hf_capture_sum(const hf_capture *c)
{
    hf_counts sum = {0};
    for (size_t i = 0; i < c->node_count; i++)
        hf_counts_add(&sum, &c->counts[i]);
    return sum;
}

hf_err *hf_capture_add_up(const hf_capture *c, hf_counts **ret)
{
    hf_counts *sums = malloc((c->node_count + 1) * sizeof(*sums));
    if (!sums)
        return hf_fail_memory();
    for (size_t i = 0; i < c->node_count; i++)
        sums[i] = c->counts[i];
    for (size_t i = c->node_count; i-- > 0;)
        if (c->nodes[i].parent != HF_NODE_NONE)
            hf_counts_add(&sums[c->nodes[i].parent], &sums[i]);
    *ret = sums;
    return NULL;
}

hf_err *hf_capture_live_at(const hf_capture *c, uint64_t time, hf_count **ret)
{
    hf_count *live = calloc(c->node_count + 1, sizeof(*live));
    if (!live)
        return hf_fail_memory();
    for (size_t i = 0; i < c->interval_count && c->intervals[i].time <= time; i++) {
        const hf_change *change = c->changes + c->intervals[i].first_change;
        for (size_t k = 0; k < c->intervals[i].change_count; k++, change++) {
            live[change->node].bytes += (uint64_t)change->bytes;
            live[change->node].blocks += (uint64_t)change->blocks;
        }
    }
    *ret = live;
    return NULL;
}

hf_err *hf_capture_resident(const hf_capture *c, uint32_t process, uint64_t **ret)
{
    uint64_t *sums = calloc(c->interval_count + 1, sizeof(*sums));
    uint64_t *last = calloc(c->process_count + 1, sizeof(*last)), sum = 0;
    if (!sums || !last) {
        free(sums);
        free(last);
        return hf_fail_memory();
    }
    for (size_t i = 0, k = 0; i < c->interval_count; i++) {
        for (; k < c->resident_count && c->residents[k].interval == i; k++) {
            const hf_resident *r = &c->residents[k];
            if (process != UINT32_MAX && r->process != process)
                continue;
            sum += r->bytes - last[r->process];
            last[r->process] = r->bytes;
        }
        sums[i] = sum;
    }
    free(last);
    *ret = sums;
    return NULL;
}

hf_err *hf_capture_live(const hf_capture *c, uint32_t process, uint64_t **ret)
{
    uint64_t *sums = calloc(c->interval_count + 1, sizeof(*sums)), sum = 0;
    if (!sums)
        return hf_fail_memory();
    for (size_t i = 0; i < c->interval_count; i++) {
        const hf_change *change = c->changes + c->intervals[i].first_change;
        for (size_t k = 0; k < c->intervals[i].change_count; k++, change++)
            if (process == UINT32_MAX || c->nodes[change->node].process == process)
                sum += (uint64_t)change->bytes;
        sums[i] = sum;
    }
    *ret = sums;
    return NULL;
}

/* The variance of an estimate of B bytes is below B times the mean distance of samples
 * (agent/sample.h), and that of the difference of two runs, which know nothing of each other, the
 * sum of theirs. An estimate of nothing seems to be certain. So the bytes of the other run are
 * taken where they make more: had nothing changed, they would stand here as well. */
uint64_t hf_change_margin(uint64_t now, uint64_t sample_now, uint64_t before,
                          uint64_t sample_before)
{
    double own = (double)now * (double)sample_now + (double)before * (double)sample_before;
    double other = (double)before * (double)sample_now + (double)now * (double)sample_before;
    return (uint64_t)(1.96 * sqrt(own > other ? own : other));
}

uint64_t hf_capture_margin(const hf_capture *c, uint64_t bytes)
{
    uint64_t sample = c->info.mode == HF_TRACE_SAMPLED ? c->info.sample_bytes : 0;
    return hf_change_margin(bytes, sample, 0, 0);
}

uint32_t hf_capture_flags(const hf_capture *c)
{
    uint32_t flags = 0;
    for (size_t i = 0; i < c->process_count; i++)
        flags |= c->processes[i].flags;
    return flags;
}
