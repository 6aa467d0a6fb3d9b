/* What the members of a holder are, and how they are found again, says what is to be done. */
#include "moment.h"

enum { MEMBERS = 100, MORE = 150 }; /* at first, and with each moment */

static uint64_t place_of(int n)
{
    return 0x7f2000000000 + (uint64_t)n * 4096;
}

/* References in a list or, by numbers, in a dict: the objects of nearly all are gone, those that
 * live may have a callback. */
static void fill_references(moment *m, bool in_dict, bool with_callback)
{
    made_heap *h = &m->heap;
    enum { LIVING = 8 };
    uint32_t reference = made_type(h, "weakref", "ReferenceType");
    uint32_t holder = global(m, "clients", in_dict ? m->dict : m->list, 0x7f1000000000);
    uint32_t quote = placed(m, m->quote, 600, 0x7f1100000000);
    uint32_t callback = placed(m, m->function, 100, 0x7f1200000000);
    made_item(h, m->globals, text(m, "quote"), quote);
    made_item(h, m->globals, text(m, "gone"), callback);
    const int last = MEMBERS + MORE * m->k;
    for (int n = 0; n < last; n++) {
        uint32_t member = placed(m, reference, 600, place_of(n));
        if (in_dict)
            made_item(h, holder, placed(m, m->number, 32, place_of(n) + 1024), member);
        else
            append(m, holder, member);
        if (n < last - LIVING)
            continue;
        made_edge_of(h, member, HF_EDGE_FIELD, HF_EDGE_WEAK, "referent", 0, quote);
        if (with_callback)
            made_edge(h, member, HF_EDGE_FIELD, "__callback__", 0, callback);
    }
}

static void fill_plain_references(moment *m)
{
    fill_references(m, false, false);
}

static void fill_references_in_a_dict(moment *m)
{
    fill_references(m, true, false);
}

static void fill_references_with_callbacks(moment *m)
{
    fill_references(m, true, true);
}

static void test_references_that_have_a_callback_are_not_to_be_given_one(void **state)
{
    (void)state;
    assert_advice(fill_plain_references, "weakref-misuse", "what they named is gone",
                  "give weakref.ref a callback that takes it out of shop.pricing.clients, or use a "
                  "weakref.WeakSet");
    assert_advice(fill_references_in_a_dict, "weakref-misuse", "what they named is gone",
                  "weakref.WeakValueDictionary");
    assert_advice(fill_references_with_callbacks, "weakref-misuse",
                  "their callback leaves them there", "Let the callback of each reference");
}

/* Bound methods in a list, functions, or tuples that have a bound method and its object. */
static void fill_listeners(moment *m, const char *type, bool in_tuple)
{
    made_heap *h = &m->heap;
    uint32_t tuple = made_type(h, "builtins", "tuple"), listener = made_type(h, "builtins", type);
    uint32_t list = global(m, "listeners", m->list, 0x7f1000000000);
    for (int n = 0; n < MEMBERS + MORE * m->k; n++) {
        uint32_t member = placed(m, listener, 600, place_of(n)), row = member;
        if (in_tuple) {
            row = placed(m, tuple, 64, place_of(n) + 1024);
            append(m, row, member);
            append(m, row, placed(m, m->quote, 600, place_of(n) + 2048));
        }
        append(m, list, row);
    }
}

static void fill_methods(moment *m)
{
    fill_listeners(m, "method", false);
}

static void fill_functions(moment *m)
{
    fill_listeners(m, "function", false);
}

static void fill_methods_in_tuples(moment *m)
{
    fill_listeners(m, "method", true);
}

static void assert_no_word(void (*fill)(moment *m), const char *word)
{
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_null(strstr(d->suspects[0].fix, word));
    finish(d, graphs);
}

static void test_only_bound_methods_can_be_held_weakly_as_such(void **state)
{
    (void)state;
    assert_advice(fill_methods, "listener-accumulation", "callables", "weakref.WeakMethod");
    assert_advice(fill_functions, "listener-accumulation", "callables", "Remove the callable");
    assert_no_word(fill_functions, "WeakMethod");
    assert_advice(fill_methods_in_tuples, "listener-accumulation", "callables", "Remove the");
    assert_no_word(fill_methods_in_tuples, "WeakMethod");
}

