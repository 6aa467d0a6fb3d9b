/* acquire/chunk_walk.c - going through the chunks of heaps. */
#include "acquire/chunks.h"

#include "base/bytes.h"
#include "base/page.h"

#include <string.h>

enum {
    PAGE = HF_PAGE_SIZE,
    UNIT = 16,
    CHUNK_MIN = 32,
    CHUNK_HEAD = 48, /* struct malloc_chunk, which trimming leaves of a free chunk */
    FLAGS = 7,
    IN_USE_BEFORE = 1,
    MAPPED = 2,
    NOT_MAIN = 4,
    FAST_BINS = 10,
    FENCE = 64, /* the end of a heap that is not its arena's last: chunks of no size */
};

typedef struct walk {
    hf_malloc *m;
    hf_target *t;
    bool (*claimed)(void *context, uint64_t start, uint64_t end);
    void *context;
    hf_malloc_heap *heap;
    hf_malloc_arena *arena;
    uint64_t page; /* last looked at, + 1 */
    bool page_resident;
    uint64_t run; /* start of the free chunks before this one; 0: none */
} walk;

static uint64_t word_at(hf_target *t, uint64_t address)
{
    const uint8_t *p = hf_target_view(t, address, 8);
    return p ? hf_load_u64(p) : 0;
}

/* Nearly all chunks lie in the page of the one before. */
static uint64_t resident(walk *w, uint64_t start, uint64_t end)
{
    uint64_t page = start / PAGE + 1;
    if (page != (end - 1) / PAGE + 1)
        return hf_target_resident(w->t, start, end);
    if (page != w->page) {
        w->page = page;
        w->page_resident = hf_target_resident(w->t, start, end) != 0;
    }
    return w->page_resident ? end - start : 0;
}

static hf_malloc_heap *heap_of(hf_malloc *m, uint64_t chunk)
{
    hf_malloc_heap *heap = (hf_malloc_heap *)(uintptr_t)hf_malloc_heap_at(m, chunk);
    return heap && chunk % UNIT == 0 && chunk + CHUNK_MIN <= heap->end ? heap : NULL;
}

static bool get_bit(const uint64_t *bits, const hf_malloc_heap *heap, uint64_t chunk)
{
    uint64_t i = (chunk - heap->start) / UNIT;
    return bits[i >> 6] >> (i & 63) & 1;
}

/* False where it was set. */
static bool set_bit(uint64_t *bits, const hf_malloc_heap *heap, uint64_t chunk)
{
    uint64_t i = (chunk - heap->start) / UNIT, bit = UINT64_C(1) << (i & 63);
    if (bits[i >> 6] & bit)
        return false;
    bits[i >> 6] |= bit;
    return true;
}

/* The link that stands at `place`. Since 2.32 links are mixed with their place (PROTECT_PTR). */
static uint64_t link_at(hf_malloc *m, hf_target *t, uint64_t place, uint64_t offset)
{
    uint64_t word = word_at(t, place), plain = word ^ place >> 12;
    if (!plain || heap_of(m, plain - offset))
        return plain;
    return word;
}

/* Marks the chunks of an arena's fast bins. Each is marked once, so that no ring keeps us. */
static void mark_fast(hf_malloc *m, hf_target *t, const hf_malloc_arena *arena)
{
    for (unsigned i = 0; arena->fast && i < FAST_BINS; i++) {
        uint64_t chunk = word_at(t, arena->fast + 8 * i);
        for (hf_malloc_heap *heap; chunk && (heap = heap_of(m, chunk)) != NULL;) {
            if (!set_bit(heap->fast, heap, chunk))
                break;
            chunk = link_at(m, t, chunk + UNIT, 0);
        }
    }
}

/* The cache of a thread (struct tcache_perthread_struct), by the size of its chunk. */
typedef struct cache_shape {
    uint64_t chunk;
    unsigned bins, small, counter; /* counter: bytes of each count; small: bins of one size each */
    bool counts; /* the counts are lengths; else they are what there is room for */
} cache_shape;

static const cache_shape cache_shapes[] = {
    {0x290, 64, 64, 2, true},  /* since 2.30 */
    {0x250, 64, 64, 1, true},  /* since 2.26 */
    {0x300, 76, 64, 2, false}, /* since 2.42 */
};

