/* Growth, turnover and what nobody holds, on made-up heaps. */
#include "moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void fill_cache(moment *m)
{
    uint32_t quotes_dict = global(m, "_quotes", m->dict, 0x7f1000000000);
    quotes(m, quotes_dict, 0, 1000 + 300 * m->k, 0x7f2000000000);
}

static void test_growing_dict_is_the_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_cache, graphs);
    assert_int_equal(d->verdict, HF_VERDICT_SUSPECTS);
    assert_true(d->suspect_count == 1);
    assert_non_null(strstr(d->suspects[0].path, "shop.pricing._quotes"));
    assert_string_equal(d->suspects[0].pattern, "unbounded-cache");
    assert_string_equal(d->suspects[0].type, "dict of shop.pricing.Quote");
    assert_non_null(strstr(d->suspects[0].evidence, "+1,200 entries in 8.0 s, none removed"));
    assert_int_equal(d->suspects[0].grown, 1200 * (600 + 64));
    finish(d, graphs);
}

static void fill_window(moment *m)
{
    uint32_t window = global(m, "recent", m->dict, 0x7f1000000000);
    quotes(m, window, 500 * m->k, 500 * m->k + 1000 + 40 * m->k, 0x7f2000000000);
}

static void test_sliding_window_is_not(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_window, graphs);
    assert_true(d->suspect_count == 0);
    assert_int_equal(d->verdict, HF_VERDICT_NO_LEAK);
    assert_true(d->smallest_rate > 0);
    finish(d, graphs);
}

/* What grew and was not blamed might hide a leak that is no larger. */
static void test_no_rate_is_promised_below_that_of_all_objects_together(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_window, graphs);
    assert_int_equal(d->verdict, HF_VERDICT_NO_LEAK);
    assert_int_equal(d->heap_grown, 160 * (600 + 64));
    assert_true(d->smallest_rate * d->seconds > (double)d->heap_grown - 1);
    assert_non_null(strstr(d->summary, "Nothing keeps growing; a leak of 19.8 KiB per second"));
    finish(d, graphs);
}

static void fill_warm_up(moment *m)
{
    static const int lengths[SNAPSHOTS] = {100, 1500, 1510, 1510, 1510};
    uint32_t tables = global(m, "tables", m->dict, 0x7f1000000000);
    quotes(m, tables, 0, lengths[m->k], 0x7f2000000000);
}

static void test_warm_up_that_levels_off_is_too_early(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_warm_up, graphs);
    assert_true(d->suspect_count == 0);
    assert_int_equal(d->verdict, HF_VERDICT_TOO_EARLY);
    assert_non_null(strstr(d->summary, "module shop.pricing.tables grew by 914.3 KiB in 8.0 s"));
    assert_non_null(strstr(d->summary, "--for 30s"));
    finish(d, graphs);
}

/* All of it is replaced from one snapshot to the next, by more. */
static void fill_work(moment *m)
{
    uint32_t work = global(m, "work", m->dict, 0x7f1000000000);
    quotes(m, work, 3000 * m->k, 3000 * m->k + 1000 + 300 * m->k, 0x7f2000000000);
}

static void test_growth_that_nothing_keeps_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_work, "All objects together grew by");
}

static void fill_up_to_bound(moment *m, const char *name, uint64_t bound)
{
    uint32_t recent = global(m, name, m->deque, 0x7f1000000000);
    made_heap *h = &m->heap;
    h->objects[recent].flags |= HF_OBJECT_BOUNDED;
    h->objects[recent].bound = bound;
    for (int n = 0; n < 1000 + 300 * m->k; n++) {
        uint32_t quote = placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 256);
        made_edge(h, recent, HF_EDGE_INDEX, NULL, (uint64_t)n, quote);
        h->objects[recent].length++;
    }
}

static void fill_bounded(moment *m)
{
    fill_up_to_bound(m, "recent", 5000);
}

static void fill_nearly_full(moment *m)
{
    fill_up_to_bound(m, "recent", 3000);
}

