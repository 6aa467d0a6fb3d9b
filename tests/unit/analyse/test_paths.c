/* Which way is told, and how it reads. */
#include "../graph/made_heap.h"
#include "analyse/paths.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct shop {
    made_heap h;
    uint32_t dict, list, str, int_, tuple, quote, module_type, function, set;
} shop;

static void begin(shop *s)
{
    made_begin(&s->h);
    s->dict = made_type(&s->h, "builtins", "dict");
    s->list = made_type(&s->h, "builtins", "list");
    s->str = made_type(&s->h, "builtins", "str");
    s->int_ = made_type(&s->h, "builtins", "int");
    s->tuple = made_type(&s->h, "builtins", "tuple");
    s->set = made_type(&s->h, "builtins", "set");
    s->module_type = made_type(&s->h, "builtins", "module");
    s->function = made_type(&s->h, "builtins", "function");
    s->quote = made_type(&s->h, "shop.pricing", "Quote");
}

static uint32_t valued(shop *s, uint32_t type, const char *text)
{
    uint32_t o = made_object(&s->h, type, 56);
    made_value(&s->h, o, text);
    return o;
}

static uint32_t key(shop *s, const char *text)
{
    return valued(s, s->str, text);
}

/* A module as root; *ret_dict: its name space. */
static uint32_t module(shop *s, const char *name, uint32_t *ret_dict)
{
    uint32_t m = made_object(&s->h, s->module_type, 64), d = made_object(&s->h, s->dict, 64);
    made_edge(&s->h, m, HF_EDGE_FIELD, "__dict__", 0, d);
    made_root(&s->h, HF_ROOT_MODULE, m, name);
    *ret_dict = d;
    return m;
}

static void assert_text(hf_graph *g, uint32_t object, const char *wanted,
                        hf_err *(*write)(hf_graph *g, const hf_path *p, hf_buf *out))
{
    hf_path_tree *t = NULL;
    hf_path p;
    hf_buf text;
    hf_buf_init(&text, 0);
    made_check(hf_path_tree_build(g, &t));
    made_check(hf_path_to(t, object, &p));
    assert_int_equal(p.steps[p.count - 1].object, object);
    made_check(write(g, &p, &text));
    assert_string_equal(hf_buf_string(&text), wanted);
    hf_path_deinit(&p);
    hf_buf_deinit(&text);
    hf_path_tree_free(t);
}

static void assert_path(hf_graph *g, uint32_t object, const char *wanted)
{
    assert_text(g, object, wanted, hf_path_text);
}

static void end(shop *s, hf_graph *g)
{
    hf_graph_free(g);
    made_end(&s->h);
}

static void paths_read_as_python(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t names, space = 0;
    uint32_t pricing = module(&s, "shop.pricing", &names);
    uint32_t quotes = made_object(h, s.dict, 64), pair = made_object(h, s.tuple, 64);
    uint32_t quote = made_object(h, s.quote, 64), lines = made_object(h, s.list, 64);
    uint32_t line = made_object(h, s.quote, 64), odd = made_object(h, s.quote, 64);
    uint32_t members = made_object(h, s.set, 64), member = made_object(h, s.quote, 64);
    uint32_t by_object = made_object(h, s.quote, 64), nested = made_object(h, s.quote, 64);
    uint32_t plain = made_object(h, s.quote, 64);
    uint32_t inner = made_object(h, s.tuple, 64), long_key = made_object(h, s.tuple, 64);
    h->objects[pair].length = 2;
    h->objects[inner].length = 1;
    h->objects[long_key].length = 6;
    made_item(h, names, key(&s, "_quotes"), quotes);
    made_edge(h, pair, HF_EDGE_INDEX, NULL, 0, key(&s, "sku-1"));
    made_edge(h, pair, HF_EDGE_INDEX, NULL, 1, valued(&s, s.int_, "3"));
    for (uint32_t i = 0; i < 6; i++)
        made_edge(h, long_key, HF_EDGE_INDEX, NULL, i, i ? valued(&s, s.int_, "7") : inner);
    made_edge(h, inner, HF_EDGE_INDEX, NULL, 0, valued(&s, s.int_, "1"));
    made_item(h, quotes, pair, quote);
    made_item(h, quotes, made_object(h, s.quote, 64), by_object);
    made_item(h, quotes, long_key, nested);
    made_item(h, quotes, valued(&s, s.int_, "-5"), plain);
    space = made_object(h, s.dict, 64);
    made_edge(h, quote, HF_EDGE_FIELD, "__dict__", 0, space);
    made_item(h, space, key(&s, "lines"), lines);
    made_item(h, space, key(&s, "not a name"), odd);
    made_edge(h, lines, HF_EDGE_INDEX, NULL, 0, line);
    made_edge(h, line, HF_EDGE_ATTRIBUTE, "tags", 0, members);
    made_edge(h, members, HF_EDGE_MEMBER, NULL, 0, member);
    hf_graph *g = made_graph(h);
    assert_path(g, pricing, "module shop.pricing");
    assert_path(g, names, "module shop.pricing.__dict__");
    assert_path(g, line, "module shop.pricing._quotes['sku-1', 3].lines[0]");
    assert_path(g, space, "module shop.pricing._quotes['sku-1', 3].__dict__");
    assert_path(g, odd, "module shop.pricing._quotes['sku-1', 3].__dict__['not a name']");
    assert_path(g, member, "module shop.pricing._quotes['sku-1', 3].lines[0].tags{…}");
    assert_path(g, by_object, "module shop.pricing._quotes[<shop.pricing.Quote>]");
    assert_path(g, nested, "module shop.pricing._quotes[(1,), 7, 7, 7, …]");
    assert_path(g, plain, "module shop.pricing._quotes[-5]");
    assert_path(g, pair, "module shop.pricing._quotes.<key ('sku-1', 3)>");
    g->info.has_values = false; /* as of a snapshot without values */
    for (uint32_t i = 0; i < g->object_count; i++)
        g->flags[i] &= ~(uint32_t)HF_OBJECT_HAS_VALUE;
    assert_path(g, plain, "module shop.pricing.__dict__[…][…]");
    end(&s, g);
}

