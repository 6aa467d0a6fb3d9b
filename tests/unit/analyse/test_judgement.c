/* What is a leak and what only looks like one: little time, memory that lies free, values that are
 * replaced, members at reused addresses, work under way. */
#include "moment.h"

/* A tool that was kept from its work made up for it: four looks, and only two of the intervals
 * between them had time for anything. */
static void squeeze(moment *m)
{
    static const int tenths[SNAPSHOTS] = {0, 20, 21, 22, 80};
    m->heap.info.freeze.taken_at = SECOND + (uint64_t)tenths[m->k] * (SECOND / 10);
}

static void fill_squeezed_table(moment *m)
{
    squeeze(m);
    uint32_t table = global(m, "table", m->dict, 0x7f1000000000);
    quotes(m, table, 0, m->k < 1 ? 20000 : 23000, 0x7f2000000000);
}

static void test_growth_in_one_of_two_squeezed_intervals_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_squeezed_table, "module shop.pricing.table grew by");
}

static void fill_squeezed_cache(moment *m)
{
    static const int lengths[SNAPSHOTS] = {1000, 1300, 1300, 1300, 1900};
    squeeze(m);
    uint32_t cache = global(m, "cache", m->dict, 0x7f1000000000);
    quotes(m, cache, 0, lengths[m->k], 0x7f2000000000);
}

/* That nothing came where there was no time for it says nothing. */
static void test_growth_in_all_but_the_squeezed_intervals_is_a_leak(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_squeezed_cache, graphs);
    assert_int_equal(d->verdict, HF_VERDICT_SUSPECTS);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.cache");
    finish(d, graphs);
}

/* `count` objects of 200 bytes stay of each pool of 16 KB that a step has filled, and the process
 * keeps the pool. */
static void fill_pools(moment *m, int count)
{
    enum { POOL = 16384, POOLS = 100 };
    made_heap *h = &m->heap;
    h->types[m->list].flags = 1u << 25;
    uint32_t kept = global(m, "kept", m->list, 0x7f1000000000);
    for (int pool = 0; pool < POOLS * (1 + m->k); pool++) {
        for (int n = 0; n < count; n++) {
            uint32_t row =
                placed(m, m->node, 200, 0x7f5000000000 + (uint64_t)pool * POOL + (uint64_t)n * 256);
            append(m, kept, row);
        }
    }
    h->info.anonymous += (uint64_t)POOLS * POOL * (uint64_t)m->k;
}

static void fill_survivors(moment *m)
{
    fill_pools(m, 2);
}

static void test_survivors_that_pin_pools_are_fragmentation(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_survivors, graphs);
    assert_int_equal(d->verdict, HF_VERDICT_SUSPECTS);
    assert_string_equal(d->suspects[0].pattern, "fragmentation");
    assert_non_null(strstr(d->suspects[0].path, "pinned by survivors in module shop.pricing.kept"));
    assert_int_equal(d->suspects[0].grown, 400 * (16384 - 2 * 200));
    finish(d, graphs);
}

/* The holes are as many as before, as measured; pools of `gone` bytes a look had a batch in them at
 * first. */
static void fill_measured_pools(moment *m, uint64_t gone)
{
    const uint64_t holes = (uint64_t)m->k * 1600000;
    fill_pools(m, 2);
    m->kept_free = 1 << 20;
    m->free_blocks = (2u << 20) + holes;
    m->object_blocks = (30u << 20) - (uint64_t)m->k * gone;
}

static void fill_pools_that_came(moment *m)
{
    fill_measured_pools(m, 0);
}

static void fill_pools_of_a_dropped_batch(moment *m)
{
    fill_measured_pools(m, 1600000);
}

static bool is_fragmentation(void (*fill)(moment *m))
{
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill, graphs);
    bool found = false;
    for (size_t k = 0; k < d->suspect_count; k++)
        found |= strcmp(d->suspects[k].pattern, "fragmentation") == 0;
    finish(d, graphs);
    return found;
}

/* The process grew by as much in either case: in one of them it was something else that did. */
static void test_holes_that_a_dropped_batch_left_are_not(void **state)
{
    (void)state;
    assert_true(is_fragmentation(fill_pools_that_came));
    assert_false(is_fragmentation(fill_pools_of_a_dropped_batch));
}

