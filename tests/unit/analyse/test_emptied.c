/* What is emptied now and then, and what the interpreter fills by itself: no leak, however full it
 * is at each look. */
#include "moment.h"

/* A batch that is emptied when it is full, looked at in moments when it was ever fuller; new
 * members lie at the addresses of old ones, the last freed first. */
static void put_saw_tooth(moment *m, uint32_t type)
{
    made_heap *h = &m->heap;
    h->types[m->list].flags = 1u << 25;
    uint32_t batch = global(m, "batch", type, 0x7f1000000000);
    int length = 2000 + 1500 * m->k;
    for (int n = 0; n < length; n++) {
        int place = m->k % 2 ? length - 1 - n : n;
        uint32_t row = placed(m, m->node, 400, 0x7f5000000000 + (uint64_t)place * 512);
        made_edge(h, batch, HF_EDGE_INDEX, NULL, (uint64_t)n, row);
    }
    h->objects[batch].length = (uint64_t)length;
}

static void fill_list_of_a_saw_tooth(moment *m)
{
    put_saw_tooth(m, m->list);
}

static void fill_deque_of_a_saw_tooth(moment *m)
{
    put_saw_tooth(m, m->deque);
}

static void test_a_list_that_is_emptied_between_the_looks_is_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_list_of_a_saw_tooth);
}

/* It may be a queue that is worked off fast. */
static void test_a_deque_that_is_emptied_between_the_looks_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_deque_of_a_saw_tooth, NULL);
}

/* More is put in than is taken out; what is left stands in the order in which it came. */
static void fill_backlog(moment *m)
{
    uint32_t backlog = global(m, "backlog", m->deque, 0x7f1000000000);
    for (int n = 800 * m->k; n < 2000 + 2500 * m->k; n++) {
        uint32_t row = placed(m, m->node, 400, 0x7f5000000000 + (uint64_t)n * 512);
        append(m, backlog, row);
    }
}

static void test_a_queue_that_is_worked_off_too_slowly_is_the_suspect(void **state)
{
    (void)state;
    assert_suspect(fill_backlog, "module shop.pricing.backlog", NULL);
}

/* All that there is at one look is gone at the next, at least at first, and each time
 * there is more. */
static void put_fast_queue(moment *m, uint32_t flags, int left_of_the_last)
{
    uint32_t changes = global(m, "changes", m->deque, 0x7f1000000000);
    m->heap.objects[changes].flags |= flags;
    int length = 500 + 1500 * m->k;
    int begin = 20000 * m->k;
    if (m->k == SNAPSHOTS - 1)
        begin -= 20000 - (500 + 1500 * (m->k - 1)) + left_of_the_last;
    for (int n = 0; n < length; n++)
        append(m, changes, placed(m, m->node, 400, 0x7f5000000000 + (uint64_t)(begin + n) * 512));
}

static void fill_queue_that_is_worked_off_fast(moment *m)
{
    put_fast_queue(m, HF_OBJECT_QUEUE, 3000);
}

static void fill_deque_that_is_cleared(moment *m)
{
    put_fast_queue(m, 0, 0);
}

/* Things are taken one by one until none is left, ever more of them at once. */
static void fill_deque_that_is_drained(moment *m)
{
    put_fast_queue(m, HF_OBJECT_QUEUE, 0);
}

static void test_a_queue_that_is_worked_off_fast_and_grows_is_the_suspect(void **state)
{
    (void)state;
    assert_suspect(fill_queue_that_is_worked_off_fast, "module shop.pricing.changes",
                   "queue-backlog");
    assert_too_early(fill_deque_that_is_cleared, NULL);
    assert_too_early(fill_deque_that_is_drained, NULL);
}

/* More at this look than at the last, but for one: what is put in and taken out is in balance. */
static void fill_queue_in_balance(moment *m)
{
    static const int lengths[SNAPSHOTS] = {500, 1200, 1100, 1500, 2600};
    uint32_t changes = global(m, "changes", m->deque, 0x7f1000000000);
    m->heap.objects[changes].flags |= HF_OBJECT_QUEUE;
    for (int n = 0; n < lengths[m->k]; n++) {
        uint64_t place = (uint64_t)n + 20000 * (uint64_t)m->k;
        append(m, changes, placed(m, m->node, 400, 0x7f5000000000 + place * 512));
    }
}