static void other_roots_and_steps_have_names(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t thread = made_thread(h, "MainThread", "main (app.py:57)");
    uint32_t o[12];
    for (int i = 0; i < 12; i++)
        o[i] = made_object(h, s.quote, 64);
    made_root_at(h, HF_ROOT_LOCAL, o[0], "agenda", "main (app.py:57)", thread);
    made_edge(h, o[0], HF_EDGE_FIELD, "__closure__", 0, o[1]);
    made_edge(h, o[1], HF_EDGE_CELL, NULL, 0, o[2]);
    made_edge(h, o[2], HF_EDGE_LOCAL, "x", 0, o[3]);
    made_edge_of(h, o[3], HF_EDGE_OFFSET, HF_EDGE_SCANNED, NULL, 24, o[4]);
    made_edge(h, o[4], HF_EDGE_STACK, NULL, 2, o[5]);
    made_root_at(h, HF_ROOT_THREAD, o[6], "context", "", thread);
    made_root(h, HF_ROOT_INTERPRETER, o[7], "atexit");
    uint32_t handler = valued(&s, s.function, "Dumper.on_signal (app.py:12)");
    uint32_t older = valued(&s, s.function, "on_signal (app.py:2)");
    made_root(h, HF_ROOT_INTERPRETER, handler, "runtime state");
    made_root(h, HF_ROOT_C_STATIC, older, "python3.9");
    made_root(h, HF_ROOT_STATIC_TYPE, o[8], "dict");
    made_root(h, HF_ROOT_C_STATIC, o[9], "libfoo.so");
    made_edge(h, o[9], HF_EDGE_INDEX, NULL, 4, o[10]);
    hf_graph *g = made_graph(h);
    assert_path(g, o[0], "local agenda in main (app.py:57), thread MainThread");
    assert_path(g, o[5],
                "local agenda in main (app.py:57), thread MainThread: "
                "agenda.__closure__.cell_contents.local x.<+24 shop.pricing.Quote>.<stack 2>");
    assert_path(g, o[6], "thread MainThread, context");
    assert_path(g, o[7], "interpreter state atexit");
    assert_path(g, handler, "interpreter state runtime state: Dumper.on_signal");
    assert_path(g, older, "C static in python3.9: on_signal");
    assert_path(g, o[8], "type dict");
    assert_path(g, o[10], "C static in libfoo.so: shop.pricing.Quote[4]");
    assert_path(g, o[11], "unreachable shop.pricing.Quote");
    end(&s, g);
}

