/* What a diagnosis knows of the kinds of objects that grow: links of a cache, instances that are
 * too large for __slots__ to matter, types of CPython's own. */
#include "moment.h"

enum { LINKS = 2000 };

/* A full lru_cache: its links lie where they always lay, and more and more have results
 * of their own. */
static void fill_links(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t link_type = made_type(h, "functools", "_lru_list_elem");
    uint32_t cache = global(m, "price", m->lru, 0x7f1000000000);
    h->objects[cache].length = LINKS;
    for (int n = 0; n < LINKS; n++) {
        uint32_t link = placed(m, link_type, 64, 0x7f2000000000 + (uint64_t)n * 64);
        made_edge(h, cache, HF_EDGE_FIELD, "link", 0, link);
        if (n >= 300 * m->k)
            continue;
        uint32_t result = placed(m, m->quote, 600, 0x7f3000000000 + (uint64_t)n * 1024);
        made_edge(h, link, HF_EDGE_FIELD, "result", 0, result);
    }
}

static void test_what_links_of_a_cache_hold_is_the_cache_s(void **state)
{
    (void)state;
    assert_suspect(fill_links, "module shop.pricing.price", NULL);
}

/* A list of instances, each with a dict of its attributes of so many bytes. */
static void fill_instances(moment *m, uint64_t bytes)
{
    made_heap *h = &m->heap;
    uint32_t rows = global(m, "rows", m->list, 0x7f1000000000);
    h->objects[rows].length = (uint64_t)400 * (uint64_t)(m->k + 1);
    for (uint64_t n = 0; n < h->objects[rows].length; n++) {
        uint32_t row = made_object(h, m->quote, 48), attributes = made_object(h, m->dict, bytes);
        made_at(h, row, 0x7f2000000000 + n * 4096);
        made_at(h, attributes, 0x7f2000000400 + n * 4096);
        made_edge(h, rows, HF_EDGE_INDEX, NULL, n, row);
        made_edge(h, row, HF_EDGE_FIELD, "__dict__", 0, attributes);
    }
}

static void fill_small_instances(moment *m)
{
    fill_instances(m, 232);
}

static void fill_large_instances(moment *m)
{
    fill_instances(m, 2000);
}

static void test_slots_are_advised_where_they_save_much(void **state)
{
    (void)state;
    assert_suspect(fill_small_instances, NULL, "missing-slots");
    assert_suspect(fill_large_instances, NULL, "collection-growth");
}

/* Exports, each with an attribute that is an object of this type. */
static void fill_exports(moment *m, const char *module, const char *name)
{
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, module, name);
    uint32_t exports = global(m, "exports", m->dict, 0x7f1000000000);
    for (int n = 0; n < 400 + 400 * m->k; n++) {
        char number[32];
        snprintf(number, sizeof(number), "%d", n);
        uint32_t key = text(m, number), export = made_object(h, m->quote, 300);
        made_at(h, key, 0x7f2000000000 + (uint64_t)n * 1024);
        made_item(h, exports, key, export);
        made_edge(h, export, HF_EDGE_ATTRIBUTE, "rows", 0, made_object(h, type, 120));
    }
}

static void fill_exports_with_cursors(moment *m)
{
    fill_exports(m, "sqlite3", "Cursor");
}

static void fill_exports_with_lists(moment *m)
{
    fill_exports(m, "builtins", "list");
}

static void test_what_is_open_is_registered_and_no_result(void **state)
{
    (void)state;
    assert_suspect(fill_exports_with_cursors, "module shop.pricing.exports", "registry-growth");
    assert_suspect(fill_exports_with_lists, "module shop.pricing.exports", "unbounded-cache");
}

/* Native memory grows while a dict gets a few objects of a type that is written in C. */
static void fill_objects_of_c(moment *m, const char *module, const char *name)
{
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, module, name);
    h->types[type].exact = false;
    uint32_t shown = global(m, "shown", m->dict, 0x7f1000000000);
    for (int n = 0; n < 10 + 10 * m->k; n++) {
        uint32_t key = text(m, "page");
        made_at(h, key, 0x7f2000000000 + (uint64_t)n * 256);
        made_item(h, shown, key, made_object(h, type, 80));
    }
    h->info.anonymous += (uint64_t)m->k * (2u << 20);
}