static void fill_holes_of_garbage(moment *m)
{
    fill_pools(m, 2);
    m->heap.info.anonymous = (50u << 20) + (uint64_t)m->k * (300 << 10);
}

/* The process grew by a little: nearly all of the holes lie where garbage lay before. */
static void test_holes_in_memory_that_was_there_before_are_not(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_holes_of_garbage, graphs);
    for (size_t k = 0; k < d->suspect_count; k++)
        assert_string_not_equal(d->suspects[k].pattern, "fragmentation");
    finish(d, graphs);
}

static void fill_leak_among_free_blocks(moment *m)
{
    fill_pools(m, 24);
}

/* The holes are there because of what leaks between them. */
static void test_a_leak_that_lies_between_free_blocks_is_no_fragmentation(void **state)
{
    (void)state;
    assert_suspect(fill_leak_among_free_blocks, "module shop.pricing.kept", "collection-growth");
}

/* A text that is another, of other size, at each look. */
static void put_transcript(moment *m, uint64_t bytes, const char *begin)
{
    made_heap *h = &m->heap;
    uint32_t key = text(m, "transcript");
    made_at(h, key, 0x7f1000000000);
    uint32_t value = placed(m, m->str, bytes, 0x7f2000000000 + (uint64_t)m->k * (1 << 20));
    made_value(h, value, begin);
    made_item(h, m->globals, key, value);
}

static void fill_transcript(moment *m)
{
    put_transcript(m, 50000 * (uint64_t)(m->k + 2), "Welcome to the shop");
}

static void test_a_text_that_is_added_to_is_a_buffer_that_grows(void **state)
{
    (void)state;
    assert_suspect(fill_transcript, "module shop.pricing.transcript", "buffer-growth");
}

static void fill_last_page(moment *m)
{
    static const uint64_t bytes[SNAPSHOTS] = {100000, 250000, 150000, 200000, 300000};
    put_transcript(m, bytes[m->k], "Welcome to the shop");
}

static void fill_other_pages(moment *m)
{
    char begin[32];
    snprintf(begin, sizeof(begin), "Page %d", m->k);
    put_transcript(m, 50000 * (uint64_t)(m->k + 2), begin);
}

static void test_a_text_that_is_replaced_by_others_is_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_last_page);
    assert_no_suspect(fill_other_pages);
}

/* A list for each device of each customer: `per_step` items more at each look in those of even
 * number, and in the others as many more or less. */
static void fill_devices(moment *m, int odd_step)
{
    made_heap *h = &m->heap;
    uint32_t customers = global(m, "customers", m->dict, 0x7f1000000000);
    for (int n = 0; n < 20; n++) {
        uint32_t devices = placed(m, m->dict, 400, 0x7f2000000000 + (uint64_t)n * (1 << 24));
        made_item(h, customers, text(m, "customer"), devices);
        for (int j = 0; j < 20; j++) {
            uint32_t samples =
                placed(m, m->list, 400,
                       0x7f2000100000 + (uint64_t)n * (1 << 24) + (uint64_t)j * (1 << 16));
            made_item(h, devices, text(m, "device"), samples);
            int length = 40 + (j % 2 ? odd_step : 2) * m->k;
            for (int i = 0; i < length; i++)
                append(m, samples, made_object(h, m->node, 200));
        }
    }
}

static void fill_growing_devices(moment *m)
{
    fill_devices(m, 2);
}

static void test_many_small_growers_below_nested_collections_are_one_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_growing_devices, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.customers[*][*]");
    assert_non_null(strstr(d->suspects[0].evidence, "400 like this one"));
    assert_int_equal(d->suspects[0].grown, 400 * 8 * 200);
    finish(d, graphs);
}

/* 40 lists in dicts in a dict, each larger than what is told by itself, and a small part
 * of the whole. */
static void fill_large_parts(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t channels = global(m, "channels", m->dict, 0x7f1000000000);
    for (int n = 0; n < 40; n++) {
        uint32_t channel = placed(m, m->dict, 400, 0x7f2000000000 + (uint64_t)n * (1 << 24));
        made_item(h, channels, text(m, "channel"), channel);
        uint32_t titles = placed(m, m->list, 400, 0x7f2000100000 + (uint64_t)n * (1 << 24));
        made_item(h, channel, text(m, "titles"), titles);
        for (int i = 0; i < 40 + 40 * m->k; i++)
            append(m, titles, made_object(h, m->node, 1000));
    }
}

