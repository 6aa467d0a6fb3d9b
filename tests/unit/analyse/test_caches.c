/* Caches: small heaps of which one can see what is kept. */
#include "../graph/made_heap.h"
#include "analyse/caches.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct heap {
    made_heap h;
    uint32_t dict, text, number, tuple, module, space;
} heap;

static uint32_t put(heap *s, uint32_t type, uint64_t bytes, const char *value)
{
    uint32_t o = made_object(&s->h, type, bytes);
    if (value)
        made_value(&s->h, o, value);
    return o;
}

static uint32_t text(heap *s, const char *value)
{
    return put(s, s->text, 64, value);
}

static uint32_t number(heap *s, const char *value)
{
    return put(s, s->number, 32, value);
}

static void begin(heap *s)
{
    made_begin(&s->h);
    s->dict = made_type(&s->h, "builtins", "dict");
    s->text = made_type(&s->h, "builtins", "str");
    s->number = made_type(&s->h, "builtins", "int");
    s->tuple = made_type(&s->h, "builtins", "tuple");
    s->module = put(s, made_type(&s->h, "builtins", "module"), 64, "app");
    s->space = put(s, s->dict, 64, NULL);
    made_edge(&s->h, s->module, HF_EDGE_FIELD, "__dict__", 0, s->space);
    made_root(&s->h, HF_ROOT_MODULE, s->module, "app");
    made_held(&s->h, s->module, 1);
}

static void global(heap *s, const char *name, uint32_t value)
{
    made_item(&s->h, s->space, text(s, name), value);
}

typedef struct found {
    hf_graph *g;
    hf_dominators *d;
    hf_caches c;
} found;

static found look(heap *s, uint64_t chosen)
{
    found f = {.g = made_graph(&s->h)};
    made_check(hf_dominators_compute(f.g, &f.d));
    made_check(hf_caches_find(f.g, f.d, chosen, &f.c));
    return f;
}

static void forget(heap *s, found *f)
{
    hf_caches_deinit(&f->c);
    hf_dominators_free(f->d);
    hf_graph_free(f->g);
    made_end(&s->h);
}

static uint32_t lru(heap *s, const char *value, uint32_t *ret_cache)
{
    uint32_t wrapper = put(s, made_type(&s->h, "functools", "_lru_cache_wrapper"), 128, value);
    *ret_cache = put(s, s->dict, 1000, NULL);
    made_edge(&s->h, wrapper, HF_EDGE_FIELD, "cache", 0, *ret_cache);
    return wrapper;
}

static void the_cache_of_a_method_pins_what_only_it_holds(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t page = made_type(&s.h, "app", "Page"), cache;
    uint32_t wrapper =
        lru(&s, "CacheInfo(hits=7, misses=9, maxsize=None, currsize=10) typed", &cache);
    uint32_t function = put(&s, made_type(&s.h, "builtins", "function"), 100, "Page.text (a.py:3)");
    made_edge(&s.h, wrapper, HF_EDGE_FIELD, "__wrapped__", 0, function);
    global(&s, "text", wrapper);
    for (unsigned i = 0; i < 10; i++) {
        uint32_t key = put(&s, s.tuple, 60, NULL), self = put(&s, page, 500, NULL);
        made_edge(&s.h, key, HF_EDGE_INDEX, NULL, 0, self);
        made_edge(&s.h, key, HF_EDGE_INDEX, NULL, 1, number(&s, "1"));
        made_item(&s.h, cache, key, text(&s, "t"));
        if (i < 3)
            global(&s, "kept", self);
    }
    found f = look(&s, 4);
    assert_int_equal(f.c.count, 1);
    const hf_cache *row = f.c.rows;
    assert_string_equal(row->kind, "functools.lru_cache");
    assert_true(row->counted && row->typed && row->on_self);
    assert_int_equal(row->hits, 7);
    assert_int_equal(row->misses, 9);
    assert_int_equal(row->entries, 10);
    assert_int_equal(row->bounded, HF_CACHE_UNBOUNDED);
    assert_int_equal(row->instances, 10);
    assert_int_equal(row->pinned, 7);
    assert_int_equal(row->pinned_bytes, 7 * 500);
    assert_int_equal(row->own, 1000);
    assert_int_equal(row->retained, 1000 + 10 * (60 + 32 + 64) + 7 * 500);
    assert_int_equal(row->mean, (row->retained - 1000) / 10);
    assert_int_equal(row->saved, 6 * row->mean);
    assert_int_equal(f.c.unbounded_saved, row->saved);
    forget(&s, &f);
}