static void fill_queries_log(moment *m)
{
    fill_up_to_bound(m, "queries_log", 5000);
}

static void test_a_debugging_aid_is_the_suspect_although_bounded(void **state)
{
    (void)state;
    assert_suspect(fill_queries_log, NULL, "debug-instrumentation");
}

static void test_filling_up_to_a_bound_is_too_early(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_bounded, graphs);
    assert_true(d->suspect_count == 0);
    assert_int_equal(d->verdict, HF_VERDICT_TOO_EARLY);
    assert_non_null(
        strstr(d->summary, "stops at its bound, has 2,200 of 5,000 entries: look longer"));
    finish(d, graphs);
}

static void test_what_is_nearly_full_is_no_reason_to_look_longer(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_nearly_full, graphs);
    assert_true(d->suspect_count == 0);
    assert_int_equal(d->verdict, HF_VERDICT_NO_LEAK);
    assert_non_null(strstr(d->summary, "stops at its bound (2,200 of 3,000 entries)"));
    finish(d, graphs);
}

static void fill_garbage(moment *m)
{
    made_heap *h = &m->heap;
    h->info.python.gc_enabled = false;
    for (int n = 0; n < 200 + 200 * m->k; n++) {
        uint32_t parent = placed(m, m->node, 400, 0x7f3000000000 + (uint64_t)n * 1024);
        uint32_t child = made_object(h, m->node, 400);
        made_edge(h, parent, HF_EDGE_ATTRIBUTE, "child", 0, child);
        made_edge(h, child, HF_EDGE_ATTRIBUTE, "parent", 0, parent);
    }
}

static void test_cycles_with_the_collector_off(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_garbage, graphs);
    assert_true(d->suspect_count == 1);
    assert_string_equal(d->suspects[0].pattern, "cycle-gc-off");
    assert_string_equal(d->suspects[0].type, "shop.pages.Node");
    finish(d, graphs);
}

/* The program calls gc.collect() now and then, and finds so much each time. */
static void fill_garbage_between_rounds(moment *m, uint64_t found)
{
    enum { ROUNDS = 20 };
    fill_garbage(m);
    for (uint32_t i = 0; i < m->heap.object_count; i++)
        m->heap.objects[i].flags |= HF_OBJECT_TRACKED;
    m->heap.info.python.collector.statistics[2] = (hf_collections){ROUNDS, ROUNDS * found, 0};
}

static void fill_garbage_of_a_round(moment *m)
{
    fill_garbage_between_rounds(m, 1500);
}

static void fill_garbage_of_many_rounds(moment *m)
{
    fill_garbage_between_rounds(m, 300);
}

/* Without a GIL each collection that the interpreter began by itself, before it was turned off,
 * was a full one. */
static void fill_garbage_without_a_gil(moment *m)
{
    fill_garbage_between_rounds(m, 1500);
    hf_collector_info *collector = &m->heap.info.python.collector;
    collector->kind = HF_COLLECTOR_FREE_THREADED;
    collector->statistics[0] = (hf_collections){180, 0, 0};
}

static void test_garbage_that_waits_for_the_programs_own_call_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_garbage_of_a_round, NULL);
    assert_no_suspect(fill_garbage_without_a_gil);
    assert_suspect(fill_garbage_of_many_rounds, NULL, NULL);
}

static void fill_collected(moment *m)
{
    fill_garbage(m);
    m->heap.types[m->node].flags |= HF_TYPE_HAS_GC;
    m->heap.info.python.gc_enabled = true;
}

static void test_garbage_that_waits_for_the_collector_is_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_collected);
}

static void fill_native(moment *m)
{
    m->heap.info.anonymous += (uint64_t)m->k * (2u << 20);
}

static void test_native_growth_without_owner(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_native, graphs);
    assert_true(d->suspect_count == 1);
    assert_string_equal(d->suspects[0].pattern, "native-leak");
    assert_int_equal(d->suspects[0].grown, 8u << 20);
    finish(d, graphs);
}

/* Connections with native memory of their own come and go: what they leave free lies
 * between others. */