/* A class whose __eq__() is that of `object`, or its own. */
static uint32_t class_of_sites(moment *m, bool own_equality)
{
    made_heap *h = &m->heap;
    uint32_t base = made_type(h, "builtins", "object"), type = made_type(h, "shop", "Site");
    uint32_t classes[] = {made_type_object(h, base), made_type_object(h, type)};
    uint32_t order = made_object(h, made_type(h, "builtins", "tuple"), 64);
    append(m, order, classes[0]);
    made_edge(h, classes[0], HF_EDGE_FIELD, "__mro__", 0, order);
    for (size_t k = 0; k < 2; k++) {
        uint32_t names = made_object(h, m->dict, 400);
        made_edge(h, classes[k], HF_EDGE_FIELD, "__dict__", 0, names);
        made_item(h, names, text(m, k == 0 || own_equality ? "__eq__" : "show"),
                  made_object(h, m->function, 100));
    }
    made_class(h, type, base);
    made_root(h, HF_ROOT_INTERPRETER, classes[1], "class");
    return type;
}

/* A cached function whose arguments are instances, which a list may have as well. */
static void fill_cached(moment *m, bool own_equality, bool kept)
{
    made_heap *h = &m->heap;
    uint32_t site = class_of_sites(m, own_equality);
    uint32_t tuple = made_type(h, "builtins", "tuple");
    uint32_t cached = global(m, "resolver", m->lru, 0x7f1000000000);
    uint32_t cache = placed(m, m->dict, 400, 0x7f1100000000);
    uint32_t sites = global(m, "sites", m->list, 0x7f1200000000);
    made_edge(h, cached, HF_EDGE_FIELD, "cache", 0, cache);
    for (int n = 0; n < MEMBERS + MORE * m->k; n++) {
        uint32_t key = placed(m, tuple, 64, place_of(n));
        uint32_t argument = placed(m, site, 64, place_of(n) + 1024);
        append(m, key, argument);
        made_item(h, cache, key, placed(m, m->quote, 800, place_of(n) + 2048));
        if (kept)
            append(m, sites, argument);
    }
}

static void fill_lost_arguments(moment *m)
{
    fill_cached(m, false, false);
}

static void fill_kept_arguments(moment *m)
{
    fill_cached(m, false, true);
}

static void fill_equal_arguments(moment *m)
{
    fill_cached(m, true, false);
}

static void test_a_cache_that_cannot_hit_needs_other_keys(void **state)
{
    (void)state;
    assert_advice(fill_lost_arguments, "unbounded-cache", "a shop.Site that equals nothing but",
                  "Hand one and the same shop.Site to shop.pricing.resolver each time");
    assert_advice(fill_kept_arguments, "unbounded-cache", "an lru_cache without", "a maxsize");
    assert_advice(fill_equal_arguments, "unbounded-cache", "an lru_cache without", "a maxsize");
}

/* Tasks in a list, in one state. */
static void fill_tasks(moment *m, const char *state)
{
    made_heap *h = &m->heap;
    uint32_t task = made_type(h, "_asyncio", "Task");
    uint32_t jobs = global(m, "jobs", m->list, 0x7f1000000000);
    for (int n = 0; n < MEMBERS + MORE * m->k; n++) {
        uint32_t member = placed(m, task, 600, place_of(n));
        made_value(h, member, state);
        append(m, jobs, member);
    }
}

static void fill_waiting_tasks(moment *m)
{
    fill_tasks(m, "PENDING");
}

static void fill_done_tasks(moment *m)
{
    fill_tasks(m, "FINISHED");
}

static void test_tasks_that_wait_are_not_mended_by_what_comes_when_they_are_done(void **state)
{
    (void)state;
    assert_advice(fill_waiting_tasks, "task-accumulation", "are not done", "a time limit");
    assert_advice(fill_done_tasks, "task-accumulation", "that are done are kept", "jobs.remove");
}

/* Nodes of documents in a list, one of each document or the document, as their root. */
static void fill_nodes(moment *m, bool root)
{
    enum { BELOW = 40 };
    made_heap *h = &m->heap;
    uint32_t list = global(m, "headlines", m->list, 0x7f1000000000);
    for (int n = 0; n < (MEMBERS + MORE * m->k) / 4; n++) {
        uint64_t at = 0x7f2000000000 + ((uint64_t)n << 20);
        uint32_t document = placed(m, m->node, 64, at), node = document;
        uint32_t children = placed(m, m->list, 400, at + 1024);
        made_edge(h, document, HF_EDGE_ATTRIBUTE, "children", 0, children);
        for (int k = 0; k < BELOW; k++) {
            node = placed(m, m->node, 64, at + 4096 + (uint64_t)k * 2048);
            append(m, children, node);
            made_edge(h, node, HF_EDGE_ATTRIBUTE, "parent", 0, document);
            made_edge(h, node, HF_EDGE_ATTRIBUTE, "text", 0,
                      placed(m, m->str, 300, at + 5120 + (uint64_t)k * 2048));
        }
        append(m, list, root ? document : node);
    }
}