static void a_bound_and_nonsense_are_read_as_such(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t one, two, three;
    uint32_t bounded = lru(&s, "CacheInfo(hits=-3, misses=x", &one);
    uint32_t silent = lru(&s, NULL, &two);
    uint32_t empty = lru(&s, "CacheInfo(hits=1, misses=1, maxsize=4, currsize=0)", &three);
    s.h.objects[bounded].flags |= HF_OBJECT_BOUNDED;
    s.h.objects[bounded].bound = 4;
    global(&s, "a", bounded);
    global(&s, "b", silent);
    global(&s, "c", empty);
    made_item(&s.h, one, text(&s, "k"), text(&s, "v"));
    made_item(&s.h, two, text(&s, "k"), text(&s, "v"));
    found f = look(&s, 4);
    assert_int_equal(f.c.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const hf_cache *row = &f.c.rows[i];
        assert_false(row->counted);
        bool is_bounded = row->object == made_number(&s.h, bounded);
        assert_int_equal(row->bounded, is_bounded ? HF_CACHE_BOUNDED : HF_CACHE_UNBOUNDED);
        assert_int_equal(row->bound, is_bounded ? 4 : 0);
        assert_int_equal(row->saved, 0);
    }
    forget(&s, &f);
}

/* `timer`: name of its clock. Ten entries of a lifetime of 5 that end at 100, 101, ... 109. */
static uint32_t timed(heap *s, const char *timer)
{
    uint32_t ttl = made_type(&s->h, "cachetools", "TTLCache");
    made_class(&s->h, ttl, made_type(&s->h, "cachetools", "Cache"));
    uint32_t cache = put(s, ttl, 48, NULL);
    uint32_t data = put(s, s->dict, 300, NULL), links = put(s, s->dict, 300, NULL);
    uint32_t clock = put(s, made_type(&s->h, "builtins", "builtin_function_or_method"), 72, timer);
    uint32_t link = made_type(&s->h, "cachetools", "TTLCache._Link");
    made_edge(&s->h, cache, HF_EDGE_ATTRIBUTE, "_Cache__data", 0, data);
    made_edge(&s->h, cache, HF_EDGE_ATTRIBUTE, "_Cache__maxsize", 0, number(s, "50"));
    made_edge(&s->h, cache, HF_EDGE_ATTRIBUTE, "_TTLCache__links", 0, links);
    made_edge(&s->h, cache, HF_EDGE_ATTRIBUTE, "_TTLCache__ttl", 0, number(s, "5"));
    made_edge(&s->h, cache, HF_EDGE_ATTRIBUTE, "_TimedCache__timer", 0, clock);
    for (unsigned i = 0; i < 10; i++) {
        char at[16];
        snprintf(at, sizeof(at), "%u", 100 + i);
        uint32_t key = text(s, "k"), entry = put(s, link, 56, NULL);
        made_edge(&s->h, entry, HF_EDGE_ATTRIBUTE, "expires", 0, number(s, at));
        made_item(&s->h, data, key, put(s, s->text, 1000, "v"));
        made_item(&s->h, links, key, entry);
    }
    return cache;
}

