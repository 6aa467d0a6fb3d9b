/* agent/live.h - from the address of a live block to its node and size: 4 bytes for each 16.
 *
 *   slot   bits 0-9    bytes of the block, as they were asked for; 1023: see the slots behind,
 *                      which lie in the same block and have 10 bits of its size each, the lowest
 *                      first, and no node
 *          bit  10     0
 *          bits 11-31  the node; 0: not a block that we know
 *
 * The first slot behind that is not of the size says when the block was born (HF_STATE_BIRTH), if
 * it lies in the block: mostly in the same cache line. Blocks of 16 bytes and less have no room for
 * it.
 *
 * A slot behind is no block, so that an address inside of a block is never taken for one:
 * allocators that put something before each block (PYTHONMALLOC=debug) are asked to free such
 * addresses.
 *
 * Both allocators give out multiples of 16, so a slot is one block's. It is written by who got the
 * block and cleared before the block is given back: no locks. */
#ifndef HF_AGENT_LIVE_H
#define HF_AGENT_LIVE_H

#include "agent/agent.h"

enum {
    HF_SLOT_LONG = 1023,
    HF_SLOT_NODE_SHIFT = 11,
    HF_SIZE_BITS = 10,
    HF_SIZE_SLOTS = 5, /* of sizes below 2^50 */
};

static inline bool hf_slot_is_block(uint32_t word)
{
    const uint32_t first = 1U << HF_SLOT_NODE_SHIFT;
    return word - first < HF_STATE_BIRTH - first;
}

#define HF_REGION_MASK (((uintptr_t)1 << HF_REGION_BITS) - 1)

enum { HF_PAGE_BITS = 12, HF_PAGE_FULL = 255, HF_PAGE_COUNT_BITS = 20 };

/* Sampling: how many known blocks start in each page. Pages that are 4 GiB apart share a count: one
 * that is too high only costs a look into the live map. Here, and not in hf_hot, so that it is read
 * without a question: in a child that has no tracer it tells what was known to its parent, and
 * hf_is_on() ends it there. */
extern uint8_t hf_page_counts[1 << HF_PAGE_COUNT_BITS];

/* Makes the table of a region, and a slot more; NULL without memory. */
uint32_t *hf_live_region(uintptr_t address);
bool hf_live_begin(void);

static inline uint32_t *hf_slot_of(uintptr_t address)
{
    if (HF_UNLIKELY(address >> HF_ADDRESS_BITS))
        return NULL;
    uint32_t *region =
        __atomic_load_n(&hf_hot.regions[address >> HF_REGION_BITS], __ATOMIC_ACQUIRE);
    return region ? region + ((address & HF_REGION_MASK) >> 4) : NULL;
}

/* The same, made where there is none. */
static inline uint32_t *hf_slot_for(uintptr_t address)
{
    if (HF_UNLIKELY(address >> HF_ADDRESS_BITS))
        return NULL;
    uint32_t *region =
        __atomic_load_n(&hf_hot.regions[address >> HF_REGION_BITS], __ATOMIC_ACQUIRE);
    if (HF_UNLIKELY(!region))
        region = hf_live_region(address);
    return region ? region + ((address & HF_REGION_MASK) >> 4) : NULL;
}

/* A block goes from thread to thread through its allocator, which orders what they write. */
static inline uint32_t hf_slot_word(const uint32_t *slot)
{
    return __atomic_load_n(slot, __ATOMIC_RELAXED);
}

static inline void hf_slot_set(uint32_t *slot, uint32_t word)
{
    __atomic_store_n(slot, word, __ATOMIC_RELAXED);
}

static inline uint8_t *hf_page_of(uintptr_t address)
{
    return &hf_page_counts[address >> HF_PAGE_BITS & ((1 << HF_PAGE_COUNT_BITS) - 1)];
}

/* Sampling: false where no block that is known starts in the page of this address, so that a free
 * of any other costs one load. */
static inline bool hf_may_be_known(uintptr_t address)
{
    return __atomic_load_n(hf_page_of(address), __ATOMIC_RELAXED);
}

/* A block in the page of this address is known, or no longer. A count that is full stays. */
static inline void hf_page_count(uintptr_t address, int step)
{
    uint8_t *count = hf_page_of(address), n = __atomic_load_n(count, __ATOMIC_RELAXED);
    while (n != HF_PAGE_FULL && !__atomic_compare_exchange_n(count, &n, (uint8_t)(n + step), false,
                                                             __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

/* Blocks whose size does not fit into their slot; and back. */
bool hf_live_set_long(uintptr_t address, uint32_t node, uint64_t size);
uint64_t hf_live_take_long(uintptr_t address);

static inline bool hf_live_set(uintptr_t address, uint32_t node, uint64_t size)
{
    uint32_t *slot = hf_slot_for(address);
    if (HF_UNLIKELY(!slot))
        return false;
    if (HF_UNLIKELY(hf_hot.sample))
        hf_page_count(address, 1);
    if (HF_UNLIKELY(size >= HF_SLOT_LONG))
        return hf_live_set_long(address, node, size);
    if (size > 16) /* a table has one slot more than it needs */
        hf_slot_set(slot + 1, __atomic_load_n(&hf_hot.header->birth, __ATOMIC_RELAXED));
    hf_slot_set(slot, node << HF_SLOT_NODE_SHIFT | (uint32_t)size);
    return true;
}

/* Takes a block out. False where it was not known. */
static inline bool hf_live_take(uintptr_t address, uint32_t *ret_node, uint64_t *ret_size)
{
    uint32_t *slot = hf_slot_of(address);
    uint32_t word = slot ? hf_slot_word(slot) : 0, size = word & HF_SLOT_LONG;
    if (!hf_slot_is_block(word))
        return false;
    hf_slot_set(slot, 0);
    if (HF_UNLIKELY(hf_hot.sample))
        hf_page_count(address, -1);
    *ret_node = word >> HF_SLOT_NODE_SHIFT;
    *ret_size = HF_LIKELY(size < HF_SLOT_LONG) ? size : hf_live_take_long(address);
    return true;
}

#endif