/* class Page(collections.namedtuple("Page", "number rows")) */
static void items_of_named_tuples_have_names(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t globals, type = made_object(h, made_type(h, "builtins", "type"), 1000);
    module(&s, "shop.books", &globals);
    uint32_t base = made_object(h, made_type(h, "builtins", "type"), 1000);
    uint32_t fields = made_object(h, s.tuple, 64), order = made_object(h, s.tuple, 64);
    uint32_t own = made_object(h, s.dict, 64), inherited = made_object(h, s.dict, 64);
    made_edge(h, type, HF_EDGE_FIELD, "__mro__", 0, order);
    made_edge(h, type, HF_EDGE_FIELD, "__dict__", 0, own);
    made_edge(h, base, HF_EDGE_FIELD, "__dict__", 0, inherited);
    made_edge(h, order, HF_EDGE_INDEX, NULL, 0, type);
    made_edge(h, order, HF_EDGE_INDEX, NULL, 1, base);
    made_item(h, inherited, key(&s, "_fields"), fields);
    made_edge(h, fields, HF_EDGE_INDEX, NULL, 0, key(&s, "number"));
    made_edge(h, fields, HF_EDGE_INDEX, NULL, 1, key(&s, "rows"));
    uint32_t page_type = made_type(h, "shop.books", "Page");
    h->types[page_type].address = h->objects[type].address;
    h->types[page_type].flags = 1u << 26;
    h->types[page_type].heap_type = true;
    uint32_t page = made_object(h, page_type, 64), rows = made_object(h, s.list, 64);
    made_item(h, globals, key(&s, "page"), page);
    made_edge(h, page, HF_EDGE_INDEX, NULL, 1, rows);
    uint32_t third = made_object(h, s.quote, 64);
    made_edge(h, page, HF_EDGE_INDEX, NULL, 2, third); /* what its class does not tell of */
    hf_graph *g = made_graph(h);
    assert_path(g, rows, "module shop.books.page.rows");
    assert_path(g, third, "module shop.books.page[2]");
    end(&s, g);
}

static void variables_of_closures_and_threads_have_names(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t names;
    module(&s, "shop", &names);
    uint32_t function = made_object(h, s.quote, 64), code = made_object(h, s.quote, 64);
    uint32_t closure = made_object(h, s.tuple, 64), variables = made_object(h, s.tuple, 64);
    uint32_t cells[3], seen = made_object(h, s.list, 64), item = made_object(h, s.quote, 64);
    made_item(h, names, key(&s, "count"), function);
    made_edge(h, function, HF_EDGE_FIELD, "__code__", 0, code);
    made_edge(h, function, HF_EDGE_FIELD, "__closure__", 0, closure);
    made_edge(h, code, HF_EDGE_FIELD, "co_localsplusnames", 0, variables);
    h->objects[closure].length = 3;
    h->objects[variables].length = 4;
    const char *const called[] = {"path", "other", "seen", "no name"};
    for (uint32_t i = 0; i < 4; i++)
        made_edge(h, variables, HF_EDGE_INDEX, NULL, i, key(&s, called[i]));
    for (uint32_t i = 0; i < 3; i++) {
        cells[i] = made_object(h, s.quote, 64);
        made_edge(h, closure, HF_EDGE_INDEX, NULL, i, cells[i]);
    }
    made_edge(h, cells[1], HF_EDGE_CELL, NULL, 0, seen);
    made_edge(h, seen, HF_EDGE_INDEX, NULL, 0, item);
    uint32_t local = made_object(h, s.quote, 64), dummies = made_object(h, s.dict, 64);
    uint32_t space = made_object(h, s.dict, 64), history = made_object(h, s.list, 64);
    made_item(h, names, key(&s, "tls"), local);
    made_edge(h, local, HF_EDGE_FIELD, "dummies", 0, dummies);
    made_item(h, dummies, made_object(h, s.quote, 64), space);
    made_item(h, space, key(&s, "history"), history);
    hf_graph *g = made_graph(h);
    assert_path(g, closure, "module shop.count.__closure__");
    assert_path(g, cells[0], "module shop.count.closure other");
    assert_path(g, item, "module shop.count.closure seen[0]");
    assert_path(g, cells[2], "module shop.count.__closure__[2]");
    assert_path(g, dummies, "module shop.tls.dummies");
    assert_path(g, space, "module shop.tls.__dict__");
    assert_path(g, history, "module shop.tls.history");
    g->lengths.low[variables] = 1; /* fewer names than cells */
    assert_path(g, item, "module shop.count.__closure__[1].cell_contents[0]");
    end(&s, g);
}