static void test_a_queue_that_was_shorter_in_between_is_no_suspect(void **state)
{
    (void)state;
    assert_no_suspect(fill_queue_in_balance);
}

/* A few large things that wait for the next batch: one more now and then. */
static void fill_waiting_frames(moment *m)
{
    static const int counts[SNAPSHOTS] = {10, 11, 11, 11, 12};
    uint32_t waiting = global(m, "waiting", m->list, 0x7f1000000000);
    for (int n = 0; n < counts[m->k]; n++) {
        uint32_t frame = placed(m, m->node, 60000, 0x7f2000000000 + (uint64_t)n * 65536);
        append(m, waiting, frame);
    }
}

static void test_two_more_beside_ten_are_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_waiting_frames, NULL);
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
    assert_too_early(fill_emptied_spool, NULL);
}

static void test_a_buffer_that_only_grows_is_the_suspect(void **state)
{
    (void)state;
    assert_suspect(fill_growing_spool, "module shop.pricing.spool", "buffer-growth");
}

/* Arrays of chance sizes, each a result of the last batch, at the places where those before lay. */
static void fill_results(moment *m)
{
    static const uint32_t sizes[SNAPSHOTS] = {20000, 90000, 30000, 50000, 80000};
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, "numpy", "ndarray");
    uint32_t results = global(m, "results", m->deque, 0x7f1000000000);
    for (int n = 0; n < 4; n++) {
        uint32_t array = placed(m, type, 112, 0x7f2000000000 + (uint64_t)n * 4096);
        h->objects[array].external = sizes[(m->k + n * (m->k > 0)) % SNAPSHOTS];
        h->objects[array].size = 112 + h->objects[array].external;
        append(m, results, array);
    }
}

static void test_arrays_of_other_sizes_are_other_arrays(void **state)
{
    (void)state;
    assert_no_suspect(fill_results);
}

/* machine.history = append(machine.history, more): another array each time, where the one before
 * was; at the first and at the last look a running call has it as well. */
static void fill_history(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t array = made_object(h, made_type(h, "numpy", "ndarray"), 112);
    made_at(h, array, 0x7f2000000000);
    h->objects[array].external = 200000 * (uint64_t)(m->k + 1);
    h->objects[array].size = 112 + h->objects[array].external;
    uint32_t machine = global(m, "machine", m->quote, 0x7f1000000000);
    made_at(h, machine, 0x7f1000004000);
    made_edge(h, machine, HF_EDGE_ATTRIBUTE, "history", 0, array);
    if (m->k == 0 || m->k == SNAPSHOTS - 1)
        made_root_at(h, HF_ROOT_LOCAL, array, "values", "append (function_base.py:8)", UINT32_MAX);
}

static void test_a_value_that_is_replaced_while_a_call_has_it_is_the_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_history, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.machine.history");
    assert_string_equal(d->suspects[0].pattern, "buffer-growth");
    assert_int_equal(d->suspects[0].grown, 200000 * (SNAPSHOTS - 1));
    finish(d, graphs);
}

/* No heap has a value without a key, a damaged file may: here it is the very first edge, so that
 * nothing is before it. */
static void fill_value_without_key(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t text = placed(m, m->str, 112, 0x7f2000000000 + (uint64_t)m->k * 0x1000000);
    h->objects[text].external = 200000 * (uint64_t)(m->k + 1);
    uint32_t first = placed(m, m->dict, 400, 0x10);
    made_edge(h, first, HF_EDGE_VALUE, NULL, 0, text);
    made_root(h, HF_ROOT_MODULE, first, "shop.damaged");
}

static void test_a_value_without_a_key_has_no_name(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_value_without_key, graphs);
    hf_graph *last = graphs[SNAPSHOTS - 1];
    assert_int_equal(hf_graph_kind(last, 0), HF_EDGE_VALUE);
    assert_int_equal(hf_graph_key(last, 0), HF_NO_OBJECT);
    hf_timeline *t = NULL;
    made_check(hf_timeline_build(graphs, SNAPSHOTS, &t));
    assert_int_equal(hf_timeline_at_place(t, 0, 0, 0), HF_NO_OBJECT);
    hf_timeline_free(t);
    finish(d, graphs);
}