static void fill_holes(moment *m)
{
    fill_native(m);
    m->kept_free = (uint64_t)(m->k + 1) * (2u << 20);
    m->heap.info.rss += (uint64_t)m->k * (2u << 20);
}

static void test_what_malloc_keeps_free_is_no_native_leak(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_holes, graphs);
    assert_int_equal(d->suspect_count, 0);
    assert_non_null(strstr(d->summary, "the allocators keep 8.0 MiB more free"));
    finish(d, graphs);
}

/* The other way round: the process takes nothing, since what leaks fills what was free. */
static void fill_the_holes(moment *m)
{
    m->kept_free = (uint64_t)(SNAPSHOTS - m->k) * (2u << 20);
}

static void test_a_native_leak_into_what_was_free_is_seen(void **state)
{
    (void)state;
    assert_suspect(fill_the_holes, NULL, "native-leak");
}

static void fill_threads(moment *m)
{
    fill_native(m);
    for (int n = 0; n < 4 + 100 * m->k; n++)
        made_thread(&m->heap, "worker", "wait (shop.py:3)");
}

static void test_stacks_of_new_threads_are_no_native_leak(void **state)
{
    (void)state;
    assert_no_suspect(fill_threads);
}

/* Each item of a registry has a list that grows a little: one finding, not hundreds. */
static void fill_histories(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t cars = global(m, "cars", m->list, 0x7f1000000000);
    for (int n = 0; n < 100; n++) {
        uint32_t car = placed(m, m->quote, 64, 0x7f4000000000 + (uint64_t)n * 65536);
        uint32_t history = made_object(h, m->list, 400);
        made_edge(h, cars, HF_EDGE_INDEX, NULL, (uint64_t)n, car);
        made_edge(h, car, HF_EDGE_ATTRIBUTE, "history", 0, history);
        for (int j = 0; j < 10 + 5 * m->k; j++) {
            made_edge(h, history, HF_EDGE_INDEX, NULL, (uint64_t)j, made_object(h, m->node, 200));
            h->objects[history].length++;
        }
    }
    h->objects[cars].length = 100;
}

static void test_many_small_growers_of_one_shape_are_one_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_histories, graphs);
    assert_true(d->suspect_count == 1);
    assert_non_null(strstr(d->suspects[0].path, ".history"));
    assert_non_null(strstr(d->suspects[0].path, "cars"));
    assert_int_equal(d->suspects[0].grown, 100 * 20 * 200);
    finish(d, graphs);
}

static void hold_by_c(moment *m, int count)
{
    made_heap *h = &m->heap;
    for (int n = 0; n < count; n++) {
        uint32_t fields = placed(m, m->list, 120, 0x7f5000000000 + (uint64_t)n * 512);
        made_edge(h, fields, HF_EDGE_INDEX, NULL, 0, text(m, "under way"));
        h->objects[fields].length = 1;
        made_held(h, fields, 1);
    }
}

static void fill_held_by_c(moment *m)
{
    hold_by_c(m, 100 + 300 * m->k);
}

/* list.sort() takes the items out of the list for as long as it works. */
static void fill_being_sorted(moment *m)
{
    hold_by_c(m, m->k == SNAPSHOTS - 1 ? 1300 : 0);
}

static void test_what_a_call_of_c_works_on_is_no_leak(void **state)
{
    (void)state;
    assert_no_suspect(fill_being_sorted);
}

/* A table of an extension that is complete. */
static void fill_table_of_c(moment *m)
{
    static const int count[SNAPSHOTS] = {100, 700, 1300, 1300, 1300};
    hold_by_c(m, count[m->k]);
}

static void test_what_native_code_has_filled_is_no_leak(void **state)
{
    (void)state;
    assert_no_suspect(fill_table_of_c);
}

static void test_references_that_native_code_did_not_drop(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_held_by_c, graphs);
    assert_true(d->suspect_count == 1);
    assert_string_equal(d->suspects[0].pattern, "c-refcount-leak");
    assert_string_equal(d->suspects[0].type, "list with str");
    finish(d, graphs);
}

