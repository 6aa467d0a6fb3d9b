#include "acquire/frozen.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { SLOTS_MIN = 256, SLOTS_MAX = 1 << 18, CHUNK_SHIFT = 20 };

static uint64_t chunks_of(const hf_segment *s)
{
    return ((s->end - 1) >> CHUNK_SHIFT) - (s->start >> CHUNK_SHIFT) + 1;
}

static size_t slots_for(const hf_segment *segments, size_t count)
{
    uint64_t chunks = 0;
    for (size_t i = 0; i < count; i++)
        chunks += chunks_of(&segments[i]);
    size_t slots = SLOTS_MIN;
    while (slots < SLOTS_MAX && slots / 4 < chunks)
        slots *= 2;
    return slots;
}

/* Bytes of the segment within the chunk: who has more of it wins the slot. */
static uint64_t share_of(const hf_segment *s, uint64_t chunk)
{
    uint64_t start = chunk << CHUNK_SHIFT, end = start + (1 << CHUNK_SHIFT);
    start = s->start > start ? s->start : start;
    end = s->end < end ? s->end : end;
    return end - start;
}

static hf_err *build_slots(hf_frozen *f)
{
    size_t slots = slots_for(f->segments, f->count);
    f->slots = calloc(slots, sizeof(*f->slots));
    uint32_t *shares = calloc(slots, sizeof(*shares));
    if (!f->slots || !shares) {
        free(shares);
        return hf_fail_memory();
    }
    f->mask = slots - 1;
    for (size_t i = 0; i < f->count; i++) {
        const hf_segment *s = &f->segments[i];
        uint64_t chunk = s->start >> CHUNK_SHIFT, chunks = chunks_of(s);
        for (uint64_t k = 0; k < chunks && k < slots; k++) {
            uint32_t share = (uint32_t)share_of(s, chunk + k);
            size_t slot = (chunk + k) & f->mask;
            if (share > shares[slot]) {
                shares[slot] = share;
                f->slots[slot] = (uint32_t)i;
            }
        }
    }
    free(shares);
    return NULL;
}

hf_err *hf_frozen_init(hf_frozen *f, hf_segment *segments, size_t count, void *bytes, size_t size)
{
    *f = (hf_frozen){.segments = segments, .count = count};
    hf_err *err = build_slots(f);
    if (err) {
        free(f->slots);
        *f = (hf_frozen){0};
        return err;
    }
    f->bytes = bytes;
    f->size = size;
    return NULL;
}

void hf_frozen_deinit(hf_frozen *f)
{
    free(f->segments);
    free(f->slots);
    if (f->bytes)
        munmap(f->bytes, f->size);
    *f = (hf_frozen){0};
}

const void *hf_frozen_search(const hf_frozen *f, uint64_t addr, size_t n)
{
    size_t low = 0, high = f->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->segments[middle].end <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low < f->count ? hf_segment_at(&f->segments[low], addr, n) : NULL;
}