static void fill_leaves(moment *m)
{
    fill_nodes(m, false);
}

static void fill_documents(moment *m)
{
    fill_nodes(m, true);
}

static void test_a_node_keeps_its_tree_by_its_parent(void **state)
{
    (void)state;
    assert_advice(fill_leaves, "parser-tree-retention", "keeps its whole tree", "as plain values");
    assert_advice(fill_documents, "collection-growth", "never pruned", "Prune");
}

/* Variables of a module that are given another object, which has more, again and again. */
static void fill_variables(moment *m, uint64_t count)
{
    static const char *const names[] = {"left", "middle", "right"};
    made_heap *h = &m->heap;
    for (uint64_t side = 0; side < count; side++) {
        uint64_t at = 0x7f3000000000 + (side << 32);
        uint32_t key = text(m, names[side]);
        uint32_t value = placed(m, m->quote, 64, at + (uint64_t)m->k * 128);
        made_at(h, key, 0x7f1000000000 + side * 4096);
        made_item(h, m->globals, key, value);
        for (int n = 0; n < MEMBERS + MORE * m->k; n++) {
            uint32_t part = placed(m, m->quote, 600, at + 4096 + (uint64_t)n * 1024);
            made_edge(h, value, HF_EDGE_ATTRIBUTE, "part", 0, part);
        }
    }
}

static void fill_a_variable(moment *m)
{
    fill_variables(m, 1);
}

static void fill_three_variables(moment *m)
{
    fill_variables(m, 3);
}

static void test_a_namespace_is_not_to_be_given_a_limit(void **state)
{
    (void)state;
    assert_suspect(fill_a_variable, "module shop.pricing.left", "collection-growth");
    assert_no_word(fill_a_variable, "limit");
    assert_advice(fill_three_variables, "collection-growth", "several variables",
                  "left, middle and right");
    assert_no_word(fill_three_variables, "limit");
}

/* Classes by which functions are found, through what singledispatch() shows or in a plain dict. */
static void fill_classes(moment *m, bool dispatched)
{
    made_heap *h = &m->heap;
    uint32_t table = placed(m, m->dict, 400, 0x7f1000000000),
             class = made_type(h, "builtins", "type");
    h->types[class].flags = 1u << 31;
    if (dispatched) {
        uint32_t render = global(m, "render", m->function, 0x7f1100000000);
        uint32_t names = placed(m, m->dict, 400, 0x7f1200000000);
        uint32_t view = placed(m, made_type(h, "builtins", "mappingproxy"), 48, 0x7f1300000000);
        made_edge(h, render, HF_EDGE_FIELD, "__dict__", 0, names);
        made_item(h, names, text(m, "registry"), view);
        made_item(h, names, text(m, "dispatch"), placed(m, m->function, 100, 0x7f1400000000));
        made_edge(h, view, HF_EDGE_FIELD, "mapping", 0, table);
    } else {
        made_item(h, m->globals, text(m, "kinds"), table);
    }
    for (int n = 0; n < MEMBERS + MORE * m->k; n++)
        made_item(h, table, placed(m, class, 1000, place_of(n)),
                  placed(m, m->function, 100, place_of(n) + 2048));
}

static void fill_dispatched(moment *m)
{
    fill_classes(m, true);
}

static void fill_kinds(moment *m)
{
    fill_classes(m, false);
}

static void test_what_singledispatch_keeps_cannot_be_taken_back(void **state)
{
    (void)state;
    assert_advice(fill_dispatched, "class-churn", "singledispatch() forgets none", "a base class");
    assert_advice(fill_kinds, "class-churn", "each costs dozens", "drop from shop.pricing.kinds");
}

/* The dict of one thread in a threading.local(): attributes of many names, or one that is a
 * dict. */
static void fill_thread(moment *m, bool names)
{
    made_heap *h = &m->heap;
    uint32_t local = global(m, "local", made_type(h, "_thread", "_local"), 0x7f1000000000);
    uint32_t own = placed(m, m->dict, 400, 0x7f1100000000), seen = own;
    uint32_t threads = placed(m, m->dict, 400, 0x7f1300000000);
    uint32_t thread = placed(m, made_type(h, "_thread", "_localdummy"), 32, 0x7f1400000000);
    made_edge(h, local, HF_EDGE_FIELD, "dummies", 0, threads);
    made_item(h, threads, thread, own);
    if (!names) {
        seen = placed(m, m->dict, 400, 0x7f1200000000);
        made_item(h, own, text(m, "seen"), seen);
    }
    quotes(m, seen, 0, MEMBERS + MORE * m->k, 0x7f3000000000);
    h->objects[seen].length = (uint64_t)(MEMBERS + MORE * m->k);
}

