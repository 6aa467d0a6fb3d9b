/* Where the code is that lets something grow: the right place or none. */
#include "moment.h"

static uint32_t tuple_of(moment *m, uint32_t type, const char *const *names)
{
    uint32_t tuple = made_object(&m->heap, type, 64);
    for (uint64_t k = 0; names[k]; k++)
        made_edge(&m->heap, tuple, HF_EDGE_INDEX, NULL, k, text(m, names[k]));
    return tuple;
}

/* A code object that uses these names. */
static uint32_t code(moment *m, const char *value, const char *file, const char *const *names)
{
    made_heap *h = &m->heap;
    uint32_t tuple = made_type(h, "builtins", "tuple");
    uint32_t object = made_object(h, made_type(h, "builtins", "code"), 200);
    made_value(h, object, value);
    made_edge(h, object, HF_EDGE_FIELD, "co_names", 0, tuple_of(m, tuple, names));
    made_edge(h, object, HF_EDGE_FIELD, "co_filename", 0, text(m, file));
    made_root(h, HF_ROOT_C_STATIC, object, "code");
    return object;
}

static void handlers(moment *m, uint32_t list)
{
    made_heap *h = &m->heap;
    uint32_t handler = made_type(h, "logging", "StreamHandler");
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t object = placed(m, handler, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        made_edge(h, list, HF_EDGE_INDEX, NULL, (uint64_t)n, object);
        h->objects[list].length++;
    }
}

static void fill_library(moment *m)
{
    static const char *const reset[] = {"handlers", "clear", "update", NULL};
    code(m, "reset (/usr/lib/python3.11/site-packages/shop/pricing.py:9)",
         "/usr/lib/python3.11/site-packages/shop/pricing.py", reset);
    static const char *const setup[] = {"handlers", "append", NULL};
    code(m, "setup (/usr/lib/python3.11/site-packages/server/log.py:5)",
         "/usr/lib/python3.11/site-packages/server/log.py", setup);
    handlers(m, global(m, "handlers", m->list, 0x7f1000000000));
}

static void test_library_code_that_only_shares_a_name_is_not_told(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_library, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].site, "");
    finish(d, graphs);
}

static void fill_maker(moment *m)
{
    static const char *const names[] = {"logging", "StreamHandler", "addHandler", NULL};
    code(m, "get_logger (/srv/shop.py:6)", "/srv/shop.py", names);
    fill_library(m);
}

static void test_users_code_that_makes_the_members_is_told(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_maker, graphs);
    assert_string_equal(d->suspects[0].site, "shop.py:6 in get_logger");
    assert_string_equal(d->suspects[0].type, "list of logging.StreamHandler");
    finish(d, graphs);
}

/* `class Loggers: handlers = []`, whose method uses the name, too. */
static void fill_class_body(moment *m)
{
    static const char *const body[] = {"__module__", "__qualname__", "handlers",
                                       "add",        "run",          NULL};
    static const char *const method[] = {"Loggers", "handlers", NULL};
    code(m, "Loggers (/srv/shop.py:6)", "/srv/shop.py", body);
    code(m, "Loggers.run (/srv/shop.py:9)", "/srv/shop.py", method);
    fill_library(m);
}

static void test_the_body_of_a_class_is_not_told(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_class_body, graphs);
    assert_string_equal(d->suspects[0].site, "shop.py:9 in Loggers.run");
    finish(d, graphs);
}

static void fill_home(moment *m)
{
    static const char *const names[] = {"handlers", "append", NULL};
    code(m, "Signal.connect (/usr/lib/python3.11/site-packages/shop/pricing.py:7)",
         "/usr/lib/python3.11/site-packages/shop/pricing.py", names);
    fill_library(m);
}

static void test_library_code_of_the_holder_that_adds_is_told(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_home, graphs);
    assert_non_null(strstr(d->suspects[0].site, "pricing.py:7 in Signal.connect"));
    finish(d, graphs);
}

