/* What a suspect is told to do fits the holder. */
#include "moment.h"

/* Tasks in a dict or a list. */
static void fill_tasks(moment *m, bool in_dict)
{
    made_heap *h = &m->heap;
    uint32_t task = made_type(h, "_asyncio", "Task");
    uint32_t jobs = global(m, "jobs", in_dict ? m->dict : m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t key = placed(m, m->number, 32, 0x7f2000000000 + (uint64_t)n * 1024);
        uint32_t object = made_object(h, task, 600);
        if (in_dict) {
            made_item(h, jobs, key, object);
        } else {
            made_edge(h, jobs, HF_EDGE_INDEX, NULL, (uint64_t)n, object);
            h->objects[jobs].length++;
        }
    }
}

static void fill_dict_of_tasks(moment *m)
{
    fill_tasks(m, true);
}

static void fill_list_of_tasks(moment *m)
{
    fill_tasks(m, false);
}

static void test_finished_tasks_leave_as_their_holder_wants(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_dict_of_tasks, graphs);
    assert_string_equal(d->suspects[0].pattern, "task-accumulation");
    assert_non_null(strstr(d->suspects[0].fix, "lambda done: jobs.pop(key, None)"));
    finish(d, graphs);
    d = diagnose(fill_list_of_tasks, graphs);
    assert_non_null(strstr(d->suspects[0].fix, "add_done_callback(jobs.remove)"));
    finish(d, graphs);
}

static void fill_arrays(moment *m, uint32_t flags)
{
    made_heap *h = &m->heap;
    uint32_t array = made_type(h, "numpy", "ndarray");
    uint32_t list = global(m, "results", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t object = placed(m, array, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        h->objects[object].flags = flags;
        made_edge(h, list, HF_EDGE_INDEX, NULL, (uint64_t)n, object);
        h->objects[list].length++;
    }
}

static void fill_own_arrays(moment *m)
{
    fill_arrays(m, 0);
}

static void fill_small_views(moment *m)
{
    fill_arrays(m, HF_OBJECT_SMALL_VIEW);
}

static void test_arrays_pin_a_base_only_where_they_are_small_views(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_own_arrays, graphs);
    assert_string_equal(d->suspects[0].pattern, "collection-growth");
    finish(d, graphs);
    d = diagnose(fill_small_views, graphs);
    assert_string_equal(d->suspects[0].pattern, "view-pins-base");
    finish(d, graphs);
}

/* What IPython has in the namespace that cells run in, and a result for each cell. */
static void fill_notebook(moment *m)
{
    global(m, "_oh", m->dict, 0x7f1000000000);
    global(m, "_ih", m->list, 0x7f1100000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        char name[32];
        snprintf(name, sizeof(name), "_%d", n);
        made_at(&m->heap, global(m, name, m->quote, 0x7f2000000000 + (uint64_t)n * 2048),
                0x7f2000000400 + (uint64_t)n * 2048);
    }
}

/* The dict of names that %who does not list has them, too; it is no name space. */
static void fill_hidden_names(moment *m)
{
    uint32_t shell = global(m, "shell", m->quote, 0x7f1000000000);
    uint32_t hidden = made_object(&m->heap, m->dict, 4000);
    made_edge(&m->heap, shell, HF_EDGE_ATTRIBUTE, "user_ns_hidden", 0, hidden);
    made_item(&m->heap, hidden, text(m, "_oh"), made_object(&m->heap, m->dict, 64));
    made_item(&m->heap, hidden, text(m, "_ih"), made_object(&m->heap, m->list, 64));
    quotes(m, hidden, 0, 100 + 150 * m->k, 0x7f2000000000);
}

static void fill_texts_of_results(moment *m)
{
    uint32_t history = global(m, "history", m->quote, 0x7f1000000000);
    uint32_t texts = made_object(&m->heap, m->dict, 4000);
    made_edge(&m->heap, history, HF_EDGE_ATTRIBUTE, "output_hist_reprs", 0, texts);
    quotes(m, texts, 0, 100 + 150 * m->k, 0x7f2000000000);
}

