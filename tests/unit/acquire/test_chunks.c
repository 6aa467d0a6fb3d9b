/* Heaps of glibc's malloc, made by hand: what adds up, and what a stranger may have written. */
#include "acquire/chunks.h"

#include "made_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HEAP  UINT64_C(0x10000000)
#define DATA  UINT64_C(0x20000000)
#define SIZE  UINT64_C(0x40000)
#define ARENA (DATA + 0x800)

/* Writes the rings of an arena, all empty, with its top. */
static void make_arena(made_memory *m, uint64_t arena, uint64_t top)
{
    uint64_t rings = arena + 96 + 16;
    made_word(m, arena + 96, top);
    for (uint64_t i = 0; i < 127; i++) {
        made_word(m, rings + 16 * i, rings + 16 * i - 16);
        made_word(m, rings + 16 * i + 8, rings + 16 * i - 16);
    }
    made_word(m, rings + 127 * 16 + 16, arena);
}

/* A chunk; what its neighbours' flags and words say is the caller's. */
static uint64_t make_chunk(made_memory *m, uint64_t at, uint64_t size, bool before_in_use)
{
    made_word(m, at + 8, size | before_in_use);
    return at + size;
}

static void make_heap(made_memory *m)
{
    made_segment(m, HEAP, SIZE, "[heap]");
    made_segment(m, DATA, 0x4000, "");
    uint64_t at = make_chunk(m, HEAP, 0x100, true); /* in use, claimed */
    at = make_chunk(m, at, 0x80, true);             /* in use, native */
    at = make_chunk(m, at, 0x8000, true);           /* free */
    made_word(m, at, 0x8000);
    at = make_chunk(m, at, 0x40, false); /* in a fast bin */
    made_word(m, ARENA + 16 + 8 * 2, at - 0x40);
    at = make_chunk(m, at, 0x200, true); /* native */
    make_chunk(m, at, HEAP + SIZE - at, true);
    make_arena(m, ARENA, at);
}

static uint64_t claimed = HEAP + 0x40;

static bool claims_one(void *context, uint64_t start, uint64_t end)
{
    (void)context;
    return start <= claimed && end > claimed;
}

static hf_malloc walk(made_memory *m)
{
    hf_malloc found = {0};
    hf_data_extent data = {DATA, DATA + 0x4000};
    hf_target *t = m->target ? m->target : made_target(m);
    assert_null(hf_malloc_find(t, &data, 1, &found));
    hf_malloc_walk(&found, t, claims_one, NULL);
    return found;
}

static uint64_t sum_of(const hf_chunk_sums *s)
{
    return s->claimed + s->native + s->free + s->fast + s->cached + s->top + s->overhead +
           s->unknown;
}

static void tells_chunks_apart(void **state)
{
    (void)state;
    made_memory m = {0};
    make_heap(&m);
    hf_malloc found = walk(&m);
    assert_int_equal(found.arena_count, 1);
    assert_int_equal(found.arenas[0].address, ARENA);
    const hf_chunk_sums *s = &found.arenas[0].sums;
    assert_int_equal(s->claimed, 0x100);
    assert_int_equal(s->native, 0x280);
    assert_int_equal(s->free, 0x8000);
    assert_int_equal(s->fast, 0x40);
    assert_int_equal(s->unknown, 0);
    assert_int_equal(sum_of(s), SIZE);
    assert_int_equal(found.classes[hf_chunk_class_of(0x80)].chunks, 1);
    /* Pages within the free chunk and its fast neighbour, and all of top but its last page. */
    uint64_t top = HEAP + SIZE - (HEAP + 0x100 + 0x80 + 0x8000 + 0x40 + 0x200);
    assert_int_equal(s->trim, 0x7000 + ((top - 33) & ~UINT64_C(4095)));
    hf_malloc_deinit(&found);
    made_free(&m);
}

/* One list of the cache with two chunks, linked as since 2.32. */
static void knows_what_threads_keep(void **state)
{
    (void)state;
    made_memory m = {0};
    made_segment(&m, HEAP, SIZE, "[heap]");
    made_segment(&m, DATA, 0x4000, "");
    uint64_t cache = HEAP, at = make_chunk(&m, HEAP, 0x290, true);
    uint64_t one = at, two = make_chunk(&m, at, 0x30, true);
    at = make_chunk(&m, two, 0x30, true);
    make_chunk(&m, at, HEAP + SIZE - at, true);
    make_arena(&m, ARENA, at);
    made_word(&m, cache + 16, UINT64_C(2) << 16); /* counts[1] */
    made_word(&m, cache + 16 + 128 + 8, one + 16);
    made_word(&m, one + 16, (two + 16) ^ (one + 16) >> 12);
    made_word(&m, two + 16, (two + 16) >> 12);
    claimed = 0;
    hf_malloc found = walk(&m);
    claimed = HEAP + 0x40;
    const hf_chunk_sums *s = &found.arenas[0].sums;
    assert_int_equal(found.caches, 1);
    assert_int_equal(s->cached, 0x60);
    assert_int_equal(s->native, 0x290);
    assert_int_equal(sum_of(s), SIZE);
    hf_malloc_deinit(&found);
    made_free(&m);
}