/* session.pending grows by what the user's code does with `session`. */
static void fill_root_by(moment *m, const char *method)
{
    const char *const names[] = {"session", method, NULL};
    code(m, "place (/srv/shop.py:4)", "/srv/shop.py", names);
    made_item(&m->heap, m->globals, text(m, "__file__"), text(m, "/srv/shop.py"));
    uint32_t session = global(m, "session", m->quote, 0x7f1000000000);
    uint32_t pending = placed(m, m->list, 400, 0x7f1100000000);
    made_edge(&m->heap, session, HF_EDGE_ATTRIBUTE, "pending", 0, pending);
    handlers(m, pending);
}

static void fill_root(moment *m)
{
    fill_root_by(m, "add");
}

/* A metric has a child for each combination of labels, and so no word of adding. */
static void fill_metric(moment *m)
{
    fill_root_by(m, "labels");
}

static void test_users_code_that_adds_to_the_global_is_told(void **state)
{
    (void)state;
    void (*const fills[])(moment *) = {fill_root, fill_metric};
    for (size_t k = 0; k < 2; k++) {
        hf_graph *graphs[SNAPSHOTS];
        hf_diagnosis *d = diagnose(fills[k], graphs);
        assert_string_equal(d->suspects[0].path, "module shop.pricing.session.pending");
        assert_string_equal(d->suspects[0].site, "shop.py:4 in place");
        finish(d, graphs);
    }
}

static void fill_local(moment *m)
{
    uint32_t list = placed(m, m->list, 400, 0x7f1000000000);
    made_root_at(&m->heap, HF_ROOT_LOCAL, list, "found", "main (scan.py:8)", UINT32_MAX);
    handlers(m, list);
}

static void test_local_is_told_by_its_frame(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_local, graphs);
    assert_string_equal(d->suspects[0].site, "scan.py:8 in main");
    finish(d, graphs);
}

/* Quotes in the `_entries` of a Cache, and three functions that use that name and no
 * telling method. */
static void fill_cache(moment *m)
{
    made_heap *h = &m->heap;
    static const char *const get[] = {"_entries", "get", "monotonic", NULL};
    static const char *const set[] = {"_entries", "monotonic", NULL};
    code(m, "Cache.get (/srv/cache.py:9)", "/srv/cache.py", get);
    code(m, "Cache.set (/srv/cache.py:20)", "/srv/cache.py", set);
    code(m, "Other.put (/srv/other.py:3)", "/srv/other.py", set);
    uint32_t cache = global(m, "cache", made_type(h, "shop.cache", "Cache"), 0x7f1000000000);
    uint32_t entries = placed(m, m->dict, 400, 0x7f1100000000);
    made_edge(h, cache, HF_EDGE_ATTRIBUTE, "_entries", 0, entries);
    quotes(m, entries, 0, 100 + 150 * m->k, 0x7f2000000000);
}

static void test_a_method_that_is_called_so_and_of_the_class_is_told(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_cache, graphs);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.cache._entries");
    assert_string_equal(d->suspects[0].site, "cache.py:20 in Cache.set");
    finish(d, graphs);
}

/* `return self._tables`, and who adds by that property. */
static void fill_property(moment *m)
{
    made_heap *h = &m->heap;
    static const char *const tables[] = {"_tables", NULL};
    static const char *const keep[] = {"tables", "append", NULL};
    code(m, "Archive.tables (/srv/archive.py:9)", "/srv/archive.py", tables);
    code(m, "Archive.keep (/srv/archive.py:13)", "/srv/archive.py", keep);
    uint32_t archive = global(m, "archive", made_type(h, "archive", "Archive"), 0x7f1000000000);
    uint32_t list = placed(m, m->list, 400, 0x7f1100000000);
    made_edge(h, archive, HF_EDGE_ATTRIBUTE, "_tables", 0, list);
    handlers(m, list);
}

static void test_who_adds_by_a_property_is_told_and_not_the_property(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_property, graphs);
    assert_string_equal(d->suspects[0].site, "archive.py:13 in Archive.keep");
    finish(d, graphs);
}