static void test_many_large_growers_of_one_shape_are_one_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_large_parts, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.channels[*][*]");
    assert_int_equal(d->suspects[0].grown, 40 * 160 * 1000);
    finish(d, graphs);
}

static void fill_breathing_devices(moment *m)
{
    fill_devices(m, -2);
}

static void test_what_some_lose_and_others_get_is_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_breathing_devices);
}

/* Lists that are new, and that a module and a running call share: no call alone holds them. */
static void fill_shared_with_calls(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t thread = made_thread(h, "worker", "serve (shop.py:3)");
    uint32_t request = placed(m, m->quote, 3000, 0x7f4000000000 + (uint64_t)m->k * 4096);
    made_root_at(h, HF_ROOT_LOCAL, request, "request", "serve (shop.py:3)", thread);
    uint32_t call = placed(m, m->quote, 64, 0x7f3000000000);
    made_root_at(h, HF_ROOT_LOCAL, call, "self", "run (shop.py:9)", thread);
    for (int n = 0; n < (m->k + 1) * 100; n++) {
        uint32_t rows = placed(m, m->list, 2000, 0x7f5000000000 + (uint64_t)n * 4096);
        made_edge(h, call, HF_EDGE_ATTRIBUTE, "rows", 0, rows);
        made_edge(h, m->globals, HF_EDGE_ATTRIBUTE, "rows", 0, rows);
    }
}

static void test_what_calls_share_is_not_theirs(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_shared_with_calls, graphs);
    for (size_t k = 0; k < d->suspect_count; k++)
        assert_null(strstr(d->suspects[k].path, "request"));
    finish(d, graphs);
}

/* Lists that running calls hold, each of a thread of its own: `first` is the oldest,
 * each is of the look `n` / 100. */
static void hold_by_calls(moment *m, int first)
{
    made_heap *h = &m->heap;
    for (int n = first * 100; n < (m->k + 1) * 100; n++) {
        uint32_t rows = placed(m, m->list, 2000, 0x7f5000000000 + (uint64_t)n * 4096);
        uint32_t thread = made_thread(h, "worker", "serve (shop.py:3)");
        made_root_at(h, HF_ROOT_LOCAL, rows, "rows", "serve (shop.py:3)", thread);
    }
}

/* Calls last for two looks; of late there are more. */
static void fill_calls_under_way(moment *m)
{
    hold_by_calls(m, m->k < 3 ? m->k : 3);
}

static void fill_calls_that_stay(moment *m)
{
    hold_by_calls(m, 0);
}

static void test_what_calls_under_way_hold_is_not(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    assert_no_suspect(fill_calls_under_way);
    hf_diagnosis *d = diagnose(fill_calls_that_stay, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_non_null(strstr(d->suspects[0].path, "rows"));
    finish(d, graphs);
}

/* A window of a thousand pairs, each with a dict, full from the beginning: members go,
 * and others come to their places in memory, by and by with more in hand or, as many, with less.
 * Beside it one object has another container that grows. */
static void fill_window_of_pairs(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t tuple = made_type(h, "builtins", "tuple");
    uint32_t owners = global(m, "owners", m->dict, 0x7f1000000000);
    uint32_t owner = made_object(h, m->quote, 64);
    made_item(h, owners, text(m, "first"), owner);
    uint32_t window = placed(m, m->deque, 400, 0x7f1100000000);
    made_edge(h, owner, HF_EDGE_ATTRIBUTE, "window", 0, window);
    uint32_t log = placed(m, m->dict, 400, 0x7f1200000000);
    made_edge(h, owner, HF_EDGE_ATTRIBUTE, "log", 0, log);
    quotes(m, log, 0, 1000 + 400 * m->k, 0x7f2000000000);
    int filled = 500 + 100 * m->k;
    for (int n = m->k * 100; n < 1000 + m->k * 100; n++) {
        uint32_t pair = placed(m, tuple, 64, 0x7f4000000000 + (uint64_t)n * 65536);
        made_edge(h, window, HF_EDGE_INDEX, NULL, (uint64_t)n, pair);
        uint32_t status = placed(m, m->dict, 400, 0x7f4000001000 + (uint64_t)n * 65536);
        made_edge(h, pair, HF_EDGE_INDEX, NULL, 0, status);
        if (n >= filled)
            continue;
        uint32_t key = text(m, "status");
        made_at(h, key, 0x7f4000002000 + (uint64_t)n * 65536);
        made_item(h, status, key, made_object(h, m->node, 600));
    }
    h->objects[window].length = 1000;
}

static void test_a_full_window_beside_a_leak_is_not(void **state)
{
    (void)state;
    assert_suspect(fill_window_of_pairs, "module shop.pricing.owners['first'].log", NULL);
}

/* A pool of some idle buffers that breathes: more, as many, more. */
static void fill_idle_buffers(moment *m)
{
    static const int counts[SNAPSHOTS] = {8, 15, 15, 20, 23};
    uint32_t idle = global(m, "idle", m->list, 0x7f1000000000);
    for (int n = 0; n < counts[m->k]; n++) {
        uint32_t buffer = placed(m, m->node, 16000, 0x7f2000000000 + (uint64_t)n * 65536);
        append(m, idle, buffer);
    }
}

static void test_a_small_pool_that_breathes_is_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_idle_buffers);
}

