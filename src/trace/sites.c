/* trace/sites.c - see trace/sites.h. */
#include "trace/sites.h"

#include "base/cleanup.h"
#include "base/map.h"

#include <stdlib.h>

hf_count hf_measure_of(const hf_counts *counts, hf_measure measure)
{
    switch (measure) {
    case HF_MEASURE_PEAK:
        return counts->peak;
    case HF_MEASURE_LIVE:
        return counts->live;
    case HF_MEASURE_TOTAL:
        return counts->total;
    case HF_MEASURE_TEMPORARY:
        break;
    }
    return counts->temporary;
}

/* The node whose line a node's blocks are counted at: native code has the line that called it. */
static const hf_node *line_of(const hf_capture *c, const hf_node *n)
{
    bool native = n->kind == HF_NODE_NATIVE || n->kind == HF_NODE_MAPPING;
    return native && n->parent != HF_NODE_NONE ? &c->nodes[n->parent] : n;
}

static hf_site new_site(const hf_node *n)
{
    hf_site site = {.kind = HF_SITE_LINE, .code = n->code, .line = n->line};
    if (n->kind != HF_NODE_PYTHON)
        site.kind = n->kind == HF_NODE_OTHER ? HF_SITE_OTHER : HF_SITE_NO_PYTHON;
    return site;
}

static uint64_t key_of(const hf_site *site)
{
    uint64_t line = (uint64_t)site->code << 32 | site->line;
    return site->kind == HF_SITE_LINE ? line : UINT64_MAX - (uint64_t)site->kind;
}

static void free_map(hf_map *m)
{
    hf_map_deinit(m);
}

/* qsort() hands no context on: rows are compared by a copy of their measure. */
typedef struct ranked {
    hf_count count;
    hf_site site;
} ranked;

static int largest_first(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->count.bytes != y->count.bytes)
        return x->count.bytes < y->count.bytes ? 1 : -1;
    if (x->count.blocks != y->count.blocks)
        return x->count.blocks < y->count.blocks ? 1 : -1;
    uint64_t first = key_of(&x->site), second = key_of(&y->site);
    return first < second ? -1 : first > second;
}

static hf_err *rank(hf_site *rows, size_t count, hf_measure measure, size_t *ret_count)
{
    HF_AUTO(hf_freep) ranked *ranking = malloc((count + 1) * sizeof(*ranking));
    if (!ranking)
        return hf_fail_memory();
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        hf_count n = hf_measure_of(&rows[i].counts, measure);
        if (n.bytes || n.blocks)
            ranking[kept++] = (ranked){n, rows[i]};
    }
    if (kept)
        qsort(ranking, kept, sizeof(*ranking), largest_first);
    for (size_t i = 0; i < kept; i++)
        rows[i] = ranking[i].site;
    *ret_count = kept;
    return NULL;
}

hf_err *hf_sites_compute(const hf_capture *c, hf_measure measure, hf_sites *ret)
{
    hf_map numbers HF_AUTO(free_map);
    hf_map_init(&numbers);
    hf_sites s HF_AUTO(hf_sites_deinit) = {.rows = malloc((c->node_count + 1) * sizeof(*s.rows))};
    if (!s.rows)
        return hf_fail_memory();
    for (size_t i = 0; i < c->node_count; i++) {
        const hf_node *n = &c->nodes[i];
        const hf_counts *counts = &c->counts[i];
        if (!counts->total.blocks && !counts->peak.blocks && !counts->live.blocks)
            continue;
        hf_site site = new_site(line_of(c, n));
        uint32_t number = hf_map_get(&numbers, key_of(&site));
        if (number == HF_MAP_NONE) {
            number = (uint32_t)s.count++;
            s.rows[number] = site;
            if (!hf_map_put(&numbers, key_of(&site), number))
                return hf_fail_memory();
        }
        hf_counts_add(&s.rows[number].counts, counts);
        hf_counts_add(&s.all, counts);
        if (n->kind == HF_NODE_NATIVE || n->kind == HF_NODE_MAPPING) {
            hf_counts_add(&s.rows[number].native, counts);
            hf_counts_add(&s.all_native, counts);
        }
    }
    hf_err *err = rank(s.rows, s.count, measure, &s.count);
    if (err)
        return err;
    *ret = s;
    s.rows = NULL;
    return NULL;
}

void hf_sites_deinit(hf_sites *s)
{
    free(s->rows);
    s->rows = NULL;
}