/* What a library keeps in a list of its own below an attribute of the user's object. */
static void fill_below_library(moment *m)
{
    made_heap *h = &m->heap;
    static const char *const receive[] = {"resources", "callback", "close", NULL};
    static const char *const leave[] = {"resources", "__exit__", NULL};
    code(m, "Application.leave (/srv/app.py:5)", "/srv/app.py", leave);
    code(m, "Application.receive (/srv/app.py:20)", "/srv/app.py", receive);
    uint32_t slots = made_object(h, made_type(h, "builtins", "tuple"), 64);
    uint32_t class = made_type(h, "app", "Application"),
             stack = made_type(h, "contextlib", "ExitStack");
    uint32_t type = made_object(h, made_type(h, "builtins", "type"), 1000);
    made_edge(h, type, HF_EDGE_FIELD, "__slots__", 0,
              slots); /* so that it is known as a class in Python */
    made_root(h, HF_ROOT_C_STATIC, type, "class");
    h->types[class].address = h->objects[type].address;
    h->types[class].exact = true;
    uint32_t application = global(m, "application", class, 0x7f1000000000);
    uint32_t resources = made_object(h, stack, 64), callbacks = made_object(h, m->deque, 400);
    made_at(h, resources, 0x7f1100000000);
    made_at(h, callbacks, 0x7f1200000000);
    made_edge(h, application, HF_EDGE_ATTRIBUTE, "resources", 0, resources);
    made_edge(h, resources, HF_EDGE_ATTRIBUTE, "_exit_callbacks", 0, callbacks);
    handlers(m, callbacks);
}

static void test_users_code_that_adds_by_the_name_above_is_told(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_below_library, graphs);
    assert_string_equal(d->suspects[0].site, "app.py:20 in Application.receive");
    finish(d, graphs);
}

/* A dict that only a suspended generator of the program has as its variable; another function has
 * an attribute of this name. */
static void fill_variable_of_generator(moment *m)
{
    static const char *const body[] = {"urlsplit", NULL};
    static const char *const other[] = {"seen", "add", NULL};
    made_heap *h = &m->heap;
    uint32_t unseen = code(m, "unseen (/srv/crawl.py:31)", "/srv/crawl.py", body);
    code(m, "Page.mark (/srv/crawl.py:12)", "/srv/crawl.py", other);
    uint32_t urls = global(m, "urls", made_type(h, "builtins", "generator"), 0x7f1000000000);
    uint32_t seen = placed(m, m->dict, 400, 0x7f1100000000);
    made_edge(h, urls, HF_EDGE_FIELD, "gi_code", 0, unseen);
    made_edge(h, urls, HF_EDGE_LOCAL, "seen", 0, seen);
    quotes(m, seen, 0, 100 + 150 * m->k, 0x7f2000000000);
}

static void test_the_variable_of_a_generator_is_filled_by_it(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_variable_of_generator, graphs);
    assert_string_equal(d->suspects[0].site, "crawl.py:31 in unseen");
    finish(d, graphs);
}

/* `self.data += chunk` uses one name, as a property does, but has a variable; both are used. */
static void fill_one_name(moment *m)
{
    static const char *const feed[] = {"data", NULL};
    static const char *const variables[] = {"self", "chunk", NULL};
    static const char *const frames[] = {"data", "unpack_from", "size", NULL};
    made_heap *h = &m->heap;
    code(m, "Reader.frames (/srv/wire.py:15)", "/srv/wire.py", frames);
    uint32_t object = code(m, "Reader.feed (/srv/wire.py:12)", "/srv/wire.py", feed);
    uint32_t tuple = tuple_of(m, made_type(h, "builtins", "tuple"), variables);
    h->objects[tuple].length = 2;
    made_edge(h, object, HF_EDGE_FIELD, "co_localsplusnames", 0, tuple);
    uint32_t reader = global(m, "reader", m->quote, 0x7f1000000000);
    uint32_t data = placed(m, m->list, 400, 0x7f1100000000);
    made_edge(h, reader, HF_EDGE_ATTRIBUTE, "data", 0, data);
    handlers(m, data);
}

static void test_what_is_added_in_place_is_no_property(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_one_name, graphs);
    assert_string_equal(d->suspects[0].site, "wire.py:12 in Reader.feed");
    finish(d, graphs);
}

