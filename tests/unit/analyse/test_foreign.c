/* What libraries and C extensions keep: greenlets, callbacks in tuples, messages in native memory,
 * cycles that the collector does not see; and what only changes hands. */
#include "moment.h"

static void fill_waiting(moment *m)
{
    uint32_t type = made_type(&m->heap, "greenlet", "greenlet");
    uint32_t waiting = global(m, "waiting", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 100 * m->k; n++) {
        uint32_t greenlet = placed(m, type, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        append(m, waiting, greenlet);
    }
}

static void test_greenlets_that_wait_are_tasks(void **state)
{
    (void)state;
    assert_suspect(fill_waiting, NULL, "task-accumulation");
}

/* Functions with their arguments in tuples, as a deferred result keeps them. */
static void fill_callbacks(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t tuple = made_type(h, "builtins", "tuple");
    uint32_t callbacks = global(m, "callbacks", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 100 * m->k; n++) {
        uint32_t pair = made_object(h, tuple, 64), inner = made_object(h, tuple, 64);
        uint32_t function = made_object(h, m->function, 160);
        uint32_t request = made_object(h, m->node, 600);
        made_at(h, pair, 0x7f2000000000 + (uint64_t)n * 1024);
        append(m, callbacks, pair);
        append(m, pair, inner);
        append(m, inner, function);
        append(m, inner, request);
    }
}

static void test_callbacks_in_tuples_are_listeners(void **state)
{
    (void)state;
    assert_suspect(fill_callbacks, NULL, "listener-accumulation");
}

/* A function of the program that calls a method of this name. */
static void put_caller(moment *m, const char *called)
{
    made_heap *h = &m->heap;
    uint32_t code = made_object(h, made_type(h, "builtins", "code"), 200);
    uint32_t used = made_object(h, made_type(h, "builtins", "tuple"), 64);
    uint32_t function = global(m, "search", m->function, 0x7f0100000000);
    made_at(h, code, 0x7f0200000000);
    made_at(h, used, 0x7f0300000000);
    made_value(h, code, "search (/srv/shop/search.py:7)");
    made_edge(h, function, HF_EDGE_FIELD, "__code__", 0, code);
    made_edge(h, code, HF_EDGE_FIELD, "co_filename", 0, text(m, "/srv/shop/search.py"));
    made_edge(h, code, HF_EDGE_FIELD, "co_names", 0, used);
    made_edge(h, used, HF_EDGE_INDEX, NULL, 0, text(m, called));
}

/* Methods that native code refers to, and `connections` of sqlite3 that may have been given
 * them. */
static void fill_given_methods(moment *m, int connections, const char *called)
{
    made_heap *h = &m->heap;
    put_caller(m, called);
    uint32_t connection = made_type(h, "sqlite3", "Connection");
    uint32_t method = made_type(h, "builtins", "method");
    for (int n = 0; n < connections; n++)
        global(m, n ? "archive" : "index", connection, 0x7f1000000000 + (uint64_t)n * 4096);
    for (int n = 0; n < 100 + 100 * m->k; n++) {
        uint32_t one = placed(m, method, 64, 0x7f2000000000 + (uint64_t)n * 2048);
        uint32_t profile = placed(m, m->quote, 600, 0x7f2000000400 + (uint64_t)n * 2048);
        made_edge(h, one, HF_EDGE_FIELD, "__self__", 0, profile);
        h->objects[one].refcount++;
    }
}

static void fill_methods_of_a_connection(moment *m)
{
    fill_given_methods(m, 1, "create_function");
}

static void fill_methods_of_two(moment *m)
{
    fill_given_methods(m, 2, "create_function");
}

static void fill_methods_of_others(moment *m)
{
    fill_given_methods(m, 1, "execute");
}

static void assert_asks_what_registers(void (*fill)(moment *))
{
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].pattern, "c-refcount-leak");
    assert_non_null(strstr(d->suspects[0].path, "held by C code (no root)"));
    assert_non_null(strstr(d->suspects[0].fix, "take each back"));
    finish(d, graphs);
}

