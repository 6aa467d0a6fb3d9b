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

/* Eight shards, each with a list of its own, as attributes of instances. */
enum { SHARDS = 8, EVENTS = 3000 };

static void put_shards(moment *m, uint32_t *events)
{
    made_heap *h = &m->heap;
    uint32_t shards = global(m, "shards", m->list, 0x7f1000000000);
    for (int n = 0; n < SHARDS; n++) {
        uint32_t shard = made_object(h, m->node, 64);
        append(m, shards, shard);
        events[n] = made_object(h, m->list, 400);
        made_edge(h, shard, HF_EDGE_ATTRIBUTE, "events", 0, events[n]);
    }
    m->heap.next_address = 0x7f2000000000;
}

static void fill_shards_in_turn(moment *m)
{
    uint32_t events[SHARDS];
    put_shards(m, events);
    for (int n = 0; n < SHARDS * EVENTS; n++)
        append(m, events[n % SHARDS], made_object(&m->heap, m->quote, 64));
}

static void fill_shards_one_by_one(moment *m)
{
    uint32_t events[SHARDS];
    put_shards(m, events);
    for (int n = 0; n < SHARDS * EVENTS; n++)
        append(m, events[n / EVENTS], made_object(&m->heap, m->quote, 64));
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

static void test_lists_that_were_filled_side_by_side_are_told(void **state)
{
    (void)state;
    assert_first(fill_shards_in_turn, "module shop.pricing.shards[*].events",
                 "8 like this one hold");
}

static void test_owners_that_came_with_what_they_have_are_told(void **state)
{
    (void)state;
    assert_first(fill_shards_one_by_one, "module shop.pricing.shards", "8 entries hold");
}

/* As many devices as there are, most of which keep little, in a dict of dicts. */
static void fill_many_lists(moment *m)
{
    enum { CUSTOMERS = 40, DEVICES = 25, SAMPLES = 30 };
    made_heap *h = &m->heap;
    uint32_t customers = global(m, "customers", m->dict, 0x7f1000000000);
    uint32_t samples[CUSTOMERS * DEVICES];
    for (int n = 0; n < CUSTOMERS; n++) {
        uint32_t devices = made_object(h, m->dict, 400);
        made_item(h, customers, text(m, "a customer"), devices);
        for (int k = 0; k < DEVICES; k++) {
            samples[n * DEVICES + k] = made_object(h, m->list, 88);
            made_item(h, devices, text(m, "a device"), samples[n * DEVICES + k]);
        }
    }
    h->next_address = 0x7f2000000000;
    for (int n = 0; n < CUSTOMERS * DEVICES * SAMPLES; n++)
        append(m, samples[n * 7919 % (CUSTOMERS * DEVICES)], made_object(h, m->quote, 64));
}

static void test_many_small_lists_that_fill_up_are_told(void **state)
{
    (void)state;
    assert_first(fill_many_lists, "module shop.pricing.customers[*][*]",
                 "1,000 like this one hold");
}

/* Owners, each of which has the last of many that hold the one before; and a picture. */
static void put_chains(moment *m, int owners, int links, uint64_t picture)
{
    made_heap *h = &m->heap;
    uint32_t pumps = global(m, "pumps", m->list, 0x7f1000000000);
    uint32_t pump = made_type(h, "shop.pumps", "Pump");
    h->next_address = 0x7f2000000000;
    for (int n = 0; n < owners; n++) {
        uint32_t holder = made_object(h, pump, 64);
        append(m, pumps, holder);
        if (picture)
            made_edge(h, holder, HF_EDGE_ATTRIBUTE, "picture", 0, made_object(h, m->str, picture));
        for (int k = 0; k < links; k++) {
            uint32_t link = made_object(h, m->node, 1000);
            made_edge(h, holder, HF_EDGE_ATTRIBUTE, k ? "before" : "last", 0, link);
            holder = link;
        }
    }
}

static void fill_chains_of_a_few(moment *m)
{
    put_chains(m, 6, 300, 0);
}

static void fill_chains_of_many(moment *m)
{
    put_chains(m, 1000, 30, 0);
}

static void test_long_chains_of_a_few_owners_are_told(void **state)
{
    (void)state;
    assert_first(fill_chains_of_a_few, "module shop.pricing.pumps[*].last", "6 like this one hold");
}

/* Each link is a part of what hangs below the first, and counts once. */
static void fill_short_chains_of_a_few(moment *m)
{
    put_chains(m, 6, 100, 300000);
}

static void test_owners_with_more_than_their_chains_are_told(void **state)
{
    (void)state;
    assert_first(fill_short_chains_of_a_few, "module shop.pricing.pumps", "6 entries hold");
}

static void test_many_owners_of_a_chain_each_are_told(void **state)
{
    (void)state;
    assert_first(fill_chains_of_many, "module shop.pricing.pumps", "1,000 entries hold");
}

/* Modules without a specification, which nobody has imported: as many as were made, beside that of
 * the program. */
static void fill_made_modules_of(moment *m, uint32_t *ret_modules)
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
    *ret_modules = modules;
}

