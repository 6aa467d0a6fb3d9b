/* acquire/chunks.c - finding the arenas of glibc's malloc and their heaps. */
#include "acquire/chunks.h"

#include "base/array.h"
#include "base/bytes.h"
#include "base/page.h"

#include <stdlib.h>

enum {
    PAGE = HF_PAGE_SIZE,
    UNIT = 16,
    FLAGS = 7,
    IN_USE_BEFORE = 1,
    MAPPED = 2,
    RINGS = 127,       /* NBINS - 1 */
    RINGS_EMPTY = 32,  /* at least so many of an arena are */
    ARENAS_MAX = 4096, /* eight for each processor */
    /* struct heap_info */
    HEAP_ARENA = 0,
    HEAP_PREVIOUS = 8,
    HEAP_SIZE = 16,
    HEAP_INFO_MAX = 64,
};

#define HEAP_ALIGN (UINT64_C(64) << 20) /* HEAP_MAX_SIZE */

/* Where a malloc_state has its word `top`, and its fast bins: since 2.27 with a flag between,
 * before that without, and should it have none. 0: it has no fast bins. */
static const struct shape {
    uint32_t top, fast;
} shapes[] = {{96, 16}, {88, 8}, {16, 0}, {8, 0}};

static uint64_t word_at(hf_target *t, uint64_t address)
{
    const uint8_t *p = hf_target_view(t, address, 8);
    return p ? hf_load_u64(p) : 0;
}

/* Whether an array of rings of free chunks stands there. */
static bool are_rings(hf_target *t, uint64_t rings)
{
    const uint8_t *p = hf_target_view(t, rings, RINGS * 16);
    unsigned empty = 0;
    for (unsigned i = 0; p && i < RINGS; i++) {
        uint64_t self = rings + 16 * (uint64_t)i - 16;
        uint64_t forward = hf_load_u64(p + 16 * i), back = hf_load_u64(p + 16 * i + 8);
        if (forward == self && back == self)
            empty++;
        else if (forward % UNIT || back % UNIT || !hf_target_view(t, forward, 32) ||
                 !hf_target_view(t, back, 32))
            return false;
    }
    return empty >= RINGS_EMPTY;
}

/* The arena whose word `top` stands at `place`, as one of the shapes. */
static bool read_arena(hf_target *t, uint64_t place, const struct shape *s, hf_malloc_arena *ret)
{
    enum { LAST_REMAINDER = 8, RINGS_AT = 16, MAP = 16 };
    uint64_t rings = place + RINGS_AT;
    if (place < s->top || !are_rings(t, rings))
        return false;
    *ret = (hf_malloc_arena){.address = place - s->top,
                             .fast = s->fast ? place - s->top + s->fast : 0,
                             .top = word_at(t, place),
                             .next = word_at(t, rings + RINGS * 16 + MAP)};
    return ret->top % UNIT == 0;
}

static hf_malloc_arena *add_arena(hf_malloc *m, const hf_malloc_arena *arena)
{
    if (!hf_array_next(&m->arenas, m->arena_count))
        return NULL;
    m->arenas[m->arena_count] = *arena;
    return &m->arenas[m->arena_count++];
}

static bool add_heap(hf_malloc *m, const hf_malloc_heap *heap)
{
    if (!hf_array_next(&m->heaps, m->heap_count))
        return false;
    hf_malloc_heap *added = &m->heaps[m->heap_count++];
    *added = *heap;
    size_t words = (size_t)((heap->end - heap->start) / UNIT / 64 + 1);
    added->fast = calloc(words, sizeof(*added->fast));
    added->cached = calloc(words, sizeof(*added->cached));
    return added->fast && added->cached;
}

/* [heap] as the kernel shows it: parts of it may be mappings of their own. */
static bool find_break(hf_target *t, uint64_t *ret_start, uint64_t *ret_end)
{
    size_t count;
    const hf_mapping *maps = hf_target_mappings(t, &count);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(maps[i].path, "[heap]") != 0 || (found && maps[i].start != *ret_end))
            continue;
        *ret_start = found ? *ret_start : maps[i].start;
        *ret_end = maps[i].end;
        found = true;
    }
    return found && hf_target_view(t, *ret_start, *ret_end - *ret_start);
}