/* A class of a library: `run` sends what is in its list, `incr` adds by way of another method. */
static uint32_t library_class(moment *m)
{
    static const char *const run[] = {"stack", "send", NULL};
    static const char *const incr[] = {"enqueue", NULL};
    const char *file = "/usr/lib/python3.11/site-packages/batch.py";
    made_heap *h = &m->heap;
    uint32_t tuple = made_type(h, "builtins", "tuple");
    uint32_t class = made_object(h, made_type(h, "builtins", "type"), 1000);
    uint32_t order = made_object(h, tuple, 64), names = made_object(h, m->dict, 400);
    uint32_t methods[] = {
        code(m, "Batch.run (/usr/lib/python3.11/site-packages/batch.py:4)", file, run),
        code(m, "Batch.incr (/usr/lib/python3.11/site-packages/batch.py:9)", file, incr)};
    made_edge(h, class, HF_EDGE_FIELD, "__slots__", 0, made_object(h, tuple, 64));
    made_edge(h, class, HF_EDGE_FIELD, "__mro__", 0, order);
    made_edge(h, order, HF_EDGE_INDEX, NULL, 0, class);
    made_edge(h, class, HF_EDGE_FIELD, "__dict__", 0, names);
    for (int k = 0; k < 2; k++) {
        uint32_t function = made_object(h, m->function, 64);
        made_item(h, names, text(m, k ? "incr" : "run"), function);
        made_edge(h, function, HF_EDGE_FIELD, "__code__", 0, methods[k]);
    }
    made_root(h, HF_ROOT_C_STATIC, class, "class");
    uint32_t type = made_type(h, "batch", "Batch");
    h->types[type].address = h->objects[class].address;
    return type;
}

/* The program has a batch; it notes failures in a list of its own where it runs it. */
static void fill_batch(moment *m)
{
    enum { MANAGED_DICT = 1 << 4 };
    static const char *const flush[] = {"failures", "append", "batch", "run", NULL};
    static const char *const count[] = {"batch", "incr", NULL};
    made_heap *h = &m->heap;
    code(m, "Sink.flush (/srv/sink.py:19)", "/srv/sink.py", flush);
    code(m, "Sink.count (/srv/sink.py:14)", "/srv/sink.py", count);
    uint32_t sink_type = made_type(h, "sink", "Sink");
    h->types[sink_type].flags |= MANAGED_DICT;
    h->types[sink_type].heap_type = true;
    uint32_t sink = global(m, "sink", sink_type, 0x7f1000000000);
    uint32_t type = library_class(m);
    h->types[type].flags |= MANAGED_DICT;
    h->types[type].heap_type = true;
    uint32_t batch = placed(m, type, 64, 0x7f1050000000);
    uint32_t stack = placed(m, m->list, 400, 0x7f1100000000);
    made_edge(h, sink, HF_EDGE_ATTRIBUTE, "batch", 0, batch);
    made_edge(h, batch, HF_EDGE_ATTRIBUTE, "stack", 0, stack);
    handlers(m, stack);
}

static void test_what_is_asked_of_a_library_tells_who_adds(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_batch, graphs);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.sink.batch.stack");
    assert_string_equal(d->suspects[0].site, "sink.py:14 in Sink.count");
    finish(d, graphs);
}

/* A class of the program with two methods, which inherits from another one (0: from none). Returns
 * its row in types. */
static uint32_t written_class(moment *m, const char *name, uint32_t base, uint32_t init,
                              uint32_t method, uint32_t *ret_class)
{
    made_heap *h = &m->heap;
    uint32_t class = made_object(h, made_type(h, "builtins", "type"), 1000);
    uint32_t order = made_object(h, made_type(h, "builtins", "tuple"), 64);
    uint32_t names = made_object(h, m->dict, 400), codes[] = {init, method};
    append(m, order, class);
    made_edge(h, class, HF_EDGE_FIELD, "__mro__", 0, order);
    if (init || method)
        made_edge(h, class, HF_EDGE_FIELD, "__dict__", 0, names);
    if (base) {
        append(m, order, base);
        made_edge(h, class, HF_EDGE_FIELD, "__base__", 0, base);
    }
    for (int k = 0; k < 2 && codes[k]; k++) {
        uint32_t function = made_object(h, m->function, 64);
        made_item(h, names, text(m, k ? "method" : "__init__"), function);
        made_edge(h, function, HF_EDGE_FIELD, "__code__", 0, codes[k]);
    }
    made_root(h, HF_ROOT_C_STATIC, class, "class");
    uint32_t type = made_type(h, "srv", name);
    h->types[type].address = h->objects[class].address;
    h->types[type].heap_type = true;
    *ret_class = class;
    return type;
}

