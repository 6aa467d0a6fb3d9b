/* What holders are for is told by what they hold, and the advice fits that. */
#include "moment.h"

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

/* Futures by numbers; a task waits for each where `awaited`. */
static void fill_futures(moment *m, bool awaited)
{
    made_heap *h = &m->heap;
    uint32_t future = made_type(h, "_asyncio", "Future"), task = made_type(h, "_asyncio", "Task");
    uint32_t replies = global(m, "replies", m->dict, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 2048;
        uint32_t key = placed(m, m->number, 32, at);
        uint32_t value = placed(m, awaited ? future : task, 200, at + 256);
        made_item(h, replies, key, value);
        if (awaited)
            made_edge(h, value, HF_EDGE_FIELD, "callback0", 0, placed(m, task, 600, at + 1024));
    }
}

static void fill_awaited_futures(moment *m)
{
    fill_futures(m, true);
}

static void fill_tasks(moment *m)
{
    fill_futures(m, false);
}

static void test_what_tasks_wait_for_is_to_have_a_time_limit(void **state)
{
    (void)state;
    assert_advice(fill_awaited_futures, "task-accumulation", "nobody sets their results",
                  "a time limit on the wait for what is in shop.pricing.replies");
    assert_advice(fill_tasks, "task-accumulation", "tasks that wait or that are done",
                  "replies.pop(key, None)");
}

/* Readers with a queue each, of which one is not read, or two. */
static void fill_readers(moment *m, int stalled)
{
    made_heap *h = &m->heap;
    uint32_t queue = made_type(h, "_queue", "SimpleQueue");
    uint32_t readers = global(m, "readers", m->list, 0x7f1000000000);
    for (int n = 0; n < 12; n++) {
        uint64_t at = 0x7f1100000000 + (uint64_t)n * 2048;
        uint32_t reader = placed(m, m->node, 64, at), inbox = placed(m, queue, 100, at + 512);
        append(m, readers, reader);
        made_edge(h, reader, HF_EDGE_ATTRIBUTE, "inbox", 0, inbox);
        for (int k = 0; n < stalled && k < (100 + 150 * m->k) * (n ? 1 : 8); k++)
            append(m, inbox,
                   placed(m, m->quote, 600,
                          0x7f2000000000 + ((uint64_t)n << 32) + (uint64_t)k * 1024));
    }
}

static void fill_one_stalled_reader(moment *m)
{
    fill_readers(m, 1);
}

static void fill_two_stalled_readers(moment *m)
{
    fill_readers(m, 2);
}

