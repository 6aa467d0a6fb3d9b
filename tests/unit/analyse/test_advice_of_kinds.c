/* What looks alike and is mended in different ways gets different advice. */
#include "moment.h"

static void fill_cycles(moment *m, uint32_t flags)
{
    made_heap *h = &m->heap;
    for (int n = 0; n < 200 + 200 * m->k; n++) {
        uint32_t parent = placed(m, m->node, 400, 0x7f3000000000 + (uint64_t)n * 1024);
        uint32_t child = made_object(h, m->node, 400);
        made_edge(h, parent, HF_EDGE_ATTRIBUTE, "child", 0, child);
        made_edge(h, child, HF_EDGE_ATTRIBUTE, "parent", 0, parent);
        h->objects[parent].flags |= HF_OBJECT_TRACKED | flags;
        h->objects[child].flags |= HF_OBJECT_TRACKED | flags;
    }
}

static void fill_frozen(moment *m)
{
    fill_cycles(m, HF_OBJECT_FROZEN);
}

/* The collector would not free them if it were on. */
static void fill_frozen_while_off(moment *m)
{
    m->heap.info.python.gc_enabled = false;
    fill_cycles(m, HF_OBJECT_FROZEN);
}

static void fill_off(moment *m)
{
    m->heap.info.python.gc_enabled = false;
    fill_cycles(m, 0);
}

static void fill_rare(moment *m)
{
    m->heap.info.python.gc_threshold[0] = 1 << 30;
    fill_cycles(m, 0);
}

static void test_frozen_garbage_is_not_what_a_threshold_lets_go(void **state)
{
    (void)state;
    assert_advice(fill_frozen, "cycle-gc-off", "frozen by gc.freeze()",
                  "gc.collect() just before it");
    assert_advice(fill_frozen_while_off, "cycle-gc-off", "frozen by gc.freeze()", "gc.unfreeze()");
    assert_advice(fill_off, "cycle-gc-off", "collector disabled", "gc.enable()");
    assert_advice(fill_rare, "cycle-gc-off", "out of reach", "gc.set_threshold(700, 10, 10)");
}