/* The main arena: whose top is a chunk that ends with [heap]. */
static bool find_main(hf_target *t, uint64_t start, uint64_t end, const hf_data_extent *data,
                      size_t count, hf_malloc_arena *ret)
{
    for (size_t i = 0; i < count; i++) {
        for (uint64_t at = data[i].start; at + 8 <= data[i].end; at += 8) {
            uint64_t top = word_at(t, at);
            if (top < start || top >= end || top % UNIT ||
                (word_at(t, top + 8) & ~UINT64_C(7)) != end - top)
                continue;
            for (size_t s = 0; s < sizeof(shapes) / sizeof(*shapes); s++)
                if (read_arena(t, at, &shapes[s], ret))
                    return true;
        }
    }
    return false;
}

/* Core files do not say which memory is [heap]: then any chunk that ends with whole pages may be
 * the last one. */
static bool find_unnamed_main(hf_target *t, const hf_data_extent *data, size_t count,
                              hf_malloc_arena *ret, uint64_t *ret_start, uint64_t *ret_end)
{
    size_t map_count;
    const hf_mapping *maps = hf_target_mappings(t, &map_count);
    for (size_t i = 0; i < count; i++) {
        for (uint64_t at = data[i].start; at + 8 <= data[i].end; at += 8) {
            uint64_t top = word_at(t, at), size = top % UNIT ? 0 : word_at(t, top + 8);
            if (!(size & IN_USE_BEFORE) || (top + size - 1) % PAGE || size < UNIT ||
                !read_arena(t, at, &shapes[0], ret))
                continue;
            for (size_t k = 0; k < map_count; k++)
                if (top >= maps[k].start && top < maps[k].end && top + size - 1 <= maps[k].end) {
                    *ret_start = maps[k].start;
                    *ret_end = top + size - 1;
                    return hf_target_view(t, *ret_start, *ret_end - *ret_start) != NULL;
                }
        }
    }
    return false;
}

static bool add_main(hf_malloc *m, hf_target *t, const hf_data_extent *data, size_t count)
{
    uint64_t start = 0, end = 0;
    hf_malloc_arena arena = {0};
    if (!find_break(t, &start, &end)) {
        if (!find_unnamed_main(t, data, count, &arena, &start, &end))
            return true;
    } else if (!find_main(t, start, end, data, count, &arena)) {
        arena = (hf_malloc_arena){0};
    }
    arena.main = true;
    uint64_t first = (start + UNIT - 1) & ~(uint64_t)(UNIT - 1);
    return add_arena(m, &arena) && add_heap(m, &(hf_malloc_heap){start, end, first, 0});
}

/* What the struct heap_info at `at` says, where one can be. */
static bool read_heap_info(hf_target *t, uint64_t at, uint64_t *ret_arena, uint64_t *ret_size)
{
    const uint8_t *p = hf_target_view(t, at, HEAP_INFO_MAX);
    if (!p)
        return false;
    uint64_t arena = hf_load_u64(p + HEAP_ARENA), previous = hf_load_u64(p + HEAP_PREVIOUS);
    uint64_t size = hf_load_u64(p + HEAP_SIZE), owner = arena & ~(HEAP_ALIGN - 1);
    if (!arena || arena % UNIT || previous % HEAP_ALIGN || size < PAGE || size % PAGE ||
        size > HEAP_ALIGN || !hf_target_view(t, at, size) || word_at(t, owner) != arena ||
        arena - owner > HEAP_INFO_MAX || (owner == at) != (previous == 0))
        return false;
    *ret_arena = arena;
    *ret_size = size;
    return true;
}

/* The arena at `address`, found or added; NULL without memory. */
static bool arena_of(hf_malloc *m, hf_target *t, uint64_t address, size_t *ret)
{
    for (size_t i = 0; i < m->arena_count; i++)
        if (m->arenas[i].address == address) {
            *ret = i;
            return true;
        }
    hf_malloc_arena arena = {0};
    bool read = false;
    for (size_t s = 0; s < sizeof(shapes) / sizeof(*shapes) && !read; s++)
        read = read_arena(t, address + shapes[s].top, &shapes[s], &arena);
    if (!read)
        arena = (hf_malloc_arena){.address = address};
    *ret = m->arena_count;
    return add_arena(m, &arena) != NULL;
}

/* Behind the heap_info, and in the first heap behind the malloc_state, whose size depends on the
 * release: its first chunk is where chunks begin to fill the heap. */