/* Classes of aggregates, which only C has references to. */
static void fill_aggregates(moment *m)
{
    made_heap *h = &m->heap;
    put_caller(m, "create_aggregate");
    global(m, "index", made_type(h, "sqlite3", "Connection"), 0x7f1000000000);
    uint32_t type = made_type(h, "builtins", "type");
    for (int n = 0; n < 100 + 100 * m->k; n++) {
        uint32_t one = placed(m, type, 1064, 0x7f2000000000 + (uint64_t)n * 2048);
        h->objects[one].refcount++;
    }
}

static void test_functions_that_sqlite_calls_are_told_by_the_connection(void **state)
{
    (void)state;
    assert_suspect(fill_methods_of_a_connection,
                   "module shop.pricing.index (functions that SQLite calls)",
                   "listener-accumulation");
    assert_suspect(fill_aggregates, "module shop.pricing.index (functions that SQLite calls)",
                   "listener-accumulation");
    assert_asks_what_registers(fill_methods_of_two);
    assert_asks_what_registers(fill_methods_of_others);
}

/* The same; of the methods that are there in the first and in the last snapshot so many addresses
 * stand in memory of C. */
static void fill_stored_methods(moment *m, uint64_t first, uint64_t last)
{
    fill_given_methods(m, 0, "changed");
    hf_surplus *row = &m->heap.info.check.surplus[1];
    for (uint32_t i = 0; i < m->heap.type_count; i++)
        if (strcmp(hf_strtab_get(&m->heap.names, m->heap.types[i].qualname), "method") == 0) {
            row->type = m->heap.types[i].address;
            for (uint32_t o = 0; o < m->heap.object_count; o++)
                if (m->heap.objects[o].type == i)
                    made_value(&m->heap, o, "Quote.changed (/srv/shop/pricing.py:3)");
        }
    row->objects = row->sampled = 100 + 100 * (uint64_t)m->k;
    row->stored = m->k ? last : first;
    row->binary = m->k ? made_name(&m->heap, "bus.so") : 0;
}

static void fill_kept_methods(moment *m)
{
    fill_stored_methods(m, 90, 90 + 90 * (uint64_t)m->k);
}

/* Those that came last are in no table, although most of all are. */
static void fill_lost_methods(moment *m)
{
    fill_stored_methods(m, 100, m->k < SNAPSHOTS - 1 ? 100 : 290);
}

static void test_what_c_code_has_in_its_memory_is_held(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_kept_methods, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].pattern, "listener-accumulation");
    assert_string_equal(d->suspects[0].path, "held by C: Quote.changed");
    assert_string_equal(d->suspects[0].site, "search.py:7 in search");
    assert_non_null(strstr(d->suspects[0].fix, "gives these to bus.so"));
    finish(d, graphs);
    assert_suspect(fill_lost_methods, NULL, "c-refcount-leak");
}

/* Streams whose buffers native code has behind a capsule each. */
static void fill_streams(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, "builtins", "PyCapsule");
    h->types[type].exact = false;
    uint32_t streams = global(m, "streams", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 100 * m->k; n++) {
        uint32_t stream = placed(m, m->node, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        append(m, streams, stream);
        made_edge(h, stream, HF_EDGE_ATTRIBUTE, "store", 0, made_object(h, type, 64));
    }
    h->info.anonymous += (uint64_t)m->k * (4u << 20);
}

static void test_native_memory_is_charged_to_who_has_the_capsules(void **state)
{
    (void)state;
    assert_suspect(fill_streams, "module shop.pricing.streams", "native-held");
}

/* One message of protobuf's C++ implementation, whose rows are nobody's objects. */
static void fill_message(moment *m)
{
    uint32_t type = made_type(&m->heap, "google.protobuf.pyext._message", "CMessage");
    global(m, "report", type, 0x7f1000000000);
    m->heap.info.anonymous += (uint64_t)m->k * (2u << 20);
}

