/* What was born since a time, by type and line. */
#include "../graph/made_heap.h"
#include "analyse/births.h"
#include "analyse/lines.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SECOND ((uint64_t)1000000000)
#define START  (1000 * SECOND)

/* 10 quotes of 96 bytes, one born each second after START; strings of 48 bytes: 3 that were
 * noted without a time, 2 that were not noted, one born after 9.95 s. The snapshot is taken
 * after 10 s. */
static hf_graph *make(made_heap *h)
{
    made_begin(h);
    uint32_t quote = made_type(h, "shop", "Quote"), str = made_type(h, "builtins", "str");
    uint32_t one = made_site(h, "/opt/shop/pricing.py", 42, 5, 500);
    uint32_t two = made_site(h, "/opt/shop/pricing.py", 50, 5, 500);
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t object = made_object(h, i < 10 ? quote : str, i < 10 ? 96 : 48);
        h->objects[object].site = i >= 13 && i < 15 ? 0 : i % 2 ? one : two;
        h->objects[object].born = i < 10 ? i * 10 + 1 : i == 15 ? 100 : 0;
    }
    h->notes_born = true;
    h->info.check.births_start = START;
    h->info.freeze.taken_at = START + 10 * SECOND;
    return made_graph(h);
}

static void born_since_a_time(void **state)
{
    (void)state;
    made_heap h;
    hf_graph *g = make(&h);
    hf_born b;
    made_check(hf_born_compute(g, NULL, START + 6 * SECOND, &b));
    assert_int_equal(b.by_line.total.objects, 5);
    assert_int_equal(b.by_line.total.bytes, 4 * 96 + 48);
    assert_int_equal(b.unknown.objects, 3);
    assert_int_equal(b.by_line.count, 3);
    assert_int_equal(b.by_line.rows[0].objects, 2);
    assert_int_equal(b.by_line.rows[0].bytes, 192);
    assert_int_equal(b.by_line.rows[1].line + b.by_line.rows[0].line, 42 + 50);
    assert_string_equal(hf_graph_type_title(g, b.by_line.rows[2].type), "str");
    uint32_t chosen = 0;
    for (uint32_t o = 0; o < g->object_count; o++) {
        assert_int_equal(b.chosen[o], hf_is_born_since(g, o, START + 6 * SECOND));
        chosen += b.chosen[o];
    }
    assert_int_equal(chosen, 5);
    hf_born_deinit(&b);
    made_check(hf_born_compute(g, &(hf_filter){.type = "shop.*"}, 0, &b));
    assert_int_equal(b.by_line.total.objects, 10);
    assert_int_equal(b.unknown.objects, 0);
    hf_born_deinit(&b);
    hf_graph_free(g);
    made_end(&h);
}

static void a_time_within_a_tenth_of_a_second_counts(void **state)
{
    (void)state;
    made_heap h;
    hf_graph *g = make(&h);
    uint32_t last = 0; /* the quote that was born between 9.0 and 9.1 s */
    for (uint32_t o = 0; o < g->object_count; o++)
        last = g->born[o] == 91 ? o : last;
    assert_true(hf_is_born_since(g, last, START + 9 * SECOND));
    assert_true(hf_is_born_since(g, last, START + 9 * SECOND + SECOND / 20));
    assert_false(hf_is_born_since(g, last, START + 9 * SECOND + SECOND / 10));
    assert_true(hf_object_age(g, last) > 0.999 && hf_object_age(g, last) < 1.001);
    hf_graph_free(g);
    made_end(&h);
}

static void samples_stand_for_others(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    uint32_t quote = made_type(&h, "shop", "Quote");
    uint32_t line = made_site(&h, "/opt/shop/pricing.py", 42, 5, 500);
    const uint32_t asked[] = {56, 8192, 1 << 20, 0};
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t object = made_object(&h, quote, 96);
        h.objects[object].site = asked[i] ? line : 0;
        h.objects[object].asked = asked[i];
        h.objects[object].born = 1;
    }
    h.notes_born = h.notes_asked = true;
    h.info.check.sample_bytes = 8192;
    hf_graph *g = made_graph(&h);
    /* 1 / (1 - exp(-asked / 8192)) */
    const double weights[] = {146.786283, 1.581977, 1, 1};
    double sum = 0;
    for (uint32_t o = 0; o < 4; o++) {
        double error = hf_object_weight(g, o) - weights[o];
        assert_true(error > -1e-4 && error < 1e-4);
        sum += g->site[o] ? weights[o] : 0;
    }
    const uint8_t chosen[] = {1, 1, 1, 0};
    hf_birth_rows rows;
    made_check(hf_birth_rows_compute(g, chosen, &rows));
    assert_int_equal(rows.total.objects, 147 + 2 + 1);
    assert_int_equal(rows.total.sampled, 3);
    double error = (double)rows.total.bytes - sum * 96;
    assert_true(error > -2 && error < 2);
    /* 1.96 * 96 * sqrt(146.79 * 145.79 + 1.58 * 0.58) */
    assert_in_range(hf_birth_margin(&rows.total), 27515, 27540);
    hf_birth_rows_deinit(&rows);
    hf_graph_free(g);
    made_end(&h);
}

static void a_heap_without_times_has_no_ages(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    made_object(&h, made_type(&h, "shop", "Quote"), 96);
    hf_graph *g = made_graph(&h);
    assert_false(hf_births_known(g));
    assert_false(hf_is_born_since(g, 0, 0));
    assert_true(hf_object_age(g, 0) < 0);
    hf_graph_free(g);
    made_end(&h);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(born_since_a_time),
        cmocka_unit_test(a_time_within_a_tenth_of_a_second_counts),
        cmocka_unit_test(samples_stand_for_others),
        cmocka_unit_test(a_heap_without_times_has_no_ages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