/* The length of one list of a cache, or -1 where it is none. mark: note its chunks. */
static int64_t follow_list(walk *w, uint64_t memory, const cache_shape *s, unsigned bin, bool mark)
{
    enum { LENGTH_MAX = 1 << 16 };
    int64_t length = 0;
    while (memory && length < LENGTH_MAX) {
        uint64_t chunk = memory - UNIT;
        hf_malloc_heap *heap = memory >= UNIT ? heap_of(w->m, chunk) : NULL;
        uint64_t size = heap ? word_at(w->t, chunk + 8) & ~(uint64_t)FLAGS : 0;
        bool fits = bin < s->small ? size == CHUNK_MIN + (uint64_t)bin * UNIT
                                   : size > s->small * UNIT && size <= heap->end - chunk;
        if (!heap || !fits)
            return -1;
        if (mark && !set_bit(heap->cached, heap, chunk))
            return length;
        length++;
        memory = link_at(w->m, w->t, memory, UNIT);
    }
    return length;
}

static uint64_t count_at(const uint8_t *cache, const cache_shape *s, unsigned bin)
{
    return s->counter == 1 ? cache[bin] : hf_load_u16(cache + 2 * bin);
}

/* Where a chunk in use is the cache of a thread, marks what it keeps. */
static void try_cache(walk *w, uint64_t chunk, uint64_t size)
{
    const cache_shape *s = NULL;
    for (size_t i = 0; i < sizeof(cache_shapes) / sizeof(*cache_shapes); i++)
        if (cache_shapes[i].chunk == size)
            s = &cache_shapes[i];
    const uint8_t *cache = s ? hf_target_view(w->t, chunk + UNIT, size - UNIT) : NULL;
    if (!cache)
        return;
    unsigned entries = (s->bins * s->counter + 7) / 8 * 8, lists = 0;
    for (unsigned bin = 0; bin < s->bins; bin++) {
        uint64_t head = hf_load_u64(cache + entries + 8 * bin), count = count_at(cache, s, bin);
        int64_t length = follow_list(w, head, s, bin, false);
        if (length < 0 || (s->counts && (uint64_t)length != count))
            return;
        lists += length > 0;
    }
    if (!lists)
        return;
    w->m->caches++;
    for (unsigned bin = 0; bin < s->bins; bin++)
        follow_list(w, hf_load_u64(cache + entries + 8 * bin), s, bin, true);
}

/* The whole pages within [start, end) that mtrim() gives back (malloc.c): all but the head of the
 * free chunk. */