/* `self.events.append()` in the base of a class that says nothing itself; what its name says less
 * for has a list of that name, too. Or the class keeps `self.events.append`, and calls that. */
static void fill_events(moment *m, bool kept)
{
    made_heap *h = &m->heap;
    static const char *const init[] = {"events", NULL}, *const add[] = {"events", "append", NULL};
    static const char *const keeps[] = {"events", "append", "note", NULL};
    static const char *const notes[] = {"note", NULL};
    uint32_t base, feed, log;
    uint32_t first = code(m, "Log.__init__ (/srv/log.py:5)", "/srv/log.py", init);
    uint32_t second = code(m, "Log.add_event (/srv/log.py:8)", "/srv/log.py", add);
    written_class(m, "Log", 0, first, second, &log);
    first = code(m, "Source.__init__ (/srv/feed.py:5)", "/srv/feed.py", kept ? keeps : init);
    second = code(m, "Source.emit (/srv/feed.py:8)", "/srv/feed.py", kept ? notes : add);
    written_class(m, "Source", 0, first, second, &base);
    uint32_t type = written_class(m, "Feed", base, 0, 0, &feed);
    uint32_t object = global(m, "feed", type, 0x7f1000000000);
    uint32_t events = placed(m, m->list, 400, 0x7f1100000000);
    made_edge(h, object, HF_EDGE_ATTRIBUTE, "events", 0, events);
    if (kept) {
        uint32_t method =
            placed(m, made_type(h, "builtins", "builtin_function_or_method"), 72, 0x7f1200000000);
        made_edge(h, method, HF_EDGE_FIELD, "__self__", 0, events);
        made_edge(h, object, HF_EDGE_ATTRIBUTE, "note", 0, method);
    }
    handlers(m, events);
}

static void fill_events_of_base(moment *m)
{
    fill_events(m, false);
}

static void fill_events_by_kept_method(moment *m)
{
    fill_events(m, true);
}

static void test_a_method_of_the_base_comes_before_that_of_others(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_events_of_base, graphs);
    assert_string_equal(d->suspects[0].site, "feed.py:8 in Source.emit");
    finish(d, graphs);
}

/* `class Bag: pass`, whose instances are given what they have; a class in C has no room for weak
 * references among its descriptors. */
static void fill_bag(moment *m, bool written)
{
    made_heap *h = &m->heap;
    static const char *const init[] = {"events", NULL}, *const add[] = {"events", "append", NULL};
    uint32_t log, bag, descriptor = made_type(h, "builtins", "getset_descriptor");
    uint32_t first = code(m, "Log.__init__ (/srv/log.py:5)", "/srv/log.py", init);
    uint32_t second = code(m, "Log.add_event (/srv/log.py:8)", "/srv/log.py", add);
    written_class(m, "Log", 0, first, second, &log);
    code(m, "fill (/srv/feed.py:8)", "/srv/feed.py", add);
    uint32_t type = written_class(m, "Bag", 0, 0, 0, &bag);
    uint32_t names = made_object(h, m->dict, 400);
    made_edge(h, bag, HF_EDGE_FIELD, "__dict__", 0, names);
    made_item(h, names, text(m, "__dict__"), made_object(h, descriptor, 64));
    if (written)
        made_item(h, names, text(m, "__weakref__"), made_object(h, descriptor, 64));
    uint32_t object = global(m, "bag", type, 0x7f1000000000);
    uint32_t events = placed(m, m->list, 400, 0x7f1100000000);
    made_edge(h, object, HF_EDGE_ATTRIBUTE, "events", 0, events);
    handlers(m, events);
}

static void fill_written_bag(moment *m)
{
    fill_bag(m, true);
}

static void fill_bag_of_c(moment *m)
{
    fill_bag(m, false);
}

static void test_a_class_without_methods_is_the_programs_all_the_same(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_written_bag, graphs);
    assert_string_equal(d->suspects[0].site, "feed.py:8 in fill");
    finish(d, graphs);
    d = diagnose(fill_bag_of_c, graphs);
    assert_string_equal(d->suspects[0].site, "log.py:8 in Log.add_event");
    finish(d, graphs);
}