static void fill_backlog(moment *m)
{
    uint32_t backlog = global(m, "backlog", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, backlog, placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void test_a_list_is_not_told_to_have_a_maxsize(void **state)
{
    (void)state;
    assert_advice(fill_backlog, "queue-backlog", "more is put in than is taken out",
                  "a list has no such limit");
}

static void test_one_reader_is_not_to_stop_all(void **state)
{
    (void)state;
    assert_advice(fill_one_stalled_reader, "queue-backlog", "while others of its kind are read",
                  "drop the oldest");
    assert_advice(fill_two_stalled_readers, "queue-backlog", "more is put in than is taken out",
                  "use a queue.Queue(maxsize=...), since a SimpleQueue has no limit");
}

/* A context that has one variable, whose value is a longer tuple each time. */
static void fill_longer_variable(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t tuple = made_type(h, "builtins", "tuple");
    uint32_t context =
        global(m, "context", made_type(h, "_contextvars", "Context"), 0x7f1000000000);
    uint64_t anew = 0x7f1100000000 + ((uint64_t)m->k << 24);
    uint32_t tree = placed(m, made_type(h, "builtins", "hamt"), 64, anew);
    uint32_t node = placed(m, made_type(h, "builtins", "hamt_bitmap_node"), 64, anew + 1024);
    uint32_t variable = placed(m, made_type(h, "_contextvars", "ContextVar"), 64, 0x7f1200000000);
    made_value(h, variable, "callers");
    uint32_t value = placed(m, tuple, 4096, anew + 65536);
    made_edge(h, context, HF_EDGE_FIELD, "ctx_vars", 0, tree);
    made_edge(h, tree, HF_EDGE_FIELD, "h_root", 0, node);
    made_item(h, node, variable, value);
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, value, placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void test_what_a_context_variable_has_is_taken_back_by_its_token(void **state)
{
    (void)state;
    assert_advice(fill_longer_variable, "context-retention",
                  "what the context variable callers is set to holds more",
                  "variable.reset(token), where the variable is callers");
}

/* Zones that nobody holds, each in a cycle with a datetime or with what an extension made. */
static void fill_zones(moment *m, const char *module)
{
    made_heap *h = &m->heap;
    enum { HAS_GC = 1 << 14 };
    h->types[m->node].flags |= HAS_GC;
    uint32_t type = made_type(h, module, "datetime");
    h->types[type].heap_type = false;
    h->types[type].exact = strcmp(module, "datetime") == 0;
    for (int n = 0; n < 40 + 40 * m->k; n++) {
        uint32_t zone = placed(m, m->node, 2000, 0x7f2000000000 + (uint64_t)n * 4096);
        uint32_t change = placed(m, type, 64, 0x7f2000000800 + (uint64_t)n * 4096);
        made_edge(h, zone, HF_EDGE_ATTRIBUTE, "change", 0, change);
        made_edge(h, change, HF_EDGE_FIELD, "tzinfo", 0, zone);
    }
}

static void fill_datetimes(moment *m)
{
    fill_zones(m, "datetime");
}

static void fill_other_datetimes(moment *m)
{
    fill_zones(m, "astronomy");
}

/* The same where the module of the extension is an installed one. */
static void fill_installed_datetimes(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t sys = made_object(h, m->module, 64), names = made_object(h, m->dict, 400);
    uint32_t modules = made_object(h, m->dict, 400), inside = made_object(h, m->dict, 400);
    uint32_t module = made_object(h, m->module, 64);
    made_value(h, sys, "sys");
    made_root(h, HF_ROOT_MODULE, sys, "sys");
    made_edge(h, sys, HF_EDGE_FIELD, "__dict__", 0, names);
    made_item(h, names, text(m, "modules"), modules);
    made_item(h, modules, text(m, "astronomy"), module);
    made_edge(h, module, HF_EDGE_FIELD, "__dict__", 0, inside);
    made_item(h, inside, text(m, "__file__"),
              text(m, "/usr/lib/python3/dist-packages/astronomy/__init__.py"));
    fill_zones(m, "astronomy");
}

static void test_nobody_is_to_change_what_is_part_of_python(void **state)
{
    (void)state;
    assert_advice(fill_datetimes, "uncollectable", "a type of CPython's own",
                  "Break the cycle where it is made");
    assert_advice(fill_other_datetimes, "uncollectable", "a type of a C extension",
                  "Py_TPFLAGS_HAVE_GC");
    assert_advice(fill_installed_datetimes, "uncollectable", "a type of a C extension",
                  "the type is a library's");
}

/* Quotes whose count is one above the references to them; ctypes may have been asked for the
 * function that takes one. */
static void fill_counted(moment *m, bool by_ctypes)
{
    made_heap *h = &m->heap;
    uint32_t module = made_object(h, m->module, 64), globals = made_object(h, m->dict, 400);
    uint32_t api = made_object(h, made_type(h, "ctypes", "PyDLL"), 64);
    made_value(h, module, "ctypes");
    made_root(h, HF_ROOT_MODULE, module, "ctypes");
    made_edge(h, module, HF_EDGE_FIELD, "__dict__", 0, globals);
    made_item(h, globals, text(m, "pythonapi"), api);
    made_edge(h, api, HF_EDGE_ATTRIBUTE, by_ctypes ? "Py_IncRef" : "Py_GetVersion", 0,
              made_object(h, made_type(h, "_ctypes", "CFuncPtr"), 64));
    for (int n = 0; n < 200 + 200 * m->k; n++)
        made_held(h, placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024), 1);
}

static void fill_counted_by_ctypes(moment *m)
{
    fill_counted(m, true);
}

static void fill_counted_by_c(moment *m)
{
    fill_counted(m, false);
}

static void test_references_may_be_taken_without_an_extension(void **state)
{
    (void)state;
    assert_advice(fill_counted_by_ctypes, "c-refcount-leak", "Python by ctypes", "its Py_DecRef");
    assert_advice(fill_counted_by_c, "c-refcount-leak", "native code took", "Look in the C ext");
}

/* Mails by numbers, each with its source and a subject; or both are short. */
static void fill_mails(moment *m, uint64_t source_bytes)
{
    made_heap *h = &m->heap;
    uint32_t mails = global(m, "mails", m->dict, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 16384;
        uint32_t key = placed(m, m->number, 32, at), mail = placed(m, m->quote, 100, at + 256);
        made_item(h, mails, key, mail);
        made_edge(h, mail, HF_EDGE_ATTRIBUTE, "subject", 0, placed(m, m->str, 200, at + 1024));
        made_edge(h, mail, HF_EDGE_ATTRIBUTE, "source", 0,
                  placed(m, m->str, source_bytes, at + 2048));
    }
}

static void fill_long_mails(moment *m)
{
    fill_mails(m, 6000);
}

static void fill_short_mails(moment *m)
{
    fill_mails(m, 200);
}

/* Whole pages by numbers, as texts or in objects that were made of them. */
static void fill_pages(moment *m, bool parsed)
{
    made_heap *h = &m->heap;
    uint32_t pages = global(m, "pages", m->dict, 0x7f1000000000);
    for (int n = 0; n < 20 + 20 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 65536;
        uint32_t key = placed(m, m->number, 32, at);
        uint32_t page = parsed ? placed(m, m->quote, 100, at + 256) : HF_NO_OBJECT;
        uint32_t source = placed(m, m->str, 40000, at + 2048);
        made_item(h, pages, key, parsed ? page : source);
        if (parsed)
            made_edge(h, page, HF_EDGE_ATTRIBUTE, "source", 0, source);
    }
}

static void fill_texts_of_pages(moment *m)
{
    fill_pages(m, false);
}

static void fill_parsed_pages(moment *m)
{
    fill_pages(m, true);
}

static void test_objects_made_of_files_are_a_cache(void **state)
{
    (void)state;
    assert_suspect(fill_texts_of_pages, "module shop.pricing.pages", "whole-file-read");
    assert_suspect(fill_parsed_pages, "module shop.pricing.pages", "unbounded-cache");
}

static void test_the_attribute_that_nearly_all_of_it_is_has_a_name(void **state)
{
    (void)state;
    assert_advice(fill_long_mails, "unbounded-cache", "without limit",
                  "Nearly all of it is source of each shop.pricing.Quote");
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_short_mails, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_null(strstr(d->suspects[0].fix, "Nearly all"));
    finish(d, graphs);
}

/* A weak dictionary whose values have their keys as an attribute. */
static void fill_lazy_values(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t reference = made_type(h, "weakref", "ReferenceType");
    uint32_t holder =
        global(m, "bounds", made_type(h, "weakref", "WeakKeyDictionary"), 0x7f1000000000);
    uint32_t data = placed(m, m->dict, 400, 0x7f1100000000);
    made_edge(h, holder, HF_EDGE_ATTRIBUTE, "data", 0, data);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 2048;
        uint32_t key = placed(m, reference, 72, at), value = placed(m, m->quote, 300, at + 128);
        uint32_t mesh = placed(m, m->node, 600, at + 512);
        made_item(h, data, key, value);
        made_edge(h, value, HF_EDGE_ATTRIBUTE, "mesh", 0, mesh);
        made_edge_of(h, key, HF_EDGE_FIELD, HF_EDGE_WEAK, "referent", 0, mesh);
    }
}

static void test_the_way_from_a_value_to_its_key_has_a_name(void **state)
{
    (void)state;
    assert_advice(fill_lazy_values, "weakref-misuse", "the values hold their own keys",
                  "The way back is shop.pricing.Quote.mesh.");
}

/* Functions that ctypes made for C code, each with what it captured. */
static void fill_thunks_named(moment *m, const char *name)
{
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, "_ctypes", "CFuncPtr");
    uint32_t thunks = made_type(h, "_ctypes", "CThunkObject");
    uint32_t cell = made_type(h, "builtins", "cell");
    uint32_t kept = global(m, name, m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 2048;
        uint32_t pointer = placed(m, type, 192, at), thunk = placed(m, thunks, 120, at + 256);
        uint32_t function = placed(m, m->function, 144, at + 512);
        append(m, kept, pointer);
        made_edge(h, pointer, HF_EDGE_FIELD, "thunk", 0, thunk);
        made_edge(h, thunk, HF_EDGE_FIELD, "callable", 0, function);
        made_edge(h, function, HF_EDGE_FIELD, "closure", 0, placed(m, cell, 600, at + 1024));
    }
}

