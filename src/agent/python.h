/* agent/python.h - what the hooks of CPython's own allocators share: those that note every
 * block (python.c) and those that note a sample (python_sampled.c). The GIL is held by
 * whoever calls one. */
#ifndef HF_AGENT_PYTHON_H
#define HF_AGENT_PYTHON_H

#include "agent/count.h"

typedef struct hf_allocator { /* PyMemAllocatorEx, the same since 3.5 */
    void *ctx;
    void *(*malloc)(void *ctx, size_t size);
    void *(*calloc)(void *ctx, size_t count, size_t size);
    void *(*realloc)(void *ctx, void *block, size_t size);
    void (*free)(void *ctx, void *block);
} hf_allocator;

enum { HF_DOMAIN_RAW = 0, HF_DOMAIN_MEM = 1, HF_DOMAIN_OBJ = 2 };
typedef void hf_access_allocator(int domain, hf_allocator *a);

extern hf_allocator hf_under_mem, hf_under_obj; /* what was there before */
extern const hf_allocator hf_hooks_of_samples[2];
extern const hf_allocator hf_hooks_of_samples_apart[2]; /* while hf_hot.apart; they hook no frees */

/* Notes a block that is new; the thread is busy. */
void hf_python_note(void *block, size_t size);

/* A block that was moved or has another size: it is not known any more as what it was. The
 * thread is busy. */
void hf_python_note_change(uintptr_t old, uint32_t old_node, uint64_t old_size, void *block,
                           size_t size);

/* Others read it meanwhile, and nobody else writes it. */
static inline void hf_python_add_live(uint64_t size)
{
    uint64_t *live = &hf_hot.header->python_live;
    __atomic_store_n(live, *live + size, __ATOMIC_RELAXED);
}

static inline void hf_python_remember(uintptr_t block)
{
    hf_hot.newest[1] = hf_hot.newest[0];
    hf_hot.newest[0] = block;
}

static inline bool hf_python_is_new(uintptr_t block)
{
    return block == hf_hot.newest[0] || block == hf_hot.newest[1];
}

static inline void hf_python_count_out(uint32_t node, uint64_t size, uintptr_t block)
{
    hf_weight n = hf_weigh(size, block);
    hf_count_freed(&hf_hot.counters[node], n, hf_python_is_new(block));
    hf_python_add_live(-n.bytes);
}

/* Counts a block as freed that hf_live_take() has found. */
static inline void hf_python_forget(uint32_t node, uint64_t size, uintptr_t block)
{
    hf_count_peak();
    hf_python_count_out(node, size, block);
}

#endif
