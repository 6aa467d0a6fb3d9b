/* What stands at the addresses of others: instances that a dict has by other keys than before, and
 * blocks that hold other items; and what only looks so. */
#include "moment.h"

enum { PICTURES = 40, PLACE = 1 << 16, MORE = 4000 };

/* An instance by this key, at place n of the heap, with a block of `bytes` that C has. */
static uint32_t picture(moment *m, uint32_t shelf, uint32_t core_type, int key, int n,
                        uint64_t bytes)
{
    made_heap *h = &m->heap;
    char name[32];
    snprintf(name, sizeof(name), "%d", key);
    uint64_t place = 0x7f2000000000 + (uint64_t)n * PLACE;
    uint32_t number = placed(m, m->number, 32, place);
    made_value(h, number, name);
    uint32_t core = placed(m, core_type, 64, place + 256 * (uint64_t)(m->k + 1));
    h->objects[core].external = bytes;
    uint32_t object = placed(m, m->quote, 64, place + 4096);
    made_edge(h, object, HF_EDGE_ATTRIBUTE, "im", 0, core);
    made_item(h, shelf, number, object);
    return object;
}

/* All are let go of and others made, half of them where others were; those are larger each time,
 * the rest is smaller. */
static void fill_shelf(moment *m)
{
    uint32_t shelf = global(m, "shelf", m->dict, 0x7f1000000000);
    uint32_t core = made_type(&m->heap, "shop.pictures", "Core");
    uint64_t more = (uint64_t)MORE * (uint64_t)m->k;
    for (int n = 0; n < PICTURES; n++) {
        picture(m, shelf, core, 2 * PICTURES * m->k + n, n, 8000 + more);
        int other = PICTURES * (m->k + 1) + n;
        picture(m, shelf, core, 2 * PICTURES * m->k + PICTURES + n, other, 40000 - more / 2);
    }
}

static void test_another_one_at_a_reused_address_is_not_what_grew(void **state)
{
    (void)state;
    assert_no_suspect(fill_shelf);
}

/* Each has a name of its own, which goes with it from key to key. */
static void fill_moved(moment *m, bool by_other_keys)
{
    uint32_t shelf = global(m, "shelf", m->dict, 0x7f1000000000);
    uint32_t core = made_type(&m->heap, "shop.pictures", "Core");
    for (int n = 0; n < PICTURES; n++) {
        int key = by_other_keys ? PICTURES * m->k + n : n;
        uint32_t object = picture(m, shelf, core, key, n, 8000 + (uint64_t)MORE * (uint64_t)m->k);
        uint32_t name = text(m, "a picture");
        made_at(&m->heap, name, 0x7f2000000000 + (uint64_t)n * PLACE + 8192);
        made_edge(&m->heap, object, HF_EDGE_ATTRIBUTE, "name", 0, name);
    }
}

static void fill_that_moves(moment *m)
{
    fill_moved(m, true);
}

static void fill_that_stays(moment *m)
{
    fill_moved(m, false);
}

static void test_what_is_moved_to_another_key_still_grows(void **state)
{
    (void)state;
    assert_suspect(fill_that_stays, "module shop.pricing.shelf[*].im", "buffer-growth");
    assert_suspect(fill_that_moves, "module shop.pricing.shelf[*].im", "buffer-growth");
}

/* A block that itertools.tee() keeps for the copy that is behind, with `count` items from `place`
 * on. */
static hf_graph *block_with(int k, uint64_t count, uint64_t place)
{
    moment m = {0};
    begin(&m, k);
    uint32_t tee = made_type(&m.heap, "itertools", "_tee_dataobject");
    uint32_t block = global(&m, "block", tee, 0x7f1000000000);
    made_at(&m.heap, block, 0x7f2000000000);
    for (uint64_t n = 0; n < count; n++)
        made_edge(&m.heap, block, HF_EDGE_INDEX, NULL, n,
                  placed(&m, m.quote, 200, place + n * 256));
    hf_graph *graph = made_graph(&m.heap);
    made_end(&m.heap);
    return graph;
}

/* Whether a block with these items is the one that had 20 from 0x7f3000000000 on. */
static bool is_same_block(uint64_t count, uint64_t place)
{
    hf_graph *graphs[] = {block_with(0, 20, 0x7f3000000000), block_with(1, count, place)};
    hf_timeline *t = NULL;
    made_check(hf_timeline_build(graphs, 2, &t));
    bool same = hf_timeline_is_old(t, hf_graph_find(graphs[1], 0x7f2000000000));
    hf_timeline_free(t);
    hf_graph_free(graphs[0]);
    hf_graph_free(graphs[1]);
    return same;
}

static void test_a_block_of_a_copied_iterator_keeps_its_items(void **state)
{
    (void)state;
    assert_true(is_same_block(20, 0x7f3000000000));
    assert_true(is_same_block(57, 0x7f3000000000));
    assert_false(is_same_block(57, 0x7f4000000000));
    assert_false(is_same_block(20, 0x7f3000000100)); /* others at the places of some of them */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_one_at_a_reused_address_is_not_what_grew),
        cmocka_unit_test(test_what_is_moved_to_another_key_still_grows),
        cmocka_unit_test(test_a_block_of_a_copied_iterator_keeps_its_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