static void test_results_of_cells_are_told_as_such(void **state)
{
    (void)state;
    void (*const fills[])(moment *) = {fill_notebook, fill_hidden_names, fill_texts_of_results};
    for (size_t i = 0; i < sizeof(fills) / sizeof(*fills); i++) {
        hf_graph *graphs[SNAPSHOTS];
        hf_diagnosis *d = diagnose(fills[i], graphs);
        assert_string_equal(d->suspects[0].pattern, "result-retention");
        assert_non_null(strstr(d->suspects[0].fix, "%reset -f out"));
        finish(d, graphs);
    }
}

/* A dict by tuples of a node and a flag, or a list of the nodes. */
static void fill_nodes(moment *m, bool keyed)
{
    made_heap *h = &m->heap;
    uint32_t ast = made_type(h, "ast", "AST"), tuple = made_type(h, "builtins", "tuple");
    uint32_t kept = global(m, "kept", keyed ? m->dict : m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 2048;
        uint32_t node = placed(m, ast, 600, at);
        if (!keyed) {
            append(m, kept, node);
            continue;
        }
        uint32_t key = placed(m, tuple, 64, at + 1024);
        append(m, key, node);
        made_item(h, kept, key, placed(m, m->str, 64, at + 1280));
    }
}

static void fill_memo_of_nodes(moment *m)
{
    fill_nodes(m, true);
}

static void fill_list_of_nodes(moment *m)
{
    fill_nodes(m, false);
}

static void test_a_memo_that_nodes_are_keys_of_is_a_cache(void **state)
{
    (void)state;
    assert_suspect(fill_memo_of_nodes, "module shop.pricing.kept", "unbounded-cache");
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_list_of_nodes, graphs);
    assert_string_equal(d->suspects[0].pattern, "parser-tree-retention");
    assert_null(strstr(d->suspects[0].fix, "unlink()")); /* of documents whose nodes know them */
    finish(d, graphs);
}