static void entries_whose_time_is_over_are_counted(void **state)
{
    (void)state;
    static const struct {
        const char *timer;
        uint64_t expired;
        bool at_least;
    } cases[] = {{"monotonic", 7, false}, {"time", 3, false}, {"tick", 4, true}, {NULL, 4, true}};
    for (size_t i = 0; i < 4; i++) {
        heap s;
        begin(&s);
        global(&s, "sessions", timed(&s, cases[i].timer));
        s.h.info.monotonic = 107000000000;
        s.h.info.freeze.taken_at = 102500000000;
        found f = look(&s, 100);
        assert_int_equal(f.c.count, 1);
        const hf_cache *row = f.c.rows;
        assert_true(row->timed && row->lifetime == 5);
        assert_int_equal(row->bound, 50);
        assert_int_equal(row->expired, cases[i].expired);
        assert_int_equal(row->expired_at_least, cases[i].at_least);
        assert_int_equal(row->expired_bytes, row->expired * (1000 + 56 + 32 + 64));
        forget(&s, &f);
    }
}

static void a_weak_one_saves_nothing_and_knows_its_dead(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t weak = put(&s, made_type(&s.h, "weakref", "WeakValueDictionary"), 48, NULL);
    uint32_t data = put(&s, s.dict, 300, NULL), ref = made_type(&s.h, "weakref", "KeyedRef");
    made_edge(&s.h, weak, HF_EDGE_ATTRIBUTE, "data", 0, data);
    s.h.types[ref].qualname = made_name(&s.h, "ReferenceType");
    for (unsigned i = 0; i < 6; i++) {
        uint32_t entry = put(&s, ref, 80, NULL);
        if (i < 4)
            made_edge_of(&s.h, entry, HF_EDGE_FIELD, HF_EDGE_WEAK, "referent", 0, s.module);
        made_item(&s.h, data, number(&s, "1"), entry);
    }
    global(&s, "live", weak);
    found f = look(&s, 1);
    assert_int_equal(f.c.count, 1);
    assert_int_equal(f.c.rows->sort, HF_CACHE_WEAK);
    assert_int_equal(f.c.rows->dead, 2);
    assert_int_equal(f.c.rows->saved, 0);
    assert_int_equal(f.c.unbounded, 0);
    forget(&s, &f);
}

static void names_are_an_opinion_and_what_is_inside_is_not_counted_twice(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    static const char *const names[] = {"_page_cache", "memory", "MEMO", "cached", "accelerate"};
    for (size_t n = 0; n < 5; n++) {
        uint32_t dict = put(&s, s.dict, 200, NULL);
        for (unsigned i = 0; i < 20; i++)
            made_item(&s.h, dict, number(&s, "1"), text(&s, "v"));
        global(&s, names[n], dict);
        if (n == 0) {
            uint32_t inner;
            uint32_t wrapper = lru(&s, "CacheInfo(hits=1, misses=1, maxsize=None)", &inner);
            made_item(&s.h, inner, number(&s, "1"), text(&s, "v"));
            made_item(&s.h, dict, number(&s, "1"), wrapper);
        }
    }
    found f = look(&s, 128);
    assert_int_equal(f.c.count, 4); /* of the five names three, and what is in the first */
    uint64_t outside = 0;
    for (size_t i = 0; i < f.c.count; i++) {
        const hf_cache *row = &f.c.rows[i];
        assert_int_equal(row->inside, row->sort == HF_CACHE_STRONG);
        assert_true(row->inside || row->sort == HF_CACHE_NAMED);
        outside += row->inside ? 0 : row->retained;
    }
    assert_int_equal(f.c.retained, outside);
    forget(&s, &f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cache_of_a_method_pins_what_only_it_holds),
        cmocka_unit_test(a_bound_and_nonsense_are_read_as_such),
        cmocka_unit_test(entries_whose_time_is_over_are_counted),
        cmocka_unit_test(a_weak_one_saves_nothing_and_knows_its_dead),
        cmocka_unit_test(names_are_an_opinion_and_what_is_inside_is_not_counted_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
