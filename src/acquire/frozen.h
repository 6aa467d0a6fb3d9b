/* acquire/frozen.h - memory that no longer changes, and looking into it fast.
 *
 * The decoders look some fifty million times. Address >> 20 finds its segment in a small table,
 * built once and only read later (so that threads may share it); where two segments want one slot
 * the loser is found by bisection. */
#ifndef HF_ACQUIRE_FROZEN_H
#define HF_ACQUIRE_FROZEN_H

#include "acquire/target.h"

typedef struct hf_frozen {
    hf_segment *segments; /* sorted by address */
    size_t count;
    uint32_t *slots; /* of (address >> 20) & mask: number of a segment */
    uint64_t mask;
    void *bytes; /* the mapped spool file; NULL: the segments' bytes are not ours */
    size_t size;
} hf_frozen;

/* Takes the segments (and the mapped bytes); on failure they stay the caller's. */
hf_err *hf_frozen_init(hf_frozen *f, hf_segment *segments, size_t count, void *bytes, size_t size);
void hf_frozen_deinit(hf_frozen *f);

static inline const void *hf_segment_at(const hf_segment *s, uint64_t addr, size_t n)
{
    uint64_t offset = addr - s->start, size = s->end - s->start;
    return offset < size && n <= size - offset ? s->bytes + offset : NULL;
}

const void *hf_frozen_search(const hf_frozen *f, uint64_t addr, size_t n);

static inline const void *hf_frozen_view(const hf_frozen *f, uint64_t addr, size_t n)
{
    if (__builtin_expect(f->count == 0, 0))
        return NULL;
    const void *p = hf_segment_at(&f->segments[f->slots[addr >> 20 & f->mask]], addr, n);
    return __builtin_expect(p != NULL, 1) ? p : hf_frozen_search(f, addr, n);
}

#endif