static void test_native_memory_is_charged_to_the_message_that_has_it(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_message, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.report");
    assert_string_equal(d->suspects[0].pattern, "native-held");
    assert_non_null(strstr(d->suspects[0].fix, "Empty the message"));
    finish(d, graphs);
}

/* Documents that nobody holds, each in a cycle with a handle. */
static void fill_cycles(moment *m, bool collector_sees_handles)
{
    made_heap *h = &m->heap;
    h->types[m->node].flags |= HF_TYPE_HAS_GC;
    uint32_t handle_type = made_type(h, "native", "Handle");
    h->types[handle_type].flags = collector_sees_handles ? HF_TYPE_HAS_GC : 0;
    for (int n = 0; n < 40 + 40 * m->k; n++) {
        uint32_t document = made_object(h, m->node, 2000), handle = made_object(h, handle_type, 64);
        made_at(h, document, 0x7f2000000000 + (uint64_t)n * 4096);
        made_edge(h, document, HF_EDGE_ATTRIBUTE, "handle", 0, handle);
        made_edge(h, handle, HF_EDGE_FIELD, "owner", 0, document);
    }
}

static void fill_untold_cycles(moment *m)
{
    fill_cycles(m, false);
}

static void fill_told_cycles(moment *m)
{
    fill_cycles(m, true);
}

/* Rules, each with a function whose code has the rule among its constants where it `leads_back`. */
static void fill_rules(moment *m, bool leads_back)
{
    made_heap *h = &m->heap;
    uint32_t code_type = made_type(h, "builtins", "code");
    uint32_t tuple = made_type(h, "builtins", "tuple");
    h->types[m->node].flags = h->types[m->function].flags = h->types[tuple].flags = HF_TYPE_HAS_GC;
    for (int n = 0; n < 40 + 40 * m->k; n++) {
        uint32_t rule = placed(m, m->node, 2000, 0x7f2000000000 + (uint64_t)n * 4096);
        uint32_t check = made_object(h, m->function, 64);
        uint32_t code = made_object(h, code_type, 64), consts = made_object(h, tuple, 64);
        made_edge(h, rule, HF_EDGE_ATTRIBUTE, "check", 0, check);
        made_edge(h, check, HF_EDGE_FIELD, "__code__", 0, code);
        made_edge(h, check, HF_EDGE_FIELD, "__self__", 0, rule);
        made_edge(h, code, HF_EDGE_FIELD, "co_consts", 0, consts);
        append(m, consts, leads_back ? rule : text(m, "a constant"));
    }
}

static void fill_rules_in_code(moment *m)
{
    fill_rules(m, true);
}

static void fill_rules_beside_code(moment *m)
{
    fill_rules(m, false);
}

static void test_cycles_through_constants_of_code_are_never_freed(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_rules_in_code, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].pattern, "uncollectable");
    assert_non_null(strstr(d->suspects[0].path, "of shop.pages.Node through code.co_consts"));
    finish(d, graphs);
    assert_no_suspect(fill_rules_beside_code); /* the collector will come */
}

static void test_cycles_through_types_without_a_traversal_are_never_freed(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_untold_cycles, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].pattern, "uncollectable");
    assert_non_null(strstr(d->suspects[0].path, "native.Handle"));
    finish(d, graphs);
    assert_no_suspect(fill_told_cycles); /* the collector will come */
}

/* Jobs that live for three looks, in lists of those that began together; at the first look a
 * running call has them, too. */