/* What asyncio has not sent yet, in a collection that it would be wrong to cut. */
static void fill_unsent(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t transport = made_type(h, "asyncio.selector_events", "_SelectorSocketTransport");
    uint32_t viewer = global(m, "viewer", transport, 0x7f1000000000);
    uint32_t buffer = made_object(h, m->deque, 400);
    made_at(h, buffer, 0x7f1100000000);
    made_edge(h, viewer, HF_EDGE_ATTRIBUTE, "_buffer", 0, buffer);
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, buffer, placed(m, m->str, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

/* What a loop that does not run is to call. */
static void fill_ready_calls(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t loop = made_type(h, "asyncio.unix_events", "_UnixSelectorEventLoop");
    uint32_t handle = made_type(h, "asyncio.events", "Handle");
    uint32_t notifier = global(m, "notifier", loop, 0x7f1000000000);
    uint32_t ready = made_object(h, m->deque, 400);
    made_at(h, ready, 0x7f1100000000);
    made_edge(h, notifier, HF_EDGE_ATTRIBUTE, "_ready", 0, ready);
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, ready, placed(m, handle, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void test_calls_of_a_loop_that_does_not_run_are_a_backlog(void **state)
{
    (void)state;
    assert_suspect(fill_ready_calls, "module shop.pricing.notifier._ready", "queue-backlog");
}

static void test_what_is_not_sent_is_to_be_waited_for(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_unsent, graphs);
    assert_string_equal(d->suspects[0].pattern, "queue-backlog");
    assert_non_null(strstr(d->suspects[0].fix, "await writer.drain()"));
    assert_null(strstr(d->suspects[0].fix, "maxlen"));
    finish(d, graphs);
}

static void fill_log_handlers(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t handler = made_type(h, "logging", "Handler");
    uint32_t list = global(m, "handlers", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t object = placed(m, handler, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        made_edge(h, list, HF_EDGE_INDEX, NULL, (uint64_t)n, object);
        h->objects[list].length++;
    }
}

static void test_log_handlers_are_listeners(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_log_handlers, graphs);
    assert_string_equal(d->suspects[0].pattern, "listener-accumulation");
    assert_non_null(strstr(d->suspects[0].fix, "removeHandler()"));
    finish(d, graphs);
}

/* A set for each room, which all have left. */
static void fill_rooms(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t set = made_type(h, "builtins", "set");
    uint32_t rooms = global(m, "rooms", m->dict, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        char name[32];
        snprintf(name, sizeof(name), "room-%d", n);
        uint32_t key = text(m, name), room = made_object(h, set, 216);
        made_at(h, key, 0x7f2000000000 + (uint64_t)n * 1024);
        made_at(h, room, 0x7f2000000200 + (uint64_t)n * 1024);
        made_item(h, rooms, key, room);
        if (n % 50 == 0) { /* some have people in them */
            made_edge(h, room, HF_EDGE_MEMBER, NULL, 0, made_object(h, m->quote, 100));
            h->objects[room].length = 1;
        }
    }
}

static void test_entries_whose_values_are_empty_are_to_be_deleted(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_rooms, graphs);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.rooms");
    assert_non_null(strstr(d->suspects[0].evidence, "the set of most entries is empty"));
    assert_non_null(strstr(d->suspects[0].fix, "with the last member of its set"));
    finish(d, graphs);
}

static void put_set(moment *m, const char *name)
{
    made_heap *h = &m->heap;
    uint32_t set = global(m, name, made_type(h, "builtins", "set"), 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t object = placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        made_edge(h, set, HF_EDGE_MEMBER, NULL, 0, object);
        h->objects[set].length++;
    }
}

static void fill_set(moment *m)
{
    put_set(m, "lobby");
}

static void fill_seen(moment *m)
{
    put_set(m, "seen");
}

static void test_set_is_not_cut_like_a_list(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_set, graphs);
    assert_string_equal(d->suspects[0].pattern, "collection-growth");
    assert_non_null(strstr(d->suspects[0].fix, "discard()"));
    finish(d, graphs);
    d = diagnose(fill_seen, graphs);
    assert_string_equal(d->suspects[0].pattern, "unbounded-cache");
    assert_non_null(strstr(d->suspects[0].evidence, "a set without limit"));
    assert_non_null(strstr(d->suspects[0].fix, "discard()"));
    finish(d, graphs);
}

/* Objects of the program in a list that is called so. */
static void fill_observers(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t slots = made_object(h, made_type(h, "builtins", "tuple"), 64);
    uint32_t type = made_object(h, made_type(h, "builtins", "type"), 1000);
    made_edge(h, type, HF_EDGE_FIELD, "__slots__", 0, slots); /* a class in Python */
    made_root(h, HF_ROOT_C_STATIC, type, "class");
    h->types[m->quote].address = h->objects[type].address;
    uint32_t list = global(m, "observers", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t object = placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        made_edge(h, list, HF_EDGE_INDEX, NULL, (uint64_t)n, object);
        h->objects[list].length++;
    }
}

static void test_objects_that_are_told_are_listeners(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_observers, graphs);
    assert_string_equal(d->suspects[0].pattern, "listener-accumulation");
    assert_non_null(strstr(d->suspects[0].fix, "weakref.WeakSet"));
    finish(d, graphs);
}

/* WeakMethods of objects that are gone; each has a living weak reference to its function
 * as well. */
static void fill_weak_methods(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t weak_method = made_type(h, "weakref", "WeakMethod");
    uint32_t reference = made_type(h, "weakref", "ReferenceType");
    uint32_t function = placed(m, m->function, 100, 0x7f0100000000);
    made_root(h, HF_ROOT_C_STATIC, function, "function");
    uint32_t list = global(m, "watching", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t away = (uint64_t)n * 1024;
        uint32_t object = made_object(h, weak_method, 400), inner = made_object(h, reference, 100);
        made_at(h, object, 0x7f2000000000 + away);
        made_at(h, inner, 0x7f3000000000 + away);
        made_edge(h, object, HF_EDGE_ATTRIBUTE, "_func_ref", 0, inner);
        made_edge_of(h, inner, HF_EDGE_FIELD, HF_EDGE_WEAK, "referent", 0, function);
        made_edge(h, list, HF_EDGE_INDEX, NULL, (uint64_t)n, object);
        h->objects[list].length++;
    }
}