/* Pools that were filled and emptied between two looks. */
static void fill_empty_pools(moment *m)
{
    m->kept_free = 1;
    m->free_pools = (uint64_t)(m->k + 1) << 20;
    m->heap.info.anonymous += (uint64_t)m->k << 20;
    m->heap.info.rss += (uint64_t)m->k << 20;
}

static void test_pools_that_were_filled_in_between_are_no_native_memory(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_empty_pools, graphs);
    assert_int_equal(d->suspect_count, 0);
    /* The process did grow, and the report lists that. */
    assert_non_null(strstr(d->summary, "Nothing keeps growing"));
    finish(d, graphs);
}

/* Modules in sys.modules, each with its code. compiled: the file that a second piece of code of
 * each names, or NULL. Returns number `which`; -1: the last. */
static uint32_t put_modules(moment *m, const char *path, const char *compiled, int which)
{
    made_heap *h = &m->heap;
    uint32_t code_type = made_type(h, "builtins", "code");
    uint32_t system = made_object(h, m->module, 64), names = made_object(h, m->dict, 400);
    made_value(h, system, "sys");
    made_root(h, HF_ROOT_MODULE, system, "sys");
    made_edge(h, system, HF_EDGE_FIELD, "__dict__", 0, names);
    uint32_t modules = made_object(h, m->dict, 4000);
    made_item(h, names, text(m, "modules"), modules);
    uint32_t file = text(m, path), source = compiled ? text(m, compiled) : HF_NO_OBJECT;
    uint32_t chosen = HF_NO_OBJECT;
    int count = 60 + 20 * m->k;
    for (int n = 0; n < count; n++) {
        char name[32];
        snprintf(name, sizeof(name), "module_%d", n);
        uint32_t key = text(m, name), module = made_object(h, m->module, 64);
        chosen = n == (which + count) % count ? module : chosen;
        uint32_t code = made_object(h, code_type, 3000);
        made_at(h, key, 0x7f2000000000 + (uint64_t)n * 8192);
        made_at(h, module, 0x7f2000001000 + (uint64_t)n * 8192);
        made_at(h, code, 0x7f3000000000 + (uint64_t)n * 8192);
        made_value(h, module, name);
        made_item(h, modules, key, module);
        made_edge(h, module, HF_EDGE_FIELD, "__code__", 0, code);
        made_edge(h, code, HF_EDGE_FIELD, "co_filename", 0, file);
        if (!compiled)
            continue;
        uint32_t second = made_object(h, code_type, 300);
        made_at(h, second, 0x7f3000001000 + (uint64_t)n * 8192);
        made_edge(h, module, HF_EDGE_FIELD, "second", 0, second);
        made_edge(h, second, HF_EDGE_FIELD, "co_filename", 0, source);
    }
    return chosen;
}

static void fill_modules(moment *m, const char *path)
{
    put_modules(m, path, NULL, 0);
}

static void fill_imports_of_cython(moment *m)
{
    put_modules(m, "/usr/lib/python3/dist-packages/pandas/core/api.py", "pandas/_libs/lib.pyx", 0);
}

/* What Cython made of a text within itself, as of the pickling of a class. */
static void fill_imports_of_text_of_cython(moment *m)
{
    put_modules(m, "/usr/lib/python3/dist-packages/scipy/linalg/__init__.py", "stringsource", 0);
}

static void fill_imports(moment *m)
{
    fill_modules(m, "/usr/lib/python3.13/email/parser.py");
}

/* A dict of the program's that has nothing to do with the modules. */
static void fill_imports_beside_a_leak(moment *m)
{
    fill_imports(m);
    uint32_t registry = global(m, "registry", m->dict, 0x7f1000000000);
    quotes(m, registry, 0, 100 + 100 * m->k, 0x7f6000000000);
}