static void fill_names_of_a_thread(moment *m)
{
    fill_thread(m, true);
}

static void fill_dict_of_a_thread(moment *m)
{
    fill_thread(m, false);
}

static void test_attributes_of_a_thread_have_fixed_names(void **state)
{
    (void)state;
    assert_advice(fill_names_of_a_thread, "thread-local", "made from data", "a fixed name");
    assert_advice(fill_dict_of_a_thread, "thread-local", "live as long as",
                  "Clear shop.pricing.local.seen");
}

/* A class whose __init__() is of this file. */
static uint32_t class_of_file(moment *m, const char *file)
{
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, "drawing", "Figure"), class = made_type_object(h, type);
    uint32_t order = made_object(h, made_type(h, "builtins", "tuple"), 64);
    uint32_t names = made_object(h, m->dict, 400), init = made_object(h, m->function, 100);
    uint32_t code = made_object(h, made_type(h, "builtins", "code"), 200);
    append(m, order, class);
    made_edge(h, class, HF_EDGE_FIELD, "__mro__", 0, order);
    made_edge(h, class, HF_EDGE_FIELD, "__dict__", 0, names);
    made_item(h, names, text(m, "__init__"), init);
    made_edge(h, init, HF_EDGE_FIELD, "__code__", 0, code);
    made_edge(h, code, HF_EDGE_FIELD, "co_filename", 0, text(m, file));
    made_root(h, HF_ROOT_INTERPRETER, class, "class");
    return type;
}

#define LIBRARY "/usr/lib/python3/dist-packages/drawing.py"
#define PROGRAM "/srv/drawing.py"

/* A figure that has what it draws in two lists. */
static void fill_figure(moment *m, const char *file)
{
    made_heap *h = &m->heap;
    uint32_t figure = global(m, "figure", class_of_file(m, file), 0x7f1000000000);
    uint32_t lines = placed(m, m->list, 400, 0x7f1100000000);
    uint32_t shown = placed(m, m->list, 400, 0x7f1200000000);
    made_edge(h, figure, HF_EDGE_ATTRIBUTE, "lines", 0, lines);
    made_edge(h, figure, HF_EDGE_ATTRIBUTE, "shown", 0, shown);
    for (int n = 0; n < MEMBERS + MORE * m->k; n++) {
        uint32_t line = placed(m, m->quote, 600, place_of(n));
        append(m, lines, line);
        append(m, shown, line);
    }
}

static void fill_figure_of_library(moment *m)
{
    fill_figure(m, LIBRARY);
}

static void fill_figure_of_program(moment *m)
{
    fill_figure(m, PROGRAM);
}

/* Figures by numbers, each of which is nearly all a buffer. */
static void fill_figures(moment *m, const char *file)
{
    made_heap *h = &m->heap;
    uint32_t type = class_of_file(m, file), buffer = made_type(h, "builtins", "bytearray");
    uint32_t figures = global(m, "figures", m->dict, 0x7f1000000000);
    for (int n = 0; n < MEMBERS + MORE * m->k; n++) {
        uint32_t figure = placed(m, type, 64, place_of(n));
        made_item(h, figures, placed(m, m->number, 32, place_of(n) + 128), figure);
        made_edge(h, figure, HF_EDGE_ATTRIBUTE, "fp", 0,
                  placed(m, buffer, 2048, place_of(n) + 1024));
    }
}

static void fill_figures_of_library(moment *m)
{
    fill_figures(m, LIBRARY);
}

static void fill_figures_of_program(moment *m)
{
    fill_figures(m, PROGRAM);
}

static void test_an_object_of_a_library_lets_go_by_itself(void **state)
{
    (void)state;
    assert_no_word(fill_figure_of_library, "must let go as well");
    assert_advice(fill_figure_of_program, "collection-growth", "also held by", "must let go as");
    assert_no_word(fill_figures_of_library, "drop it before");
    assert_advice(fill_figures_of_program, "registry-growth", "never removed", "drop it before");
}

