/* What holders are for is told by what they hold, and the advice fits that. */
#include "moment.h"

static void assert_advice(void (*fill)(moment *m), const char *pattern, const char *evidence,
                          const char *fix)
{
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill, graphs);
    assert_true(d->suspect_count > 0);
    assert_string_equal(d->suspects[0].pattern, pattern);
    assert_non_null(strstr(d->suspects[0].evidence, evidence));
    assert_non_null(strstr(d->suspects[0].fix, fix));
    finish(d, graphs);
}

/* A dict by numbers, each of whose values has a function by this name. */
static void fill_functions(moment *m, const char *attribute)
{
    made_heap *h = &m->heap;
    uint32_t table = global(m, "table", m->dict, 0x7f1000000000);
    uint32_t method = made_type(h, "builtins", "method");
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 2048;
        uint32_t key = placed(m, m->number, 32, at), value = placed(m, m->quote, 600, at + 256);
        made_item(h, table, key, value);
        made_edge(h, value, HF_EDGE_ATTRIBUTE, attribute, 0, placed(m, method, 64, at + 1024));
    }
}

static void fill_callbacks(moment *m)
{
    fill_functions(m, "on_callback");
}

static void fill_jobs(moment *m)
{
    fill_functions(m, "work");
}

static void test_a_table_of_callbacks_has_no_limit(void **state)
{
    (void)state;
    assert_advice(fill_callbacks, "listener-accumulation", "objects that hold callables",
                  "whoever registered it is closed");
    assert_suspect(fill_jobs, NULL, "registry-growth");
}

/* What a thread has of its own, or an object that it has. */
static void fill_local(moment *m, bool in_object)
{
    made_heap *h = &m->heap;
    uint32_t local = global(m, "local", made_type(h, "_thread", "_local"), 0x7f1000000000);
    uint32_t holder = local, seen = placed(m, m->dict, 400, 0x7f1100000000);
    if (in_object) {
        holder = placed(m, m->node, 64, 0x7f1200000000);
        made_edge(h, local, HF_EDGE_ATTRIBUTE, "view", 0, holder);
    }
    made_edge(h, holder, HF_EDGE_ATTRIBUTE, "seen", 0, seen);
    quotes(m, seen, 0, 100 + 150 * m->k, 0x7f2000000000);
}

static void fill_dict_of_thread(moment *m)
{
    fill_local(m, false);
}

static void fill_dict_of_object_of_thread(moment *m)
{
    fill_local(m, true);
}

static void test_only_what_is_of_the_thread_itself_is_told_as_its(void **state)
{
    (void)state;
    assert_suspect(fill_dict_of_thread, NULL, "thread-local");
    assert_suspect(fill_dict_of_object_of_thread, NULL, "unbounded-cache");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_table_of_callbacks_has_no_limit),
        cmocka_unit_test(test_only_what_is_of_the_thread_itself_is_told_as_its),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