static void fill_parsers_of_an_extension(moment *m)
{
    fill_objects_of_c(m, "quick_parser", "Parser");
}

static void fill_counters(moment *m)
{
    fill_objects_of_c(m, "itertools", "count");
}

static void test_types_of_cpython_have_no_native_memory_beside_their_own(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    assert_suspect(fill_parsers_of_an_extension, NULL, "native-held");
    hf_diagnosis *d = diagnose(fill_counters, graphs);
    for (size_t i = 0; i < d->suspect_count; i++)
        assert_string_not_equal(d->suspects[i].pattern, "native-held");
    finish(d, graphs);
}

/* Mails, each with a class that was made for it, and so many bytes of text. */
static void fill_mails(moment *m, uint64_t bytes)
{
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, "builtins", "type");
    h->types[type].flags = 1u << 31;
    uint32_t rejected = global(m, "rejected", m->list, 0x7f1000000000);
    h->objects[rejected].length = (uint64_t)200 * (uint64_t)(m->k + 1);
    for (uint64_t n = 0; n < h->objects[rejected].length; n++) {
        uint32_t mail = made_object(h, m->quote, 48), class = made_object(h, type, 1200);
        uint32_t body = made_object(h, m->node, bytes);
        made_at(h, mail, 0x7f2000000000 + n * 65536);
        made_at(h, class, 0x7f2000000400 + n * 65536);
        made_at(h, body, 0x7f2000001000 + n * 65536);
        made_edge(h, rejected, HF_EDGE_INDEX, NULL, n, mail);
        made_edge(h, mail, HF_EDGE_ATTRIBUTE, "kind", 0, class);
        made_edge(h, mail, HF_EDGE_ATTRIBUTE, "body", 0, body);
    }
}

static void fill_large_mails(moment *m)
{
    fill_mails(m, 20000);
}

static void fill_mails_of_classes(moment *m)
{
    fill_mails(m, 300);
}

static void test_classes_count_where_they_are_what_it_costs(void **state)
{
    (void)state;
    assert_suspect(fill_large_mails, NULL, "collection-growth");
    assert_suspect(fill_mails_of_classes, NULL, "class-churn");
}

/* A context that is given another tree of values each time. Its node lies where the last one's node
 * lay, and has the longer and longer chain of all that has happened. */
static void fill_context(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t context =
        global(m, "context", made_type(h, "_contextvars", "Context"), 0x7f1000000000);
    uint32_t tree = made_object(h, made_type(h, "builtins", "hamt"), 64);
    uint32_t above = made_object(h, made_type(h, "builtins", "hamt_bitmap_node"), 64);
    made_at(h, tree, 0x7f1000001000 + (uint64_t)m->k * 64);
    made_at(h, above, 0x7f1000002000);
    made_edge(h, context, HF_EDGE_FIELD, "ctx_vars", 0, tree);
    made_edge(h, tree, HF_EDGE_FIELD, "h_root", 0, above);
    uint32_t variable = made_object(h, made_type(h, "_contextvars", "ContextVar"), 64);
    made_value(h, variable, "crumbs");
    for (int n = 300 * (m->k + 1); n-- > 0;) {
        uint32_t crumb = placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        if (n == 300 * (m->k + 1) - 1)
            made_item(h, above, variable, crumb);
        else
            made_edge(h, above, HF_EDGE_ATTRIBUTE, "earlier", 0, crumb);
        above = crumb;
    }
}

static void test_what_comes_below_a_node_that_looks_old_comes_steadily(void **state)
{
    (void)state;
    assert_suspect(fill_context,
                   "module shop.pricing.context.ctx_vars.h_root[<_contextvars.ContextVar crumbs>]",
                   NULL);
}

/* Cycles that gc.freeze() met, with two texts each: the collector has no list for those. */
static void fill_frozen_cycles(moment *m)
{
    made_heap *h = &m->heap;
    h->types[m->node].flags = HF_TYPE_HAS_GC;
    for (int n = 0; n < 200 * (m->k + 1); n++) {
        uint32_t node = made_object(h, m->node, 400);
        made_at(h, node, 0x7f3000000000 + (uint64_t)n * 1024);
        h->objects[node].flags |= HF_OBJECT_FROZEN;
        made_edge(h, node, HF_EDGE_ATTRIBUTE, "itself", 0, node);
        for (int k = 0; k < 2; k++) {
            uint32_t words = text(m, "words");
            h->objects[words].flags &= ~(uint32_t)HF_OBJECT_TRACKED;
            made_edge(h, node, HF_EDGE_ATTRIBUTE, "words", 0, words);
        }
    }
}