static void fill_made_modules(moment *m)
{
    uint32_t modules;
    fill_made_modules_of(m, &modules);
}

/* A binary has a copy of the variables of `sys`. */
static void fill_made_modules_and_a_copy(moment *m)
{
    static const char *const names[] = {"__name__", "__doc__", "__package__", "__loader__",
                                        "__spec__"};
    made_heap *h = &m->heap;
    uint32_t modules, copied = made_object(h, m->dict, 1600);
    fill_made_modules_of(m, &modules);
    made_root(h, HF_ROOT_C_STATIC, copied, "moduledef");
    for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
        made_item(h, copied, text(m, names[k]), text(m, "sys"));
    for (int n = 0; n < 60; n++)
        made_item(h, copied, text(m, "audit"), made_object(h, m->function, 1000));
    made_item(h, copied, text(m, "modules"), modules);
    h->objects[copied].length = 66;
}

static void test_made_modules_are_told_by_the_table_of_modules(void **state)
{
    (void)state;
    assert_first(fill_made_modules, "module sys.modules", "hold 4");
    assert_first(fill_made_modules_and_a_copy, "module sys.modules", "hold 4");
}

/* So many members, of which the last are recent. */
static void fill_with_ages(moment *m, const char *name, uint64_t at, int members, int recent)
{
    uint32_t list = global(m, name, m->list, at);
    for (int n = 0; n < members; n++) {
        uint32_t quote = placed(m, m->quote, 600, at + 4096 + (uint64_t)n * 1024);
        m->heap.objects[quote].flags |= n >= members - recent ? HF_OBJECT_RECENT : 0;
        append(m, list, quote);
    }
}

static void fill_lists_of_several_ages(moment *m)
{
    fill_with_ages(m, "loaded", 0x7f1000000000, 6000, 300);
    fill_with_ages(m, "growing", 0x7f1100000000, 2000, 1000);
}

static void test_what_got_few_of_the_newest_comes_later(void **state)
{
    (void)state;
    hf_graph *g = NULL;
    hf_diagnosis *d = opinion(fill_lists_of_several_ages, &g);
    assert_int_equal(d->suspect_count, 2);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.growing");
    hf_diagnosis_free(d);
    hf_graph_free(g);
}

/* A few links, each with a buffer, or with a list of samples. */
static void fill_links(moment *m, bool buffers)
{
    made_heap *h = &m->heap;
    uint32_t links = global(m, "links", m->list, 0x7f1000000000);
    uint32_t buffer = made_type(h, "builtins", "bytearray");
    for (int n = 0; n < 6; n++) {
        uint32_t link = made_object(h, m->node, 64);
        append(m, links, link);
        uint32_t has = made_object(h, buffers ? buffer : m->list, buffers ? 800000 : 400);
        made_edge(h, link, HF_EDGE_ATTRIBUTE, "buf", 0, has);
        for (int k = 0; !buffers && k < 7; k++)
            append(m, has, made_object(h, m->quote, 100000));
    }
}