/* Cycles through objects of an extension whose references only the collector knows: whether they
 * are garbage shows when it has been there. */
static void fill_cycles_through_an_extension(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t validator = made_type(h, "fastmodels", "Validator");
    h->types[validator].exact = false;
    h->types[validator].flags = 1u << 14;
    for (int n = 0; n < 100 + 300 * m->k; n++) {
        uint32_t native = placed(m, validator, 400, 0x7f5000000000 + (uint64_t)n * 1024);
        uint32_t fields = placed(m, m->list, 120, 0x7f5000000200 + (uint64_t)n * 1024);
        made_edge(h, fields, HF_EDGE_INDEX, NULL, 0, native);
        h->objects[fields].length = 1;
        made_held(h, fields, 1);
    }
}

static void fill_cycles_that_survive(moment *m)
{
    fill_cycles_through_an_extension(m);
    m->heap.info.python.collector.statistics[2].collections = (uint64_t)m->k;
}

static void test_what_only_the_collector_knows_waits_for_it(void **state)
{
    (void)state;
    assert_too_early(fill_cycles_through_an_extension,
                     "perhaps garbage that a full collection frees, grew by ");
}

static void test_what_survives_full_collections_is_no_garbage(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_cycles_that_survive, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_int_equal(d->verdict, HF_VERDICT_SUSPECTS);
    finish(d, graphs);
}

/* Two tuples at the same places: one with the same item, one with another each time. */
static hf_graph *two_tuples(int k)
{
    moment m = {0};
    begin(&m, k);
    made_heap *h = &m.heap;
    uint32_t tuple = made_type(h, "builtins", "tuple");
    h->types[tuple].flags = 1u << 26;
    uint32_t kept = placed(&m, tuple, 64, 0x7f6000000000);
    uint32_t reused = placed(&m, tuple, 64, 0x7f6000000100);
    uint32_t item = placed(&m, m.node, 64, 0x7f6000000200);
    uint32_t other = placed(&m, m.node, 64, 0x7f6000001000 + (uint64_t)k * 64);
    made_edge(h, kept, HF_EDGE_INDEX, NULL, 0, item);
    made_edge(h, reused, HF_EDGE_INDEX, NULL, 0, other);
    hf_graph *g = made_graph(h);
    made_end(h);
    return g;
}

/* Of two objects at one place each in both graphs, the second is another one in the later graph.
 * Frees the graphs. */
static void assert_only_the_first_is_the_same(hf_graph **graphs)
{
    hf_timeline *timeline = NULL;
    made_check(hf_timeline_build(graphs, 2, &timeline));
    assert_int_equal(timeline->born[hf_graph_find(graphs[1], 0x7f6000000000)], 0);
    assert_int_equal(timeline->born[hf_graph_find(graphs[1], 0x7f6000000100)], 1);
    hf_timeline_free(timeline);
    hf_graph_free(graphs[0]);
    hf_graph_free(graphs[1]);
}

static void test_tuple_with_other_items_is_another_tuple(void **state)
{
    (void)state;
    hf_graph *graphs[] = {two_tuples(0), two_tuples(1)};
    assert_only_the_first_is_the_same(graphs);
}

/* Two lists at the same places: one keeps an item and gets another, one has others each time. */
static hf_graph *two_lists(int k)
{
    moment m = {0};
    begin(&m, k);
    made_heap *h = &m.heap;
    h->types[m.list].flags = 1u << 25;
    uint32_t kept = placed(&m, m.list, 64, 0x7f6000000000);
    uint32_t reused = placed(&m, m.list, 64, 0x7f6000000100);
    uint32_t item = placed(&m, m.node, 64, 0x7f6000000200);
    made_edge(h, kept, HF_EDGE_INDEX, NULL, 0, item);
    for (int n = 0; n <= k; n++) {
        uint32_t other =
            placed(&m, m.node, 64, 0x7f6000001000 + (uint64_t)k * 0x1000 + (uint64_t)n * 64);
        made_edge(h, kept, HF_EDGE_INDEX, NULL, (uint64_t)n + 1, other);
        made_edge(h, reused, HF_EDGE_INDEX, NULL, (uint64_t)n, other);
    }
    hf_graph *g = made_graph(h);
    made_end(h);
    return g;
}