static void fill_thunks(moment *m)
{
    fill_thunks_named(m, "pinned");
}

static void fill_thunks_of_callbacks(moment *m)
{
    fill_thunks_named(m, "callbacks");
}

static void test_thunks_go_when_no_c_code_calls_them(void **state)
{
    (void)state;
    assert_advice(fill_thunks, "closure-capture", "ctypes made for C code",
                  "when no C code can call it any more, and never before");
    assert_advice(fill_thunks_of_callbacks, "listener-accumulation", "ctypes made for C code",
                  "never before");
}

/* Two dicts of one object that get equally many entries, or one. */
static void fill_twins_of(moment *m, bool both)
{
    made_heap *h = &m->heap;
    uint32_t unit = global(m, "unit", m->node, 0x7f1000000000);
    static const char *const names[] = {"seen", "versions"};
    for (uint32_t n = 0; n < 1u + both; n++) {
        uint32_t table = placed(m, m->dict, 400, 0x7f1100000000 + n * 4096);
        made_edge(h, unit, HF_EDGE_ATTRIBUTE, names[n], 0, table);
        for (uint32_t k = 0; k < 100 + 150 * (uint32_t)m->k; k++) {
            uint64_t at = 0x7f2000000000 + ((uint64_t)n << 32) + (uint64_t)k * 2048;
            uint32_t key = placed(m, m->number, 32, at);
            made_item(h, table, key, placed(m, m->quote, n ? 300 : 600, at + 256));
        }
    }
}

