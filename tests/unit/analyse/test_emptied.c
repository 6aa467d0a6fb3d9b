/* What is emptied now and then, and what the interpreter fills by itself: no leak, however full it is at each
 * look. */
#include "moment.h"

/* A few large things that wait for the next batch: one more now and then. */
static void fill_waiting_frames(moment *m)
{
    static const int counts[SNAPSHOTS] = {10, 11, 11, 11, 12};
    made_heap *h = &m->heap;
    uint32_t waiting = global(m, "waiting", m->list, 0x7f1000000000);
    for (int n = 0; n < counts[m->k]; n++) {
        uint32_t frame = made_object(h, m->node, 60000);
        made_at(h, frame, 0x7f2000000000 + (uint64_t)n * 65536);
        made_edge(h, waiting, HF_EDGE_INDEX, NULL, h->objects[waiting].length++, frame);
    }
}

static void test_two_more_beside_ten_are_too_early(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_waiting_frames, graphs);
    assert_int_equal(d->suspect_count, 0);
    assert_int_equal(d->verdict, HF_VERDICT_TOO_EARLY);
    finish(d, graphs);
}

static void put_spool(moment *m, const uint32_t *bytes)
{
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, "_io", "BytesIO");
    uint32_t spool = global(m, "spool", type, 0x7f1000000000);
    made_at(h, spool, 0x7f2000000000);
    h->objects[spool].external = bytes[m->k];
}

static void fill_emptied_spool(moment *m)
{
    static const uint32_t bytes[SNAPSHOTS] = {1000000, 1400000, 300000, 900000, 1600000};
    put_spool(m, bytes);
}

static void fill_growing_spool(moment *m)
{
    static const uint32_t bytes[SNAPSHOTS] = {1000000, 1200000, 1200000, 1400000, 1600000};
    put_spool(m, bytes);
}

static void test_a_buffer_that_was_smaller_in_between_is_too_early(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_emptied_spool, graphs);
    assert_int_equal(d->suspect_count, 0);
    assert_int_equal(d->verdict, HF_VERDICT_TOO_EARLY);
    finish(d, graphs);
}

static void test_a_buffer_that_only_grows_is_the_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_growing_spool, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.spool");
    assert_string_equal(d->suspects[0].pattern, "buffer-growth");
    finish(d, graphs);
}

/* Modules in sys.modules, each with its code. */
static void fill_modules(moment *m, const char *path)
{
    made_heap *h = &m->heap;
    uint32_t code_type = made_type(h, "builtins", "code");
    uint32_t system = made_object(h, m->module, 64), names = made_object(h, m->dict, 400);
    made_value(h, system, "sys");
    made_root(h, HF_ROOT_MODULE, system, "sys");
    made_edge(h, system, HF_EDGE_FIELD, "__dict__", 0, names);
    uint32_t modules = made_object(h, m->dict, 4000);
    made_item(h, names, text(m, "modules"), modules);
    uint32_t file = text(m, path);
    for (int n = 0; n < 60 + 20 * m->k; n++) {
        char name[32];
        snprintf(name, sizeof(name), "module_%d", n);
        uint32_t key = text(m, name), module = made_object(h, m->module, 64);
        uint32_t code = made_object(h, code_type, 3000);
        made_at(h, key, 0x7f2000000000 + (uint64_t)n * 8192);
        made_at(h, module, 0x7f2000001000 + (uint64_t)n * 8192);
        made_at(h, code, 0x7f3000000000 + (uint64_t)n * 8192);
        made_value(h, module, name);
        made_item(h, modules, key, module);
        made_edge(h, module, HF_EDGE_FIELD, "__code__", 0, code);
        made_edge(h, code, HF_EDGE_FIELD, "co_filename", 0, file);
    }
}

static void fill_imports(moment *m)
{
    fill_modules(m, "/usr/lib/python3.13/email/parser.py");
}

static void fill_scripts(moment *m)
{
    fill_modules(m, "<string>");
}

static void test_first_imports_of_what_is_installed_are_too_early(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_imports, graphs);
    assert_int_equal(d->suspect_count, 0);
    assert_int_equal(d->verdict, HF_VERDICT_TOO_EARLY);
    finish(d, graphs);
}

static void test_modules_made_of_texts_are_a_leak(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_scripts, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module sys.modules");
    assert_string_equal(d->suspects[0].pattern, "module-churn");
    finish(d, graphs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_more_beside_ten_are_too_early),
        cmocka_unit_test(test_a_buffer_that_was_smaller_in_between_is_too_early),
        cmocka_unit_test(test_a_buffer_that_only_grows_is_the_suspect),
        cmocka_unit_test(test_first_imports_of_what_is_installed_are_too_early),
        cmocka_unit_test(test_modules_made_of_texts_are_a_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