static void test_dead_weak_methods_are_dead_references(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_weak_methods, graphs);
    assert_string_equal(d->suspects[0].pattern, "weakref-misuse");
    finish(d, graphs);
}

/* What is to be called when work is rolled back, in an object whose class is called so. */
static void fill_undo(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t work = global(m, "work", made_type(h, "shop", "UnitOfWork"), 0x7f1000000000);
    uint32_t undo = placed(m, m->list, 400, 0x7f1100000000);
    made_edge(h, work, HF_EDGE_ATTRIBUTE, "_undo", 0, undo);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t function = placed(m, m->function, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        made_edge(h, undo, HF_EDGE_INDEX, NULL, (uint64_t)n, function);
        h->objects[undo].length++;
    }
}

static void test_functions_of_a_unit_of_work_are_no_rows(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_undo, graphs);
    assert_string_not_equal(d->suspects[0].pattern, "orm-session");
    finish(d, graphs);
}

/* A holder with a table of quotes, by the name that is given. */
static uint32_t fill_table(moment *m, const char *holder, const char *class, const char *name)
{
    made_heap *h = &m->heap;
    uint32_t instance = global(m, holder, made_type(h, "shop", class), 0x7f1000000000);
    uint32_t table = placed(m, m->dict, 400, 0x7f1100000000);
    made_edge(h, instance, HF_EDGE_ATTRIBUTE, name, 0, table);
    quotes(m, table, 0, 1000 + 300 * m->k, 0x7f2000000000);
    return instance;
}

static void fill_community(moment *m)
{
    fill_table(m, "community", "Holder", "_identity_cards");
}

static void fill_identity_provider(moment *m)
{
    fill_table(m, "session", "SessionMapper", "_identity_cards");
}

/* What is to be written is noted in several collections, of which one grows. */
static void fill_changes(moment *m)
{
    uint32_t work = fill_table(m, "work", "Changes", "_new");
    made_edge(&m->heap, work, HF_EDGE_ATTRIBUTE, "_dirty", 0,
              placed(m, m->dict, 64, 0x7f1200000000));
    made_edge(&m->heap, work, HF_EDGE_ATTRIBUTE, "_deleted", 0,
              placed(m, m->dict, 64, 0x7f1300000000));
}

/* An inbox knows what is new and what was deleted, too. */
static void fill_inbox(moment *m)
{
    uint32_t inbox = fill_table(m, "inbox", "Inbox", "messages");
    made_edge(&m->heap, inbox, HF_EDGE_ATTRIBUTE, "new", 0, placed(m, m->list, 64, 0x7f1200000000));
    made_edge(&m->heap, inbox, HF_EDGE_ATTRIBUTE, "deleted", 0,
              placed(m, m->list, 64, 0x7f1300000000));
}

static void fill_identity_map(moment *m)
{
    fill_table(m, "orders", "Orders", "identity_map");
}

static void fill_unit_of_work(moment *m)
{
    fill_table(m, "orders", "UnitOfWork", "_tracked");
}