/* Bound methods that the interpreter is to call. */
static void fill_hooks(moment *m, const char *state)
{
    made_heap *h = &m->heap;
    uint32_t method = made_type(h, "builtins", "method");
    uint32_t list = placed(m, m->list, 400, 0x7f1000000000);
    made_root(h, HF_ROOT_INTERPRETER, list, state);
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, list, placed(m, method, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void fill_fork_hooks(moment *m)
{
    fill_hooks(m, "after_forkers_child");
}

static void fill_exit_hooks(moment *m)
{
    fill_hooks(m, "atexit functions");
}

static void test_what_is_called_at_a_fork_cannot_be_taken_back(void **state)
{
    (void)state;
    assert_advice(fill_fork_hooks, "listener-accumulation", "at each fork", "weakref.WeakSet");
    assert_advice(fill_exit_hooks, "listener-accumulation", "at exit", "atexit.unregister()");
}

/* What a pickler and an unpickler remember hangs at them. */
static void fill_memo(moment *m, const char *class)
{
    made_heap *h = &m->heap;
    uint32_t pickler = global(m, "link", made_type(h, "_pickle", class), 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++)
        made_edge(h, pickler, HF_EDGE_INDEX, NULL, (uint64_t)n,
                  placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void fill_pickler(moment *m)
{
    fill_memo(m, "Pickler");
}

static void fill_unpickler(moment *m)
{
    fill_memo(m, "Unpickler");
}

static void test_an_unpickler_cannot_clear_its_memo(void **state)
{
    (void)state;
    assert_advice(fill_pickler, "serializer-memo", "that was written", "Call clear_memo()");
    assert_advice(fill_unpickler, "serializer-memo", "that was read",
                  "Read each message with a new unpickler");
}

/* Each span has the token that ContextVar.set() returned, and that has the span before. */
static void fill_spans(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t context =
        global(m, "context", made_type(h, "_contextvars", "Context"), 0x7f1000000000);
    uint32_t type = made_type(h, "_contextvars", "Token"), above = context;
    for (int n = 300 * (m->k + 1); n-- > 0;) {
        uint32_t span = placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        uint32_t token = placed(m, type, 100, 0x7f2000000300 + (uint64_t)n * 1024);
        made_edge(h, above, HF_EDGE_FIELD, "old_value", 0, span);
        made_edge(h, span, HF_EDGE_ATTRIBUTE, "token", 0, token);
        above = token;
    }
}

static void fill_contexts(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t list = global(m, "jobs", m->list, 0x7f1000000000);
    uint32_t context = made_type(h, "_contextvars", "Context");
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, list, placed(m, context, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void test_tokens_are_no_copies_of_a_context(void **state)
{
    (void)state;
    assert_advice(fill_spans, "context-retention", "what ContextVar.set() returns",
                  "Call reset() with the token");
    assert_advice(fill_contexts, "context-retention", "a copy of the context",
                  "empty contextvars.Context()");
}

/* weakref.finalize._registry: what it waits for is the one session, or what each finalizer was
 * given itself. */
static void fill_finalizers(moment *m, bool own)
{
    made_heap *h = &m->heap;
    uint32_t finalize = made_type(h, "weakref", "finalize");
    uint32_t info = made_type(h, "weakref", "finalize._Info");
    uint32_t reference = made_type(h, "weakref", "ReferenceType");
    uint32_t registry = global(m, "_registry", m->dict, 0x7f1000000000);
    uint32_t session = global(m, "session", m->node, 0x7f1100000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 2048;
        uint32_t key = placed(m, finalize, 64, at), value = placed(m, info, 100, at + 64);
        uint32_t weak = placed(m, reference, 72, at + 256);
        uint32_t given = placed(m, m->quote, 600, at + 512);
        made_item(h, registry, key, value);
        made_edge(h, value, HF_EDGE_ATTRIBUTE, "weakref", 0, weak);
        made_edge(h, value, HF_EDGE_ATTRIBUTE, "args", 0, given);
        made_edge_of(h, weak, HF_EDGE_FIELD, HF_EDGE_WEAK, "referent", 0, own ? given : session);
    }
}

static void fill_own_finalizers(moment *m)
{
    fill_finalizers(m, true);
}

static void fill_finalizers_of_a_session(moment *m)
{
    fill_finalizers(m, false);
}

static void test_finalizers_wait_for_what_they_hold_or_for_what_lives_on(void **state)
{
    (void)state;
    assert_advice(fill_own_finalizers, "finalizer-retention", "holds the object that it waits for",
                  "never a bound method");
    assert_advice(fill_finalizers_of_a_session, "finalizer-retention", "live on", "detach()");
}

/* Futures of those who wait for an event; or these stay as they are, and one of them leads to a
 * list that grows. */
static void fill_waiters(moment *m, bool of_list)
{
    made_heap *h = &m->heap;
    uint32_t event = global(m, "closing", made_type(h, "asyncio.locks", "Event"), 0x7f1000000000);
    uint32_t future = made_type(h, "_asyncio", "Future");
    uint32_t waiters = placed(m, m->deque, 400, 0x7f1100000000), above = waiters;
    made_edge(h, event, HF_EDGE_ATTRIBUTE, "_waiters", 0, waiters);
    if (of_list) {
        uint32_t waiting = placed(m, future, 100, 0x7f1200000000);
        above = placed(m, m->list, 400, 0x7f1300000000);
        append(m, waiters, waiting);
        made_edge(h, waiting, HF_EDGE_ATTRIBUTE, "rows", 0, above);
    }
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, above,
               placed(m, of_list ? m->quote : future, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void fill_waiters_of_event(moment *m)
{
    fill_waiters(m, false);
}

static void fill_list_of_waiter(moment *m)
{
    fill_waiters(m, true);
}

static void test_private_collections_of_asyncio_are_told_by_what_the_program_does(void **state)
{
    (void)state;
    assert_advice(fill_waiters_of_event, "task-accumulation", "100 % of the growth",
                  "Cancel the waiting task");
    assert_advice(fill_list_of_waiter, "collection-growth", "never pruned", "Prune ");
}

/* A class whose methods, of a file of this folder, use an attribute `_rows` of its instances. */
static uint32_t class_titled(moment *m, const char *module, const char *title, const char *folder)
{
    enum { MANAGED_DICT = 1 << 4 };
    static const char *const names[] = {"put", "reset", "close", NULL};
    made_heap *h = &m->heap;
    uint32_t tuple = made_type(h, "builtins", "tuple");
    uint32_t class = made_object(h, made_type(h, "builtins", "type"), 1000);
    uint32_t order = made_object(h, tuple, 64), methods = made_object(h, m->dict, 400);
    char file[64];
    snprintf(file, sizeof(file), "%s/%s.py", folder, module);
    made_edge(h, class, HF_EDGE_FIELD, "__mro__", 0, order);
    made_edge(h, order, HF_EDGE_INDEX, NULL, 0, class);
    made_edge(h, class, HF_EDGE_FIELD, "__dict__", 0, methods);
    for (size_t k = 0; names[k]; k++) {
        uint32_t function = made_object(h, m->function, 64), used = made_object(h, tuple, 64);
        uint32_t code = made_object(h, made_type(h, "builtins", "code"), 200);
        made_item(h, methods, text(m, names[k]), function);
        made_edge(h, function, HF_EDGE_FIELD, "__code__", 0, code);
        made_edge(h, code, HF_EDGE_FIELD, "co_filename", 0, text(m, file));
        made_edge(h, code, HF_EDGE_FIELD, "co_names", 0, used);
        made_edge(h, used, HF_EDGE_INDEX, NULL, 0, text(m, k < 2 ? "_rows" : "socket"));
    }
    made_root(h, HF_ROOT_C_STATIC, class, "class");
    uint32_t type = made_type(h, module, title);
    h->types[type].address = h->objects[class].address;
    h->types[type].flags |= MANAGED_DICT;
    h->types[type].heap_type = true;
    return type;
}

static uint32_t batch_class(moment *m, const char *module, const char *folder)
{
    return class_titled(m, module, "Batch", folder);
}

static void fill_rows(moment *m, const char *folder, const char *name)
{
    made_heap *h = &m->heap;
    uint32_t batch = global(m, "batch", batch_class(m, "warehouse", folder), 0x7f1000000000);
    uint32_t list = placed(m, m->list, 400, 0x7f1100000000);
    made_edge(h, batch, HF_EDGE_ATTRIBUTE, name, 0, list);
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, list, placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void fill_rows_of_library(moment *m)
{
    fill_rows(m, "/usr/lib/python3.11/site-packages", "_rows");
}

static void fill_rows_of_program(moment *m)
{
    fill_rows(m, "/srv/shop", "_rows");
}

/* What the program has put at an object of a library, as at a namespace. */
static void fill_rows_put_there(moment *m)
{
    fill_rows(m, "/usr/lib/python3.11/site-packages", "rows");
}

/* What hangs below it is the library's as well, and also where the library's object is a
 * collection, as a graph is. */
static void fill_lists_of_library(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t batch =
        global(m, "batch", batch_class(m, "warehouse", "/usr/lib/python3.11"), 0x7f1000000000);
    uint32_t rows = placed(m, m->dict, 400, 0x7f1100000000);
    uint32_t list = placed(m, m->list, 400, 0x7f1200000000);
    made_edge(h, batch, HF_EDGE_ATTRIBUTE, "_rows", 0, rows);
    made_item(h, rows, placed(m, m->number, 32, 0x7f1300000000), list);
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, list, placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

/* A list for each of two names, in a dict that a library's object has for them. */
static void fill_table_of_library(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t batch =
        global(m, "batch", batch_class(m, "warehouse", "/usr/lib/python3.11"), 0x7f1000000000);
    uint32_t rows = placed(m, m->dict, 400, 0x7f1100000000);
    made_edge(h, batch, HF_EDGE_ATTRIBUTE, "_rows", 0, rows);
    static const char *const names[] = {"FETCH", "EXISTS"};
    for (uint32_t k = 0; k < 2; k++) {
        uint32_t list = placed(m, m->list, 400, 0x7f1200000000 + k * 4096);
        made_item(h, rows, text(m, names[k]), list);
        for (int n = 0; n < (k ? 3 : 100 + 150 * m->k); n++)
            append(m, list,
                   placed(m, m->quote, 600, 0x7f2000000000 + ((uint64_t)k << 32) + n * 1024u));
    }
}

/* A part of a library's object that has a class of its own. */
static void fill_part(moment *m, const char *title)
{
    static const char folder[] = "/usr/lib/python3.11";
    made_heap *h = &m->heap;
    uint32_t whole = global(m, "depot", batch_class(m, "depots", folder), 0x7f1000000000);
    uint32_t part = placed(m, class_titled(m, "warehouse", title, folder), 64, 0x7f1100000000);
    uint32_t list = placed(m, m->list, 400, 0x7f1200000000);
    made_edge(h, whole, HF_EDGE_ATTRIBUTE, "_rows", 0, part);
    made_edge(h, part, HF_EDGE_ATTRIBUTE, "_rows", 0, list);
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, list, placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void fill_public_part(moment *m)
{
    fill_part(m, "Batch");
}

static void fill_private_part(moment *m)
{
    fill_part(m, "_Batch");
}

/* A dict of a class that a library, or the program, has written. */
static void fill_topics(moment *m, const char *folder)
{
    uint32_t type = class_titled(m, "signals", "Namespace", folder);
    enum { DICT_SUBCLASS = 1 << 29 };
    m->heap.types[type].flags |= DICT_SUBCLASS;
    quotes(m, global(m, "topics", type, 0x7f1000000000), 0, 100 + 150 * m->k, 0x7f2000000000);
}

static void fill_topics_of_library(moment *m)
{
    fill_topics(m, "/usr/lib/python3.11/site-packages");
}

static void fill_topics_of_program(moment *m)
{
    fill_topics(m, "/srv/shop");
}

static void test_no_cache_stands_in_for_a_librarys_dict(void **state)
{
    (void)state;
    assert_advice(fill_topics_of_library, "unbounded-cache", "",
                  "it is a signals.Namespace, and no cache");
    assert_advice(fill_topics_of_program, "unbounded-cache", "", "Give shop.pricing.topics a");
}

static void test_what_has_a_librarys_part_is_asked_to_let_go(void **state)
{
    (void)state;
    assert_advice(fill_table_of_library, "collection-growth", "",
                  "belongs to warehouse.Batch: call what that has for it (reset())");
    assert_advice(fill_public_part, "collection-growth", "",
                  "belongs to depots.Batch: call what that has for it (reset())");
    assert_advice(fill_private_part, "collection-growth", "",
                  "belongs to depots.Batch: call what that has for it (");
}

/* A variable of a module whose file is there. */
static void fill_registry_of_module(moment *m, const char *file)
{
    made_heap *h = &m->heap;
    uint32_t registry = global(m, "_registry", m->dict, 0x7f1000000000);
    made_item(h, m->globals, text(m, "__file__"), text(m, file));
    made_item(h, m->globals, text(m, "__name__"), text(m, "shop.pricing"));
    quotes(m, registry, 0, 100 + 150 * m->k, 0x7f2000000000);
}

static void fill_registry_of_library(moment *m)
{
    fill_registry_of_module(m, "/usr/lib/python3/dist-packages/shop/pricing.py");
}

static void fill_registry_of_program(moment *m)
{
    fill_registry_of_module(m, "/srv/shop/pricing.py");
}

static void test_what_is_private_to_a_library_is_left_to_it(void **state)
{
    (void)state;
    assert_advice(fill_lists_of_library, "collection-growth", "",
                  "belongs to warehouse.Batch: call what that has for it (reset())");
    assert_advice(fill_registry_of_library, "registry-growth", "",
                  "shop.pricing._registry belongs to shop.pricing: find what the program asks");
    assert_advice(fill_registry_of_program, "registry-growth", "",
                  "Remove the entry from shop.pricing._registry");
}

static void test_only_what_the_program_has_is_to_be_pruned(void **state)
{
    (void)state;
    assert_advice(fill_rows_of_library, "collection-growth", "",
                  "shop.pricing.batch._rows belongs to warehouse.Batch: call what that has for it "
                  "(reset())");
    assert_advice(fill_rows_of_program, "collection-growth", "", "Prune shop.pricing.batch._rows");
    assert_advice(fill_rows_put_there, "collection-growth", "", "Prune shop.pricing.batch.rows");
}

/* A descriptor and its buffer for each transfer. */
static void fill_transfers(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t tuple = made_type(h, "builtins", "tuple"), array = made_type(h, "_ctypes", "Array");
    uint32_t list = global(m, "transfers", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 8192;
        uint32_t transfer = placed(m, tuple, 64, at);
        made_edge(h, transfer, HF_EDGE_INDEX, NULL, 0, placed(m, m->quote, 64, at + 64));
        made_edge(h, transfer, HF_EDGE_INDEX, NULL, 1, placed(m, array, 4096, at + 1024));
        append(m, list, transfer);
    }
}

static void test_buffers_of_c_have_no_limit(void **state)
{
    (void)state;
    assert_advice(fill_transfers, "native-held", "made for C", "when C has done with it");
}

/* Leases of a spool with a mapping each. */
static void fill_leases(moment *m, uint64_t bytes)
{
    uint32_t map = made_type(&m->heap, "mmap", "mmap");
    uint32_t spool = global(m, "spool", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 50 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 131072;
        uint32_t lease = placed(m, m->quote, 2000, at);
        made_edge(&m->heap, lease, HF_EDGE_ATTRIBUTE, "area", 0, placed(m, map, bytes, at + 4096));
        append(m, spool, lease);
    }
}

static void fill_large_leases(moment *m)
{
    fill_leases(m, 65536);
}

static void fill_small_leases(moment *m)
{
    fill_leases(m, 100);
}

static void test_what_owns_native_memory_is_no_queue_for_its_name(void **state)
{
    (void)state;
    assert_advice(fill_large_leases, "native-held", "owns native memory",
                  "drop the shop.pricing.Quote from shop.pricing.spool");
    assert_advice(fill_small_leases, "queue-backlog", "", "");
}

/* One copy of an iterator stands still; the blocks that it has to read follow each other. */
static void fill_copies(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, "itertools", "_tee_dataobject");
    uint32_t above = global(m, "slow", made_type(h, "itertools", "_tee"), 0x7f1000000000);
    for (int n = 0; n < 20 + 30 * m->k; n++) {
        uint32_t block = placed(m, type, 500, 0x7f2000000000 + (uint64_t)n * 16384);
        made_edge(h, above, HF_EDGE_FIELD, n ? "next" : "dataobj", 0, block);
        for (uint64_t k = 0; k < 57; k++)
            made_edge(h, block, HF_EDGE_INDEX, NULL, k,
                      placed(m, m->quote, 200, 0x7f2000001000 + (uint64_t)n * 16384 + k * 208));
        above = block;
    }
}

static void test_copies_of_an_iterator_are_read_at_one_pace(void **state)
{
    (void)state;
    assert_advice(fill_copies, "suspended-generator", "one copy of itertools.tee() is behind",
                  "at one pace");
}

/* Threads in a list; those that run are among the active ones, too. */
static void fill_threads(moment *m, bool running)
{
    made_heap *h = &m->heap;
    uint32_t thread = made_type(h, "threading", "Thread");
    uint32_t module = made_object(h, m->module, 64), globals = made_object(h, m->dict, 400);
    uint32_t active = placed(m, m->dict, 400, 0x7f0500000000);
    made_value(h, module, "threading");
    made_root(h, HF_ROOT_MODULE, module, "threading");
    made_edge(h, module, HF_EDGE_FIELD, "__dict__", 0, globals);
    made_item(h, globals, text(m, "_active"), active);
    uint32_t list = global(m, "workers", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t object = placed(m, thread, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        if (!running)
            append(m, list, object);
        else
            made_item(h, active, placed(m, m->number, 32, 0x7f3000000000 + (uint64_t)n * 64),
                      object);
    }
}

static void fill_running_threads(moment *m)
{
    fill_threads(m, true);
}

static void fill_ended_threads(moment *m)
{
    fill_threads(m, false);
}

static void test_threads_that_have_ended_need_no_way_to_end(void **state)
{
    (void)state;
    assert_advice(fill_running_threads, "thread-accumulation", "threads that do not end",
                  "a way to end");
    assert_advice(fill_ended_threads, "thread-accumulation", "threads that do not run",
                  "not is_alive()");
}

/* What is to be done waits in the queue of an executor of two threads, or in another one. */
static void fill_queue(moment *m, bool of_executor, const char *first, const char *second)
{
    made_heap *h = &m->heap;
    uint32_t executor = global(
        m, "pool", made_type(h, "concurrent.futures.thread", "ThreadPoolExecutor"), 0x7f1000000000);
    uint32_t queue_type = made_type(h, "_queue", "SimpleQueue");
    uint32_t queue = of_executor ? placed(m, queue_type, 100, 0x7f1100000000)
                                 : global(m, "jobs", queue_type, 0x7f1100000000);
    uint32_t threads = placed(m, made_type(h, "builtins", "set"), 200, 0x7f1200000000);
    uint32_t thread = made_type(h, "threading", "Thread");
    if (of_executor)
        made_edge(h, executor, HF_EDGE_ATTRIBUTE, "_work_queue", 0, queue);
    made_edge(h, executor, HF_EDGE_ATTRIBUTE, "_threads", 0, threads);
    for (int n = 0; n < 2; n++) {
        uint32_t worker = placed(m, thread, 200, 0x7f1300000000 + (uint64_t)n * 1024);
        uint32_t id = placed(m, m->number, 32, 0x7f1300000200 + (uint64_t)n * 1024);
        made_value(h, id, n ? "101" : "100"); /* what made_thread() gives */
        made_edge(h, worker, HF_EDGE_ATTRIBUTE, "_native_id", 0, id);
        made_edge(h, threads, HF_EDGE_MEMBER, NULL, 0, worker);
        made_thread(h, "worker", n ? second : first);
    }
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, queue, placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void fill_stuck_executor(moment *m)
{
    fill_queue(m, true, "Mail.send (/srv/mail.py:12)", "Mail.send (/srv/mail.py:12)");
}

static void fill_busy_executor(moment *m)
{
    fill_queue(m, true, m->k % 2 ? "Mail.send (/srv/mail.py:12)" : "Mail.send (/srv/mail.py:14)",
               m->k < 3 ? "Mail.send (/srv/mail.py:14)"
                        : "_worker (/usr/lib/python3.12/concurrent/futures/thread.py:89)");
}

static void fill_plain_queue(moment *m)
{
    fill_queue(m, false, "Mail.send (/srv/mail.py:12)", "Mail.send (/srv/mail.py:12)");
}

/* `class Writer(Thread)`, with a queue of its own that it works off. */
static void fill_queue_of_thread(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t writer = global(m, "writer", made_type(h, "threading", "Thread"), 0x7f1000000000);
    uint32_t queue = placed(m, made_type(h, "_queue", "SimpleQueue"), 100, 0x7f1100000000);
    uint32_t id = placed(m, m->number, 32, 0x7f1300000200);
    made_value(h, id, "100");
    made_edge(h, writer, HF_EDGE_ATTRIBUTE, "_native_id", 0, id);
    made_edge(h, writer, HF_EDGE_ATTRIBUTE, "jobs", 0, queue);
    made_thread(h, "writer", "Writer.store (/srv/mail.py:12)");
    for (int n = 0; n < 100 + 150 * m->k; n++)
        append(m, queue, placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void test_of_an_executor_it_is_told_what_its_workers_are_at(void **state)
{
    (void)state;
    assert_advice(fill_stuck_executor, "queue-backlog",
                  "its 2 workers stood at Mail.send (mail.py:12) at each look",
                  "threading.BoundedSemaphore");
    assert_advice(
        fill_busy_executor, "queue-backlog",
        "its 2 workers stood at Mail.send (mail.py) in 8 of 10 cases, and waited for work "
        "in 2 of 10 cases",
        "threading.BoundedSemaphore");
    assert_advice(fill_plain_queue, "queue-backlog", "more is put in than is taken out", "maxsize");
    assert_advice(fill_queue_of_thread, "queue-backlog",
                  "its thread (threading.Thread) stood at Writer.store (mail.py:12) at each look",
                  "maxsize");
}

/* Values that have their own keys, in a weak dictionary or in one of the program's own weak
 * references. */
static void fill_weak_keys(moment *m, bool in_weak_map)
{
    made_heap *h = &m->heap;
    uint32_t reference = made_type(h, "weakref", "ReferenceType");
    uint32_t holder =
        global(m, "memos", in_weak_map ? made_type(h, "weakref", "WeakKeyDictionary") : m->node,
               0x7f1000000000);
    uint32_t data = placed(m, m->dict, 400, 0x7f1100000000);
    made_edge(h, holder, HF_EDGE_ATTRIBUTE, "data", 0, data);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 2048;
        uint32_t key = placed(m, reference, 72, at), value = placed(m, m->dict, 300, at + 128);
        uint32_t kind = placed(m, m->quote, 200, at + 512);
        made_item(h, data, key, value);
        made_item(h, value, placed(m, m->str, 64, at + 1024), kind);
        made_edge_of(h, key, HF_EDGE_FIELD, HF_EDGE_WEAK, "referent", 0, kind);
    }
}

static void fill_weak_dictionary(moment *m)
{
    fill_weak_keys(m, true);
}

static void fill_own_weak_references(moment *m)
{
    fill_weak_keys(m, false);
}

static void test_a_weak_dictionary_has_values_and_no_callbacks(void **state)
{
    (void)state;
    assert_advice(fill_weak_dictionary, "weakref-misuse", "the values hold their own keys",
                  "refer to their key weakly");
    assert_advice(fill_own_weak_references, "weakref-misuse", "by their own callbacks",
                  "Let the callbacks");
}

/* A node with children in a dict or a list, each a node of its own; or shops with their orders. */
static void fill_nodes_of_tree(moment *m, bool in_list, bool tree)
{
    made_heap *h = &m->heap;
    uint32_t inner = made_type(h, "srv", "Node"), leaf = tree ? inner : m->quote;
    h->types[inner].heap_type = h->types[leaf].heap_type = true;
    h->types[inner].flags |= 1 << 4; /* Py_TPFLAGS_MANAGED_DICT: written in Python */
    uint32_t root = global(m, "words", inner, 0x7f1000000000);
    uint32_t children = placed(m, in_list ? m->list : m->dict, 400, 0x7f1100000000);
    made_edge(h, root, HF_EDGE_ATTRIBUTE, "children", 0, children);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t node = placed(m, leaf, 600, 0x7f2000000000 + (uint64_t)n * 2048);
        uint32_t key = placed(m, m->str, 64, 0x7f2000000400 + (uint64_t)n * 2048);
        if (in_list)
            append(m, children, node);
        else
            made_item(h, children, key, node);
    }
}

static void fill_tree_of_dicts(moment *m)
{
    fill_nodes_of_tree(m, false, true);
}

static void fill_tree_of_lists(moment *m)
{
    fill_nodes_of_tree(m, true, true);
}

static void fill_shop(moment *m)
{
    fill_nodes_of_tree(m, false, false);
}

/* Dicts in dicts: of words by their letters, or records by their shop. */
static void fill_nested(moment *m, bool records)
{
    made_heap *h = &m->heap;
    uint32_t words = global(m, "words", m->dict, 0x7f1000000000);
    uint32_t below = placed(m, m->dict, 400, 0x7f1100000000);
    made_item(h, words, placed(m, m->str, 64, 0x7f1100001000), below);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 4096;
        uint32_t node = placed(m, m->dict, 300, at + 128);
        made_item(h, below, placed(m, m->str, 64, at), node);
        for (int k = 0; k < 3; k++)
            made_item(h, node, placed(m, m->str, 64, at + 1024 + (uint64_t)k * 512),
                      placed(m, records ? m->str : m->dict, 64, at + 1280 + (uint64_t)k * 512));
    }
}

static void fill_nested_words(moment *m)
{
    fill_nested(m, false);
}

static void fill_nested_records(moment *m)
{
    fill_nested(m, true);
}

static void test_a_node_of_a_tree_is_not_to_be_given_a_limit(void **state)
{
    (void)state;
    assert_advice(fill_tree_of_dicts, "unbounded-cache", "more and more nodes",
                  "out of the tree at shop.pricing.words what");
    assert_advice(fill_tree_of_lists, "collection-growth", "more and more nodes",
                  "out of the tree at shop.pricing.words what");
    assert_advice(fill_nested_words, "unbounded-cache", "more and more nodes",
                  "out of the tree at shop.pricing.words what");
    assert_advice(fill_shop, "unbounded-cache", "without limit", "a limit");
    assert_advice(fill_nested_records, "unbounded-cache", "without limit", "a limit");
}

/* A function in a dict, in which each new one has the one before as a variable of its closure. */
static void fill_wrapped_entry(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t above = global(m, "handlers", m->dict, 0x7f1000000000);
    uint32_t cell = made_type(h, "builtins", "cell");
    made_item(h, above, text(m, "close"), placed(m, m->function, 100, 0x7f1100000000));
    for (int n = 300 * (m->k + 1); n-- > 0;) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 2048;
        uint32_t wrapper = placed(m, m->function, 600, at), link = placed(m, cell, 64, at + 1024);
        if (n == 300 * (m->k + 1) - 1)
            made_item(h, above, text(m, "open"), wrapper);
        else
            made_edge(h, above, HF_EDGE_CELL, NULL, 0, wrapper);
        made_edge(h, wrapper, HF_EDGE_FIELD, "__closure__", 0, link);
        above = link;
    }
}

static void test_of_a_dict_the_entry_that_is_wrapped_is_named(void **state)
{
    (void)state;
    assert_advice(fill_wrapped_entry, "wrapper-chain", "that it replaced",
                  "Wrap shop.pricing.handlers['open'] once");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frozen_garbage_is_not_what_a_threshold_lets_go),
        cmocka_unit_test(test_of_an_executor_it_is_told_what_its_workers_are_at),
        cmocka_unit_test(test_a_weak_dictionary_has_values_and_no_callbacks),
        cmocka_unit_test(test_what_is_called_at_a_fork_cannot_be_taken_back),
        cmocka_unit_test(test_a_node_of_a_tree_is_not_to_be_given_a_limit),
        cmocka_unit_test(test_of_a_dict_the_entry_that_is_wrapped_is_named),
        cmocka_unit_test(test_an_unpickler_cannot_clear_its_memo),
        cmocka_unit_test(test_tokens_are_no_copies_of_a_context),
        cmocka_unit_test(test_finalizers_wait_for_what_they_hold_or_for_what_lives_on),
        cmocka_unit_test(test_private_collections_of_asyncio_are_told_by_what_the_program_does),
        cmocka_unit_test(test_only_what_the_program_has_is_to_be_pruned),
        cmocka_unit_test(test_no_cache_stands_in_for_a_librarys_dict),
        cmocka_unit_test(test_what_has_a_librarys_part_is_asked_to_let_go),
        cmocka_unit_test(test_what_is_private_to_a_library_is_left_to_it),
        cmocka_unit_test(test_buffers_of_c_have_no_limit),
        cmocka_unit_test(test_what_owns_native_memory_is_no_queue_for_its_name),
        cmocka_unit_test(test_copies_of_an_iterator_are_read_at_one_pace),
        cmocka_unit_test(test_threads_that_have_ended_need_no_way_to_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