static void test_who_calls_a_method_that_is_kept_is_told(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_events_by_kept_method, graphs);
    assert_string_equal(d->suspects[0].site, "feed.py:8 in Source.emit");
    finish(d, graphs);
}

/* Errors with frames of those who raised them. */
static void fill_kept_errors(moment *m)
{
    made_heap *h = &m->heap;
    static const char *const call[] = {"failures", "append", NULL}, *const ask[] = {"send", NULL};
    code(m, "call (/srv/hosts.py:13)", "/srv/hosts.py", call);
    uint32_t raises = code(m, "ask (/srv/hosts.py:8)", "/srv/hosts.py", ask);
    uint32_t error_type = made_type(h, "builtins", "BaseException");
    uint32_t frame_type = made_type(h, "builtins", "frame");
    uint32_t traceback_type = made_type(h, "builtins", "traceback");
    uint32_t failures = global(m, "failures", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 2048;
        uint32_t error = placed(m, error_type, 200, at);
        uint32_t traceback = placed(m, traceback_type, 64, at + 256);
        uint32_t frame = placed(m, frame_type, 400, at + 512);
        made_edge(h, error, HF_EDGE_FIELD, "__traceback__", 0, traceback);
        made_edge(h, traceback, HF_EDGE_FIELD, "tb_frame", 0, frame);
        made_edge(h, frame, HF_EDGE_FIELD, "f_code", 0, raises);
        made_value(h, frame, "ask (/srv/hosts.py:9)");
        append(m, failures, error);
    }
}

static void test_who_keeps_errors_is_told_and_not_who_raised_them(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_kept_errors, graphs);
    assert_string_equal(d->suspects[0].pattern, "traceback-retention");
    assert_string_equal(d->suspects[0].site, "hosts.py:13 in call");
    finish(d, graphs);
}

/* A global that is wrapped again and again; `caller` is code that uses it. */
static void fill_wrappers(moment *m, const char *caller, const char *const *names)
{
    static const char *const none[] = {NULL};
    made_heap *h = &m->heap;
    uint32_t cell_type = made_type(h, "builtins", "cell");
    uint32_t inner = code(m, "trace.<locals>.call (/srv/trace.py:7)", "/srv/trace.py", none);
    code(m, caller, "/srv/shop.py", names);
    uint32_t name = text(m, "send"), holder = m->globals;
    made_at(h, name, 0x7e1000000000);
    for (int n = 200 * (m->k + 1); n-- > 0;) {
        uint32_t wrapper = placed(m, m->function, 400, 0x7f3000000000 + (uint64_t)n * 1024);
        uint32_t cell = placed(m, cell_type, 64, 0x7f3000000200 + (uint64_t)n * 1024);
        if (holder == m->globals)
            made_item(h, holder, name, wrapper);
        else
            made_edge(h, holder, HF_EDGE_CELL, NULL, 0, wrapper);
        made_edge(h, wrapper, HF_EDGE_FIELD, "__code__", 0, inner);
        made_edge(h, wrapper, HF_EDGE_FIELD, "__closure__", 0, cell);
        holder = cell;
    }
}

static void fill_called_wrappers(moment *m)
{
    static const char *const names[] = {"send", "add", NULL};
    fill_wrappers(m, "Shop.order (/srv/shop.py:12)", names);
}

static void fill_made_wrappers(moment *m)
{
    static const char *const names[] = {"send", "trace", NULL};
    fill_wrappers(m, "Shop.watch (/srv/shop.py:20)", names);
}

static void test_who_calls_what_is_wrapped_does_not_wrap_it(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_called_wrappers, graphs);
    assert_string_equal(d->suspects[0].site, "trace.py:7 in trace.<locals>.call");
    finish(d, graphs);
    d = diagnose(fill_made_wrappers, graphs);
    assert_string_equal(d->suspects[0].site, "shop.py:20 in Shop.watch");
    finish(d, graphs);
}

/* What a context variable is set to holds more each time: others put back what was there, or use
 * its name and set another one. */
