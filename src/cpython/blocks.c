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

void hf_blocks_deinit(hf_heap *heap)
{
    hf_arenas_deinit(&heap->arenas);
    hf_malloc_deinit(&heap->malloc);
    heap->knows_blocks = false;
}
