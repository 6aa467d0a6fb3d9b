/* cpython/memory_blocks.c - what the blocks of Python's own allocator hold. */
#include "base/array.h"
#include "base/page.h"
#include "cpython/memory_inside.h"
#include "cpython/mimalloc.h"

#include <stdlib.h>

enum { SPARSE = 4, PAGE = HF_PAGE_SIZE, PINS_MAX = 24 };

#define SEGMENT (UINT64_C(32) << 20)

typedef enum block_owner { OBJECT, TABLE, OTHER, BLOCK_OWNERS } block_owner;

/* A pool of pymalloc or a page of mimalloc. */
typedef struct group {
    uint64_t start, bytes, first, block_size;
    uint32_t capacity, in_use;
    const uint64_t *free;
    uint64_t resident;
} group;

typedef struct counting {
    hf_measuring *m;
    hf_map class_of; /* block size -> row of classes */
    hf_map pin_of;   /* type -> row of pins */
    size_t class_capacity, pin_capacity, pool_capacity;
    hf_memory_arena *arena; /* that is counted, or NULL */
    uint64_t *last_pool;    /* of each pin: the pool that was counted last */
    uint64_t last_segment;  /* of mimalloc, whose pages were given away */
} counting;

static hf_memory_class *class_of(counting *c, uint64_t block_size)
{
    hf_memory *memory = c->m->memory;
    uint32_t row = hf_map_get(&c->class_of, block_size);
    if (row != HF_MAP_NONE)
        return &memory->classes[row];
    if (!hf_array_room(&memory->classes, memory->class_count, &c->class_capacity))
        return NULL;
    if (!hf_map_put(&c->class_of, block_size, (uint32_t)memory->class_count))
        return NULL;
    hf_memory_class *class = &memory->classes[memory->class_count++];
    *class = (hf_memory_class){.block_size = block_size};
    return class;
}

static void add_pin(counting *c, uint64_t type, uint64_t pool)
{
    hf_memory *memory = c->m->memory;
    uint32_t row = hf_map_get(&c->pin_of, type);
    if (row == HF_MAP_NONE) {
        row = (uint32_t)memory->pin_count;
        if (!hf_array_room(&memory->pins, row, &c->pin_capacity) ||
            !hf_array_room(&c->last_pool, row, &c->pool_capacity) ||
            !hf_map_put(&c->pin_of, type, row)) {
            c->m->failed = true;
            return;
        }
        memory->pins[memory->pin_count++] = (hf_memory_pin){.type = type};
        c->last_pool[row] = 0;
    }
    memory->pins[row].blocks++;
    memory->pins[row].pools += c->last_pool[row] != pool;
    c->last_pool[row] = pool;
}

/* The marks and the claims have a bit for each 8 bytes of the same segments. */
static block_owner owner_of(const hf_heap *heap, uint64_t bit, uint64_t bits)
{
    if (hf_bits_any(heap->marks.words, bit, bits))
        return OBJECT;
    return hf_bits_any(heap->claims.bits.words, bit, bits) ? TABLE : OTHER;
}

/* What type the object of a block has, which keeps a sparse pool. */
static void note_pin(counting *c, const group *g, uint64_t block, block_owner owner)
{
    hf_heap *heap = c->m->heap;
    uint64_t type = owner == TABLE ? HF_PIN_TABLE : HF_PIN_OTHER;
    if (owner == OBJECT) {
        hf_marks_cursor cursor = {.marks = &heap->marks};
        uint64_t bit = hf_marks_first_in(&heap->marks, block, block + g->block_size);
        const hf_type_record *record =
            bit == HF_NO_BIT ? NULL : hf_type_of(&heap->decode, hf_marks_address(&cursor, bit));
        type = record ? record->number : HF_PIN_OTHER;
    }
    add_pin(c, type, g->start);
}

static void count_blocks(counting *c, const group *g, hf_memory_class *class)
{
    hf_heap *heap = c->m->heap;
    uint64_t *parts = c->m->memory->parts;
    uint64_t base = hf_marks_bit(&heap->marks, g->first), bits = g->block_size / 8;
    bool sparse = (uint64_t)g->in_use * SPARSE <= g->capacity;
    bool whole = g->resident == g->bytes;
    uint64_t owners[BLOCK_OWNERS] = {0}, given = 0;
    for (uint32_t i = 0; i < g->capacity && base != HF_NO_BIT; i++) {
        uint64_t block = g->first + i * g->block_size;
        uint64_t bytes = whole
                             ? g->block_size
                             : hf_target_resident(c->m->heap->target, block, block + g->block_size);
        given += bytes;
        if (g->free[i >> 6] >> (i & 63) & 1) {
            parts[HF_MEMORY_FREE_BLOCKS] += bytes;
            continue;
        }
        block_owner owner = owner_of(heap, base + i * bits, bits);
        owners[owner]++;
        parts[owner == OTHER ? HF_MEMORY_OTHER_BLOCKS : HF_MEMORY_OBJECT_BLOCKS] += bytes;
        if (sparse)
            note_pin(c, g, block, owner);
    }
    parts[HF_MEMORY_POOL_OVERHEAD] += g->resident - (given < g->resident ? given : g->resident);
    class->pools++;
    class->blocks += g->capacity;
    class->in_use += g->in_use;
    class->objects += owners[OBJECT] + owners[TABLE];
    class->sparse_pools += sparse;
    class->sparse_in_use += sparse ? g->in_use : 0;
    if (c->arena) {
        c->arena->in_use += g->in_use;
        c->arena->objects += owners[OBJECT];
        c->arena->tables += owners[TABLE];
    }
}