static void test_frozen_cycles_are_told_whatever_else_hangs_on_them(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_frozen_cycles, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].pattern, "cycle-gc-off");
    assert_non_null(strstr(d->suspects[0].path, "frozen by gc.freeze()"));
    finish(d, graphs);
}

/* Many functions have the variables of their module; one of these is wrapped again and again. */
static void fill_wrapped_global(moment *m)
{
    enum { FUNCTIONS = 40 };
    made_heap *h = &m->heap;
    uint32_t cell_type = made_type(h, "builtins", "cell");
    for (int n = 0; n < FUNCTIONS; n++) {
        uint32_t function = made_object(h, m->function, 64);
        made_at(h, function, 0x7e0000000000 + (uint64_t)n * 256); /* before the module */
        made_edge(h, function, HF_EDGE_FIELD, "__globals__", 0, m->globals);
        made_root(h, HF_ROOT_C_STATIC, function, "library");
    }
    uint32_t name = text(m, "factory"), holder = m->globals;
    made_at(h, name, 0x7e1000000000);
    for (int n = 200 * (m->k + 1); n-- > 0;) {
        uint32_t wrapper = made_object(h, m->function, 400), cell = made_object(h, cell_type, 64);
        made_at(h, wrapper, 0x7f3000000000 + (uint64_t)n * 1024);
        made_at(h, cell, 0x7f3000000200 + (uint64_t)n * 1024);
        if (holder == m->globals)
            made_item(h, holder, name, wrapper);
        else
            made_edge(h, holder, HF_EDGE_CELL, NULL, 0, wrapper);
        made_edge(h, wrapper, HF_EDGE_FIELD, "__closure__", 0, cell);
        holder = cell;
    }
}

/* Each new layer can be called and has the one before; where `leaves`, each has another
 * layer of its own as well. */
static void fill_layers(moment *m, bool leaves)
{
    enum { MANAGED_DICT = 1 << 4 }; /* as classes have that a class statement made */
    made_heap *h = &m->heap;
    uint32_t layer = made_type(h, "shop", "Layer"), class_object = made_type_object(h, layer);
    uint32_t methods = placed(m, m->dict, 64, 0x7e2000000000), name = text(m, "__call__");
    h->types[layer].heap_type = true;
    h->types[layer].flags |= MANAGED_DICT;
    made_class(h, layer, layer);
    made_at(h, name, 0x7e1000000000);
    made_edge(h, class_object, HF_EDGE_FIELD, "__dict__", 0, methods);
    made_item(h, methods, name, placed(m, m->function, 64, 0x7e1100000000));
    uint32_t inner = global(m, "first", layer, 0x7f1000000000);
    for (int n = 0; n < 200 * (m->k + 1); n++) {
        uint64_t away = (uint64_t)n * 2048;
        uint32_t outer = placed(m, layer, 400, 0x7f3000000000 + away);
        made_edge(h, outer, HF_EDGE_ATTRIBUTE, "inner", 0, inner);
        if (leaves)
            made_edge(h, outer, HF_EDGE_ATTRIBUTE, "own", 0,
                      placed(m, layer, 400, 0x7f3000000400 + away));
        inner = outer;
    }
    name = text(m, "application");
    made_at(h, name, 0x7e1200000000);
    made_item(h, m->globals, name, inner);
}

static void fill_layers_in_a_row(moment *m)
{
    fill_layers(m, false);
}

static void fill_tree_of_layers(moment *m)
{
    fill_layers(m, true);
}

/* Nodes that can be called, each with several others, are no wrappers. */
static void test_a_tree_of_callables_is_no_chain_of_wrappers(void **state)
{
    (void)state;
    assert_suspect(fill_layers_in_a_row, "module shop.pricing.application", "wrapper-chain");
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_tree_of_layers, graphs);
    assert_int_equal(d->verdict, HF_VERDICT_SUSPECTS);
    assert_string_not_equal(d->suspects[0].pattern, "wrapper-chain");
    finish(d, graphs);
}

static void test_a_variable_is_named_whoever_has_the_namespace(void **state)
{
    (void)state;
    assert_suspect(fill_wrapped_global, "module shop.pricing.factory", "wrapper-chain");
}