static void fill_jobs(moment *m, bool more)
{
    made_heap *h = &m->heap;
    enum { EACH = 120 };
    uint32_t office = global(m, "office", m->node, 0x7f1000000000);
    h->info.anonymous += (uint64_t)m->k << 17; /* something else grows as well */
    static const char *const names[] = {"young", "old", "oldest"};
    for (int age = 0; age < 3; age++) {
        uint32_t list = made_object(h, m->list, 400);
        uint64_t generation = (uint64_t)(m->k + 3 - age);
        made_at(h, list, 0x7f2000000000 + (generation << 20));
        made_edge(h, office, HF_EDGE_ATTRIBUTE, names[age], 0, list);
        for (int n = 0; n < EACH * (more ? (int)generation : 1); n++) {
            uint32_t job =
                placed(m, m->quote, 1000, 0x7f3000000000 + (generation << 30) + (uint64_t)n * 1024);
            append(m, list, job);
        }
        if (m->k == 0)
            made_root(h, HF_ROOT_LOCAL, list, "jobs");
    }
}

static void fill_jobs_of_a_call(moment *m)
{
    fill_jobs(m, false);
}

static void fill_more_and_more_jobs(moment *m)
{
    fill_jobs(m, true);
}

static void test_what_only_changes_hands_is_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_jobs_of_a_call);
    assert_suspect(fill_more_and_more_jobs, NULL, NULL);
}

/* A heap of timers, of which those that were taken away go later. */
static void fill_timers(moment *m)
{
    uint32_t timers = global(m, "timers", m->list, 0x7f1000000000);
    for (int n = 100 * m->k; n < 3000 + 220 * m->k; n++) {
        uint32_t timer = placed(m, m->node, 160, 0x7f2000000000 + (uint64_t)n * 256);
        append(m, timers, timer);
    }
}

static void test_a_little_more_where_much_goes_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_timers, NULL);
}

/* An opinion on what one snapshot of this shows; parts: of the memory beside objects. */
static hf_diagnosis *opinion(void (*fill)(moment *m), hf_memory_part part, uint64_t bytes,
                             hf_graph **graph)
{
    moment m = {0};
    begin(&m, 2);
    m.heap.info.anonymous = 200u << 20;
    fill(&m);
    *graph = made_graph(&m.heap);
    (*graph)->memory.measured = true;
    (*graph)->memory.parts[part] = bytes;
    made_end(&m.heap);
    hf_diagnosis *d = NULL;
    made_check(hf_diagnose(graph, 1, &d));
    return d;
}

static void fill_tiles(moment *m)
{
    uint32_t type = made_type(&m->heap, "native", "Tile");
    m->heap.types[type].exact = false;
    uint32_t tiles = global(m, "tiles", m->list, 0x7f1000000000);
    for (int n = 0; n < 100; n++)
        append(m, tiles, made_object(&m->heap, type, 48));
}

static void test_native_memory_of_many_small_objects_is_an_opinion(void **state)
{
    (void)state;
    hf_graph *graph;
    hf_diagnosis *d = opinion(fill_tiles, HF_MEMORY_MALLOC_NATIVE, 10u << 20, &graph);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.tiles");
    assert_string_equal(d->suspects[0].pattern, "native-held");
    hf_diagnosis_free(d);
    hf_graph_free(graph);
    d = opinion(fill_tiles, HF_MEMORY_MALLOC_NATIVE, 2u << 20, &graph);
    assert_int_equal(d->suspect_count, 0); /* as much as libraries take that were imported */
    hf_diagnosis_free(d);
    hf_graph_free(graph);
    d = opinion(fill_tiles, HF_MEMORY_OTHER_BLOCKS, 4u << 20, &graph);
    assert_string_equal(d->suspects[0].pattern, "native-leak");
    assert_non_null(strstr(d->suspects[0].path, "Python's allocator"));
    hf_diagnosis_free(d);
    hf_graph_free(graph);
}

/* Contexts that lead to the one before by a list and a token. */
static void fill_contexts(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t token = made_type(h, "shop.pages", "Step");
    uint32_t above = global(m, "current", m->node, 0x7f1000000000);
    for (int n = 0; n < 200; n++) {
        uint32_t tokens = made_object(h, m->list, 200), step = made_object(h, token, 200);
        uint32_t context = made_object(h, m->node, 600);
        made_edge(h, above, HF_EDGE_ATTRIBUTE, "tokens", 0, tokens);
        append(m, tokens, step);
        made_edge(h, step, HF_EDGE_ATTRIBUTE, "before", 0, context);
        above = context;
    }
}