/* What grows with the modules: a registry of their classes, larger than the modules themselves. */
static void fill_imports_that_register(moment *m)
{
    made_heap *h = &m->heap;
    fill_imports(m);
    uint32_t type = made_type(h, "builtins", "type");
    uint32_t registry = global(m, "registry", m->dict, 0x7f1000000000);
    for (int n = 0; n < 100 + 100 * m->k; n++) {
        uint64_t place = 0x7f6000000000 + (uint64_t)n * 4096;
        uint32_t key = text(m, "class"), class = placed(m, type, 1064, place + 128);
        made_at(h, key, place);
        made_item(h, registry, key, class);
        made_edge(h, class, HF_EDGE_FIELD, "__dict__", 0, placed(m, m->dict, 400, place + 2048));
    }
}

/* object.__subclasses__() grows with the classes, and so does what a finder knows of folders. */
static void fill_imports_that_are_noted(moment *m)
{
    made_heap *h = &m->heap;
    fill_imports(m);
    uint32_t type = made_type(h, "builtins", "type"),
             weakref = made_type(h, "weakref", "ReferenceType");
    uint32_t finder_type = made_type(h, "_frozen_importlib_external", "FileFinder");
    uint32_t class = placed(m, type, 1064, 0x7f5000000000);
    uint32_t subclasses = global(m, "subclasses", m->dict, 0x7f1000000000);
    uint32_t finder = global(m, "finder", finder_type, 0x7f1100000000);
    uint32_t cache = placed(m, m->dict, 400, 0x7f1200000000);
    made_edge(h, finder, HF_EDGE_ATTRIBUTE, "_path_cache", 0, cache);
    made_root(h, HF_ROOT_MODULE, class, "shop.Base");
    for (int n = 0; n < 100 + 400 * m->k; n++) {
        uint64_t place = 0x7f6000000000 + (uint64_t)n * 4096;
        uint32_t key = placed(m, m->number, 32, place), name = text(m, "stats.py");
        uint32_t weak = placed(m, weakref, 100, place + 128);
        made_at(h, name, place + 512);
        made_item(h, subclasses, key, weak);
        made_edge(h, weak, HF_EDGE_FIELD, "object", 0, class);
        made_item(h, cache, name, name);
    }
}

/* Texts that modules of extensions keep, of which no object shows it. */
static void fill_imports_of_extensions(moment *m)
{
    fill_imports(m);
    for (int n = 0; n < 100 + 400 * m->k; n++) {
        uint32_t doc = placed(m, m->str, 600, 0x7f6000000000 + (uint64_t)n * 1024);
        made_held(&m->heap, doc, 1);
    }
}

static void fill_modules_of_its_own(moment *m)
{
    fill_modules(m, "/srv/shop/shop/reports.py");
}

/* One of its own modules imports the others; looks: bits, those at which its code runs. */
static void put_import_under_way(moment *m, int which, unsigned looks)
{
    made_heap *h = &m->heap;
    uint32_t spec_type = made_type(h, "_frozen_importlib", "ModuleSpec");
    uint32_t bool_type = made_type(h, "builtins", "bool");
    uint32_t module = put_modules(m, "/srv/shop/shop/reports.py", NULL, which);
    uint32_t spec = made_object(h, spec_type, 48), runs = made_object(h, bool_type, 28);
    made_value(h, runs, looks >> m->k & 1 ? "True" : "False");
    made_edge(h, module, HF_EDGE_FIELD, "__spec__", 0, spec);
    made_edge(h, spec, HF_EDGE_ATTRIBUTE, "_initializing", 0, runs);
}

static void fill_import_under_way(moment *m)
{
    put_import_under_way(m, 0, 1 << 1 | 1 << 2);
}

static void fill_import_that_is_over(moment *m)
{
    put_import_under_way(m, 0, 1 << 0);
}

/* rules_1.py, rules_2.py, ...: the newest one is being imported at each look. */
static void fill_import_of_another_at_each_look(moment *m)
{
    put_import_under_way(m, -1, ~0u);
}

/* python -c "import server": the service runs in the import. */
static void fill_service_that_runs_in_an_import(moment *m)
{
    put_import_under_way(m, 0, ~0u);
}

/* It was reloaded between. */
static void fill_import_of_the_same_again(moment *m)
{
    put_import_under_way(m, 0, 1 << 1 | 1 << 3);
}

static void fill_scripts(moment *m)
{
    fill_modules(m, "<string>");
}

static void test_first_imports_of_what_is_installed_are_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_imports, NULL);
    assert_too_early(fill_imports_of_cython, NULL);
    assert_too_early(fill_imports_of_text_of_cython, NULL);
}

