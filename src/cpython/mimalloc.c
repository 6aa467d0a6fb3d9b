#include "cpython/mimalloc.h"

#include "cpython/decode_read.h"

enum {
    INFO_SLICES_MAX = 16, /* of a head: it takes one or two */
    SMALL_BLOCK = 64,     /* bounds of _mi_segment_page_start_from_slice(), 2.1.2 */
    MIDDLE_BLOCK = 512,
    SEGMENT_SLICES_MAX = 1 << 24, /* 1 TiB: a huge block has a segment of its own */
};

#define LIST_FLAGS 3ull

typedef struct {
    hf_decode *d;
    const uint8_t *head;
    uint64_t address, end; /* end: as far as its slices reach */
    uint64_t entries;      /* slices that are described */
    uint64_t slices;
} segment;

typedef struct {
    void (*page)(void *context, const hf_mi_page *page);
    void *context;
    uint64_t key; /* of all cookies */
    hf_mi_count count;
    uint64_t free[HF_MI_BLOCKS_MAX / 64];
} visit;

static uint64_t word(const uint8_t *p, int32_t place)
{
    return hf_load_u64(p + place);
}

/* A cookie is the segment's address, mixed with a number that the process drew when it started. */
static bool read_segment(visit *v, hf_decode *d, uint64_t address, segment *ret)
{
    const hf_layout *l = d->layout;
    const uint8_t *head = hf_bytes_at(d, address, (uint64_t)l->mi_segment_slices);
    if (!head)
        return false;
    segment s = {.d = d,
                 .head = head,
                 .address = address,
                 .entries = word(head, l->mi_segment_slice_entries),
                 .slices = word(head, l->mi_segment_segment_slices)};
    uint64_t key = word(head, l->mi_segment_cookie) ^ address;
    uint64_t most = (uint64_t)(l->mi_segment_align / l->mi_slice_size);
    uint64_t info = word(head, l->mi_segment_info_slices);
    bool huge = hf_load_u32(head + l->mi_segment_kind) == (uint32_t)l->mi_segment_huge;
    if (key == address || !info || info > INFO_SLICES_MAX || info >= s.entries ||
        s.entries > most || s.slices < s.entries || s.slices > (huge ? SEGMENT_SLICES_MAX : most) ||
        (v->key && key != v->key))
        return false;
    s.end = address + s.slices * (uint64_t)l->mi_slice_size;
    v->key = key;
    *ret = s;
    return true;
}

/* Marks the blocks of one list; false where it leaves the page, repeats a block or breaks off. */
static bool mark_free(visit *v, hf_decode *d, const hf_mi_page *page, uint64_t block,
                      uint32_t *found)
{
    while (block) {
        uint64_t offset = block - page->first;
        uint64_t number = offset / page->block_size;
        if (block < page->first || number >= page->capacity || offset % page->block_size)
            return false;
        uint64_t bit = 1ull << (number & 63);
        const uint8_t *p = hf_bytes_at(d, block, HF_WORD);
        if (v->free[number >> 6] & bit || !p)
            return false;
        v->free[number >> 6] |= bit;
        ++*found;
        block = hf_load_u64(p);
    }
    return true;
}

/* Where 2.1.2 begins with the blocks: not at the start of a memory page, for the caches' sake. */
static uint64_t first_block(const hf_layout *l, const uint8_t *p, const hf_mi_page *page)
{
    if (HF_HAS(l, mi_page_start))
        return word(p, l->mi_page_start);
    uint64_t offset = 0;
    if (page->block_size >= HF_WORD && page->block_size <= MIDDLE_BLOCK)
        offset = page->block_size <= SMALL_BLOCK ? 3 * page->block_size : page->block_size;
    return page->start + offset;
}

static uint32_t bits_of(const uint8_t *p, int32_t place, int32_t mask)
{
    return hf_bits(hf_load_u32(p + place), mask);
}