static void fill_links_with_buffers(moment *m)
{
    fill_links(m, true);
}

static void fill_links_with_samples(moment *m)
{
    fill_links(m, false);
}

static void test_the_buffers_of_a_few_owners_are_told(void **state)
{
    (void)state;
    assert_first(fill_links_with_buffers, "module shop.pricing.links[*].buf", "6 like this one");
    assert_first(fill_links_with_samples, "module shop.pricing.links", "6 entries hold");
}

/* A long tuple or a large text, of a variable or of a constant of code. */
static void fill_value(moment *m, const char *type, bool constant)
{
    made_heap *h = &m->heap;
    uint32_t kind = made_type(h, "builtins", type), tuple = made_type(h, "builtins", "tuple");
    h->types[kind].flags = strcmp(type, "tuple") == 0 ? 1u << 26 : 1u << 28;
    h->types[tuple].flags = 1u << 26;
    uint32_t value = made_object(h, kind, strcmp(type, "tuple") == 0 ? 16000 : 3 << 20);
    if (constant) {
        uint32_t code = made_object(h, made_type(h, "builtins", "code"), 200);
        uint32_t constants = made_object(h, tuple, 64);
        made_root(h, HF_ROOT_C_STATIC, code, "code");
        made_edge(h, code, HF_EDGE_FIELD, "co_consts", 0, constants);
        append(m, constants, value);
    } else {
        made_item(h, m->globals, text(m, "trail"), value);
    }
    for (int n = 0; strcmp(type, "tuple") == 0 && n < 2000; n++)
        append(m, value, made_object(h, m->quote, 600));
}

static void fill_long_tuple(moment *m)
{
    fill_value(m, "tuple", false);
}

static void fill_constant_tuple(moment *m)
{
    fill_value(m, "tuple", true);
}

static void fill_large_text(moment *m)
{
    fill_value(m, "str", false);
}

static void fill_constant_text(moment *m)
{
    fill_value(m, "str", true);
}

static void assert_none(void (*fill)(moment *m))
{
    hf_graph *g = NULL;
    hf_diagnosis *d = opinion(fill, &g);
    assert_int_equal(d->suspect_count, 0);
    hf_diagnosis_free(d);
    hf_graph_free(g);
}

static void test_one_long_value_is_told_where_it_is_no_constant(void **state)
{
    (void)state;
    assert_first(fill_long_tuple, "module shop.pricing.trail", "does not show whether it grows");
    assert_first(fill_large_text, "module shop.pricing.trail", "does not show whether it grows");
    assert_none(fill_constant_tuple);
    assert_none(fill_constant_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_of_names_in_use_is_no_opinion),
        cmocka_unit_test(test_saved_garbage_is_an_opinion_whatever_is_in_it),
        cmocka_unit_test(test_lists_that_were_filled_side_by_side_are_told),
        cmocka_unit_test(test_owners_that_came_with_what_they_have_are_told),
        cmocka_unit_test(test_many_small_lists_that_fill_up_are_told),
        cmocka_unit_test(test_long_chains_of_a_few_owners_are_told),
        cmocka_unit_test(test_owners_with_more_than_their_chains_are_told),
        cmocka_unit_test(test_many_owners_of_a_chain_each_are_told),
        cmocka_unit_test(test_what_got_few_of_the_newest_comes_later),
        cmocka_unit_test(test_the_buffers_of_a_few_owners_are_told),
        cmocka_unit_test(test_one_long_value_is_told_where_it_is_no_constant),
        cmocka_unit_test(test_made_modules_are_told_by_the_table_of_modules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