static void test_list_that_kept_no_item_is_another_list(void **state)
{
    (void)state;
    hf_graph *graphs[] = {two_lists(0), two_lists(1)};
    assert_only_the_first_is_the_same(graphs);
}

/* Two dicts at the same places: one keeps its keys and gets another, and has them once more as its
 * order; one has other keys each time, and the same value. */
static hf_graph *two_dicts(int k)
{
    enum { KEYS = 40 };
    moment m = {0};
    begin(&m, k);
    made_heap *h = &m.heap;
    uint32_t kept = made_object(h, m.dict, 64), reused = made_object(h, m.dict, 64);
    made_at(h, kept, 0x7f6000000000);
    made_at(h, reused, 0x7f6000000100);
    uint32_t value = placed(&m, m.node, 64, 0x7f6000000200);
    uint32_t keys[KEYS];
    for (int n = 0; n < KEYS - 1 + k; n++) {
        keys[n] = made_object(h, m.node, 64);
        made_at(h, keys[n], 0x7f6000001000 + (uint64_t)n * 64);
        made_item(h, kept, keys[n], value);
        uint32_t other =
            placed(&m, m.node, 64, 0x7f6000100000 + (uint64_t)k * 0x10000 + (uint64_t)n * 64);
        made_item(h, reused, other, value);
    }
    for (int n = 0; n < KEYS - 1 + k; n++)
        made_edge(h, kept, HF_EDGE_FIELD, "order", 0, keys[n]);
    hf_graph *g = made_graph(h);
    made_end(h);
    return g;
}

static void test_dict_that_kept_no_key_is_another_dict(void **state)
{
    (void)state;
    hf_graph *graphs[] = {two_dicts(0), two_dicts(1)};
    assert_only_the_first_is_the_same(graphs);
}

/* log.head -> newest -> ... -> oldest: the attribute is the culprit, not what hangs
 * in the chain. */
static void fill_chain(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t log = global(m, "log", m->quote, 0x7f1000000000);
    uint32_t before = HF_NO_OBJECT;
    for (int n = 0; n < 500 + 500 * m->k; n++) {
        uint32_t entry = placed(m, m->node, 200, 0x7f8000000000 + (uint64_t)n * 256);
        if (before != HF_NO_OBJECT)
            made_edge(h, entry, HF_EDGE_ATTRIBUTE, "previous", 0, before);
        before = entry;
    }
    made_edge(h, log, HF_EDGE_ATTRIBUTE, "head", 0, before);
}

static void test_chain_is_named_by_the_attribute_that_has_it(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_chain, graphs);
    assert_true(d->suspect_count == 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.log.head");
    assert_int_equal(d->suspects[0].grown, 2000 * 200);
    finish(d, graphs);
}

/* The same in a process that has run for an hour: the oldest link, at the end, holds nothing, and
 * that does not say that the chain is young. */
static void fill_old_chain(moment *m)
{
    fill_chain(m);
    m->heap.info.age = (uint64_t)3600 * SECOND;
}

static void test_a_chain_is_as_old_as_its_links(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_old_chain, graphs);
    assert_int_equal(d->verdict, HF_VERDICT_SUSPECTS);
    finish(d, graphs);
}

/* A list of events that a service has at this place. */
static void put_pending(moment *m, int length, uint64_t place)
{
    uint32_t service = global(m, "service", m->quote, 0x7f1000000000);
    uint32_t pending = placed(m, m->list, 400, place);
    made_edge(&m->heap, service, HF_EDGE_ATTRIBUTE, "pending", 0, pending);
    for (int n = 0; n < length; n++)
        append(m, pending, placed(m, m->node, 400, place + 0x10000 + (uint64_t)n * 1024));
}