/* Reads the page of `slices` slices that `p` describes; false where it has no blocks. */
static bool read_page(visit *v, const segment *s, const uint8_t *p, uint64_t slices,
                      hf_mi_page *page)
{
    hf_decode *d = s->d;
    const hf_layout *l = d->layout;
    bool huge = hf_load_u32(s->head + l->mi_segment_kind) == (uint32_t)l->mi_segment_huge;
    page->bytes = huge ? s->end - page->start : slices * (uint64_t)l->mi_slice_size;
    page->block_size = bits_of(p, l->mi_page_block_size, l->mi_page_block_size_mask);
    page->capacity = hf_load_u16(p + l->mi_page_capacity);
    page->tag = bits_of(p, l->mi_page_tag, l->mi_page_tag_mask);
    page->heap = word(p, l->mi_page_heap);
    uint32_t used = bits_of(p, l->mi_page_used, l->mi_page_used_mask);
    if (!page->block_size || !page->capacity)
        return false; /* free, or not yet cut into blocks */
    if (huge)
        page->block_size = page->bytes;
    page->first = first_block(l, p, page);
    uint64_t ahead = page->first - page->start;
    if (page->first < page->start || ahead >= page->bytes ||
        page->capacity > hf_load_u16(p + l->mi_page_reserved) ||
        (page->capacity > 1 && page->capacity > (page->bytes - ahead) / page->block_size)) {
        v->count.broken++;
        return false;
    }
    memset(v->free, 0, (page->capacity + 63) / 64 * sizeof(*v->free));
    page->free = v->free;
    uint32_t found = 0, of_others = 0;
    uint64_t thread_free = word(p, l->mi_page_thread_free) & ~LIST_FLAGS;
    page->whole = mark_free(v, d, page, word(p, l->mi_page_free), &found) &&
                  mark_free(v, d, page, word(p, l->mi_page_local_free), &found) &&
                  mark_free(v, d, page, thread_free, &of_others) &&
                  found + used == page->capacity && of_others <= used;
    page->in_use = page->capacity - found - of_others;
    return true;
}

static void visit_segment(visit *v, const segment *s)
{
    const hf_layout *l = s->d->layout;
    const uint64_t size = (uint64_t)l->mi_page_size, slice = (uint64_t)l->mi_slice_size;
    const uint64_t descriptors = s->address + (uint64_t)l->mi_segment_slices;
    v->count.segments++;
    uint64_t at = word(s->head, l->mi_segment_info_slices);
    while (at < s->entries) {
        const uint8_t *p = hf_bytes_at(s->d, descriptors + at * size, size);
        uint64_t slices = p ? hf_load_u32(p + l->mi_page_slice_count) : 0;
        if (!slices || slices > s->slices - at || hf_load_u32(p + l->mi_page_slice_offset)) {
            v->count.broken++;
            return;
        }
        hf_mi_page page = {.segment = s->address,
                           .descriptor = descriptors + at * size,
                           .start = s->address + at * slice};
        at += slices;
        if (!read_page(v, s, p, slices, &page))
            continue;
        v->count.pages++;
        v->count.broken += !page.whole;
        v->page(v->context, &page);
    }
}

/* Up to eight words each even count of them is a size; then four sizes between powers of two; what
 * is larger than a quarter of a medium page gets memory pages of its own. */
uint64_t hf_mi_block_size(uint64_t n)
{
    enum { EXACT = 8, LARGE = 128 << 10, KIB = 1 << 10, MIB = 1 << 20 };
    uint64_t words = n ? (n + HF_WORD - 1) / HF_WORD : 1;
    if (words <= EXACT)
        return (words + 1) / 2 * 2 * HF_WORD;
    if (n <= LARGE) {
        uint64_t step = 1ull << (63 - __builtin_clzll(words - 1) - 2);
        return (words + step - 1) / step * step * HF_WORD;
    }
    uint64_t unit = n < 512 * KIB  ? 4 * KIB
                    : n < 2 * MIB  ? 64 * KIB
                    : n < 8 * MIB  ? 256 * KIB
                    : n < 32 * MIB ? MIB
                                   : 4 * MIB;
    return (n + unit - 1) & ~(unit - 1);
}

hf_mi_count hf_mi_visit(hf_decode *d, void (*page)(void *context, const hf_mi_page *page),
                        void *context)
{
    const hf_layout *l = d->layout;
    visit v = {.page = page, .context = context};
    if (!HF_HAS(l, mi_segment_slices))
        return v.count;
    const uint64_t align = (uint64_t)l->mi_segment_align;
    size_t count;
    const hf_segment *segments = hf_target_segments(d->target, &count);
    for (size_t i = 0; i < count; i++) {
        uint64_t at = (segments[i].start + align - 1) & ~(align - 1);
        for (segment s; at < segments[i].end; at += align)
            if (read_segment(&v, d, at, &s))
                visit_segment(&v, &s);
    }
    return v.count;
}