/* (Quote, n) leads to that quote; where `foreign`, (Holder, n) does. */
static void fill_identities(moment *m, bool foreign)
{
    enum { MANAGED_DICT = 1 << 4 }; /* as classes have that a class statement made */
    made_heap *h = &m->heap;
    uint32_t holder = made_type(h, "shop", "Holder");
    uint32_t instance = global(m, "orders", holder, 0x7f1000000000);
    uint32_t table = placed(m, m->dict, 400, 0x7f1100000000);
    uint32_t tuple = made_type(h, "builtins", "tuple");
    uint32_t class = made_type_object(h, foreign ? holder : m->quote);
    h->types[m->quote].flags |= MANAGED_DICT;
    h->types[holder].flags |= MANAGED_DICT;
    made_edge(h, instance, HF_EDGE_ATTRIBUTE, "_loaded", 0, table);
    made_edge(h, instance, HF_EDGE_ATTRIBUTE, "_dirty", 0, placed(m, m->list, 64, 0x7f1200000000));
    for (int n = 0; n < 1000 + 300 * m->k; n++) {
        uint64_t away = (uint64_t)n * 1024;
        uint32_t key = placed(m, tuple, 64, 0x7f3000000000 + away);
        made_edge(h, key, HF_EDGE_INDEX, NULL, 0, class);
        made_edge(h, key, HF_EDGE_INDEX, NULL, 1, key);
        made_item(h, table, key, placed(m, m->quote, 600, 0x7f4000000000 + away));
    }
}

static void fill_by_identity(moment *m)
{
    fill_identities(m, false);
}

static void fill_by_holder(moment *m)
{
    fill_identities(m, true);
}

static bool is_told_as_rows(void (*fill)(moment *m))
{
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill, graphs);
    assert_int_equal(d->verdict, HF_VERDICT_SUSPECTS);
    bool is = !strcmp(d->suspects[0].pattern, "orm-session");
    finish(d, graphs);
    return is;
}

/* A community, a business unit, a session of somebody with identity cards: only their letters
 * are those of a unit of work. */
static void test_rows_are_told_by_what_has_them(void **state)
{
    (void)state;
    assert_false(is_told_as_rows(fill_community));
    assert_false(is_told_as_rows(fill_identity_provider));
    assert_true(is_told_as_rows(fill_changes));
    assert_false(is_told_as_rows(fill_inbox));
    assert_true(is_told_as_rows(fill_identity_map));
    assert_true(is_told_as_rows(fill_unit_of_work));
    assert_true(is_told_as_rows(fill_by_identity));
    assert_false(is_told_as_rows(fill_by_holder));
}

static void fill_buffer(moment *m, const char *module, const char *type)
{
    made_heap *h = &m->heap;
    uint32_t transcript = global(m, "transcript", made_type(h, module, type), 0x7f1000000000);
    made_at(h, transcript, 0x7f2000000000);
    h->objects[transcript].external = 1000000 + 200000 * (uint32_t)m->k;
    h->objects[transcript].length = h->objects[transcript].external - 1;
}

static void fill_bytes(moment *m)
{
    fill_buffer(m, "builtins", "bytearray");
}

static void fill_stream(moment *m)
{
    fill_buffer(m, "_io", "BytesIO");
}

static void test_a_buffer_is_emptied_as_its_kind_is(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_bytes, graphs);
    assert_non_null(strstr(d->suspects[0].fix, "no unread rest (del transcript[:used]"));
    finish(d, graphs);
    d = diagnose(fill_stream, graphs);
    assert_non_null(strstr(d->suspects[0].fix, "(seek(0); truncate())"));
    finish(d, graphs);
}

/* A table that is private to a cache: only the cache can be given a limit. */
static void fill_private_table(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t cache = global(m, "prices", m->node, 0x7f1000000000),
             links = made_object(h, m->dict, 400);
    made_at(h, links, 0x7f2000000000);
    made_edge(h, cache, HF_EDGE_ATTRIBUTE, "_TTLCache__links", 0, links);
    quotes(m, links, 0, 500 * (1 + m->k), 0x7f3000000000);
}

static void test_advice_names_what_has_a_private_table(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_private_table, graphs);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.prices._TTLCache__links");
    assert_non_null(strstr(d->suspects[0].fix, "Give shop.pricing.prices a limit"));
    finish(d, graphs);
}