/* A list in a node, below two others in lists of children; or in what is no node. */
static void fill_space(moment *m, bool nodes)
{
    made_heap *h = &m->heap;
    uint32_t space = global(m, "space", m->node, 0x7f1000000000);
    for (uint64_t level = 0; level < 3; level++) {
        uint64_t at = 0x7f1100000000 + (level << 24);
        uint32_t parts = placed(m, m->list, 400, at);
        uint32_t type = nodes ? m->node : made_type(h, "shop", level == 1 ? "Aisle" : "Shelf");
        uint32_t below = placed(m, type, 64, at + 4096);
        made_edge(h, space, HF_EDGE_ATTRIBUTE, "parts", 0, parts);
        append(m, parts, below);
        space = below;
    }
    uint32_t items = placed(m, m->list, 400, 0x7f1200000000);
    made_edge(h, space, HF_EDGE_ATTRIBUTE, "items", 0, items);
    for (int n = 0; n < MEMBERS + MORE * m->k; n++)
        append(m, items, placed(m, m->quote, 600, place_of(n)));
}

static void fill_nodes_of_space(moment *m)
{
    fill_space(m, true);
}

static void fill_shelves(moment *m)
{
    fill_space(m, false);
}

static void test_what_is_in_a_tree_is_taken_out_of_that(void **state)
{
    (void)state;
    assert_advice(fill_nodes_of_space, "collection-growth", "in nodes of a tree",
                  "Take out of the tree at shop.pricing.space what is no longer");
    assert_advice(fill_shelves, "collection-growth", "never pruned", "Prune");
}

/* Memory that nobody has, in a process that has loaded these modules; NULL: no more. */
static void fill_native(moment *m, const char *const files[][2])
{
    made_heap *h = &m->heap;
    uint32_t sys = made_object(h, m->module, 64), names = made_object(h, m->dict, 400);
    uint32_t modules = made_object(h, m->dict, 400);
    made_value(h, sys, "sys");
    made_root(h, HF_ROOT_MODULE, sys, "sys");
    made_edge(h, sys, HF_EDGE_FIELD, "__dict__", 0, names);
    made_item(h, names, text(m, "modules"), modules);
    for (size_t k = 0; files[k][0]; k++) {
        uint32_t module = made_object(h, m->module, 64), inside = made_object(h, m->dict, 400);
        made_item(h, modules, text(m, files[k][0]), module);
        made_edge(h, module, HF_EDGE_FIELD, "__dict__", 0, inside);
        made_item(h, inside, text(m, "__file__"), text(m, files[k][1]));
    }
    h->info.anonymous += (uint64_t)m->k * (2u << 20);
}

#define STANDARD "/usr/lib/python3.11/"

static void fill_native_by_ctypes(moment *m)
{
    static const char *const files[][2] = {
        {"ctypes", STANDARD "ctypes/__init__.py"},
        {"_ctypes", STANDARD "lib-dynload/_ctypes.cpython-311-x86_64-linux-gnu.so"},
        {NULL, NULL}};
    fill_native(m, files);
}

static void fill_native_by_an_extension(moment *m)
{
    static const char *const files[][2] = {
        {"ctypes", STANDARD "ctypes/__init__.py"},
        {"fast", "/usr/lib/python3/dist-packages/fast/_fast.cpython-311-x86_64-linux-gnu.so"},
        {NULL, NULL}};
    fill_native(m, files);
}

static void test_where_native_code_is_called_from_is_where_to_look(void **state)
{
    (void)state;
    assert_advice(fill_native_by_ctypes, "native-leak", "the process grew", "calls by ctypes");
    assert_advice(fill_native_by_an_extension, "native-leak", "the process grew", "a C extension");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references_that_have_a_callback_are_not_to_be_given_one),
        cmocka_unit_test(test_only_bound_methods_can_be_held_weakly_as_such),
        cmocka_unit_test(test_a_cache_that_cannot_hit_needs_other_keys),
        cmocka_unit_test(test_tasks_that_wait_are_not_mended_by_what_comes_when_they_are_done),
        cmocka_unit_test(test_a_node_keeps_its_tree_by_its_parent),
        cmocka_unit_test(test_what_singledispatch_keeps_cannot_be_taken_back),
        cmocka_unit_test(test_attributes_of_a_thread_have_fixed_names),
        cmocka_unit_test(test_an_object_of_a_library_lets_go_by_itself),
        cmocka_unit_test(test_what_is_in_a_tree_is_taken_out_of_that),
        cmocka_unit_test(test_where_native_code_is_called_from_is_where_to_look),
        cmocka_unit_test(test_a_namespace_is_not_to_be_given_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
