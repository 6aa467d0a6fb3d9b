/* cpython/forgotten.c - objects that nothing leads to: no list of the collector, no root,
 * no other object.
 *
 * Native code has a reference to such an object where nobody looks, or has forgotten one.
 * A str or a dict of strs is on no list, so that only its block tells of it: a block in use
 * that starts with a count of references and the address of a type, and is as large as that type's
 * object would be. What is free is never taken for one: pymalloc and malloc say which blocks are
 * free, and objects that wait in a free list of the interpreter have a count of zero (Py_DECREF
 * in Include/object.h frees at zero only). Small objects are looked for in pymalloc's pools,
 * large ones in malloc's heaps and among its chunks with a mapping of their own. Not looked for:
 * in free-threaded builds, below debug hooks, small objects under PYTHONMALLOC=malloc, and what has
 * a mapping of its own that is swapped out. */
#include "cpython/heap_inside.h"
#include "cpython/refcount.h"

enum { CHUNK_HEAD = 16, LEAST_CHUNK = 512, BEFORE_MAX = 32, UNIT = 16 };

/* Whether an object of the collector's is on one of its lists: then it is known. */
static bool is_linked(hf_heap *heap, const hf_type_record *type, uint64_t address)
{
    return type->has_gc && hf_lists_next(heap, address) != 0;
}

/* What was asked for and later made smaller keeps up to a quarter more (pymalloc_realloc() in
 * Objects/obmalloc.c); malloc's rests are smaller than a chunk. */
static bool fits(uint64_t need, uint64_t block)
{
    return need <= block && (block - need <= UNIT || (block - need) * 4 <= block);
}

/* A count of references that is usual, and behind it the address of an object, which a type always
 * is. Far more than 65,536 references are not forgotten to one object; and no address is as low,
 * which may stand where a count would, with a type's behind it, in a table of C. */
static bool looks_like_a_header(hf_heap *heap, uint64_t address)
{
    enum { USUAL = 1 << 16 };
    const hf_layout *l = heap->decode.layout;
    const uint8_t *header = hf_bytes_at(&heap->decode, address, (uint64_t)l->object_size);
    hf_refcount counted = header ? hf_refcount_of(l, header) : (hf_refcount){.immortal = true};
    if (counted.immortal || counted.count <= 0 || counted.count > USUAL)
        return false;
    uint64_t bit = hf_marks_bit(&heap->marks, hf_load_u64(header + l->object_ob_type));
    return bit != HF_NO_BIT && hf_marks_test(&heap->marks, bit);
}

/* Whether the block holds an object behind `before` bytes. */
static bool holds_object(hf_heap *heap, uint64_t block, uint64_t bytes, uint64_t before)
{
    hf_decode *d = &heap->decode;
    uint64_t address = block + before;
    if (!looks_like_a_header(heap, address) || !hf_is_object(heap, address, false))
        return false;
    const hf_type_record *type = hf_type_of(d, address);
    if (!type || type->bytes_before != before || is_linked(heap, type, address))
        return false;
    hf_sizes sizes;
    hf_decode_sizes(d, type, address, &sizes);
    return !sizes.no_header && fits(hf_allocated(d, before + sizes.own), bytes);
}

/* Whether the block, whose first bit this is, holds an object that is known. */
static bool has_mark(const hf_heap *heap, uint64_t bit, uint64_t bytes)
{
    for (uint64_t before = 0; before <= BEFORE_MAX && before < bytes; before += UNIT)
        if (hf_marks_test(&heap->marks, bit + before / 8))
            return true;
    return false;
}

/* `bytes`: of the block, as the allocator counts them. */
static void look_into(hf_heap *heap, uint64_t block, uint64_t bytes)
{
    for (uint64_t before = 0; before <= BEFORE_MAX && before < bytes; before += UNIT)
        if (holds_object(heap, block, bytes, before)) {
            hf_reach(heap, block + before, false);
            return;
        }
}

/* Most blocks without a known object are tables, which nobody has looked at yet: all of a pool are
 * asked for before the first is looked into. */
static void look_into_pool(void *context, const hf_pool *pool)
{
    hf_heap *heap = context;
    uint32_t unknown[HF_POOL_BLOCKS_MAX], count = 0;
    uint64_t bytes = pool->block_size, start = hf_pool_block(pool, 0);
    uint64_t first = hf_marks_bit(&heap->marks, start);
    const uint8_t *blocks = hf_bytes_at(&heap->decode, start, HF_WORD);
    if (!bytes || !pool->whole || first == HF_NO_BIT || !blocks)
        return;
    for (uint32_t i = 0; i < pool->capacity; i++) {
        if (!hf_pool_in_use(pool, i) || has_mark(heap, first + i * bytes / 8, bytes))
            continue;
        __builtin_prefetch(blocks + i * bytes);
        unknown[count++] = i;
    }
    for (uint32_t k = 0; k < count; k++)
        look_into(heap, hf_pool_block(pool, unknown[k]), bytes);
}

static void look_into_large(hf_heap *heap, uint64_t block, uint64_t bytes)
{
    uint64_t first = hf_marks_bit(&heap->marks, block);
    if (bytes > LEAST_CHUNK && first != HF_NO_BIT && !has_mark(heap, first, bytes))
        look_into(heap, block, bytes);
}

/* The chunk whose user got [start, end); nobody is told that it is claimed. */
static bool look_into_chunk(void *context, uint64_t start, uint64_t end)
{
    look_into_large(context, start, end - start + 8); /* with the word of its size */
    return false;
}

static void look_into_mapped(void *context, uint64_t chunk, uint64_t size)
{
    look_into_large(context, chunk + CHUNK_HEAD, size);
}

hf_err *hf_forgotten_find(hf_heap *heap)
{
    if (heap->torn || heap->decode.layout->free_threaded || heap->decode.padding)
        return NULL;
    hf_err *err = hf_blocks_find(heap);
    if (err)
        return err;
    for (size_t i = 0; i < heap->arenas.count; i++)
        hf_pools_visit(heap->target, &heap->arenas.items[i], look_into_pool, heap);
    hf_malloc_walk(&heap->malloc, heap->target, look_into_chunk, heap);
    hf_mapped_chunks_visit(heap, look_into_mapped, heap);
    hf_reach_rest(heap);
    return heap->failed || heap->types.failed ? hf_fail_memory() : NULL;
}