/* Nobody can add to what is garbage: what hangs below it now lies where something else
 * lay before. */
static void fill_places_below_garbage(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t error = made_object(h, m->node, 64), frame = made_object(h, m->list, 400);
    made_at(h, error, 0x7f5000000000);
    made_at(h, frame, 0x7f5000001000);
    made_edge(h, error, HF_EDGE_ATTRIBUTE, "frame", 0, frame);
    made_edge(h, frame, HF_EDGE_INDEX, NULL, 0, error);
    h->objects[frame].length = 1;
    for (int n = 0; n < 100 * m->k; n++) {
        uint32_t row = placed(m, m->quote, 600, 0x7f5000002000 + (uint64_t)n * 1024);
        append(m, frame, row);
    }
}

static void test_what_hangs_below_garbage_is_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_places_below_garbage);
}

/* Tiny objects of a C extension that come while native memory grows. */
static void fill_documents(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t document = made_type(h, "lxml.etree", "_Document");
    h->types[document].exact = false;
    uint32_t shown = global(m, "shown", m->dict, 0x7f1000000000);
    for (int n = 0; n < 10 + 10 * m->k; n++) {
        uint32_t key = text(m, "page");
        made_at(h, key, 0x7f2000000000 + (uint64_t)n * 256);
        made_item(h, shown, key, made_object(h, document, 80));
    }
    h->info.anonymous += (uint64_t)m->k * (2u << 20);
}

static void test_native_memory_is_charged_to_who_holds_more_and_more_native_objects(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_documents, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.shown");
    assert_string_equal(d->suspects[0].pattern, "parser-tree-retention");
    assert_string_equal(d->suspects[0].type, "dict of lxml.etree._Document (native memory)");
    finish(d, graphs);
}

/* A dict of the last item of each of 400 kinds, which takes over what a queue before it held:
 * nothing is added, but its values lie where other objects were, and only some of the old
 * ones seem to have died. */
static void fill_last_of_each_kind(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t last = global(m, "last", m->dict, 0x7f1000000000);
    for (int n = 0; n < 400; n++) {
        uint32_t key = placed(m, m->number, 32, 0x7f2000000000 + (uint64_t)n * 64);
        int generation = n < 300 ? m->k : 0;
        uint32_t item =
            placed(m, m->node, 600,
                   0x7f3000000000 + (uint64_t)n * 1024 + (uint64_t)generation * (1 << 24));
        made_item(h, last, key, item);
    }
    /* At each look what was in it before is another thing's by now: its place is taken. */
    uint32_t others = global(m, "others", m->dict, 0x7f1100000000);
    for (int n = 0; n < 300 && m->k; n++) {
        uint32_t key = placed(m, m->number, 32, 0x7f4000000000 + (uint64_t)n * 64);
        uint32_t item = placed(m, m->node, 600, 0x7f3000000000 + (uint64_t)n * 1024);
        made_item(h, others, key, item);
    }
}