/* rows = [], in a function that runs; or server.rows, where `server` is its variable. */
static void fill_local(moment *m, bool attribute)
{
    made_heap *h = &m->heap;
    uint32_t list = made_object(h, m->list, 400);
    made_at(h, list, 0x7f1200000000);
    uint32_t server = placed(m, m->quote, 64, 0x7f1100000000);
    if (attribute)
        made_edge(h, server, HF_EDGE_ATTRIBUTE, "rows", 0, list);
    made_root(h, HF_ROOT_LOCAL, attribute ? server : list, attribute ? "server" : "rows");
    quotes(m, list, 0, 500 * (1 + m->k), 0x7f3000000000);
}

static void fill_local_list(moment *m)
{
    fill_local(m, false);
}

static void fill_attribute_of_local(moment *m)
{
    fill_local(m, true);
}

static void test_advice_does_not_repeat_whose_local_it_is(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_local_list, graphs);
    assert_non_null(strstr(d->suspects[0].fix, "Prune rows: "));
    assert_non_null(strstr(d->suspects[0].fix, "what is still needed of the older ones"));
    finish(d, graphs);
    d = diagnose(fill_attribute_of_local, graphs);
    assert_non_null(strstr(d->suspects[0].fix, "Prune server.rows: "));
    finish(d, graphs);
}

/* Things with a close() of their own, in a list. */
static void fill_channels(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t tuple = made_type(h, "builtins", "tuple");
    uint32_t slots = made_object(h, tuple, 64), order = made_object(h, tuple, 64);
    uint32_t type = made_object(h, made_type(h, "builtins", "type"), 1000);
    uint32_t names = made_object(h, m->dict, 400);
    made_edge(h, type, HF_EDGE_FIELD, "__slots__", 0, slots); /* a class in Python */
    made_edge(h, type, HF_EDGE_FIELD, "__mro__", 0, order);
    made_edge(h, order, HF_EDGE_INDEX, NULL, 0, type);
    made_edge(h, type, HF_EDGE_FIELD, "__dict__", 0, names);
    made_item(h, names, text(m, "close"), made_object(h, m->function, 64));
    made_root(h, HF_ROOT_C_STATIC, type, "class");
    h->types[m->quote].address = h->objects[type].address;
    uint32_t list = global(m, "channels", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t object = placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        made_edge(h, list, HF_EDGE_INDEX, NULL, (uint64_t)n, object);
        h->objects[list].length++;
    }
}

static void test_what_can_be_closed_is_to_be_closed(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_channels, graphs);
    assert_string_equal(d->suspects[0].pattern, "collection-growth");
    assert_string_equal(d->suspects[0].fix,
                        "Call close() on each shop.pricing.Quote when it is done, and remove it "
                        "from shop.pricing.channels.");
    finish(d, graphs);
}

/* A dict that gets a long text and a short one with each entry; the short ones are equal
 * to each other. */
static void fill_letters(moment *m, uint32_t bytes)
{
    made_heap *h = &m->heap;
    uint32_t letters = global(m, "letters", m->list, 0x7f1000000000);
    for (int n = 0; n < 200 + 200 * m->k; n++) {
        char words[64];
        snprintf(words, sizeof(words), "letter %d", n);
        for (int part = 0; part < 5; part++) {
            uint32_t object = text(m, part == 0 ? words : "standard");
            made_at(h, object, 0x7f2000000000 + (uint64_t)(5 * n + part) * 4096);
            h->objects[object].block = part == 0 ? bytes : 64;
            made_edge(h, letters, HF_EDGE_INDEX, NULL, (uint64_t)(5 * n + part), object);
            h->objects[letters].length++;
        }
    }
}

static void fill_long_letters(moment *m)
{
    fill_letters(m, 2000);
}

static void fill_short_letters(moment *m)
{
    fill_letters(m, 64);
}

/* Visits with a page each, and one of a few referrers, which lie together in memory and come
 * first. */