static void test_what_grows_while_modules_are_imported_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_imports_that_register,
                     "The program still imports modules (80 in 8.0 s, the last 'module_139'), and "
                     "module shop.pricing.registry grew by ");
    assert_too_early(fill_imports_that_are_noted, "still imports modules");
    assert_too_early(fill_imports_of_extensions, "still imports modules");
    assert_too_early(fill_import_under_way, "still imports modules");
}

static void test_modules_of_its_own_are_a_leak_although_one_is_being_imported(void **state)
{
    (void)state;
    assert_suspect(fill_import_that_is_over, "module sys.modules", "module-churn");
    assert_suspect(fill_modules_of_its_own, "module sys.modules", "module-churn");
    assert_suspect(fill_import_of_another_at_each_look, "module sys.modules", "module-churn");
    assert_suspect(fill_service_that_runs_in_an_import, "module sys.modules", "module-churn");
    assert_suspect(fill_import_of_the_same_again, "module sys.modules", "module-churn");
}

static void test_what_no_import_makes_is_a_leak_while_modules_are_imported(void **state)
{
    (void)state;
    assert_suspect(fill_imports_beside_a_leak, "module shop.pricing.registry", NULL);
}

static void test_modules_made_of_texts_are_a_leak(void **state)
{
    (void)state;
    assert_suspect(fill_scripts, "module sys.modules", "module-churn");
}

/* What is under way: a part of it has come and gone from look to look, and there are a few
 * more at some. */
static void put_population(moment *m, const int *lengths)
{
    int first = 80 * m->k;
    uint32_t open_requests = global(m, "open_requests", m->dict, 0x7f1000000000);
    quotes(m, open_requests, first, first + lengths[m->k], 0x7f2000000000);
}

static void fill_swinging_population(moment *m)
{
    static const int lengths[SNAPSHOTS] = {1500, 1650, 1645, 1700, 1690};
    put_population(m, lengths);
}

static void fill_rising_population(moment *m)
{
    static const int lengths[SNAPSHOTS] = {1500, 1550, 1600, 1650, 1700};
    put_population(m, lengths);
}

static void test_a_population_that_swings_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_swinging_population, NULL);
    assert_suspect(fill_rising_population, NULL, NULL);
}

/* Lists in a dict, of which the last one gets longer; so long are the others. */
static void put_buckets(moment *m, int length)
{
    enum { BUCKETS = 5 };
    made_heap *h = &m->heap;
    uint32_t minutes = global(m, "minutes", m->dict, 0x7f1000000000);
    for (int n = 0; n < BUCKETS; n++) {
        uint32_t key = text(m, "minute"), bucket = made_object(h, m->list, 400);
        made_at(h, key, 0x7f1100000000 + (uint64_t)n * 1024);
        made_at(h, bucket, 0x7f1200000000 + (uint64_t)n * 1024);
        made_item(h, minutes, key, bucket);
        int count = n == BUCKETS - 1 ? 400 + 200 * m->k : length;
        h->objects[bucket].length = (uint64_t)count;
        for (int i = 0; i < count; i++) {
            uint32_t row =
                placed(m, m->node, 200, 0x7f2000000000 + (uint64_t)(n * 10000 + i) * 256);
            made_edge(h, bucket, HF_EDGE_INDEX, NULL, (uint64_t)i, row);
        }
    }
}

static void fill_one_of_long_buckets(moment *m)
{
    put_buckets(m, 2000);
}

static void fill_one_of_short_buckets(moment *m)
{
    put_buckets(m, 500);
}

static void test_a_bucket_that_fills_as_others_did_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_one_of_long_buckets, NULL);
    assert_suspect(fill_one_of_short_buckets, NULL, NULL);
}

/* Where a row of a list lies that was filled anew: most where others were, in another order, the
 * last ones not. */
static uint64_t place_in_batch(const moment *m, int n, int length)
{
    enum { LAST = 40, ELSEWHERE = 100000 };
    if (n >= length - LAST)
        return (uint64_t)(ELSEWHERE + 100 * m->k + length - n);
    return (uint64_t)(m->k % 2 ? length - n : n);
}

