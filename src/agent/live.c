/* agent/live.c - see agent/live.h. */
#include "agent/live.h"

#include <sys/mman.h>

enum {
    REGION_BYTES = (1 << (HF_REGION_BITS - 2)) + sizeof(uint32_t),
};

uint8_t hf_page_counts[1 << HF_PAGE_COUNT_BITS] __attribute__((aligned(4096)));

/* Tables that were made; a forked child starts without, and gives back what it inherited. */
static uint32_t **regions_made;
static uint32_t region_count;
enum { REGIONS_MAX = 1 << (HF_ADDRESS_BITS - HF_REGION_BITS) };

bool hf_live_begin(void)
{
    if (region_count) /* what the parent knew; back to zeros */
        madvise(hf_page_counts, sizeof(hf_page_counts), MADV_DONTNEED);
    for (uint32_t i = 0; i < region_count; i++) {
        /* NULL where its maker was about to note it when another thread forked. */
        if (regions_made[i])
            munmap(regions_made[i], REGION_BYTES);
        regions_made[i] = NULL;
    }
    region_count = 0;
    if (!regions_made)
        regions_made = hf_pages(REGIONS_MAX * sizeof(*regions_made));
    static uint32_t **regions;
    if (regions)
        munmap(regions, REGIONS_MAX * sizeof(*regions));
    hf_hot.regions = regions = hf_pages(REGIONS_MAX * sizeof(*regions));
    return regions && regions_made;
}

uint32_t *hf_live_region(uintptr_t address)
{
    uint32_t **place = &hf_hot.regions[address >> HF_REGION_BITS], *none = NULL;
    uint32_t *region = hf_pages(REGION_BYTES);
    if (!region)
        return NULL;
    if (!__atomic_compare_exchange_n(place, &none, region, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        munmap(region, REGION_BYTES); /* another thread was first */
        return none;
    }
    regions_made[__atomic_fetch_add(&region_count, 1, __ATOMIC_RELAXED)] = region;
    return region;
}

/* Where all slots of a block's size and birth are of one region, as most are, they lie behind its
 * own. */
static bool is_in_one_region(uintptr_t address)
{
    return (address & HF_REGION_MASK) + 16 * (HF_SIZE_SLOTS + 1) <= HF_REGION_MASK;
}

static __attribute__((noinline)) bool set_size_across(uintptr_t address, uint64_t size)
{
    for (unsigned i = 0; i < HF_SIZE_SLOTS; i++) {
        uint32_t *behind = hf_slot_for(address + 16 * (i + 1));
        if (!behind) {
            if (hf_hot.sample)
                hf_page_count(address, -1);
            return false;
        }
        hf_slot_set(behind, (uint32_t)(size >> HF_SIZE_BITS * i) & HF_SLOT_LONG);
    }
    uint32_t *behind = hf_slot_for(address + 16 * (HF_SIZE_SLOTS + 1));
    if (behind)
        hf_slot_set(behind, __atomic_load_n(&hf_hot.header->birth, __ATOMIC_RELAXED));
    return true;
}

bool hf_live_set_long(uintptr_t address, uint32_t node, uint64_t size)
{
    uint32_t *slot = hf_slot_of(address);
    if (HF_LIKELY(is_in_one_region(address))) {
        for (unsigned i = 0; i < HF_SIZE_SLOTS; i++)
            hf_slot_set(slot + i + 1, (uint32_t)(size >> HF_SIZE_BITS * i) & HF_SLOT_LONG);
        hf_slot_set(slot + HF_SIZE_SLOTS + 1,
                    __atomic_load_n(&hf_hot.header->birth, __ATOMIC_RELAXED));
    } else if (!set_size_across(address, size)) {
        return false;
    }
    hf_slot_set(slot, node << HF_SLOT_NODE_SHIFT | HF_SLOT_LONG);
    return true;
}

static __attribute__((noinline)) uint64_t take_size_across(uintptr_t address)
{
    uint64_t size = 0;
    for (unsigned i = 0; i < HF_SIZE_SLOTS; i++) {
        uint32_t *behind = hf_slot_of(address + 16 * (i + 1));
        size |= (uint64_t)(behind ? hf_slot_word(behind) & HF_SLOT_LONG : 0) << HF_SIZE_BITS * i;
        if (behind)
            hf_slot_set(behind, 0);
    }
    return size;
}

uint64_t hf_live_take_long(uintptr_t address)
{
    if (HF_UNLIKELY(!is_in_one_region(address)))
        return take_size_across(address);
    uint32_t *slot = hf_slot_of(address);
    uint64_t size = 0;
    for (unsigned i = 0; i < HF_SIZE_SLOTS; i++) {
        size |= (uint64_t)(hf_slot_word(slot + i + 1) & HF_SLOT_LONG) << HF_SIZE_BITS * i;
        hf_slot_set(slot + i + 1, 0);
    }
    return size;
}