/* Escapes of terminals, changes of direction, broken UTF-8: none gets through. */
static void hostile_texts_are_escaped(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t names, o[5];
    module(&s, "m\x1b[2J", &names);
    uint32_t d = made_object(h, s.dict, 64);
    made_item(h, names, key(&s, "d"), d);
    const char *keys[] = {"a'b\n\x1b]0;x\x07", "\xc2\x9b\xe2\x80\xae", "\xff\xc3", "it's \"q\"\\",
                          "0123456789012345678901234567890123456789012345678901234567890123456789"};
    for (int i = 0; i < 5; i++)
        made_item(h, d, key(&s, keys[i]), o[i] = made_object(h, s.quote, 64));
    hf_graph *g = made_graph(h);
    assert_path(g, o[0], "module m\\x1b[2J.d[\"a'b\\n\\x1b]0;x\\x07\"]");
    assert_path(g, o[1], "module m\\x1b[2J.d['\\u009b\\u202e']");
    assert_path(g, o[2], "module m\\x1b[2J.d['\\xff\\xc3']");
    assert_path(g, o[3], "module m\\x1b[2J.d['it\\'s \"q\"\\\\']");
    assert_path(
        g, o[4],
        "module m\\x1b[2J.d['012345678901234567890123456789012345678901234567890123456789…']");
    end(&s, g);
}

/* A global that several modules have under one name: told from the one that has its class; where
 * that says nothing, from the one whose functions use it; and not from the script. */
static void globals_are_told_from_where_they_were_made(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t main_names, importer, maker;
    module(&s, "__main__", &main_names);
    module(&s, "shop.views", &importer);
    module(&s, "shop.db", &maker);
    uint32_t code_type = made_type(h, "builtins", "code"),
             tuple_type = made_type(h, "builtins", "tuple");
    uint32_t quote_class = made_type_object(h, s.quote);
    uint32_t store = made_object(h, s.quote, 64), cache = made_object(h, s.dict, 64);
    uint32_t seen = made_object(h, s.list, 64);
    uint32_t store_name = key(&s, "store"), cache_name = key(&s, "cache"),
             seen_name = key(&s, "seen");
    made_item(h, maker, key(&s, "Quote"), quote_class);
    for (int k = 0; k < 3; k++) {
        uint32_t space = k == 0 ? main_names : k == 1 ? importer : maker;
        made_item(h, space, store_name, store);
        made_item(h, space, cache_name, cache);
        made_item(h, space, seen_name, seen);
    }
    uint32_t function = made_object(h, s.function, 64), code = made_object(h, code_type, 64);
    uint32_t used = made_object(h, tuple_type, 64);
    made_item(h, maker, key(&s, "get"), function);
    made_edge(h, function, HF_EDGE_FIELD, "__globals__", 0, maker);
    made_edge(h, function, HF_EDGE_FIELD, "__code__", 0, code);
    made_edge(h, code, HF_EDGE_FIELD, "co_names", 0, used);
    made_edge(h, used, HF_EDGE_INDEX, NULL, 0, cache_name);
    hf_graph *g = made_graph(h);
    assert_path(g, store, "module shop.db.store");
    assert_path(g, cache, "module shop.db.cache");
    assert_path(g, seen, "module shop.views.seen");
    end(&s, g);
}

static void modules_come_before_locals_before_the_rest(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t names, a = made_object(h, s.quote, 64), b = made_object(h, s.quote, 64);
    uint32_t c = made_object(h, s.quote, 64), far = made_object(h, s.list, 64);
    module(&s, "m", &names);
    made_item(h, names, key(&s, "far"), far);
    made_edge(h, far, HF_EDGE_INDEX, NULL, 0, a);
    made_root(h, HF_ROOT_LOCAL, a, "a");
    made_root(h, HF_ROOT_LOCAL, b, "b");
    made_edge(h, b, HF_EDGE_ATTRIBUTE, "c", 0, c);
    made_root(h, HF_ROOT_C_STATIC, a, "libc.so");
    made_root(h, HF_ROOT_C_STATIC, b, "libc.so");
    made_root(h, HF_ROOT_C_STATIC, c, "libc.so");
    hf_graph *g = made_graph(h);
    assert_path(g, a, "module m.far[0]");
    assert_path(g, b, "local b");
    assert_path(g, c, "local b: b.c");
    end(&s, g);
}