/* A buffer that is handed on and begun anew: no list ever shrinks, and nothing is kept. */
static void fill_batches(moment *m)
{
    static const int lengths[SNAPSHOTS] = {300, 900, 200, 900, 2500};
    put_pending(m, lengths[m->k], 0x7f5000000000 + (m->k < 2 ? 0 : 0x10000000));
}

static void test_a_list_that_is_begun_anew_is_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_batches);
}

/* The same, and the first look came just after it was handed on. */
static void fill_batches_from_few(moment *m)
{
    static const int lengths[SNAPSHOTS] = {4, 600, 1100, 1900, 2500};
    put_pending(m, lengths[m->k], 0x7f5000000000 + (uint64_t)m->k * 0x10000000);
}

static void test_a_list_that_had_few_when_we_began_to_look_is_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_batches_from_few);
}

/* A dict of handlers that is replaced by a copy with some more, at two addresses by turns;
 * where the last one lies, another dict had been. */
static void fill_copies(moment *m)
{
    made_heap *h = &m->heap;
    uint64_t here = 0x7f5000000000, there = 0x7f5000100000;
    uint32_t service = global(m, "service", m->quote, 0x7f1000000000);
    uint32_t other = made_object(h, m->dict, 400), handlers = made_object(h, m->dict, 400);
    made_at(h, other, m->k == 0 ? here : 0x7f5000200000);
    made_at(h, handlers, m->k == 0 || m->k == 3 ? there : here);
    made_edge(h, service, HF_EDGE_ATTRIBUTE, "names", 0, other);
    made_edge(h, service, HF_EDGE_ATTRIBUTE, "handlers", 0, handlers);
    quotes(m, other, 100000, 100031, 0x7f6000000000);
    int count = 300 * (1 + m->k);
    quotes(m, handlers, 0, count, 0x7f2000000000);
    for (int n = 0; n < count; n++) /* the last that were made */
        made_at(h, h->object_count - 1 - 2 * (uint32_t)n,
                0x7f7000000000 + 1024 * (uint64_t)(count - n));
    h->objects[handlers].length = (uint64_t)count;
}

/* An OrderedDict refers to each key twice, and after all entries once more, in their order. */
static void fill_ordered_dict(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t titles = global(m, "titles", m->dict, 0x7f1000000000);
    int count = 300 * (1 + m->k);
    quotes(m, titles, 0, count, 0x7f2000000000);
    for (int n = 0; n < count; n++) {
        uint32_t key = text(m, "link");
        made_at(h, key, 0x7f7000000000 + ((uint64_t)m->k << 24) + 64 * (uint64_t)n);
        made_edge(h, titles, HF_EDGE_FIELD, "order", 0, key);
    }
    h->objects[titles].length = (uint64_t)count;
}

static void test_an_ordered_dict_is_known_by_its_keys(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_ordered_dict, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.titles");
    assert_non_null(strstr(d->suspects[0].evidence, " in 3,900 objects")); /* without itself */
    finish(d, graphs);
}

static void test_a_dict_that_is_replaced_by_a_longer_copy_is_the_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_copies, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.service.handlers");
    assert_string_equal(d->suspects[0].pattern, "listener-accumulation");
    assert_string_equal(d->suspects[0].type, "dict of shop.pricing.Quote");
    assert_int_equal(d->suspects[0].length, 1500);
    finish(d, graphs);
}

/* Appended to, with some that go from the middle. */
static void fill_appended(moment *m)
{
    made_heap *h = &m->heap;
    h->types[m->list].flags = 1u << 25;
    uint32_t log = global(m, "log", m->list, 0x7f1000000000);
    for (int n = 0; n < 2000 + 1500 * m->k; n++) {
        if (n % 10 == 3 && n < 1500 * m->k)
            continue;
        uint32_t row = placed(m, m->node, 400, 0x7f5000000000 + (uint64_t)(n * 7919 % 10007) * 512);
        append(m, log, row);
    }
}

static void test_a_list_that_loses_some_is_the_suspect(void **state)
{
    (void)state;
    assert_suspect(fill_appended, "module shop.pricing.log", NULL);
}

