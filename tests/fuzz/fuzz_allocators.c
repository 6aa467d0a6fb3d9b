/* The walkers over heaps, arenas, pools and stacks, on memory that anybody may have written.
 *
 * Bytes that mean something are rare, so the memory is first filled with a heap of malloc and an
 * arena of pymalloc that add up, and the input then writes words into it: three bytes say where,
 * eight what. Whatever comes of that, no byte may be counted twice. */
#include "../unit/acquire/made_memory.h"

#include "acquire/chunks.h"
#include "acquire/stacks.h"
#include "base/bytes.h"
#include "cpython/pymalloc.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAP   UINT64_C(0x10000000)
#define DATA   UINT64_C(0x20000000)
#define ARENA  UINT64_C(0x30000000)
#define THREAD UINT64_C(0x40000000)
#define MALLOC (DATA + 0x800)
#define ARRAY  (DATA + 0x2000)

enum {
    HEAP_SIZE = 0x8000,
    DATA_SIZE = 0x4000,
    ARENA_SIZE = 256 << 10,
    THREAD_SIZE = 0x8000,
    PATCH = 11
};

static void make_rings(made_memory *m, uint64_t arena, uint64_t top, uint64_t next)
{
    made_word(m, arena + 96, top);
    for (uint64_t i = 0; i < 127; i++) {
        made_word(m, arena + 112 + 16 * i, arena + 96 + 16 * i);
        made_word(m, arena + 120 + 16 * i, arena + 96 + 16 * i);
    }
    made_word(m, arena + 2160, next);
}

/* The cache of a thread with one chunk, a free chunk, one in a fast bin, one in use, and top. */
static void make_chunks(made_memory *m, uint64_t at, uint64_t end, uint64_t arena, uint64_t flag)
{
    uint64_t cached = at + 0x290, freed = cached + 0x30, fast = freed + 0x1000, used = fast + 0x20;
    uint64_t top = used + 0x100;
    made_word(m, at + 8, 0x290 | 1 | flag);
    made_word(m, at + 16, UINT64_C(1) << 16);
    made_word(m, at + 16 + 128 + 8, cached + 16);
    made_word(m, cached + 8, 0x30 | 1 | flag);
    made_word(m, cached + 16, (cached + 16) >> 12);
    made_word(m, freed + 8, 0x1000 | 1);
    made_word(m, fast, 0x1000);
    made_word(m, fast + 8, 0x20 | flag);
    made_word(m, fast + 16, (fast + 16) >> 12);
    made_word(m, used + 8, 0x100 | 1 | flag);
    made_word(m, top + 8, (end - top) | 1);
    make_rings(m, arena, top, arena == MALLOC ? THREAD + 48 : MALLOC);
    made_word(m, arena + 16, fast);
}

static void make_pools(made_memory *m)
{
    made_word(m, DATA + 0x100, ARRAY);
    for (uint64_t i = 0; i < 16; i++)
        made_word(m, ARRAY + i * 48 + 32, i < 15 ? ARRAY + (i + 1) * 48 : 0);
    made_word(m, ARRAY, ARENA);
    made_word(m, ARRAY + 8, ARENA + 0x3000);
    made_word(m, ARRAY + 16, UINT64_C(64) << 32 | 62);
    made_word(m, ARRAY + 24, ARENA + 0x1000);
    for (uint64_t pool = ARENA; pool < ARENA + 0x3000; pool += 0x2000) {
        made_word(m, pool, 4);
        made_word(m, pool + 8, pool + 48 + 64);
        made_word(m, pool + 32, UINT64_C(3) << 32);
        made_word(m, pool + 40, 48 + 5 * 64);
    }
}

static void patch(made_memory *m, const uint8_t *data, size_t size)
{
    static const uint64_t starts[] = {HEAP, DATA, ARENA, THREAD};
    for (; size >= PATCH; data += PATCH, size -= PATCH) {
        uint32_t where = hf_load_u16(data) | (uint32_t)data[2] << 16;
        made_word(m, starts[where & 3] + (where >> 2) % ARENA_SIZE, hf_load_u64(data + 3));
    }
}

static bool claims_some(void *context, uint64_t start, uint64_t end)
{
    (void)context;
    return (start ^ end) & 0x100;
}

static void walk_chunks(hf_target *t)
{
    hf_malloc m;
    hf_data_extent data = {DATA, DATA + DATA_SIZE};
    hf_err *err = hf_malloc_find(t, &data, 1, &m);
    assert(!err);
    hf_malloc_walk(&m, t, claims_some, NULL);
    uint64_t sum = 0, whole = 0;
    for (size_t i = 0; i < m.arena_count; i++) {
        const hf_chunk_sums *s = &m.arenas[i].sums;
        sum += s->claimed + s->native + s->free + s->fast + s->cached + s->top + s->overhead +
               s->unknown;
        assert(s->trim <= HEAP_SIZE + THREAD_SIZE);
    }
    for (size_t i = 0; i < m.heap_count; i++)
        whole += m.heaps[i].end - m.heaps[i].start;
    assert(sum <= whole);
    for (uint64_t page = HEAP; page < HEAP + HEAP_SIZE; page += 4096)
        assert(hf_mapped_chunk(t, page, HEAP + HEAP_SIZE) <= HEAP + HEAP_SIZE - page);
    hf_malloc_deinit(&m);
}

static void see_pool(void *context, const hf_pool *pool)
{
    uint64_t *bytes = context;
    uint32_t in_use = 0;
    for (uint32_t i = 0; pool->block_size && i < pool->capacity; i++)
        in_use += hf_pool_in_use(pool, i);
    assert(!pool->whole || in_use == pool->in_use);
    assert((uint64_t)pool->capacity * pool->block_size < pool->arena->pool_size);
    *bytes += pool->arena->pool_size;
}

static void walk_pools(hf_target *t)
{
    hf_arenas arenas = {0};
    hf_err *err = hf_arenas_find(&arenas, t, DATA, DATA + DATA_SIZE, HF_POOL_SMALL, 512);
    assert(!err);
    for (size_t i = 0; i < arenas.count; i++) {
        uint64_t bytes = 0;
        assert(!i ||
               arenas.items[i].address >= arenas.items[i - 1].address + arenas.items[i - 1].size);
        hf_pools_visit(t, &arenas.items[i], see_pool, &bytes);
        assert(bytes <= arenas.items[i].size);
    }
    hf_arenas_deinit(&arenas);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    made_memory m = {0};
    made_segment(&m, HEAP, HEAP_SIZE, "[heap]");
    made_segment(&m, DATA, DATA_SIZE, "");
    made_segment(&m, ARENA, ARENA_SIZE, "");
    made_segment(&m, THREAD, THREAD_SIZE, "");
    make_chunks(&m, HEAP, HEAP + HEAP_SIZE, MALLOC, 0);
    made_word(&m, THREAD, THREAD + 48);
    made_word(&m, THREAD + 16, THREAD_SIZE);
    make_chunks(&m, THREAD + 2256, THREAD + THREAD_SIZE, THREAD + 48, 4);
    make_pools(&m);
    patch(&m, data, size);
    hf_target *t = made_target(&m);
    walk_chunks(t);
    walk_pools(t);
    hf_stack stack;
    for (uint64_t page = THREAD; page < THREAD + THREAD_SIZE; page += 4096)
        if (hf_stack_in(t, page, &stack))
            assert(stack.start < page + 4096 && stack.end > page);
    made_free(&m);
    return 0;
}