/* The way over a function's globals is shorter, but says less. */
static void detours_are_taken_only_where_nothing_else_leads(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t names, other, f = made_object(h, s.function, 64);
    module(&s, "m", &names);
    uint32_t hidden_module = made_object(h, s.dict, 64);
    made_item(h, names, key(&s, "f"), f);
    made_edge(h, f, HF_EDGE_FIELD, "__globals__", 0, hidden_module);
    uint32_t x = made_object(h, s.quote, 64), y = made_object(h, s.quote, 64);
    uint32_t z = made_object(h, s.quote, 64), type = made_object(h, s.quote, 64);
    made_item(h, hidden_module, key(&s, "x"), x);
    made_item(h, hidden_module, key(&s, "y"), y);
    module(&s, "n", &other);
    uint32_t last = other;
    for (int i = 0; i < 9; i++) {
        uint32_t list = made_object(h, s.list, 64);
        if (i)
            made_edge(h, last, HF_EDGE_INDEX, NULL, 0, list);
        else
            made_item(h, other, key(&s, "deep"), list);
        last = list;
    }
    made_edge(h, last, HF_EDGE_INDEX, NULL, 0, x);
    made_edge(h, x, HF_EDGE_FIELD, "__class__", 0, type);
    made_edge(h, y, HF_EDGE_FIELD, "__class__", 0, type);
    made_edge(h, type, HF_EDGE_ATTRIBUTE, "z", 0, z);
    hf_graph *g = made_graph(h);
    assert_path(g, x, "module n.deep[0][0][0][0][0][0][0][0][0]");
    assert_path(g, y, "module m.f.__globals__['y']");
    /* one detour and many steps rather than two detours and few */
    assert_path(g, z, "module n.deep[0][0][0][0][0][0][0][0][0].__class__.z");
    end(&s, g);
}

/* Both modules name the class and the function; the one that made them comes later. */
static void imported_names_are_told_from_home(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t importer, home, type = made_type(h, "builtins", "type");
    module(&s, "app", &importer);
    module(&s, "shop.pricing", &home);
    uint32_t class = made_object(h, type, 64), f = made_object(h, s.function, 64);
    uint32_t lambda = made_object(h, s.function, 64), plain = made_object(h, s.list, 64);
    h->types[s.quote].address = h->objects[class].address;
    made_edge(h, f, HF_EDGE_FIELD, "__globals__", 0, home);
    made_edge(h, lambda, HF_EDGE_FIELD, "__globals__", 0, home);
    uint32_t registry = made_object(h, s.dict, 64);
    made_edge(h, class, HF_EDGE_ATTRIBUTE, "registry", 0, registry);
    made_item(h, importer, key(&s, "Quote"), class);
    made_item(h, importer, key(&s, "f"), f);
    made_item(h, importer, key(&s, "hook"), lambda);
    made_item(h, importer, key(&s, "names"), plain);
    made_item(h, home, key(&s, "Quote"), class);
    made_item(h, home, key(&s, "f"), f);
    hf_graph *g = made_graph(h);
    assert_path(g, class, "module shop.pricing.Quote");
    assert_path(g, registry, "module shop.pricing.Quote.registry");
    assert_path(g, f, "module shop.pricing.f");
    assert_path(g, lambda, "module app.hook");
    assert_path(g, plain, "module app.names");
    end(&s, g);
}

/* A decorator's function stands for the one that it has as an attribute, of that module. */
static void decorated_functions_are_told_from_home(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t importer, home, library;
    module(&s, "app", &importer);
    module(&s, "shop.pages", &home);
    module(&s, "functools", &library);
    uint32_t wrapper = made_object(h, s.function, 64), wrapped = made_object(h, s.function, 64);
    uint32_t attributes = made_object(h, s.dict, 64);
    made_edge(h, wrapper, HF_EDGE_FIELD, "__globals__", 0, library);
    made_edge(h, wrapper, HF_EDGE_FIELD, "__dict__", 0, attributes);
    made_edge(h, wrapped, HF_EDGE_FIELD, "__globals__", 0, home);
    made_item(h, attributes, key(&s, "__wrapped__"), wrapped);
    made_item(h, importer, key(&s, "render"), wrapper);
    made_item(h, home, key(&s, "render"), wrapper);
    hf_graph *g = made_graph(h);
    assert_path(g, wrapper, "module shop.pages.render");
    end(&s, g);
}