/* A capped registry: members go, and their places are taken by others that have more in hand; as
 * many have less. Seen by address, old members grew. */
static void fill_places(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t sessions = global(m, "sessions", m->list, 0x7f1000000000);
    int from = m->k < 2 ? 0 : 500;
    for (int n = from; n < from + 1000; n++) {
        uint32_t session = placed(m, m->quote, 200, 0x7f4000000000 + (uint64_t)n * 65536);
        made_edge(h, sessions, HF_EDGE_INDEX, NULL, (uint64_t)(n - from), session);
        bool filled = n < (m->k < 2 ? 500 : m->k == 2 ? 750 : 1000);
        if (filled) {
            uint32_t cart = placed(m, m->node, 600, 0x7f4000008000 + (uint64_t)n * 65536);
            made_edge(h, session, HF_EDGE_ATTRIBUTE, "cart", 0, cart);
        }
    }
    h->objects[sessions].length = 1000;
}

static void test_members_at_reused_addresses_are_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_places);
}

/* Loaded once while we looked. */
static void fill_table(moment *m)
{
    uint32_t table = global(m, "table", m->dict, 0x7f1000000000);
    quotes(m, table, 0, m->k < 3 ? 20000 : 23000, 0x7f2000000000);
}

static void test_growth_in_one_interval_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_table, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growing_dict_is_the_suspect),
        cmocka_unit_test(test_sliding_window_is_not),
        cmocka_unit_test(test_no_rate_is_promised_below_that_of_all_objects_together),
        cmocka_unit_test(test_warm_up_that_levels_off_is_too_early),
        cmocka_unit_test(test_growth_that_nothing_keeps_is_too_early),
        cmocka_unit_test(test_filling_up_to_a_bound_is_too_early),
        cmocka_unit_test(test_what_is_nearly_full_is_no_reason_to_look_longer),
        cmocka_unit_test(test_an_ordered_dict_is_known_by_its_keys),
        cmocka_unit_test(test_a_debugging_aid_is_the_suspect_although_bounded),
        cmocka_unit_test(test_cycles_with_the_collector_off),
        cmocka_unit_test(test_garbage_that_waits_for_the_programs_own_call_is_too_early),
        cmocka_unit_test(test_garbage_that_waits_for_the_collector_is_not),
        cmocka_unit_test(test_native_growth_without_owner),
        cmocka_unit_test(test_what_malloc_keeps_free_is_no_native_leak),
        cmocka_unit_test(test_a_native_leak_into_what_was_free_is_seen),
        cmocka_unit_test(test_stacks_of_new_threads_are_no_native_leak),
        cmocka_unit_test(test_what_native_code_has_filled_is_no_leak),
        cmocka_unit_test(test_references_that_native_code_did_not_drop),
        cmocka_unit_test(test_what_a_call_of_c_works_on_is_no_leak),
        cmocka_unit_test(test_what_only_the_collector_knows_waits_for_it),
        cmocka_unit_test(test_what_survives_full_collections_is_no_garbage),
        cmocka_unit_test(test_tuple_with_other_items_is_another_tuple),
        cmocka_unit_test(test_list_that_kept_no_item_is_another_list),
        cmocka_unit_test(test_dict_that_kept_no_key_is_another_dict),
        cmocka_unit_test(test_chain_is_named_by_the_attribute_that_has_it),
        cmocka_unit_test(test_a_chain_is_as_old_as_its_links),
        cmocka_unit_test(test_many_small_growers_of_one_shape_are_one_suspect),
        cmocka_unit_test(test_a_list_that_is_begun_anew_is_not),
        cmocka_unit_test(test_a_dict_that_is_replaced_by_a_longer_copy_is_the_suspect),
        cmocka_unit_test(test_a_list_that_had_few_when_we_began_to_look_is_not),
        cmocka_unit_test(test_a_list_that_loses_some_is_the_suspect),
        cmocka_unit_test(test_members_at_reused_addresses_are_not),
        cmocka_unit_test(test_growth_in_one_interval_is_too_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