static void fill_twins(moment *m)
{
    fill_twins_of(m, true);
}

static void fill_one_of_twins(moment *m)
{
    fill_twins_of(m, false);
}

/* A dict that only a function that runs has. */
static void fill_local_dict(moment *m)
{
    uint32_t seen = placed(m, m->dict, 400, 0x7f1000000000);
    made_root(&m->heap, HF_ROOT_LOCAL, seen, "seen");
    quotes(m, seen, 0, 100 + 150 * m->k, 0x7f2000000000);
}

static void test_no_limit_parts_two_dicts_or_is_put_into_a_running_function(void **state)
{
    (void)state;
    assert_advice(fill_twins, "unbounded-cache", "versions gets the same entries",
                  "at the same time that of versions: with a limit of its own");
    assert_advice(fill_one_of_twins, "unbounded-cache", "without limit",
                  "Give shop.pricing.unit.seen a limit");
    assert_advice(fill_local_dict, "unbounded-cache", "without limit",
                  "Delete entries of seen when the function that has it");
}

/* A list that a type written in C has, for which Python has a name or none. */
static void fill_list_of_c(moment *m, hf_edge_kind kind)
{
    made_heap *h = &m->heap;
    uint32_t connection =
        global(m, "connection", made_type(h, "sqlite3", "Connection"), 0x7f1000000000);
    uint32_t list = placed(m, m->list, 64, 0x7f1100000000);
    made_edge(h, connection, kind, kind == HF_EDGE_OFFSET ? NULL : "rows", 88, list);
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, list, placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void fill_hidden_list(moment *m)
{
    fill_list_of_c(m, HF_EDGE_OFFSET);
}

static void fill_named_list(moment *m)
{
    fill_list_of_c(m, HF_EDGE_ATTRIBUTE);
}

static void test_nobody_is_to_prune_what_python_cannot_reach(void **state)
{
    (void)state;
    assert_advice(fill_hidden_list, "collection-growth", "appended to and never pruned",
                  "No Python code reaches shop.pricing.connection.<+88 list>, a part of the "
                  "sqlite3.Connection");
    assert_advice(fill_named_list, "collection-growth", "appended to and never pruned",
                  "Prune shop.pricing.connection.rows");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_table_of_callbacks_has_no_limit),
        cmocka_unit_test(test_only_what_is_of_the_thread_itself_is_told_as_its),
        cmocka_unit_test(test_what_tasks_wait_for_is_to_have_a_time_limit),
        cmocka_unit_test(test_one_reader_is_not_to_stop_all),
        cmocka_unit_test(test_a_list_is_not_told_to_have_a_maxsize),
        cmocka_unit_test(test_what_a_context_variable_has_is_taken_back_by_its_token),
        cmocka_unit_test(test_nobody_is_to_change_what_is_part_of_python),
        cmocka_unit_test(test_objects_made_of_files_are_a_cache),
        cmocka_unit_test(test_the_attribute_that_nearly_all_of_it_is_has_a_name),
        cmocka_unit_test(test_the_way_from_a_value_to_its_key_has_a_name),
        cmocka_unit_test(test_references_may_be_taken_without_an_extension),
        cmocka_unit_test(test_thunks_go_when_no_c_code_calls_them),
        cmocka_unit_test(test_no_limit_parts_two_dicts_or_is_put_into_a_running_function),
        cmocka_unit_test(test_nobody_is_to_prune_what_python_cannot_reach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