/* A file may name one module a thousand times; that tells no more of it than its names say. */
static void modules_with_many_names_are_homes_like_others(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    enum { ROOTS = 1000 };
    uint32_t importer, home, script, type = made_type(h, "builtins", "type");
    uint32_t ledger_type = made_type(h, "shop.ledger", "Ledger");
    module(&s, "app", &importer);
    uint32_t main_module = module(&s, "__main__", &script), pricing = 0;
    for (int i = 0; i < ROOTS; i++) {
        char name[32];
        snprintf(name, sizeof(name), "alias%d", i);
        if (i)
            made_root(h, HF_ROOT_MODULE, pricing, name);
        else
            pricing = module(&s, name, &home);
    }
    made_root(h, HF_ROOT_MODULE, pricing, "shop.pricing");
    made_root(h, HF_ROOT_MODULE, main_module, "shop.ledger");
    h->types[s.quote].heap_type = true;
    h->types[ledger_type].heap_type = true;
    uint32_t class = made_object(h, type, 64), only = made_object(h, s.dict, 64);
    h->types[s.quote].address = h->objects[class].address;
    uint32_t quote = made_object(h, s.quote, 64), ledger = made_object(h, ledger_type, 64);
    made_item(h, importer, key(&s, "Quote"), class);
    made_item(h, importer, key(&s, "quote"), quote);
    made_item(h, importer, key(&s, "ledger"), ledger);
    made_item(h, home, key(&s, "only"), only);
    made_item(h, home, key(&s, "Quote"), class);
    made_item(h, home, key(&s, "quote"), quote);
    made_item(h, script, key(&s, "ledger"), ledger);
    hf_graph *g = made_graph(h);
    assert_path(g, h->numbers[only], "module shop.pricing.only");
    assert_path(g, h->numbers[class], "module shop.pricing.Quote");
    assert_path(g, h->numbers[quote], "module shop.pricing.quote");
    assert_path(g, h->numbers[ledger], "module shop.ledger.ledger");
    end(&s, g);
}

static uint32_t thread_of(made_heap *h, const char *const *frames, size_t count)
{
    uint32_t thread = made_thread(h, "MainThread", frames[0]);
    hf_python_thread *t = &h->threads[thread];
    free((void *)(uintptr_t)t->frames);
    uint32_t *names = malloc(count * sizeof(*names));
    assert_non_null(names);
    for (size_t i = 0; i < count; i++)
        names[i] = made_name(h, frames[i]);
    t->frames = names;
    t->frame_count = count;
    return thread;
}

/* Up to 3.10 Python does not say which thread it is, and without threading none has a name. */
static void a_thread_that_is_not_known_is_not_told(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t thread = made_thread(h, "", "main (app.py:57)"), list = made_object(h, s.list, 64);
    h->threads[thread].native_id = 0;
    made_root_at(h, HF_ROOT_LOCAL, list, "rows", "main (app.py:57)", thread);
    hf_graph *g = made_graph(h);
    assert_path(g, list, "local rows in main (app.py:57)");
    end(&s, g);
}

/* main() has a shop, whose cache a call further in has in hand as well; a thread of a library
 * has its queue. */
static void locals_are_told_from_the_outer_frames_of_the_user(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    static const char *const frames[] = {"Store.get (shop.py:9)", "step (shop.py:20)",
                                         "main (shop.py:30)"};
    static const char *const worker[] = {"_worker (concurrent/futures/thread.py:92)",
                                         "Thread.run (threading.py:1012)"};
    uint32_t thread = thread_of(h, frames, 3), pool = thread_of(h, worker, 2);
    uint32_t store = made_object(h, s.quote, 64), cache = made_object(h, s.dict, 64);
    uint32_t shop_object = made_object(h, s.quote, 64), queue = made_object(h, s.list, 64);
    uint32_t cell_type = made_type(h, "builtins", "cell"), cell = made_object(h, cell_type, 64);
    uint32_t far = made_object(h, s.list, 64), last = far;
    made_edge(h, cell, HF_EDGE_CELL, NULL, 0, shop_object);
    made_edge(h, shop_object, HF_EDGE_ATTRIBUTE, "store", 0, store);
    made_edge(h, store, HF_EDGE_ATTRIBUTE, "cache", 0, cache);
    for (int i = 0; i < 3; i++) {
        uint32_t list = made_object(h, s.list, 64);
        made_edge(h, last, HF_EDGE_INDEX, NULL, 0, list);
        last = list;
    }
    made_edge(h, last, HF_EDGE_INDEX, NULL, 0, queue);
    uint32_t near = made_object(h, s.list, 64), item = made_object(h, s.quote, 64);
    made_edge(h, near, HF_EDGE_INDEX, NULL, 0, item);
    made_edge(h, queue, HF_EDGE_INDEX, NULL, 0, item);
    made_root_at(h, HF_ROOT_LOCAL, queue, "work_queue", worker[0], pool);
    made_root_at(h, HF_ROOT_LOCAL, store, "self", frames[0], thread);
    made_root_at(h, HF_ROOT_LOCAL, near, "near", frames[0], thread);
    made_root_at(h, HF_ROOT_LOCAL, cell, "shop", frames[2], thread);
    made_root_at(h, HF_ROOT_LOCAL, far, "far", frames[2], thread);
    hf_graph *g = made_graph(h);
    assert_path(g, cache, "local shop in main (shop.py:30), thread MainThread: shop.store.cache");
    assert_path(g, queue, "local far in main (shop.py:30), thread MainThread: far[0][0][0][0]");
    /* nearer by more than the calls are apart */
    assert_path(g, item, "local near in Store.get (shop.py:9), thread MainThread: near[0]");
    end(&s, g);
}