static void see_pool(void *context, const hf_pool *pool)
{
    counting *c = context;
    hf_memory *memory = c->m->memory;
    group g = {.start = pool->address,
               .bytes = pool->arena->pool_size,
               .first = pool->address + HF_POOL_HEADER,
               .block_size = pool->block_size,
               .capacity = pool->capacity,
               .in_use = pool->in_use,
               .free = pool->free};
    g.resident = hf_target_resident(c->m->heap->target, g.start, g.start + g.bytes);
    memory->pools++;
    memory->broken_pools += !pool->whole;
    if (!g.block_size) {
        memory->free_pools += pool->whole;
        memory->parts[pool->whole ? HF_MEMORY_FREE_POOLS : HF_MEMORY_POOL_OVERHEAD] += g.resident;
        return;
    }
    hf_memory_class *class = class_of(c, g.block_size);
    if (class)
        count_blocks(c, &g, class);
    else
        c->m->failed = true;
}

static hf_err *count_arenas(counting *c)
{
    hf_measuring *m = c->m;
    hf_memory *memory = m->memory;
    memory->arenas = calloc(m->heap->arenas.count + 1, sizeof(*memory->arenas));
    if (!memory->arenas)
        return hf_fail_memory();
    for (size_t i = 0; i < m->heap->arenas.count; i++) {
        const hf_arena *a = &m->heap->arenas.items[i];
        hf_pages_give(&m->pages, a->address, a->address + a->size, HF_PAGE_BLOCKS);
        c->arena = &memory->arenas[memory->arena_count++];
        *c->arena = (hf_memory_arena){
            .address = a->address,
            .size = a->size,
            .resident = hf_target_resident(m->heap->target, a->address, a->address + a->size)};
        hf_pools_visit(m->heap->target, a, see_pool, c);
        memory->arena_bytes += a->size;
    }
    c->arena = NULL;
    return NULL;
}

/* Pages of a segment are given away with it; what is in none is its head, or free slices. */
static void see_page(void *context, const hf_mi_page *page)
{
    counting *c = context;
    hf_memory *memory = c->m->memory;
    group g = {.start = page->start,
               .bytes = page->bytes,
               .first = page->first,
               .block_size = page->block_size,
               .capacity = page->capacity,
               .in_use = page->in_use,
               .free = page->free};
    if (page->segment != c->last_segment) {
        c->last_segment = page->segment;
        memory->arena_bytes += SEGMENT;
        hf_pages_give(&c->m->pages, page->segment, page->segment + SEGMENT, HF_PAGE_BLOCKS);
    }
    hf_pages_give(&c->m->pages, g.start, g.start + g.bytes, HF_PAGE_BLOCKS);
    if (!hf_target_view(c->m->heap->target, g.start, g.bytes))
        return;
    g.resident = hf_target_resident(c->m->heap->target, g.start, g.start + g.bytes);
    memory->pools++;
    memory->broken_pools += !page->whole;
    hf_memory_class *class = class_of(c, g.block_size);
    if (!class)
        c->m->failed = true;
    else if (!g.in_use)
        memory->free_pools++, memory->parts[HF_MEMORY_FREE_POOLS] += g.resident;
    else
        count_blocks(c, &g, class);
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = ((const hf_memory_class *)a)->block_size;
    uint64_t y = ((const hf_memory_class *)b)->block_size;
    return (x > y) - (x < y);
}

static int most_pools_first(const void *a, const void *b)
{
    const hf_memory_pin *x = a, *y = b;
    if (x->pools != y->pools)
        return x->pools > y->pools ? -1 : 1;
    return (x->type > y->type) - (x->type < y->type);
}

hf_err *hf_measure_blocks(hf_measuring *m)
{
    hf_memory *memory = m->memory;
    counting c = {.m = m};
    hf_map_init(&c.class_of);
    hf_map_init(&c.pin_of);
    hf_err *err = NULL;
    if (m->heap->decode.layout->free_threaded)
        hf_mi_visit(&m->heap->decode, see_page, &c);
    else
        err = count_arenas(&c);
    if (!err && m->failed)
        err = hf_fail_memory();
    if (memory->class_count)
        qsort(memory->classes, memory->class_count, sizeof(*memory->classes), by_size);
    if (memory->pin_count)
        qsort(memory->pins, memory->pin_count, sizeof(*memory->pins), most_pools_first);
    if (memory->pin_count > PINS_MAX)
        memory->pin_count = PINS_MAX;
    hf_map_deinit(&c.class_of);
    hf_map_deinit(&c.pin_of);
    free(c.last_pool);
    return err;
}

bool hf_measure_claimed(hf_measuring *m, uint64_t start, uint64_t end)
{
    hf_heap *heap = m->heap;
    uint64_t bit = hf_marks_bit(&heap->marks, start & ~UINT64_C(7));
    if (bit == HF_NO_BIT || hf_marks_bit(&heap->marks, (end - 1) & ~UINT64_C(7)) == HF_NO_BIT)
        return false;
    return owner_of(heap, bit, (end - (start & ~UINT64_C(7)) + 7) / 8) != OTHER;
}
