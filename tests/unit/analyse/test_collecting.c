/* What a collector is advised when much waits for it, by how each version's collector decides. */
#include "../graph/made_heap.h"
#include "analyse/collecting.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* `waiting` objects of 1 kB in cycles of two that nothing reaches, beside `live` others. */
static hf_collecting judged(const hf_python_info *python, unsigned waiting, unsigned live)
{
    made_heap h;
    made_begin(&h);
    h.info.python = *python;
    uint32_t list = made_type(&h, "builtins", "list"), holder = made_object(&h, list, 64);
    made_root(&h, HF_ROOT_MODULE, holder, "app");
    made_held(&h, holder, 1);
    for (unsigned i = 0; i < waiting; i += 2) {
        uint32_t a = made_object(&h, list, 1024), b = made_object(&h, list, 1024);
        made_edge(&h, a, HF_EDGE_INDEX, NULL, 0, b);
        made_edge(&h, b, HF_EDGE_INDEX, NULL, 0, a);
    }
    for (unsigned i = 0; i < live; i++)
        made_edge(&h, holder, HF_EDGE_INDEX, NULL, i, made_object(&h, list, 64));
    hf_graph *g = made_graph(&h);
    hf_collecting c = {0};
    made_check(hf_collecting_judge(g, &c));
    hf_graph_free(g);
    made_end(&h);
    assert_int_equal(c.verdict, HF_COLLECTING_WAITS);
    assert_int_equal(c.would_free.collected, waiting);
    return c;
}

static void check(hf_collecting *c, uint32_t young, uint32_t middle, uint32_t old)
{
    assert_int_equal(c->suggested[0], young);
    assert_int_equal(c->suggested[1], middle);
    assert_int_equal(c->suggested[2], old);
    hf_collecting_deinit(c);
}

static hf_python_info version(hf_collector_kind kind, uint32_t young, uint32_t middle, uint32_t old)
{
    return (hf_python_info){.version_hex = 0x030c01f0,
                            .version = "3.12.1",
                            .gc_enabled = true,
                            .gc_threshold = {young, middle, old},
                            .collector = {.kind = kind}};
}

static void generations_are_collected_as_often_as_garbage_was_made(void **state)
{
    (void)state;
    hf_python_info p = version(HF_COLLECTOR_GENERATIONS, 700, 10, 10);
    hf_collecting c = judged(&p, 26000, 10); /* 701 * 3 * 3 is less than a quarter of them */
    check(&c, 700, 2, 2);
    p = version(HF_COLLECTOR_GENERATIONS, 8000, 10, 10); /* few young collections' worth */
    c = judged(&p, 26000, 10);
    check(&c, 0, 0, 0);
    p = version(HF_COLLECTOR_GENERATIONS, 700, 1, 1); /* lower is not to be had */
    c = judged(&p, 26000, 10);
    check(&c, 0, 0, 0);
}

static void the_rule_of_the_quarter_is_no_matter_of_thresholds(void **state)
{
    (void)state;
    hf_python_info p = version(HF_COLLECTOR_GENERATIONS, 700, 10, 10);
    p.collector.long_lived_total = 100000;
    hf_collecting c = judged(&p, 7000, 10);
    assert_non_null(strstr(c.cure, "gc.freeze()"));
    check(&c, 0, 0, 0);
    p.collector.long_lived_pending = 25000;
    c = judged(&p, 26000, 10);
    check(&c, 700, 2, 2);
}

static void an_incremental_one_takes_longer_steps_where_it_may(void **state)
{
    (void)state;
    hf_python_info p = version(HF_COLLECTOR_INCREMENTAL, 2000, 10, 0);
    hf_collecting c = judged(&p, 7000, 10);
    check(&c, 2000, 2, 0);
    p.gc_threshold[0] = 20; /* a step is twice the new objects at most */
    c = judged(&p, 7000, 10);
    assert_non_null(strstr(c.cure, "thresholds do not help"));
    check(&c, 0, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generations_are_collected_as_often_as_garbage_was_made),
        cmocka_unit_test(the_rule_of_the_quarter_is_no_matter_of_thresholds),
        cmocka_unit_test(an_incremental_one_takes_longer_steps_where_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