static void test_a_dict_as_long_as_before_whose_values_are_others_is_not(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_last_of_each_kind, graphs);
    for (size_t k = 0; k < d->suspect_count; k++)
        assert_string_not_equal(d->suspects[k].path, "module shop.pricing.last");
    finish(d, graphs);
}

/* Mappings of memory that is counted as shared: the process' own memory does not grow with them. */
static void fill_mappings(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t mapping = made_type(h, "mmap", "mmap");
    uint32_t areas = global(m, "areas", m->dict, 0x7f1000000000);
    for (int n = 0; n < 20 + 20 * m->k; n++) {
        uint32_t key = text(m, "area");
        made_at(h, key, 0x7f2000000000 + (uint64_t)n * 256);
        uint32_t area = made_object(h, mapping, 80);
        h->objects[area].external = 32768;
        made_item(h, areas, key, area);
        h->info.anonymous -= 32768; /* diagnose() adds it */
    }
    h->info.anonymous += 100u << 20;
}

static void test_mappings_do_not_fit_into_what_was_freed(void **state)
{
    (void)state;
    assert_suspect(fill_mappings, "module shop.pricing.areas", NULL);
}

/* Functions that only the interpreter's own lists hold: those stay, other than what running calls
 * hold, so that two of the intervals are enough. */
static void fill_interpreter(moment *m, const char *name)
{
    static const int counts[SNAPSHOTS] = {100, 250, 250, 400, 400};
    made_heap *h = &m->heap;
    for (int n = 0; n < counts[m->k]; n++) {
        uint32_t hook = placed(m, m->function, 600, 0x7f5000000000 + (uint64_t)n * 4096);
        made_root(h, HF_ROOT_INTERPRETER, hook, name);
    }
}

static void fill_hooks_of_the_interpreter(moment *m)
{
    fill_interpreter(m, "atexit functions");
}

/* It has 4096 entries and no more. */
static void fill_cache_of_attributes(moment *m)
{
    fill_interpreter(m, "attribute cache");
}

static void test_the_cache_of_attributes_is_no_leak(void **state)
{
    (void)state;
    assert_no_suspect(fill_cache_of_attributes);
}

static void fill_locals_with_pauses(moment *m)
{
    static const int counts[SNAPSHOTS] = {100, 250, 250, 400, 400};
    made_heap *h = &m->heap;
    uint32_t thread = made_thread(h, "worker", "serve (shop.py:3)");
    for (int n = 0; n < counts[m->k]; n++) {
        uint32_t hook = placed(m, m->function, 600, 0x7f5000000000 + (uint64_t)n * 4096);
        made_root_at(h, HF_ROOT_LOCAL, hook, "hook", "serve (shop.py:3)", thread);
    }
}

static void test_what_the_interpreter_holds_is_not_under_way(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_hooks_of_the_interpreter, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_non_null(strstr(d->suspects[0].path, "interpreter state atexit functions"));
    finish(d, graphs);
    assert_no_suspect(fill_locals_with_pauses);
}

/* A list of 6000 numbers that were shared at first and get objects of their own, `bytes` each. */
static void fill_renewed_numbers(moment *m, uint64_t bytes)
{
    made_heap *h = &m->heap;
    uint32_t counts = global(m, "counts", m->list, 0x7f1000000000);
    uint32_t zero = placed(m, m->number, 32, 0x7f1100000000);
    for (int n = 0; n < 6000; n++) {
        uint32_t number = zero;
        if (n < 700 * m->k) {
            number = made_object(h, m->number, bytes);
            made_at(h, number, 0x7f2000000000 + (uint64_t)n * 1024);
        }
        made_edge(h, counts, HF_EDGE_INDEX, NULL, (uint64_t)n, number);
    }
    h->objects[counts].length = 6000;
}

static void fill_small_numbers(moment *m)
{
    fill_renewed_numbers(m, 32);
}

static void fill_large_numbers(moment *m)
{
    fill_renewed_numbers(m, 600);
}

static void test_members_that_are_only_renewed_are_too_early_to_tell(void **state)
{
    (void)state;
    assert_too_early(fill_small_numbers, NULL);
    assert_suspect(fill_large_numbers, NULL, NULL);
}

/* Each call makes a table of its own, full at some moments and empty at others; it comes to lie
 * where the last one lay. */
