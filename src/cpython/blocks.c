/* cpython/blocks.c - finds where Python's allocator and malloc keep their blocks, once a heap.
 *
 * Who marks objects that nothing leads to asks for it, and who measures memory. */
#include "base/page.h"
#include "cpython/heap_inside.h"

#include <stdlib.h>

static hf_err *find_pools(hf_heap *heap, uint32_t pool_size)
{
    enum { ARENAS_BEHIND = HF_POOL_CLASSES * 2 * 8 }; /* in struct _obmalloc_state, from 3.12 on */
    const hf_layout *l = heap->decode.layout;
    uint32_t name = 0;
    for (size_t i = 0; i < heap->range_count; i++)
        if (heap->runtime.address - heap->ranges[i].start <
            heap->ranges[i].end - heap->ranges[i].start)
            name = heap->ranges[i].name;
    hf_err *err = NULL;
    for (size_t i = 0; i < heap->range_count && !err; i++)
        if (heap->ranges[i].name == name)
            err = hf_arenas_find(&heap->arenas, heap->target, heap->ranges[i].start,
                                 heap->ranges[i].end, pool_size, -1);
    /* Interpreters with an allocator of their own keep its state within theirs, or by itself. */
    for (size_t i = 1; i < heap->interpreter_count && !err; i++)
        if (HF_HAS(l, interpreter_size))
            err = hf_arenas_find(&heap->arenas, heap->target, heap->interpreters[i],
                                 heap->interpreters[i] + (uint64_t)l->interpreter_size, pool_size,
                                 ARENAS_BEHIND);
    return err;
}

static hf_err *find_arenas(hf_heap *heap)
{
    bool small = heap->runtime.version < 0x030a0000;
    hf_err *err = find_pools(heap, small ? HF_POOL_SMALL : HF_POOL_LARGE);
    if (!err && !heap->arenas.count && !small)
        err = find_pools(heap, HF_POOL_SMALL);
    return err;
}

static hf_err *find_malloc(hf_heap *heap)
{
    hf_data_extent *data = calloc(heap->range_count + 1, sizeof(*data));
    if (!data)
        return hf_fail_memory();
    for (size_t i = 0; i < heap->range_count; i++)
        data[i] = (hf_data_extent){heap->ranges[i].start, heap->ranges[i].end};
    hf_err *err = hf_malloc_find(heap->target, data, heap->range_count, &heap->malloc);
    free(data);
    return err;
}

hf_err *hf_blocks_find(hf_heap *heap)
{
    if (heap->knows_blocks)
        return NULL;
    hf_err *err = heap->decode.layout->free_threaded ? NULL : find_arenas(heap);
    if (!err)
        err = find_malloc(heap);
    heap->knows_blocks = !err;
    return err;
}

uint64_t hf_chunk_bytes(hf_heap *heap, uint64_t address)
{
    enum { CHUNK_HEAD = 16, PAGE = HF_PAGE_SIZE };
    uint64_t chunk = address - CHUNK_HEAD;
    const hf_malloc_heap *in = hf_malloc_heap_at(&heap->malloc, chunk);
    if (!in) {
        const hf_span *span = chunk % PAGE ? NULL : hf_marks_span(&heap->marks, chunk);
        uint64_t size = span ? hf_mapped_chunk(heap->target, chunk, span->end) : 0;
        return size ? size - CHUNK_HEAD : 0;
    }
    uint64_t size = hf_malloc_chunk_in_use(&heap->malloc, heap->target, in, chunk);
    return size ? size - 8 : 0;
}

typedef struct mapped {
    hf_heap *heap;
    void (*see)(void *context, uint64_t chunk, uint64_t size);
    void *context;
} mapped;

/* Looks whether a chunk with a mapping of its own starts at a page. Returns how far to go on. */
static uint64_t look_at_page(const mapped *m, uint64_t at, uint64_t end)
{
    hf_heap *heap = m->heap;
    const hf_arena *arena = hf_arenas_at(&heap->arenas, at);
    const hf_malloc_heap *kept = hf_malloc_heap_at(&heap->malloc, at);
    if (arena)
        return arena->address + arena->size - at;
    if (kept)
        return kept->end - at;
    bool there = hf_target_resident(heap->target, at, at + HF_PAGE_SIZE) != 0;
    uint64_t size = there ? hf_mapped_chunk(heap->target, at, end) : 0;
    if (size)
        m->see(m->context, at, size);
    return size ? size : HF_PAGE_SIZE;
}

static void look_into_segment(const mapped *m, uint64_t start, uint64_t end)
{
    enum {
        STRIDE = 512 * HF_PAGE_SIZE
    }; /* asked about at once: address space that nobody touches is large */
    uint64_t at = start;
    while (at < end) {
        uint64_t stop = end - at > STRIDE ? at + STRIDE : end;
        if (!hf_target_resident(m->heap->target, at, stop))
            at = stop;
        while (at < stop)
            at += look_at_page(m, at, end);
    }
}

void hf_mapped_chunks_visit(hf_heap *heap,
                            void (*see)(void *context, uint64_t chunk, uint64_t size),
                            void *context)
{
    const mapped m = {heap, see, context};
    size_t count;
    const hf_segment *segments = hf_target_segments(heap->target, &count);
    for (size_t i = 0; i < count; i++)
        look_into_segment(&m, segments[i].start, segments[i].end);
}

void hf_blocks_deinit(hf_heap *heap)
{
    hf_arenas_deinit(&heap->arenas);
    hf_malloc_deinit(&heap->malloc);
    heap->knows_blocks = false;
}