static void fill_visits(moment *m)
{
    enum { FIRST = 500, MORE_VISITS = 800 };
    made_heap *h = &m->heap;
    uint32_t visits = global(m, "visits", m->list, 0x7f1000000000);
    for (int n = 0; n < FIRST + MORE_VISITS * m->k; n++) {
        char page[32], referrer[32];
        snprintf(page, sizeof(page), "/page/%d", n);
        snprintf(referrer, sizeof(referrer), "search.example/?q=%d", n % 7);
        uint32_t visit = placed(m, m->quote, 56, 0x7f4000000000 + (uint64_t)n * 64);
        uint32_t from = text(m, referrer), to = text(m, page);
        made_at(h, from, 0x7f2000000000 + (uint64_t)n * 64);
        made_at(h, to, 0x7f3000000000 + (uint64_t)n * 64);
        made_edge(h, visit, HF_EDGE_ATTRIBUTE, "referrer", 0, from);
        made_edge(h, visit, HF_EDGE_ATTRIBUTE, "page", 0, to);
        append(m, visits, visit);
    }
}

static void test_strings_are_looked_at_all_over_memory(void **state)
{
    (void)state;
    assert_suspect(fill_visits, "module shop.pricing.visits", "collection-growth");
}

static void test_equal_strings_must_be_what_fills_the_memory(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_long_letters, graphs);
    assert_string_equal(d->suspects[0].pattern, "collection-growth");
    finish(d, graphs);
    d = diagnose(fill_short_letters, graphs);
    assert_string_equal(d->suspects[0].pattern, "duplicate-strings");
    finish(d, graphs);
}

/* Clients, each with a context of OpenSSL's. */
static void fill_clients(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t context = made_type(h, "_ssl", "_SSLContext");
    uint32_t clients = global(m, "clients", m->list, 0x7f1000000000);
    for (int n = 0; n < 10 + 10 * m->k; n++) {
        uint32_t client = made_object(h, m->quote, 200), inside = made_object(h, context, 80);
        made_at(h, client, 0x7f2000000000 + (uint64_t)n * 1024);
        made_at(h, inside, 0x7f3000000000 + (uint64_t)n * 1024);
        made_edge(h, clients, HF_EDGE_INDEX, NULL, (uint64_t)n, client);
        made_edge(h, client, HF_EDGE_ATTRIBUTE, "context", 0, inside);
        h->objects[clients].length++;
    }
    h->info.anonymous += (uint64_t)m->k * (2u << 20);
}

static void test_owners_of_native_memory_are_named_by_what_people_made(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_clients, graphs);
    assert_string_equal(d->suspects[0].pattern, "native-held");
    assert_string_equal(d->suspects[0].type,
                        "list of shop.pricing.Quote with _ssl._SSLContext (native memory)");
    finish(d, graphs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finished_tasks_leave_as_their_holder_wants),
        cmocka_unit_test(test_arrays_pin_a_base_only_where_they_are_small_views),
        cmocka_unit_test(test_results_of_cells_are_told_as_such),
        cmocka_unit_test(test_a_memo_that_nodes_are_keys_of_is_a_cache),
        cmocka_unit_test(test_what_is_not_sent_is_to_be_waited_for),
        cmocka_unit_test(test_calls_of_a_loop_that_does_not_run_are_a_backlog),
        cmocka_unit_test(test_log_handlers_are_listeners),
        cmocka_unit_test(test_entries_whose_values_are_empty_are_to_be_deleted),
        cmocka_unit_test(test_set_is_not_cut_like_a_list),
        cmocka_unit_test(test_objects_that_are_told_are_listeners),
        cmocka_unit_test(test_dead_weak_methods_are_dead_references),
        cmocka_unit_test(test_functions_of_a_unit_of_work_are_no_rows),
        cmocka_unit_test(test_rows_are_told_by_what_has_them),
        cmocka_unit_test(test_a_buffer_is_emptied_as_its_kind_is),
        cmocka_unit_test(test_advice_names_what_has_a_private_table),
        cmocka_unit_test(test_advice_does_not_repeat_whose_local_it_is),
        cmocka_unit_test(test_what_can_be_closed_is_to_be_closed),
        cmocka_unit_test(test_owners_of_native_memory_are_named_by_what_people_made),
        cmocka_unit_test(test_equal_strings_must_be_what_fills_the_memory),
        cmocka_unit_test(test_strings_are_looked_at_all_over_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