/* ... of one that turns over all the time: at every second look they lie where they lay. */
static uint64_t place_in_ring(const moment *m, int n, int length)
{
    enum { APART = 10000 };
    return (uint64_t)(m->k % 2 * APART + length - n);
}

/* A variable of a closure: its cell and the list in it stay where they are, and nothing in
 * the list does. */
static void put_captured_list(moment *m, int length,
                              uint64_t (*place)(const moment *m, int n, int length))
{
    made_heap *h = &m->heap;
    h->types[m->list].flags = 1u << 25;
    uint32_t cell = global(m, "waiting", made_type(h, "builtins", "cell"), 0x7f1000000000);
    uint32_t list = made_object(h, m->list, 400);
    made_edge(h, cell, HF_EDGE_CELL, NULL, 0, list);
    for (int n = 0; n < length; n++) {
        uint32_t row = placed(m, m->node, 400, 0x7f5000000000 + place(m, n, length) * 512);
        made_edge(h, list, HF_EDGE_INDEX, NULL, (uint64_t)n, row);
    }
    h->objects[list].length = (uint64_t)length;
}

static void fill_captured_ring(moment *m)
{
    put_captured_list(m, 1500, place_in_ring);
}

static void fill_captured_batch(moment *m)
{
    put_captured_list(m, 1500 + 400 * m->k, place_in_batch);
}

static void test_a_captured_list_that_turns_over_is_no_growth(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_captured_ring, graphs);
    assert_int_equal(d->suspect_count, 0);
    assert_int_equal(d->verdict, HF_VERDICT_NO_LEAK);
    finish(d, graphs);
}

static void test_a_captured_list_that_is_emptied_between_the_looks_is_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_captured_batch);
}

/* A buffer that is filled; it got its room long ago, and its pages become the process's as
 * they are touched. */
static void fill_roomy(moment *m, uint32_t type)
{
    enum { ROOM = 40 << 20, FILLED = 10 << 20, MORE = 1 << 20 };
    made_heap *h = &m->heap;
    uint32_t tape = global(m, "tape", type, 0x7f1000000000);
    h->objects[tape].external = ROOM;
    h->objects[tape].length = (uint64_t)(FILLED + m->k * MORE);
    h->info.anonymous += (uint64_t)m->k * MORE;
}

static void fill_roomy_buffer(moment *m)
{
    fill_roomy(m, made_type(&m->heap, "builtins", "bytearray"));
}

/* class Tape(bytearray) */
static void fill_roomy_subclass(moment *m)
{
    uint32_t tape = made_type(&m->heap, "shop.pricing", "Tape");
    made_class(&m->heap, tape, made_type(&m->heap, "builtins", "bytearray"));
    fill_roomy(m, tape);
}

static void check_tape(void (*fill)(moment *m))
{
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill, graphs);
    assert_true(d->suspect_count > 0);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.tape");
    assert_string_equal(d->suspects[0].pattern, "buffer-growth");
    assert_int_equal(d->suspects[0].grown, 4 << 20);
    finish(d, graphs);
}

static void test_a_buffer_that_fills_its_room_is_the_suspect(void **state)
{
    (void)state;
    check_tape(fill_roomy_buffer);
}

static void test_a_buffer_of_a_class_of_its_own_fills_its_room_likewise(void **state)
{
    (void)state;
    check_tape(fill_roomy_subclass);
}

/* Arrays of as many numbers in a list, each as roomy. */
static void fill_roomy_arrays(moment *m)
{
    enum { ROOM = 3 << 20, FILLED = 2 << 20, MORE = 1 << 18, NUMBER = 8 };
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, "array", "array");
    uint32_t sensors = global(m, "sensors", m->list, 0x7f1000000000);
    h->objects[sensors].length = 2;
    for (uint64_t n = 0; n < h->objects[sensors].length; n++) {
        uint32_t samples = placed(m, type, 80, 0x7f2000000000 + n * 4096);
        made_edge(h, sensors, HF_EDGE_INDEX, NULL, n, samples);
        h->objects[samples].external = ROOM;
        h->objects[samples].length = (uint64_t)(FILLED + m->k * MORE) / NUMBER;
        h->info.anonymous += (uint64_t)m->k * MORE;
    }
}