static void fill_tables_of_calls(moment *m, const char *place)
{
    static const int lengths[SNAPSHOTS] = {0, 900, 0, 1000, 2000};
    made_heap *h = &m->heap;
    uint32_t table = placed(m, m->dict, 400, 0x7f1000000000);
    quotes(m, table, 0, lengths[m->k], 0x7f2000000000);
    uint32_t thread = made_thread(h, "MainThread", place);
    made_root_at(h, HF_ROOT_LOCAL, table, "table", place, thread);
}

static void fill_table_of_passing_calls(moment *m)
{
    fill_tables_of_calls(m, m->k % 2 ? "load (shop.py:7)" : "check (shop.py:30)");
}

static void fill_table_of_one_call(moment *m)
{
    fill_tables_of_calls(m, m->k % 2 ? "load (shop.py:7)" : "load (shop.py:12)");
}

static void test_a_table_of_calls_that_come_and_go_is_not(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_table_of_passing_calls, graphs);
    assert_int_equal(d->suspect_count, 0);
    assert_int_equal(d->verdict, HF_VERDICT_NO_LEAK);
    finish(d, graphs);
}

static void test_a_table_of_a_call_that_lasts_is_a_leak(void **state)
{
    (void)state;
    assert_suspect(fill_table_of_one_call, NULL, NULL);
}

/* Each request has texts, some of which come to lie where those of others lay; requests follow one
 * another in calls of one function. `step`: members that each has more than the one before. */
static void fill_requests(moment *m, uint64_t step)
{
    made_heap *h = &m->heap;
    uint32_t request = placed(m, m->quote, 400, 0x7f2000000000 + (uint64_t)m->k * 1024);
    h->objects[request].length = step * (uint64_t)m->k;
    for (int n = 0; n < 400 * (m->k + 1); n++) {
        uint32_t name = placed(m, m->str, 200, 0x7f3000000000 + (uint64_t)n * 256);
        made_edge(h, request, HF_EDGE_ATTRIBUTE, "name", 0, name);
    }
    uint32_t thread = made_thread(h, "worker", "execute (compiler.py:7)");
    made_root_at(h, HF_ROOT_LOCAL, request, "request", "execute (compiler.py:7)", thread);
}

static void fill_passing_requests(moment *m)
{
    fill_requests(m, 0);
}

static void fill_requests_that_get_larger(moment *m)
{
    fill_requests(m, 10);
}

static void test_requests_that_follow_one_another_are_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_passing_requests);
    assert_suspect(fill_requests_that_get_larger, NULL, NULL);
}

/* The entries of a page are replaced one after the other. What a new one has comes to lie where
 * another thing of the type was at first: it belongs to the page, which is as long as before. */
static void fill_page(moment *m)
{
    enum { ENTRIES = 300 };
    made_heap *h = &m->heap;
    h->info.anonymous += (uint64_t)m->k * (64u << 10);
    uint32_t page = global(m, "page", m->list, 0x7f1000000000);
    uint32_t others = global(m, "others", m->list, 0x7f1100000000);
    h->objects[page].length = ENTRIES;
    for (uint64_t n = 0; n < ENTRIES; n++) {
        bool replaced = (uint64_t)m->k > n % 4;
        uint32_t entry = placed(m, m->quote, 100, 0x7f2000000000 + n * 1024 + 512 * replaced);
        made_edge(h, page, HF_EDGE_INDEX, NULL, n, entry);
        uint32_t number = placed(m, m->node, 64, 0x7f3000000000 + n * 1024);
        if (!replaced) {
            made_edge(h, others, HF_EDGE_INDEX, NULL, n, number);
            continue;
        }
        uint32_t facts = placed(m, m->dict, 400, 0x7f4000000000 + n * 1024);
        made_edge(h, entry, HF_EDGE_ATTRIBUTE, "number", 0, number);
        made_edge(h, number, HF_EDGE_ATTRIBUTE, "facts", 0, facts);
    }
}

static void test_what_only_the_new_have_is_new_whatever_its_address(void **state)
{
    (void)state;
    assert_no_suspect(fill_page);
}