/* A fast bin that is a ring, a cache that leads into nowhere, sizes beyond the heap. */
static void survives_damage(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0,           1,          8,          0x18, 0x21 + 8,
                                     SIZE + 0x10, UINT64_MAX, 1ull << 63, 0x42};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        made_memory m = {0};
        make_heap(&m);
        made_word(&m, HEAP + 0x100 + 8, sizes[i]);
        hf_malloc found = walk(&m);
        assert_int_equal(sum_of(&found.arenas[0].sums), SIZE);
        assert_true(found.arenas[0].sums.unknown > 0);
        hf_malloc_deinit(&found);
        made_free(&m);
    }
    made_memory m = {0};
    make_heap(&m);
    uint64_t fast = HEAP + 0x100 + 0x80 + 0x8000;
    made_word(&m, fast + 16, fast ^ (fast + 16) >> 12);
    made_word(&m, HEAP + 0x100 + 0x80 + 16, 1);
    hf_malloc found = walk(&m);
    assert_int_equal(sum_of(&found.arenas[0].sums), SIZE);
    assert_int_equal(found.arenas[0].sums.fast, 0x40);
    hf_malloc_deinit(&found);
    made_free(&m);
}

/* Without the main arena the heap can still be walked: fast bins then count as in use. */
static void walks_without_an_arena(void **state)
{
    (void)state;
    made_memory m = {0};
    make_heap(&m);
    made_word(&m, ARENA + 96, 0);
    hf_malloc found = walk(&m);
    assert_int_equal(found.arenas[0].address, 0);
    assert_int_equal(found.arenas[0].sums.free, 0x8000);
    assert_int_equal(found.arenas[0].sums.native, 0x280 + 0x40);
    assert_int_equal(sum_of(&found.arenas[0].sums), SIZE);
    hf_malloc_deinit(&found);
    made_free(&m);
}

static void knows_mapped_chunks(void **state)
{
    (void)state;
    made_memory m = {0};
    made_segment(&m, HEAP, SIZE, "");
    hf_target *t = made_target(&m);
    uint64_t end = HEAP + SIZE;
    assert_int_equal(hf_mapped_chunk(t, HEAP, end), 0);
    made_word(&m, HEAP + 8, 0x21000 | 2);
    assert_int_equal(hf_mapped_chunk(t, HEAP, end), 0x21000);
    made_word(&m, HEAP + 8, 0x20ff0 | 2);
    assert_int_equal(hf_mapped_chunk(t, HEAP, end), 0x21000);
    static const uint64_t wrong[] = {0x21000, 0x21000 | 3,    0x21010 | 2,
                                     2,       UINT64_MAX - 5, SIZE + 0x1002};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        made_word(&m, HEAP + 8, wrong[i]);
        assert_int_equal(hf_mapped_chunk(t, HEAP, end), 0);
    }
    made_free(&m);
}

static uint64_t in_use_at(const made_memory *m, const hf_malloc *found, uint64_t chunk)
{
    return hf_malloc_chunk_in_use(found, m->target, hf_malloc_heap_at(found, chunk), chunk);
}

static void tells_a_chunk_from_what_is_within_one(void **state)
{
    (void)state;
    made_memory m = {0};
    make_heap(&m);
    hf_malloc found = walk(&m);
    uint64_t within = HEAP + 0x180, fast = within + 0x8000, last = fast + 0x40;
    assert_int_equal(in_use_at(&m, &found, HEAP), 0x100);
    assert_int_equal(in_use_at(&m, &found, HEAP + 0x100), 0x80);
    assert_int_equal(in_use_at(&m, &found, within), 0); /* free */
    assert_int_equal(in_use_at(&m, &found, last), 0x200);
    assert_int_equal(in_use_at(&m, &found, last + 0x200), 0); /* top */
    assert_int_equal(in_use_at(&m, &found, HEAP + 8), 0);
    assert_int_equal(in_use_at(&m, &found, HEAP + SIZE - 16), 0);
    /* An address stands where a size would, and text where the size would be of what
     * is behind it. */
    made_word(&m, within + 0x48, 0x1000);
    made_word(&m, within + 0x1048, UINT64_C(0x3033343930333439));
    assert_int_equal(in_use_at(&m, &found, within + 0x40), 0);
    made_word(&m, within + 0x1048, 0x101); /* then zeros */
    assert_int_equal(in_use_at(&m, &found, within + 0x40), 0);
    made_word(&m, within + 8, 0x1000 | 2); /* of a chunk with a mapping of its own */
    assert_int_equal(in_use_at(&m, &found, within), 0);
    hf_malloc_deinit(&found);
    made_free(&m);
}

static void classes_hold_their_sizes(void **state)
{
    (void)state;
    for (uint64_t size = 16; size < UINT64_C(1) << 45; size += size / 7 + 16) {
        size_t class = hf_chunk_class_of(size);
        assert_true(class < HF_CHUNK_CLASSES && size <= hf_chunk_class_size(class));
        assert_true(class == 0 || size > hf_chunk_class_size(class - 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_chunks_apart),
        cmocka_unit_test(knows_what_threads_keep),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(walks_without_an_arena),
        cmocka_unit_test(knows_mapped_chunks),
        cmocka_unit_test(classes_hold_their_sizes),
        cmocka_unit_test(tells_a_chunk_from_what_is_within_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
