/* Types over several snapshots. */
#include "../graph/made_heap.h"
#include "analyse/tracking.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* So many quotes of 96 bytes and texts of 48. */
static void add(hf_tracking *t, uint64_t taken_at, uint32_t quotes, uint32_t texts, bool by_module)
{
    made_heap h;
    made_begin(&h);
    uint32_t quote = made_type(&h, "shop", "Quote"), str = made_type(&h, "builtins", "str");
    for (uint32_t i = 0; i < quotes; i++)
        made_object(&h, quote, 96);
    for (uint32_t i = 0; i < texts; i++)
        made_object(&h, str, 48);
    h.info.freeze.taken_at = taken_at;
    hf_graph *g = made_graph(&h);
    made_check(hf_tracking_add(t, g, NULL, by_module));
    hf_graph_free(g);
    made_end(&h);
}

static const char *title(const hf_tracking *t, size_t i)
{
    return hf_strtab_get(&t->titles, t->rows[i].title);
}

static void counts_stand_at_their_looks(void **state)
{
    (void)state;
    hf_tracking t;
    assert_true(hf_tracking_init(&t));
    add(&t, 1000, 0, 10, false);
    add(&t, 2000, 5, 10, false);
    add(&t, 4000, 3, 1, false);
    hf_tracking_sort(&t);
    assert_int_equal(t.look_count, 3);
    assert_int_equal(t.row_count, 2);
    assert_string_equal(title(&t, 0), "shop.Quote");
    assert_string_equal(title(&t, 1), "str");
    const uint64_t quotes[] = {0, 5, 3}, texts[] = {10, 10, 1};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(t.rows[0].looks[i].objects, quotes[i]);
        assert_int_equal(t.rows[0].looks[i].bytes, quotes[i] * 96);
        assert_int_equal(t.rows[1].looks[i].objects, texts[i]);
        assert_int_equal(t.total.looks[i].objects, quotes[i] + texts[i]);
        assert_int_equal(t.total.looks[i].bytes, quotes[i] * 96 + texts[i] * 48);
    }
    assert_int_equal(hf_track_change(&t, &t.rows[0], false), 3);
    assert_int_equal(hf_track_change(&t, &t.rows[1], true), -9 * 48);
    hf_tracking_deinit(&t);
}

static void modules_are_added_up(void **state)
{
    (void)state;
    hf_tracking t;
    assert_true(hf_tracking_init(&t));
    add(&t, 1000, 2, 1, true);
    add(&t, 2000, 2, 4, true);
    hf_tracking_sort(&t);
    assert_string_equal(title(&t, 0), "builtins");
    assert_string_equal(title(&t, 1), "shop");
    hf_tracking_deinit(&t);
}

static void another_order_is_refused(void **state)
{
    (void)state;
    hf_tracking t;
    assert_true(hf_tracking_init(&t));
    add(&t, 2000, 2, 1, false);
    made_heap h;
    made_begin(&h);
    made_object(&h, made_type(&h, "shop", "Quote"), 96);
    h.info.freeze.taken_at = 1000;
    hf_graph *g = made_graph(&h);
    hf_err *err = hf_tracking_add(&t, g, NULL, false);
    assert_int_equal(hf_err_code_of(err), HF_ERR_USAGE);
    assert_int_equal(t.look_count, 1);
    hf_err_free(err);
    hf_graph_free(g);
    made_end(&h);
    hf_tracking_deinit(&t);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_stand_at_their_looks),
        cmocka_unit_test(modules_are_added_up),
        cmocka_unit_test(another_order_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