/* Members of a set, texts that none else has. */
static void put_set(moment *m, const char *name, uint32_t holder, uint64_t address, int members)
{
    made_heap *h = &m->heap;
    uint32_t set = placed(m, made_type(h, "builtins", "set"), 800, address);
    made_edge(h, holder, HF_EDGE_ATTRIBUTE, name, 0, set);
    h->objects[set].length = (uint64_t)members;
    for (int n = 0; n < members; n++) {
        uint32_t member = placed(m, m->str, 112, address + 4096 + (uint64_t)n * 128);
        made_edge(h, set, HF_EDGE_MEMBER, NULL, 0, member);
    }
}

/* `old, young = young, set()`: what was filled is handed on, in place of a set with
 * `before` members. */
static void fill_generations(moment *m, int before)
{
    static const int young[SNAPSHOTS] = {900, 1700, 2500, 3000, 3000};
    uint32_t seen = global(m, "seen", m->node, 0x7f1000000000);
    uint32_t texts = global(m, "texts", m->list, 0x7f1100000000); /* most texts are elsewhere */
    for (int n = 0; n < 9000; n++)
        append(m, texts, placed(m, m->str, 112, 0x7f5000000000 + (uint64_t)n * 128));
    bool handed_on = m->k >= 3;
    put_set(m, handed_on ? "old" : "young", seen, 0x7f2000000000, young[m->k]);
    if (handed_on)
        put_set(m, "young", seen, 0x7f3000000000, m->k == 3 ? 10 : 400);
    else
        put_set(m, "old", seen, 0x7f4000000000, before);
    m->heap.info.anonymous += (uint64_t)m->k << 16; /* not into what was freed */
}

static void fill_full_generations(moment *m)
{
    fill_generations(m, 3000);
}

static void fill_first_generations(moment *m)
{
    fill_generations(m, 20);
}

static void test_a_generation_that_takes_the_place_of_another_is_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_full_generations);
    assert_suspect(fill_first_generations, "module shop.pricing.seen.old", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_generation_that_takes_the_place_of_another_is_not),
        cmocka_unit_test(test_growth_in_one_of_two_squeezed_intervals_is_too_early),
        cmocka_unit_test(test_growth_in_all_but_the_squeezed_intervals_is_a_leak),
        cmocka_unit_test(test_survivors_that_pin_pools_are_fragmentation),
        cmocka_unit_test(test_holes_in_memory_that_was_there_before_are_not),
        cmocka_unit_test(test_holes_that_a_dropped_batch_left_are_not),
        cmocka_unit_test(test_a_leak_that_lies_between_free_blocks_is_no_fragmentation),
        cmocka_unit_test(test_a_text_that_is_added_to_is_a_buffer_that_grows),
        cmocka_unit_test(test_a_text_that_is_replaced_by_others_is_not),
        cmocka_unit_test(test_many_small_growers_below_nested_collections_are_one_suspect),
        cmocka_unit_test(test_many_large_growers_of_one_shape_are_one_suspect),
        cmocka_unit_test(test_what_some_lose_and_others_get_is_not),
        cmocka_unit_test(test_what_calls_share_is_not_theirs),
        cmocka_unit_test(test_what_calls_under_way_hold_is_not),
        cmocka_unit_test(test_a_full_window_beside_a_leak_is_not),
        cmocka_unit_test(test_a_small_pool_that_breathes_is_not),
        cmocka_unit_test(test_what_hangs_below_garbage_is_not),
        cmocka_unit_test(test_a_dict_as_long_as_before_whose_values_are_others_is_not),
        cmocka_unit_test(test_mappings_do_not_fit_into_what_was_freed),
        cmocka_unit_test(test_what_the_interpreter_holds_is_not_under_way),
        cmocka_unit_test(test_members_that_are_only_renewed_are_too_early_to_tell),
        cmocka_unit_test(test_native_memory_is_charged_to_who_holds_more_and_more_native_objects),
        cmocka_unit_test(test_the_cache_of_attributes_is_no_leak),
        cmocka_unit_test(test_a_table_of_calls_that_come_and_go_is_not),
        cmocka_unit_test(test_a_table_of_a_call_that_lasts_is_a_leak),
        cmocka_unit_test(test_requests_that_follow_one_another_are_not),
        cmocka_unit_test(test_what_only_the_new_have_is_new_whatever_its_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