static uint64_t first_chunk(hf_target *t, uint64_t start, uint64_t end, uint64_t from)
{
    enum { STATE_MAX = 4096, CHUNK_MIN = 32 };
    for (uint64_t at = from; at < from + STATE_MAX && at + CHUNK_MIN < end; at += UNIT) {
        uint64_t size = word_at(t, at + 8), next = at + (size & ~UINT64_C(7));
        if (!(size & IN_USE_BEFORE) || size & MAPPED || next - at < CHUNK_MIN || next % UNIT ||
            next + UNIT > end)
            continue;
        uint64_t second = word_at(t, next + 8) & ~UINT64_C(7);
        if (second && second % UNIT == 0 && second <= end - next)
            return at;
    }
    return start;
}

static bool add_thread_heap(hf_malloc *m, hf_target *t, uint64_t at)
{
    enum { STATE_LEAST = 2160 }; /* of the rings alone 2,032 bytes */
    uint64_t arena, size;
    size_t number;
    if (m->arena_count >= ARENAS_MAX || !read_heap_info(t, at, &arena, &size))
        return true;
    if (!arena_of(m, t, arena, &number))
        return false;
    bool first = arena - at < HEAP_INFO_MAX;
    uint64_t from = first ? ((arena + STATE_LEAST + UNIT - 1) & ~(uint64_t)(UNIT - 1)) : at + 32;
    return add_heap(m,
                    &(hf_malloc_heap){at, at + size, first_chunk(t, at, at + size, from), number});
}

static int by_start(const void *a, const void *b)
{
    uint64_t x = ((const hf_malloc_heap *)a)->start, y = ((const hf_malloc_heap *)b)->start;
    return (x > y) - (x < y);
}

hf_err *hf_malloc_find(hf_target *t, const hf_data_extent *data, size_t count, hf_malloc *ret)
{
    hf_malloc m = {0};
    bool good = add_main(&m, t, data, count);
    size_t segments;
    const hf_segment *s = hf_target_segments(t, &segments);
    for (size_t i = 0; i < segments && good; i++)
        for (uint64_t at = (s[i].start + HEAP_ALIGN - 1) & ~(HEAP_ALIGN - 1); at < s[i].end && good;
             at += HEAP_ALIGN)
            good = add_thread_heap(&m, t, at);
    if (!good) {
        hf_malloc_deinit(&m);
        return hf_fail_memory();
    }
    if (m.heap_count)
        qsort(m.heaps, m.heap_count, sizeof(*m.heaps), by_start);
    *ret = m;
    return NULL;
}

void hf_malloc_deinit(hf_malloc *m)
{
    for (size_t i = 0; i < m->heap_count; i++) {
        free(m->heaps[i].fast);
        free(m->heaps[i].cached);
    }
    free(m->heaps);
    free(m->arenas);
    *m = (hf_malloc){0};
}

const hf_malloc_heap *hf_malloc_heap_at(const hf_malloc *m, uint64_t address)
{
    size_t low = 0, high = m->heap_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->heaps[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < m->heap_count && address >= m->heaps[low].start ? &m->heaps[low] : NULL;
}

/* IS_MMAPPED is the second flag; the arena's and the neighbour's flags are not set. What memalign()
 * has cut off in front is told by the first word. Up to 2.42 the size is that of the mapping, then
 * it is less by a head. */
uint64_t hf_mapped_chunk(hf_target *t, uint64_t page, uint64_t end)
{
    const uint8_t *p = hf_target_view(t, page, 32);
    if (!p || hf_load_u64(p))
        return 0;
    uint64_t word = hf_load_u64(p + 8), size = word - MAPPED;
    if ((word & FLAGS) != MAPPED || size < PAGE - UNIT)
        return 0;
    if (size % PAGE == PAGE - UNIT)
        size += UNIT;
    return size % PAGE == 0 && size <= end - page ? size : 0;
}

size_t hf_chunk_class_of(uint64_t size)
{
    if (size <= HF_CHUNK_SMALL * UNIT)
        return size ? (size_t)((size + UNIT - 1) / UNIT - 1) : 0;
    size_t power = 64 - (size_t)__builtin_clzll(size - 1); /* 2^power >= size */
    size_t class = HF_CHUNK_SMALL + power - 11;
    return class < HF_CHUNK_CLASSES ? class : HF_CHUNK_CLASSES - 1;
}

uint64_t hf_chunk_class_size(size_t class)
{
    if (class < HF_CHUNK_SMALL)
        return (class + 1) * UNIT;
    return UINT64_C(1) << (class - HF_CHUNK_SMALL + 11);
}

void hf_malloc_count_native(hf_malloc *m, uint64_t size)
{
    hf_chunk_class *class = &m->classes[hf_chunk_class_of(size)];
    class->chunks++;
    class->bytes += size;
}
