/* Members of a container that are compared with those that it had before. */
#include "moment.h"

#include "analyse/turnover.h"

enum { TEXTS = 200000 };

/* A set of texts, in the order of chance: each the one that lies so much further on than
 * the one before. */
static void fill_set(moment *m, uint32_t *ret_set)
{
    enum { FURTHER = 77773 }; /* a prime that does not divide TEXTS */
    made_heap *h = &m->heap;
    uint32_t seen = global(m, "seen", made_type(h, "builtins", "set"), 0x7f1000000000);
    uint32_t first = 0;
    for (int n = 0; n < TEXTS; n++) {
        char value[32];
        snprintf(value, sizeof(value), "message-%d", n);
        uint32_t row = text(m, value);
        first = n ? first : row;
    }
    for (uint64_t n = 0; n < TEXTS; n++)
        made_edge(h, seen, HF_EDGE_MEMBER, NULL, n, first + (uint32_t)(n * FURTHER % TEXTS));
    h->objects[seen].length = TEXTS;
    *ret_set = seen;
}

/* Values are unpacked in blocks of thousands: once for each set, and not once for
 * nearly each member. */
static void test_members_in_the_order_of_chance_cost_no_more_than_others(void **state)
{
    (void)state;
    enum { BLOCKS = 1 + TEXTS / 8192 };
    moment m = {0};
    uint32_t seen = 0;
    begin(&m, 0);
    fill_set(&m, &seen);
    hf_graph *g = made_graph(&m.heap);
    uint32_t number = made_number(&m.heap, seen);
    assert_true(hf_turnover_kept(g, number, g, number) == 1);
    assert_in_range(hf_graph_values_unpacked(g), 2, 2 * BLOCKS);
    hf_graph_free(g);
    made_end(&m.heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_in_the_order_of_chance_cost_no_more_than_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
