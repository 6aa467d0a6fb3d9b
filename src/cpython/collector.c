#include "cpython/collector.h"

static uint64_t read_u64(hf_target *t, uint64_t address)
{
    uint64_t v = 0;
    return hf_target_read(t, address, &v, sizeof(v)) ? v : 0;
}

static uint32_t read_u32(hf_target *t, uint64_t address)
{
    uint32_t v = 0;
    return hf_target_read(t, address, &v, sizeof(v)) ? v : 0;
}

/* 3.14.0 to 3.14.4 have two halves of an old generation in the place of generations 1 and 2. */
static hf_collector_kind kind_of(const hf_layout *l)
{
    if (l->free_threaded)
        return HF_COLLECTOR_FREE_THREADED;
    return HF_HAS(l, gc_generation0) ? HF_COLLECTOR_GENERATIONS : HF_COLLECTOR_INCREMENTAL;
}

/* Up to 3.14 an array of three in the struct. From 3.15 on the struct leads to a history of each
 * generation, whose last entry has the totals; its index says which that is
 * (internal/pycore_interp_structs.h, struct gc_stats; Python/gc.c, gc_get_stats()). */
static uint64_t statistics_of(hf_target *t, const hf_layout *l, uint64_t gc, int generation)
{
    uint64_t size = (uint64_t)l->gc_statistics_size, at = gc + (uint64_t)l->gc_statistics;
    if (!HF_HAS(l, gc_history_old))
        return at + (uint64_t)generation * size;
    at = read_u64(t, at);
    int32_t index_at = l->gc_history_young_index;
    if (generation) {
        at += (uint64_t)(l->gc_history_old + (generation - 1) * l->gc_history_old_size);
        index_at = l->gc_history_old_index;
    }
    uint8_t index = 0;
    bool known = at && hf_target_read(t, at + (uint64_t)index_at, &index, 1) &&
                 index < (uint64_t)index_at / size;
    return known ? at + index * size : 0;
}

void hf_collector_describe(hf_target *t, const hf_layout *l, uint64_t gc, hf_collector_info *ret)
{
    hf_collector_info info = {.kind = kind_of(l), .debug = read_u32(t, gc + (uint64_t)l->gc_debug)};
    if (HF_HAS(l, gc_long_lived_total)) {
        info.long_lived_total = read_u64(t, gc + (uint64_t)l->gc_long_lived_total);
        info.long_lived_pending = read_u64(t, gc + (uint64_t)l->gc_long_lived_pending);
    }
    for (int i = 0; i < 3; i++) {
        uint64_t at = statistics_of(t, l, gc, i);
        if (!at)
            continue;
        info.statistics[i] = (hf_collections){
            .collections = read_u64(t, at + (uint64_t)l->gc_statistics_collections),
            .collected = read_u64(t, at + (uint64_t)l->gc_statistics_collected),
            .uncollectable = read_u64(t, at + (uint64_t)l->gc_statistics_uncollectable)};
    }
    uint64_t callbacks = read_u64(t, gc + (uint64_t)l->gc_callbacks);
    if (callbacks)
        info.callbacks = read_u64(t, callbacks + (uint64_t)l->var_object_ob_size);
    *ret = info;
}
