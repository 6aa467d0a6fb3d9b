/* Arenas and pools of pymalloc, made by hand: what adds up, and what a stranger may
 * have written. */
#include "cpython/pymalloc.h"

#include "../acquire/made_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define DATA  UINT64_C(0x10000)
#define ARRAY UINT64_C(0x40000)
#define ARENA UINT64_C(0x7f0000100000)
#define MIB   UINT64_C(0x100000)
#define POOL  UINT64_C(0x4000)
#define POOLS 3

static void half(made_memory *m, uint64_t address, uint32_t low, uint32_t high)
{
    made_word(m, address, low | (uint64_t)high << 32);
}

/* A pool of blocks of 64 bytes: ten given out, of which the third and the fifth are free again. */
static void make_pool(made_memory *m, uint64_t pool, uint32_t arena)
{
    half(m, pool, 8, 0);
    made_word(m, pool + 8, pool + 48 + 2 * 64);
    half(m, pool + 32, arena, 3);
    half(m, pool + 40, 48 + 10 * 64, POOL - 64);
    made_word(m, pool + 48 + 2 * 64, pool + 48 + 4 * 64);
    made_word(m, pool + 48 + 4 * 64, 0);
}

/* 16 records: the second has an arena with a pool in use, a free one, and one in use. */
static void make_arenas(made_memory *m)
{
    made_segment(m, DATA, 0x1000, "");
    made_segment(m, ARRAY, 0x1000, "");
    made_segment(m, ARENA, MIB, "");
    made_word(m, DATA + 0x200, ARRAY);
    for (uint64_t i = 0; i < 16; i++)
        made_word(m, ARRAY + i * 48 + 32, i < 15 ? ARRAY + (i + 1) * 48 : 0);
    uint64_t record = ARRAY + 48;
    made_word(m, record, ARENA);
    made_word(m, record + 8, ARENA + POOLS * POOL);
    half(m, record + 16, 62, 64);
    made_word(m, record + 24, ARENA + POOL);
    made_word(m, record + 32, 0);
    make_pool(m, ARENA, 1);
    make_pool(m, ARENA + 2 * POOL, 1);
}

typedef struct seen {
    uint32_t pools, free, in_use, broken;
} seen;

static void see(void *context, const hf_pool *pool)
{
    seen *s = context;
    s->pools++;
    s->broken += !pool->whole;
    s->free += !pool->block_size && pool->whole;
    if (pool->block_size && pool->whole) {
        s->in_use += pool->in_use;
        assert_int_equal(pool->block_size, 64);
        assert_true(hf_pool_in_use(pool, 1));
        assert_false(hf_pool_in_use(pool, 2));
        assert_false(hf_pool_in_use(pool, 10));
    }
}

static seen look(made_memory *m, size_t *ret_arenas)
{
    hf_arenas arenas = {0};
    seen s = {0};
    hf_target *t = m->target ? m->target : made_target(m);
    assert_null(hf_arenas_find(&arenas, t, DATA, DATA + 0x1000, POOL, -1));
    for (size_t i = 0; i < arenas.count; i++)
        hf_pools_visit(t, &arenas.items[i], see, &s);
    *ret_arenas = arenas.count;
    hf_arenas_deinit(&arenas);
    return s;
}

static void finds_arenas_by_their_shape(void **state)
{
    (void)state;
    made_memory m = {0};
    size_t arenas;
    make_arenas(&m);
    seen s = look(&m, &arenas);
    assert_int_equal(arenas, 1);
    assert_int_equal(s.pools, POOLS);
    assert_int_equal(s.free, 1);
    assert_int_equal(s.in_use, 16);
    assert_int_equal(s.broken, 0);
    made_free(&m);
}

/* A word that leads into the middle of the array numbers the records otherwise. */
static void takes_no_part_of_an_array(void **state)
{
    (void)state;
    made_memory m = {0};
    size_t arenas;
    make_arenas(&m);
    made_word(&m, DATA + 0x200, ARRAY + 48);
    assert_int_equal(look(&m, &arenas).pools, 0);
    assert_int_equal(arenas, 0);
    made_free(&m);
}

static void survives_damage(void **state)
{
    (void)state;
    static const struct {
        uint64_t place, word;
    } damages[] = {
        {ARENA + 8, ARENA + 48},              /* the list of free blocks repeats */
        {ARENA + 8, ARENA + POOL + 48},       /* leaves the pool */
        {ARENA + 8, ARENA + 48 + 2 * 64 + 8}, /* is no block */
        {ARENA + 8, UINT64_MAX},
        {ARENA + 8, 0},           /* is shorter than the count says */
        {ARENA, 9},               /* the count is another */
        {ARENA + 40, UINT32_MAX}, /* more given out than there is room for */
        {ARENA + 48 + 4 * 64, ARENA + 48 + 2 * 64},
    };
    for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
        made_memory m = {0};
        size_t arenas;
        make_arenas(&m);
        if (i == 0)
            made_word(&m, ARENA + 48, ARENA + 48);
        made_word(&m, damages[i].place, damages[i].word);
        seen s = look(&m, &arenas);
        assert_int_equal(arenas, 1);
        assert_int_equal(s.pools, POOLS);
        assert_int_equal(s.broken, 1);
        made_free(&m);
    }
}

/* Records that describe memory which is not there, or more than there is. */
static void refuses_impossible_records(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset, word;
    } damages[] = {{0, ARENA + 1},
                   {0, ARENA + POOL},
                   {0, UINT64_MAX & ~UINT64_C(4095)},
                   {8, ARENA + MIB + POOL},
                   {8, ARENA - POOL},
                   {8, ARENA + 1},
                   {16, 65},
                   {16, 62},
                   {24, ARENA + MIB},
                   {24, 5}};
    for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
        made_memory m = {0};
        size_t arenas;
        make_arenas(&m);
        made_word(&m, ARRAY + 48 + damages[i].offset, damages[i].word);
        look(&m, &arenas);
        assert_int_equal(arenas, 0);
        made_free(&m);
    }
}

/* Every word of the data leads to what looks like an endless array. */
static void ends_in_good_time(void **state)
{
    (void)state;
    made_memory m = {0};
    size_t arenas;
    made_segment(&m, DATA, 0x1000, "");
    made_segment(&m, ARRAY, 16 << 20, "");
    for (uint64_t i = 0; i < 0x200; i++)
        made_word(&m, DATA + 8 * i, ARRAY + 48 * i);
    for (uint64_t i = 0; i < (16 << 20) / 48; i++)
        made_word(&m, ARRAY + 48 * i + 32, ARRAY + 48 * (i + 0x201));
    look(&m, &arenas);
    assert_int_equal(arenas, 0);
    made_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_arenas_by_their_shape),
        cmocka_unit_test(takes_no_part_of_an_array),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(refuses_impossible_records),
        cmocka_unit_test(ends_in_good_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
