/* Dicts with the same keys at all looks: what is still there of what they had tells a table that is
 * emptied from one that grows. */
#include "moment.h"

enum { METHODS = 40 };

/* Calls by method: in each list `count` rows from number `first` on. The lists of number `list` lie
 * at another place than those of others. */
static void put_calls(moment *m, int list, int first, int count)
{
    made_heap *h = &m->heap;
    uint32_t calls = global(m, "calls", m->dict, 0x7f1000000000);
    for (int n = 0; n < METHODS; n++) {
        char name[32];
        snprintf(name, sizeof(name), "method-%d", n);
        uint32_t key = text(m, name);
        made_at(h, key, 0x7f1100000000 + (uint64_t)n * 256);
        uint64_t place = 0x7f2000000000 + (uint64_t)n * (1 << 24);
        uint32_t rows = placed(m, m->list, 88, place + (uint64_t)list * 128);
        made_item(h, calls, key, rows);
        for (int i = first; i < first + count; i++)
            append(m, rows, placed(m, m->quote, 200, place + 0x10000 + (uint64_t)i * 256));
    }
}

/* They were reported between the first look and the second. */
static void fill_calls_that_are_reported(moment *m)
{
    put_calls(m, m->k > 0, m->k > 0 ? 1000 : 0, 40 + 20 * m->k);
}

static void fill_calls_that_are_kept(moment *m)
{
    put_calls(m, 0, 0, 40 + 20 * m->k);
}

/* calls[method] = calls[method] + [row] */
static void fill_calls_that_are_copied(moment *m)
{
    put_calls(m, m->k, 0, 40 + 20 * m->k);
}

static void test_lists_by_the_same_keys_of_which_nothing_is_left_are_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_calls_that_are_reported, NULL);
}

static void test_lists_that_keep_what_they_had_are_a_leak(void **state)
{
    (void)state;
    assert_suspect(fill_calls_that_are_kept, NULL, NULL);
    assert_suspect(fill_calls_that_are_copied, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_by_the_same_keys_of_which_nothing_is_left_are_too_early),
        cmocka_unit_test(test_lists_that_keep_what_they_had_are_a_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