/* The registry of all queues of pools leads to each of them; who has the pool says more. */
static void registries_of_the_library_are_told_last(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t names, globals;
    module(&s, "concurrent.futures.thread", &names);
    module(&s, "zoo", &globals);
    uint32_t queues = made_object(h, s.dict, 64), queue = made_object(h, s.list, 64);
    uint32_t other = made_object(h, s.list, 64), pool = made_object(h, s.quote, 64);
    made_item(h, names, key(&s, "_threads_queues"), queues);
    made_item(h, queues, key(&s, "first"), queue);
    made_item(h, queues, key(&s, "second"), other);
    uint32_t deep = made_object(h, s.list, 64);
    made_item(h, globals, key(&s, "pools"), deep);
    made_edge(h, deep, HF_EDGE_INDEX, NULL, 0, pool);
    made_edge(h, pool, HF_EDGE_ATTRIBUTE, "_work_queue", 0, queue);
    uint32_t defaults = made_object(h, s.list, 64); /* `def run(queues=_threads_queues)` */
    made_item(h, names, key(&s, "run"), defaults);
    made_edge(h, defaults, HF_EDGE_INDEX, NULL, 0, queues);
    hf_graph *g = made_graph(h);
    assert_path(g, queue, "module zoo.pools[0]._work_queue");
    assert_path(g, other, "module concurrent.futures.thread._threads_queues['second']");
    end(&s, g);
}

/* What an event loop will call next leads to all that is at work, for a moment. */
static void queues_of_event_loops_are_told_last(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t names, globals;
    module(&s, "asyncio.events", &names);
    module(&s, "zoo", &globals);
    uint32_t loop = made_object(h, made_type(h, "asyncio.base_events", "BaseEventLoop"), 64);
    uint32_t ready = made_object(h, s.list, 64), clients = made_object(h, s.list, 64);
    made_item(h, names, key(&s, "_running_loop"), loop);
    made_edge(h, loop, HF_EDGE_ATTRIBUTE, "_ready", 0, ready);
    made_edge(h, ready, HF_EDGE_INDEX, NULL, 0, clients);
    uint32_t deep = made_object(h, s.list, 64), server = made_object(h, s.quote, 64);
    made_item(h, globals, key(&s, "servers"), deep);
    made_edge(h, deep, HF_EDGE_INDEX, NULL, 0, server);
    made_edge(h, server, HF_EDGE_ATTRIBUTE, "clients", 0, clients);
    /* What it waits for leads to all that has a connection. */
    uint32_t selector = made_object(h, s.quote, 64), bot = made_object(h, s.quote, 64);
    made_edge(h, loop, HF_EDGE_ATTRIBUTE, "_selector", 0, selector);
    made_edge(h, selector, HF_EDGE_ATTRIBUTE, "_fd_to_key", 0, bot);
    made_root(h, HF_ROOT_LOCAL, bot, "bot");
    hf_graph *g = made_graph(h);
    assert_path(g, clients, "module zoo.servers[0].clients");
    assert_path(g, ready, "module asyncio.events._running_loop._ready");
    assert_path(g, bot, "local bot");
    end(&s, g);
}