static void end_run(walk *w, uint64_t end)
{
    uint64_t start = w->run;
    w->run = 0;
    if (!start || end - start < PAGE - 1 + CHUNK_HEAD)
        return;
    uint64_t first = (start + CHUNK_HEAD + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    uint64_t last = end & ~(uint64_t)(PAGE - 1);
    if (first < last)
        w->arena->sums.trim += hf_target_resident(w->t, first, last);
}

/* The last chunk of the arena. Of the main one systrim() gives back the end; free chunks before it
 * have become part of it by then. */
static void take_top(walk *w, uint64_t chunk, uint64_t end)
{
    hf_chunk_sums *sums = &w->arena->sums;
    uint64_t start = w->run ? w->run : chunk;
    sums->top += resident(w, chunk, end);
    w->run = 0;
    if (!w->arena->main || end - start <= CHUNK_MIN + 1)
        return;
    uint64_t give = (end - start - CHUNK_MIN - 1) & ~(uint64_t)(PAGE - 1);
    if (give)
        sums->trim += hf_target_resident(w->t, end - give, end);
}

static void take_chunk(walk *w, uint64_t chunk, uint64_t size, bool in_use)
{
    hf_chunk_sums *sums = &w->arena->sums;
    uint64_t end = chunk + size, bytes = resident(w, chunk, end);
    bool fast = in_use && get_bit(w->heap->fast, w->heap, chunk);
    if (!in_use || fast) {
        *(fast ? &sums->fast : &sums->free) += bytes;
        sums->free_chunks++;
        w->run = w->run ? w->run : chunk;
        return;
    }
    end_run(w, chunk);
    /* The word behind a chunk in use belongs to it too. */
    if (w->claimed && w->claimed(w->context, chunk + UNIT, end + 8)) {
        sums->claimed += bytes;
        sums->claimed_chunks++;
        return;
    }
    sums->native += bytes;
    sums->native_chunks++;
    hf_malloc_count_native(w->m, size);
    try_cache(w, chunk, size);
}

/* Whether a chunk of `end` - `chunk` bytes at most may have this word for its size and flags. Free
 * chunks of others have no flag of an arena. */
static bool is_size(uint64_t word, uint64_t chunk, uint64_t end, bool main)
{
    uint64_t size = word & ~(uint64_t)FLAGS;
    return size >= CHUNK_MIN && size % UNIT == 0 && size <= end - chunk && !(word & MAPPED) &&
           !(main && word & NOT_MAIN);
}

uint64_t hf_malloc_chunk_in_use(const hf_malloc *m, hf_target *t, const hf_malloc_heap *heap,
                                uint64_t chunk)
{
    enum { LOOKED_AT = 4 }; /* heads, the chunk's own among them */
    const hf_malloc_arena *arena = &m->arenas[heap->arena];
    uint64_t at = chunk, end = heap->end, ret = 0;
    for (int i = 0; i < LOOKED_AT && !(i && at == arena->top); i++) {
        if (end - at < UNIT || at % UNIT)
            return 0;
        uint64_t word = word_at(t, at + 8), size = word & ~(uint64_t)FLAGS;
        if (i == 1 && !(word & IN_USE_BEFORE))
            return 0;
        if (i && end - at <= FENCE && size <= UNIT)
            break;
        if (!is_size(word, at, end, arena->main) || size == end - at)
            return 0;
        ret = i ? ret : size;
        at += size;
    }
    return ret;
}

bool hf_malloc_is_kept(const hf_malloc *m, uint64_t chunk)
{
    const hf_malloc_heap *heap = hf_malloc_heap_at(m, chunk);
    return heap && (get_bit(heap->cached, heap, chunk) || get_bit(heap->fast, heap, chunk));
}

static void walk_heap(walk *w)
{
    const hf_malloc_heap *heap = w->heap;
    hf_chunk_sums *sums = &w->arena->sums;
    uint64_t chunk = heap->first, end = heap->end;
    w->run = 0;
    if (chunk > heap->start)
        sums->overhead += hf_target_resident(w->t, heap->start, chunk);
    while (chunk + UNIT <= end) {
        uint64_t word = word_at(w->t, chunk + 8), size = word & ~(uint64_t)FLAGS;
        bool last = size == end - chunk;
        if (end - chunk <= FENCE && size <= UNIT) {
            end_run(w, chunk);
            sums->overhead += hf_target_resident(w->t, chunk, end);
            return;
        }
        if (!is_size(word, chunk, end, w->arena->main))
            break;
        if (last || chunk == w->arena->top) {
            take_top(w, chunk, end);
            return;
        }
        const uint8_t *next = hf_target_view(w->t, chunk + size, UNIT);
        bool in_use = !next || hf_load_u64(next + 8) & IN_USE_BEFORE || hf_load_u64(next) != size;
        take_chunk(w, chunk, size, in_use);
        chunk += size;
    }
    end_run(w, chunk);
    if (chunk < end)
        sums->unknown += hf_target_resident(w->t, chunk, end);
}

/* Chunks of caches were taken for chunks in use by others. */
static void take_cached(walk *w)
{
    const hf_malloc_heap *heap = w->heap;
    hf_chunk_sums *sums = &w->arena->sums;
    uint64_t words = (heap->end - heap->start) / UNIT / 64 + 1;
    for (uint64_t i = 0; i < words; i++)
        for (uint64_t bits = heap->cached[i]; bits; bits &= bits - 1) {
            uint64_t at = heap->start + (i * 64 + (uint64_t)__builtin_ctzll(bits)) * UNIT;
            uint64_t size = word_at(w->t, at + 8) & ~(uint64_t)FLAGS,
                     bytes = resident(w, at, at + size);
            if (bytes > sums->native || !sums->native_chunks)
                continue;
            sums->native -= bytes;
            sums->native_chunks--;
            sums->cached += bytes;
            hf_chunk_class *class = &w->m->classes[hf_chunk_class_of(size)];
            if (class->chunks && class->bytes >= size) {
                class->chunks--;
                class->bytes -= size;
            }
        }
}

void hf_malloc_walk(hf_malloc *m, hf_target *t,
                    bool (*claimed)(void *context, uint64_t start, uint64_t end), void *context)
{
    m->caches = 0;
    memset(m->classes, 0, sizeof(m->classes));
    for (size_t i = 0; i < m->arena_count; i++) {
        m->arenas[i].sums = (hf_chunk_sums){0};
        mark_fast(m, t, &m->arenas[i]);
    }
    walk w = {.m = m, .t = t, .claimed = claimed, .context = context};
    for (size_t i = 0; i < m->heap_count; i++) {
        w.heap = &m->heaps[i];
        w.arena = &m->arenas[w.heap->arena];
        walk_heap(&w);
    }
    for (size_t i = 0; i < m->heap_count; i++) {
        w.heap = &m->heaps[i];
        w.arena = &m->arenas[w.heap->arena];
        take_cached(&w);
    }
}