static void test_arrays_that_fill_their_room_are_the_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_roomy_arrays, graphs);
    assert_true(d->suspect_count > 0);
    assert_string_equal(d->suspects[0].pattern, "buffer-growth");
    assert_int_equal(d->suspects[0].grown, 2 << 20);
    finish(d, graphs);
}

/* A batch that began anew not long ago: the process once had more by all that the batch can be. */
static void put_young_batch(moment *m, int first, uint64_t more_before)
{
    uint32_t seen = global(m, "seen", m->dict, 0x7f1000000000);
    quotes(m, seen, 0, first + 300 * m->k, 0x7f2000000000);
    m->heap.info.rss += (uint64_t)(first + 300 * m->k) * 664;
    m->heap.info.peak = more_before ? m->heap.info.rss + more_before : 0;
}

static void fill_young_batch(moment *m)
{
    put_young_batch(m, 600, 2 << 20);
}

static void fill_young_leak(moment *m)
{
    put_young_batch(m, 600, 0);
}

static void fill_old_leak(moment *m)
{
    put_young_batch(m, 30000, 2 << 20);
}

static void test_what_the_process_had_room_for_before_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_young_batch, NULL);
    assert_suspect(fill_young_leak, NULL, NULL);
    assert_suspect(fill_old_leak, NULL, NULL);
}

/* Room alone is not memory yet. */
static void fill_buffer_with_more_room(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t tape = global(m, "tape", made_type(h, "builtins", "bytearray"), 0x7f1000000000);
    h->objects[tape].external = (10u << 20) + (uint64_t)m->k * (1u << 20);
    h->objects[tape].length = 10 << 20;
}

static void test_a_buffer_with_more_and_more_room_is_no_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_buffer_with_more_room, graphs);
    for (size_t k = 0; k < d->suspect_count; k++)
        assert_string_not_equal(d->suspects[k].pattern, "buffer-growth");
    finish(d, graphs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_that_is_emptied_between_the_looks_is_not),
        cmocka_unit_test(test_a_deque_that_is_emptied_between_the_looks_is_too_early),
        cmocka_unit_test(test_a_queue_that_is_worked_off_too_slowly_is_the_suspect),
        cmocka_unit_test(test_a_queue_that_is_worked_off_fast_and_grows_is_the_suspect),
        cmocka_unit_test(test_a_queue_that_was_shorter_in_between_is_no_suspect),
        cmocka_unit_test(test_two_more_beside_ten_are_too_early),
        cmocka_unit_test(test_a_buffer_that_was_smaller_in_between_is_too_early),
        cmocka_unit_test(test_a_buffer_that_only_grows_is_the_suspect),
        cmocka_unit_test(test_arrays_of_other_sizes_are_other_arrays),
        cmocka_unit_test(test_a_value_that_is_replaced_while_a_call_has_it_is_the_suspect),
        cmocka_unit_test(test_a_value_without_a_key_has_no_name),
        cmocka_unit_test(test_pools_that_were_filled_in_between_are_no_native_memory),
        cmocka_unit_test(test_first_imports_of_what_is_installed_are_too_early),
        cmocka_unit_test(test_what_grows_while_modules_are_imported_is_too_early),
        cmocka_unit_test(test_modules_of_its_own_are_a_leak_although_one_is_being_imported),
        cmocka_unit_test(test_what_no_import_makes_is_a_leak_while_modules_are_imported),
        cmocka_unit_test(test_modules_made_of_texts_are_a_leak),
        cmocka_unit_test(test_a_population_that_swings_is_too_early),
        cmocka_unit_test(test_a_bucket_that_fills_as_others_did_is_too_early),
        cmocka_unit_test(test_a_captured_list_that_turns_over_is_no_growth),
        cmocka_unit_test(test_a_buffer_that_fills_its_room_is_the_suspect),
        cmocka_unit_test(test_a_buffer_of_a_class_of_its_own_fills_its_room_likewise),
        cmocka_unit_test(test_a_buffer_with_more_and_more_room_is_no_suspect),
        cmocka_unit_test(test_arrays_that_fill_their_room_are_the_suspect),
        cmocka_unit_test(test_what_the_process_had_room_for_before_is_too_early),
        cmocka_unit_test(test_a_captured_list_that_is_emptied_between_the_looks_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