/* Each interpreter imports its own shop.pricing; what is told is which one it is. */
static void paths_begin_with_the_interpreter(void **state)
{
    (void)state;
    shop s;
    begin(&s);
    made_heap *h = &s.h;
    uint32_t type = made_type(h, "builtins", "type"), spaces[2], classes[2], lists[2], shared;
    uint32_t quotes[2] = {s.quote, made_type(h, "shop.pricing", "Quote")};
    uint32_t both = made_object(h, s.str, 64);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t importer;
        module(&s, "app", &importer);
        h->roots[h->root_count - 1].interpreter = 1 - i;
        module(&s, "shop.pricing", &spaces[i]);
        h->roots[h->root_count - 1].interpreter = 1 - i;
        classes[i] = made_object(h, type, 64);
        h->types[quotes[i]].address = h->objects[classes[i]].address;
        lists[i] = made_object(h, s.list, 64);
        made_item(h, importer, key(&s, "Quote"), classes[i]);
        made_item(h, importer, key(&s, "both"), both);
        made_item(h, spaces[i], key(&s, "Quote"), classes[i]);
        made_item(h, spaces[i], key(&s, "list"), lists[i]);
    }
    shared = made_object(h, s.dict, 64);
    made_root(h, HF_ROOT_STATIC_TYPE, shared, "dict.__dict__");
    h->roots[h->root_count - 1].interpreter = 7;
    uint32_t field = made_object(h, s.dict, 64), rest = made_object(h, s.dict, 64);
    made_root(h, HF_ROOT_INTERPRETER, field, "sysdict");
    h->roots[h->root_count - 1].interpreter = 7;
    made_root(h, HF_ROOT_INTERPRETER, rest, "interpreter state");
    h->roots[h->root_count - 1].interpreter = 7;
    hf_graph *g = made_graph(h);
    assert_path(g, h->numbers[lists[0]], "interpreter 1's module shop.pricing.list");
    assert_path(g, h->numbers[lists[1]], "module shop.pricing.list");
    assert_path(g, h->numbers[classes[0]], "interpreter 1's module shop.pricing.Quote");
    assert_path(g, h->numbers[classes[1]], "module shop.pricing.Quote");
    assert_path(g, h->numbers[both], "module app.both");
    assert_path(g, h->numbers[shared], "interpreter 7's type dict.__dict__");
    assert_path(g, h->numbers[field], "interpreter 7's state sysdict");
    assert_path(g, h->numbers[rest], "interpreter 7's state");
    end(&s, g);
}

/* Lists in lists, each the `n`-th item of the one above, and an entry of the last. */
static uint32_t nest(shop *s, uint32_t globals, const char *name, int depth)
{
    uint32_t list = made_object(&s->h, s->list, 64);
    made_item(&s->h, globals, key(s, name), list);
    for (int n = 0; n < depth; n++) {
        uint32_t inner = made_object(&s->h, s->list, 64);
        made_edge(&s->h, list, HF_EDGE_INDEX, NULL, 3 + (uint64_t)n, inner);
        list = inner;
    }
    uint32_t last = key(s, name), post = made_object(&s->h, s->quote, 64);
    made_edge(&s->h, post, HF_EDGE_ATTRIBUTE, "author", 0, last);
    made_edge(&s->h, list, HF_EDGE_INDEX, NULL, 0, post);
    return last;
}

static void many_steps_that_are_alike_are_folded(void **state)
{
    (void)state;
    shop s;
    uint32_t globals;
    begin(&s);
    module(&s, "board", &globals);
    uint32_t deep = nest(&s, globals, "deep", 30), flat = nest(&s, globals, "flat", 4);
    hf_graph *g = made_graph(&s.h);
    assert_text(g, made_number(&s.h, deep), "module board.deep[3][4]<+29 like this>.author",
                hf_path_text_folded);
    assert_text(g, made_number(&s.h, flat), "module board.flat[3][4][5][6][0].author",
                hf_path_text_folded);
    end(&s, g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_read_as_python),
        cmocka_unit_test(other_roots_and_steps_have_names),
        cmocka_unit_test(items_of_named_tuples_have_names),
        cmocka_unit_test(variables_of_closures_and_threads_have_names),
        cmocka_unit_test(hostile_texts_are_escaped),
        cmocka_unit_test(globals_are_told_from_where_they_were_made),
        cmocka_unit_test(modules_come_before_locals_before_the_rest),
        cmocka_unit_test(imported_names_are_told_from_home),
        cmocka_unit_test(decorated_functions_are_told_from_home),
        cmocka_unit_test(modules_with_many_names_are_homes_like_others),
        cmocka_unit_test(detours_are_taken_only_where_nothing_else_leads),
        cmocka_unit_test(a_thread_that_is_not_known_is_not_told),
        cmocka_unit_test(locals_are_told_from_the_outer_frames_of_the_user),
        cmocka_unit_test(registries_of_the_library_are_told_last),
        cmocka_unit_test(queues_of_event_loops_are_told_last),
        cmocka_unit_test(paths_begin_with_the_interpreter),
        cmocka_unit_test(many_steps_that_are_alike_are_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