/* Weak references whose callbacks have by a default argument what the references name. */
static void fill_owning_callbacks(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t reference = made_type(h, "weakref", "ReferenceType");
    uint32_t references = global(m, "references", m->list, 0x7f1000000000);
    for (int n = 0; n < 200 * (m->k + 1); n++) {
        uint64_t address = 0x7f2000000000 + (uint64_t)n * 4096;
        uint32_t view = placed(m, m->quote, 600, address);
        uint32_t callback = placed(m, m->function, 200, address + 1024);
        uint32_t weak = placed(m, reference, 100, address + 2048);
        made_edge_of(h, weak, HF_EDGE_FIELD, HF_EDGE_WEAK, "referent", 0, view);
        made_edge(h, weak, HF_EDGE_FIELD, "__callback__", 0, callback);
        made_edge(h, callback, HF_EDGE_FIELD, "__defaults__", 0, view);
        append(m, references, weak);
    }
}

static void test_a_weak_reference_that_keeps_what_it_names_is_misused(void **state)
{
    (void)state;
    assert_suspect(fill_owning_callbacks, "module shop.pricing.references", "weakref-misuse");
}

/* An editor's steps, each of which knows the one before and the one after: the editor has the last
 * one, the first one, and a limit of so many steps. */
static void put_history(moment *m, bool both_ways, const char *name, const char *limit)
{
    made_heap *h = &m->heap;
    h->types[m->quote].heap_type = h->types[m->node].heap_type = true;
    uint32_t editor = global(m, "editor", m->quote, 0x7f1000000000);
    uint32_t of = placed(m, m->number, 32, 0x7f1100000000), before = HF_NO_OBJECT;
    made_value(h, of, limit);
    made_edge(h, editor, HF_EDGE_ATTRIBUTE, name, 0, of);
    for (int n = 0; n < 500 + 500 * m->k; n++) {
        uint32_t step = placed(m, m->node, 200, 0x7f8000000000 + (uint64_t)n * 256);
        if (before != HF_NO_OBJECT)
            made_edge(h, step, HF_EDGE_ATTRIBUTE, "older", 0, before);
        if (before != HF_NO_OBJECT && both_ways)
            made_edge(h, before, HF_EDGE_ATTRIBUTE, "newer", 0, step);
        if (!n && both_ways)
            made_edge(h, editor, HF_EDGE_ATTRIBUTE, "oldest", 0, step);
        before = step;
    }
    made_edge(h, editor, HF_EDGE_ATTRIBUTE, "newest", 0, before);
}

static void fill_history_below_its_limit(moment *m)
{
    put_history(m, true, "limit", "6000");
}

static void fill_chain_below_its_limit(moment *m)
{
    put_history(m, false, "_max_undo", "6000");
}

static void fill_history_above_its_limit(moment *m)
{
    put_history(m, true, "limit", "2000");
}

static void fill_history_beside_a_number(moment *m)
{
    put_history(m, true, "width", "6000");
}

static void test_a_chain_may_end_at_the_limit_beside_it(void **state)
{
    (void)state;
    assert_too_early(fill_history_below_its_limit, NULL);
    assert_too_early(fill_chain_below_its_limit, NULL);
    assert_suspect(fill_history_above_its_limit, NULL, NULL);
    assert_suspect(fill_history_beside_a_number, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_links_of_a_cache_hold_is_the_cache_s),
        cmocka_unit_test(test_slots_are_advised_where_they_save_much),
        cmocka_unit_test(test_what_is_open_is_registered_and_no_result),
        cmocka_unit_test(test_classes_count_where_they_are_what_it_costs),
        cmocka_unit_test(test_what_comes_below_a_node_that_looks_old_comes_steadily),
        cmocka_unit_test(test_types_of_cpython_have_no_native_memory_beside_their_own),
        cmocka_unit_test(test_frozen_cycles_are_told_whatever_else_hangs_on_them),
        cmocka_unit_test(test_a_variable_is_named_whoever_has_the_namespace),
        cmocka_unit_test(test_a_tree_of_callables_is_no_chain_of_wrappers),
        cmocka_unit_test(test_a_weak_reference_that_keeps_what_it_names_is_misused),
        cmocka_unit_test(test_a_chain_may_end_at_the_limit_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
