/* Tables of hashes whose slots grow: for members that stay, or for others in their place. */
#include "moment.h"

enum { SETS = 9 };

/* A dict of sets of numbers, each with the members `first` to `last` - 1 and so many bytes. */
static void fill_sets(moment *m, int first, int last, uint64_t bytes)
{
    made_heap *h = &m->heap;
    uint32_t set = made_type(h, "builtins", "set");
    uint32_t groups = global(m, "groups", m->dict, 0x7f1000000000);
    for (int k = 0; k < SETS; k++) {
        uint64_t at = 0x7f2000000000 + ((uint64_t)k << 32);
        uint32_t key = placed(m, m->number, 32, at);
        uint32_t group = placed(m, set, bytes, at + 4096);
        made_item(h, groups, key, group);
        for (int n = first; n < last; n++) {
            uint32_t member = placed(m, m->number, 32, at + 65536 + (uint64_t)n * 64);
            made_edge(h, group, HF_EDGE_MEMBER, NULL, 0, member);
            h->objects[group].length++;
        }
    }
}

/* As many as before, all of them others, in tables that were made anew and larger. */
static void fill_sets_that_turn_over(moment *m)
{
    fill_sets(m, 200 * m->k, 300 + 210 * m->k, m->k < 2 ? 8192 : m->k < 3 ? 32768 : 65536);
}

static void fill_sets_that_keep_theirs(moment *m)
{
    fill_sets(m, 0, 300 + 200 * m->k, 8192u << m->k);
}

static void test_larger_tables_of_other_members_are_no_growth(void **state)
{
    (void)state;
    assert_no_suspect(fill_sets_that_turn_over);
    assert_suspect(fill_sets_that_keep_theirs, "module shop.pricing.groups[*]", NULL);
}

/* Two tables, the newer with slots for more and the members of the older. */
static void fill_rehashed_dict(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t table = global(m, "table", m->dict, 0x7f1000000000);
    quotes(m, table, 0, 300, 0x7f2000000000);
    h->objects[table].external = (uint64_t)(1 + m->k) * 40000;
}

static void test_a_table_with_the_members_that_it_had_does_not_grow(void **state)
{
    (void)state;
    assert_no_suspect(fill_rehashed_dict);
}

/* Sightings by number in a young table, and their numbers in sets as well, which have members of
 * their own beside them where `own`. */
static void fill_index(moment *m, int own)
{
    made_heap *h = &m->heap;
    uint32_t set = made_type(h, "builtins", "set");
    uint32_t sightings = global(m, "sightings", m->dict, 0x7f1000000000);
    uint32_t groups = global(m, "groups", m->dict, 0x7f1100000000);
    uint32_t by_height[SETS];
    for (int k = 0; k < SETS; k++) {
        uint64_t at = 0x7f2000000000 + ((uint64_t)k << 32);
        by_height[k] = placed(m, set, 4096u << m->k, at + 4096);
        made_item(h, groups, placed(m, m->number, 32, at), by_height[k]);
    }
    for (int n = 0; n < 900 + 900 * m->k; n++) {
        uint32_t number = placed(m, m->number, 32, 0x7f5000000000 + (uint64_t)n * 256);
        made_item(h, sightings, number, made_object(h, m->quote, 600));
        made_edge(h, by_height[n % SETS], HF_EDGE_MEMBER, NULL, 0, number);
        h->objects[by_height[n % SETS]].length++;
    }
    for (int n = 0; n < own; n++) {
        uint32_t gone = placed(m, m->number, 32, 0x7f6000000000 + (uint64_t)n * 256);
        made_edge(h, by_height[n % SETS], HF_EDGE_MEMBER, NULL, 0, gone);
        h->objects[by_height[n % SETS]].length++;
    }
    m->heap.info.anonymous = 0;
    m->heap.info.age = (uint64_t)(600 + 2 * m->k) * SECOND;
}

static void fill_index_of_what_is_there(moment *m)
{
    fill_index(m, 0);
}

static void fill_index_of_what_is_gone(moment *m)
{
    fill_index(m, 2000);
}

/* When those go that the larger table has, they go from the index as well, unless it kept
 * what went from there before. */
static void test_an_index_is_told_like_the_table_that_it_is_of(void **state)
{
    (void)state;
    assert_too_early(fill_index_of_what_is_there, "module shop.pricing.sightings grew");
    assert_suspect(fill_index_of_what_is_gone, "module shop.pricing.groups[*]", NULL);
}

/* Deliveries of which some are put back, in another order each time; `more` each look. */
static void fill_heap(moment *m, int more)
{
    uint32_t waiting = global(m, "waiting", m->list, 0x7f1000000000);
    m->heap.types[m->list].flags = 1u << 25;
    int count = 3000 + more * m->k;
    for (int n = 0; n < count; n++) {
        int number = m->k % 2 ? count - 1 - n : n;
        append(m, waiting, placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)number * 1024));
    }
}

static void fill_heap_that_grows(moment *m)
{
    fill_heap(m, 100);
}

static void fill_heap_that_stays(moment *m)
{
    fill_heap(m, 0);
}

static void test_a_list_in_another_order_that_is_longer_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_heap_that_grows, "module shop.pricing.waiting grew by");
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_heap_that_stays, graphs);
    assert_int_equal(d->verdict, HF_VERDICT_NO_LEAK);
    finish(d, graphs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_larger_tables_of_other_members_are_no_growth),
        cmocka_unit_test(test_a_table_with_the_members_that_it_had_does_not_grow),
        cmocka_unit_test(test_a_list_in_another_order_that_is_longer_is_too_early),
        cmocka_unit_test(test_an_index_is_told_like_the_table_that_it_is_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