static void fill_array_of_objects(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t array = global(m, "events", made_type(h, "numpy", "ndarray"), 0x7f1000000000);
    for (int n = 0; n < 1000; n++)
        append(m, array, made_object(h, m->node, 300));
}

/* An object of an extension that leads to an array of references. */
static void fill_matcher(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, "wordmatch", "Matcher");
    h->types[type].exact = false;
    uint32_t matcher = global(m, "matcher", type, 0x7f1000000000);
    for (int n = 0; n < 1000; n++)
        made_edge(h, matcher, HF_EDGE_OFFSET, NULL, 16, made_object(h, m->node, 300));
}

/* One instance that has got hundreds of attributes, made of data. */
static void fill_made_attributes(moment *m)
{
    uint32_t settings = global(m, "settings", m->node, 0x7f1000000000);
    uint32_t attributes = made_object(&m->heap, m->dict, 4000);
    made_edge(&m->heap, settings, HF_EDGE_FIELD, "__dict__", 0, attributes);
    for (int n = 0; n < 400; n++)
        made_item(&m->heap, attributes, text(m, "client"), made_object(&m->heap, m->quote, 600));
    m->heap.objects[attributes].length = 400;
}

static void test_chains_by_tokens_and_arrays_of_objects_come_together(void **state)
{
    (void)state;
    hf_graph *graph;
    hf_diagnosis *d = opinion(fill_contexts, HF_MEMORY_MALLOC_NATIVE, 0, &graph);
    assert_true(d->suspect_count > 0);
    assert_non_null(strstr(d->suspects[0].path, "module shop.pricing.current"));
    hf_diagnosis_free(d);
    hf_graph_free(graph);
    d = opinion(fill_made_attributes, HF_MEMORY_MALLOC_NATIVE, 0, &graph);
    assert_true(d->suspect_count > 0);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.settings.__dict__");
    hf_diagnosis_free(d);
    hf_graph_free(graph);
    d = opinion(fill_array_of_objects, HF_MEMORY_MALLOC_NATIVE, 0, &graph);
    assert_true(d->suspect_count > 0);
    assert_non_null(strstr(d->suspects[0].path, "module shop.pricing.events"));
    hf_diagnosis_free(d);
    hf_graph_free(graph);
}

static void test_what_an_object_of_an_extension_has_in_an_array_comes_together(void **state)
{
    (void)state;
    hf_graph *graph;
    hf_diagnosis *d = opinion(fill_matcher, HF_MEMORY_MALLOC_NATIVE, 0, &graph);
    assert_true(d->suspect_count > 0);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.matcher");
    hf_diagnosis_free(d);
    hf_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_greenlets_that_wait_are_tasks),
        cmocka_unit_test(test_callbacks_in_tuples_are_listeners),
        cmocka_unit_test(test_functions_that_sqlite_calls_are_told_by_the_connection),
        cmocka_unit_test(test_what_c_code_has_in_its_memory_is_held),
        cmocka_unit_test(test_native_memory_is_charged_to_who_has_the_capsules),
        cmocka_unit_test(test_native_memory_is_charged_to_the_message_that_has_it),
        cmocka_unit_test(test_cycles_through_types_without_a_traversal_are_never_freed),
        cmocka_unit_test(test_cycles_through_constants_of_code_are_never_freed),
        cmocka_unit_test(test_what_only_changes_hands_is_not),
        cmocka_unit_test(test_a_little_more_where_much_goes_is_too_early),
        cmocka_unit_test(test_native_memory_of_many_small_objects_is_an_opinion),
        cmocka_unit_test(test_chains_by_tokens_and_arrays_of_objects_come_together),
        cmocka_unit_test(test_what_an_object_of_an_extension_has_in_an_array_comes_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
