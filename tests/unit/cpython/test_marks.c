/* Marks against a naive list of addresses. */
#include "cpython/marks.h"

#include <setjmp.h>
#include <stdarg.h>

#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const hf_segment segments[] = {
    {0x1000, 0x3000, NULL},
    {0x10000, 0x11000, NULL},
    {0x7f0000000000, 0x7f0000100000, NULL},
    {0x7fffffffe000, 0x7ffffffff000, NULL},
};
enum { SEGMENTS = sizeof(segments) / sizeof(segments[0]) };

static uint64_t random_state = 88172645463325252ull;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void finds_only_aligned_addresses_of_segments(void **state)
{
    (void)state;
    hf_marks m;
    assert_null(hf_marks_init(&m, segments, SEGMENTS));
    const uint64_t outside[] = {0, 0xff8, 0x3000, 0xfff8, 0x11000, 0x7effffffffff8, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
        assert_true(hf_marks_bit(&m, outside[i]) == HF_NO_BIT);
    assert_true(hf_marks_bit(&m, 0x1004) == HF_NO_BIT);
    assert_true(hf_marks_bit(&m, 0x1001) == HF_NO_BIT);
    hf_marks_cursor cursor = {.marks = &m};
    for (size_t s = 0; s < SEGMENTS; s++) {
        const uint64_t ends[] = {segments[s].start, segments[s].end - 8};
        for (size_t i = 0; i < 2; i++) {
            uint64_t bit = hf_marks_bit(&m, ends[i]);
            assert_true(bit != HF_NO_BIT);
            assert_int_equal(hf_marks_address(&cursor, bit), ends[i]);
        }
    }
    hf_marks_deinit(&m);
}

static void numbers_addresses_in_order(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    uint64_t *addresses = malloc(COUNT * sizeof(*addresses));
    hf_marks m;
    assert_null(hf_marks_init(&m, segments, SEGMENTS));
    size_t count = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const hf_segment *s = &segments[next_random() % SEGMENTS];
        uint64_t address = s->start + next_random() % ((s->end - s->start) / 8) * 8;
        if (hf_marks_set(&m, hf_marks_bit(&m, address)))
            addresses[count++] = address;
        assert_true(hf_marks_test(&m, hf_marks_bit(&m, address)));
    }
    qsort(addresses, count, sizeof(*addresses), compare);
    hf_marks_unset(&m, hf_marks_bit(&m, addresses[0]));
    assert_false(hf_marks_test(&m, hf_marks_bit(&m, addresses[0])));
    assert_int_equal(m.count, count - 1);
    assert_true(hf_marks_set(&m, hf_marks_bit(&m, addresses[0])));
    assert_int_equal(m.count, count);
    assert_null(hf_marks_rank(&m));
    hf_marks_cursor cursor = {.marks = &m};
    uint64_t bit = hf_marks_next(&m, 0);
    for (size_t i = 0; i < count; i++, bit = hf_marks_next(&m, bit + 1)) {
        assert_int_equal(hf_marks_address(&cursor, bit), addresses[i]);
        assert_int_equal(hf_marks_number(&m, bit), i);
    }
    assert_true(bit == HF_NO_BIT);
    free(addresses);
    hf_marks_deinit(&m);
}

static void counts_bits(void **state)
{
    (void)state;
    assert_int_equal(hf_popcount(0), 0);
    assert_int_equal(hf_popcount(UINT64_MAX), 64);
    for (int i = 0; i < 10000; i++) {
        uint64_t w = next_random();
        assert_int_equal(hf_popcount(w), __builtin_popcountll(w));
    }
}

static void takes_no_segments(void **state)
{
    (void)state;
    hf_marks m;
    assert_null(hf_marks_init(&m, NULL, 0));
    assert_true(hf_marks_bit(&m, 0x1000) == HF_NO_BIT);
    assert_true(hf_marks_next(&m, 0) == HF_NO_BIT);
    assert_null(hf_marks_rank(&m));
    hf_marks_deinit(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_only_aligned_addresses_of_segments),
        cmocka_unit_test(numbers_addresses_in_order),
        cmocka_unit_test(counts_bits),
        cmocka_unit_test(takes_no_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