static void fill_variable(moment *m)
{
    static const char *const note[] = {"trail", "set", "get", NULL};
    static const char *const scope[] = {"trail", "set", "reset", NULL};
    static const char *const other[] = {"locale", "set", "note", "trail", "get", NULL};
    made_heap *h = &m->heap;
    code(m, "Worker.order (/srv/shop.py:20)", "/srv/shop.py", other);
    code(m, "within (/srv/shop.py:30)", "/srv/shop.py", scope);
    code(m, "note (/srv/shop.py:11)", "/srv/shop.py", note);
    uint32_t variable =
        global(m, "trail", made_type(h, "_contextvars", "ContextVar"), 0x7f1200000000);
    made_value(h, variable, "trail");
    uint32_t context = made_object(h, made_type(h, "_contextvars", "Context"), 64);
    made_at(h, context, 0x7f1000000000);
    made_root(h, HF_ROOT_THREAD, context, "context");
    uint64_t anew = 0x7f1100000000 + ((uint64_t)m->k << 24);
    uint32_t tree = placed(m, made_type(h, "builtins", "hamt_bitmap_node"), 64, anew);
    uint32_t value = placed(m, m->quote, 64, anew + 65536);
    made_edge(h, context, HF_EDGE_FIELD, "ctx_vars", 0, tree);
    made_item(h, tree, variable, value);
    for (int n = 0; n < 100 + 150 * m->k; n++)
        made_edge(h, value, HF_EDGE_ATTRIBUTE, "part", 0,
                  placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024));
}

static void test_who_sets_a_context_variable_and_does_not_reset_it_is_told(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_variable, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].site, "shop.py:11 in note");
    finish(d, graphs);
}

/* A list that is the default of an argument; the class of its members says where it is made. */
static void fill_default(moment *m)
{
    made_heap *h = &m->heap;
    static const char *const names[] = {"rejects", "append", NULL};
    uint32_t load = global(m, "load", m->function, 0x7f1000000000);
    uint32_t defaults = placed(m, m->dict, 400, 0x7f1100000000);
    uint32_t list = placed(m, m->list, 400, 0x7f1200000000);
    made_value(h, load, "load (/srv/shop.py:23)");
    code(m, "Rejected.__init__ (/srv/shop.py:8)", "/srv/shop.py", names);
    made_edge(h, load, HF_EDGE_FIELD, "__kwdefaults__", 0, defaults);
    made_item(h, defaults, text(m, "rejects"), list);
    handlers(m, list);
}

static void test_the_function_with_the_default_is_told(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_default, graphs);
    assert_string_equal(d->suspects[0].pattern, "mutable-default");
    assert_string_equal(d->suspects[0].site, "shop.py:23 in load");
    finish(d, graphs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_library_code_that_only_shares_a_name_is_not_told),
        cmocka_unit_test(test_users_code_that_makes_the_members_is_told),
        cmocka_unit_test(test_the_body_of_a_class_is_not_told),
        cmocka_unit_test(test_library_code_of_the_holder_that_adds_is_told),
        cmocka_unit_test(test_users_code_that_adds_to_the_global_is_told),
        cmocka_unit_test(test_local_is_told_by_its_frame),
        cmocka_unit_test(test_a_method_that_is_called_so_and_of_the_class_is_told),
        cmocka_unit_test(test_who_adds_by_a_property_is_told_and_not_the_property),
        cmocka_unit_test(test_users_code_that_adds_by_the_name_above_is_told),
        cmocka_unit_test(test_the_variable_of_a_generator_is_filled_by_it),
        cmocka_unit_test(test_what_is_added_in_place_is_no_property),
        cmocka_unit_test(test_what_is_asked_of_a_library_tells_who_adds),
        cmocka_unit_test(test_a_method_of_the_base_comes_before_that_of_others),
        cmocka_unit_test(test_a_class_without_methods_is_the_programs_all_the_same),
        cmocka_unit_test(test_who_calls_a_method_that_is_kept_is_told),
        cmocka_unit_test(test_who_keeps_errors_is_told_and_not_who_raised_them),
        cmocka_unit_test(test_who_sets_a_context_variable_and_does_not_reset_it_is_told),
        cmocka_unit_test(test_the_function_with_the_default_is_told),
        cmocka_unit_test(test_who_calls_what_is_wrapped_does_not_wrap_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
