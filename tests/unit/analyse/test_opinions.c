/* What is said of one snapshot. */
#include "moment.h"

static hf_diagnosis *opinion(void (*fill)(moment *m), hf_graph **ret)
{
    moment m = {0};
    begin(&m, 0);
    fill(&m);
    *ret = made_graph(&m.heap);
    made_end(&m.heap);
    hf_diagnosis *d = NULL;
    made_check(hf_diagnose(ret, 1, &d));
    return d;
}

/* A table of the interpreter's that is as large as the program, and one of the program's that holds
 * what is its. */
static void fill_names(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t quoted = global(m, "quoted", m->dict, 0x7f1000000000);
    uint32_t interned = made_object(h, m->dict, 200000);
    h->objects[interned].length = 1000; /* to which it refers without a count */
    made_root(h, HF_ROOT_INTERPRETER, interned, "interned_strings");
    quotes(m, quoted, 0, 1000, 0x7f2000000000);
}

static void test_the_table_of_names_in_use_is_no_opinion(void **state)
{
    (void)state;
    hf_graph *g = NULL;
    hf_diagnosis *d = opinion(fill_names, &g);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.quoted");
    hf_diagnosis_free(d);
    hf_graph_free(g);
}

/* Spans of a trace, lists and dicts, none of them half of all. */
static void fill_saved_garbage(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t garbage = made_object(h, m->list, 30000);
    made_root(h, HF_ROOT_INTERPRETER, garbage, "gc.garbage");
    const uint32_t types[] = {m->quote, m->list, m->dict};
    for (int n = 0; n < 3000; n++)
        append(m, garbage, made_object(h, types[n % 3], 120));
}

static void test_saved_garbage_is_an_opinion_whatever_is_in_it(void **state)
{
    (void)state;
    hf_graph *g = NULL;
    hf_diagnosis *d = opinion(fill_saved_garbage, &g);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].pattern, "debug-instrumentation");
    hf_diagnosis_free(d);
    hf_graph_free(g);
}

static void assert_first(void (*fill)(moment *m), const char *path, const char *part)
{
    hf_graph *g = NULL;
    hf_diagnosis *d = opinion(fill, &g);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, path);
    assert_non_null(strstr(d->suspects[0].evidence, part));
    hf_diagnosis_free(d);
    hf_graph_free(g);
}

/* Modules without a specification, which nobody has imported: as many as were made, beside that of
 * the program. */
static void fill_made_modules(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t sys = made_object(h, m->module, 64), names = made_object(h, m->dict, 400);
    uint32_t modules = made_object(h, m->dict, 4000);
    made_value(h, sys, "sys");
    made_root(h, HF_ROOT_MODULE, sys, "sys");
    made_edge(h, sys, HF_EDGE_FIELD, "__dict__", 0, names);
    made_item(h, names, text(m, "modules"), modules);
    for (int n = 0; n < 200; n++) {
        char name[32];
        snprintf(name, sizeof(name), n ? "script %d" : "__main__", n);
        uint32_t module = made_object(h, m->module, 64);
        uint32_t variables = made_object(h, m->dict, n ? 2000 : 2000000);
        made_value(h, module, name);
        made_root(h, HF_ROOT_MODULE, module, name);
        made_edge(h, module, HF_EDGE_FIELD, "__dict__", 0, variables);
        made_item(h, modules, text(m, name), module);
    }
}

static void test_made_modules_are_told_by_the_table_of_modules(void **state)
{
    (void)state;
    assert_first(fill_made_modules, "module sys.modules", "hold 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_of_names_in_use_is_no_opinion),
        cmocka_unit_test(test_saved_garbage_is_an_opinion_whatever_is_in_it),
        cmocka_unit_test(test_made_modules_are_told_by_the_table_of_modules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
