/* agent/count.h - what a node's counters become at an event. The rules of the peak are those of
 * trace/state.h. Whoever calls holds the GIL (nodes of Python's blocks) or the lock of native
 * blocks (their nodes): each counter has one writer at a time. */
#ifndef HF_AGENT_COUNT_H
#define HF_AGENT_COUNT_H

#include "agent/sample.h"

static inline void hf_count_touch(hf_state_counter *c, uint32_t epoch)
{
    if (HF_UNLIKELY(c->epoch != epoch)) {
        c->peak_bytes = c->allocated_bytes - c->freed_bytes;
        c->peak_blocks = (uint32_t)(c->allocated_blocks - c->freed_blocks);
        c->epoch = epoch;
    }
}

static inline void hf_count_allocated(hf_state_counter *c, hf_weight n)
{
    hf_count_touch(c, __atomic_load_n(&hf_hot.header->epoch, __ATOMIC_RELAXED));
    c->allocated_bytes += n.bytes;
    c->allocated_blocks += n.blocks;
}

static inline void hf_count_freed(hf_state_counter *c, hf_weight n, bool temporary)
{
    hf_count_touch(c, __atomic_load_n(&hf_hot.header->epoch, __ATOMIC_RELAXED));
    c->freed_bytes += n.bytes;
    c->freed_blocks += n.blocks;
    if (temporary) {
        c->temporary_bytes += n.bytes;
        c->temporary_blocks += n.blocks;
    }
}

/* Before the first block after a peak is freed. */
static inline void hf_count_peak(void)
{
    hf_state_header *h = hf_hot.header;
    uint64_t live = __atomic_load_n(&h->python_live, __ATOMIC_RELAXED) +
                    __atomic_load_n(&h->native_live, __ATOMIC_RELAXED);
    uint64_t peak = __atomic_load_n(&h->peak, __ATOMIC_RELAXED);
    while (HF_UNLIKELY(live > peak))
        if (__atomic_compare_exchange_n(&h->peak, &peak, live, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
            __atomic_store_n(&h->peak_clock, h->clock, __ATOMIC_RELAXED);
            __atomic_fetch_add(&h->epoch, 1, __ATOMIC_RELAXED);
            break;
        }
}

#endif
