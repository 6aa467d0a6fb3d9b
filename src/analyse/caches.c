#include "analyse/caches_inside.h"

#include "analyse/attributes.h"
#include "analyse/known.h"
#include "analyse/shape.h"
#include "base/array.h"
#include "base/cleanup.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAMED_LEAST = 16,      /* entries of a dict that is only named like a cache */
    PROPERTIES_MAX = 4096, /* cached properties that are looked at */
    CLASSES_MAX = 255,
};

static bool is_dict(const hf_graph *g, uint32_t object)
{
    enum { DICT_SUBCLASS = 29 }; /* Include/object.h */
    return g->types[g->type[object]].flags & 1ull << DICT_SUBCLASS ||
           hf_graph_is(g, object, "dict");
}

static bool take(hf_cache_finder *f, uint32_t object)
{
    return object == HF_NO_OBJECT || hf_map_put(&f->taken, object, 1);
}

static bool is_taken(const hf_cache_finder *f, uint32_t object)
{
    return hf_map_get(&f->taken, object) != HF_MAP_NONE;
}

/* A row for the cache, unless it keeps nothing; false without memory. */
static bool add(hf_cache_finder *f, const hf_cache *row)
{
    if (!row->entries || is_taken(f, row->object))
        return true;
    if (!hf_array_room(&f->rows, f->count, &f->capacity))
        return false;
    f->rows[f->count++] = *row;
    return take(f, row->object) && take(f, row->data);
}

static void read_bound(hf_graph *g, uint32_t number, hf_cache *row)
{
    int64_t bound;
    row->bounded = HF_CACHE_BOUND_UNKNOWN;
    if (number == HF_NO_OBJECT || hf_graph_is(g, number, "NoneType")) {
        row->bounded = HF_CACHE_UNBOUNDED;
    } else if (hf_object_int(g, number, &bound) && bound >= 0) {
        row->bounded = HF_CACHE_BOUNDED;
        row->bound = (uint64_t)bound;
    } else if (hf_object_says(g, number, "inf")) {
        row->bounded = HF_CACHE_UNBOUNDED;
    }
}

/* CacheInfo(hits=3, misses=4, maxsize=128, currsize=4) typed */
static void read_lru(hf_graph *g, hf_cache *row)
{
    char text[200];
    long long hits, misses;
    hf_object_text(g, row->object, text, sizeof(text));
    row->counted = sscanf(text, "CacheInfo(hits=%lld, misses=%lld", &hits, &misses) == 2 &&
                   hits >= 0 && misses >= 0;
    row->hits = row->counted ? (uint64_t)hits : 0;
    row->misses = row->counted ? (uint64_t)misses : 0;
    row->typed = strstr(text, ") typed") != NULL;
    row->function = hf_object_field(g, row->object, "__wrapped__");
    if (g->flags[row->object] & HF_OBJECT_BOUNDED) {
        row->bounded = HF_CACHE_BOUNDED;
        row->bound = hf_graph_bound(g, row->object);
    }
}

static bool add_instance(hf_cache_finder *f, const hf_known_holder *c, uint32_t object)
{
    hf_graph *g = f->g;
    hf_cache row = {.object = object,
                    .data = object,
                    .function = HF_NO_OBJECT,
                    .sort = c->grows == HF_GROWS_WEAKLY ? HF_CACHE_WEAK : HF_CACHE_STRONG};
    int64_t number, misses;
    row.kind = c->kind ? c->kind : hf_graph_type_name(g, object);
    if (c->data)
        row.data = hf_attribute_of(g, object, c->data);
    if (row.data == HF_NO_OBJECT || !is_dict(g, row.data))
        return true;
    row.entries = hf_graph_length(g, row.data);
    if (c->kind && !strcmp(c->kind, "functools.lru_cache"))
        read_lru(g, &row);
    else if (c->bound)
        read_bound(g, hf_attribute_of(g, object, c->bound), &row);
    if (c->size && hf_attribute_int(g, object, c->size, &number) && number >= 0 &&
        (uint64_t)number != row.entries)
        row.size = (uint64_t)number;
    if (c->hits && hf_attribute_int(g, object, c->hits, &number) && number >= 0 &&
        hf_attribute_int(g, object, c->misses, &misses) && misses >= 0) {
        row.counted = true;
        row.hits = (uint64_t)number;
        row.misses = (uint64_t)misses;
    }
    return add(f, &row);
}

/* The class in whose namespace an object is: namespace <- class. HF_NO_OBJECT: none. */
static uint32_t class_with(const hf_graph *g, uint32_t object)
{
    enum { LOOKED_AT = 16, TYPE_SUBCLASS = 31 };
    uint64_t s = g->source_start[object], end = g->source_start[object + 1];
    for (int i = 0; s < end && i < LOOKED_AT; s++, i++) {
        uint32_t dict = g->source[s];
        uint64_t h = g->source_start[dict], last = g->source_start[dict + 1];
        for (int k = 0; is_dict(g, dict) && h < last && k < LOOKED_AT; h++, k++) {
            uint32_t holder = g->source[h];
            bool is_class = g->types[g->type[holder]].flags & 1ull << TYPE_SUBCLASS ||
                            hf_graph_is(g, holder, "type");
            if (is_class && hf_attribute_dict(g, holder) == dict)
                return holder;
        }
    }
    return HF_NO_OBJECT;
}

/* Whether instances of a type have what is in the namespace of `owner`. */
static bool inherits(const hf_graph *g, uint32_t type, uint32_t owner)
{
    if (g->types[type].address == g->address[owner])
        return true;
    uint32_t object = hf_graph_find(g, g->types[type].address);
    uint32_t order = object == HF_NO_OBJECT ? object : hf_object_field(g, object, "__mro__");
    for (uint64_t e = order == HF_NO_OBJECT ? 0 : g->edge_start[order];
         order != HF_NO_OBJECT && e < g->edge_start[order + 1]; e++)
        if (g->edge_target[e] == owner)
            return true;
    return false;
}

static void count_property(hf_cache_finder *f, uint32_t instance, const char *name, hf_cache *row)
{
    uint32_t value = hf_attribute_of(f->g, instance, name);
    if (value == HF_NO_OBJECT)
        return;
    uint32_t parent = f->d->parent[value];
    row->entries++;
    if (parent == instance || parent == hf_attribute_dict(f->g, instance))
        row->retained += f->d->retained[value];
}

/* The values that a cached_property has left in instances of its class. */
static bool add_property(hf_cache_finder *f, uint32_t property)
{
    hf_graph *g = f->g;
    char name[200];
    uint32_t owner = class_with(g, property);
    hf_cache row = {.object = property,
                    .data = HF_NO_OBJECT,
                    .function = hf_attribute_of(g, property, "func"),
                    .kind = "functools.cached_property"};
    hf_object_text(g, hf_attribute_of(g, property, "attrname"), name, sizeof(name));
    if (owner == HF_NO_OBJECT || !*name)
        return true;
    HF_AUTO(hf_freep) uint8_t *has = calloc((size_t)g->type_count + 1, 1);
    if (!has)
        return false;
    bool any = false;
    for (uint32_t t = 0; t < g->type_count; t++)
        any |= has[t] = g->types[t].heap_type && inherits(g, t, owner);
    for (uint32_t i = 0; any && i < g->object_count; i++)
        if (has[g->type[i]])
            count_property(f, i, name, &row);
    return add(f, &row);
}

/* The classes of caches that are known, and cached_property behind them. */
static bool add_known(hf_cache_finder *f)
{
    const char *titles[CLASSES_MAX];
    const hf_known_holder *rows[CLASSES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < hf_known_holder_count && count + 1 < CLASSES_MAX; i++) {
        if (hf_known_holders[i].name || !hf_known_holders[i].is_cache)
            continue;
        rows[count] = &hf_known_holders[i];
        titles[count++] = hf_known_holders[i].holder;
    }
    titles[count] = "functools.cached_property";
    HF_AUTO(hf_freep) uint8_t *of_type = hf_types_named(f->g, titles, count + 1);
    bool enough = of_type != NULL;
    unsigned properties = 0;
    for (uint32_t i = 0; enough && i < f->g->object_count; i++) {
        uint8_t number = of_type[f->g->type[i]];
        if (number == count + 1)
            enough = ++properties > PROPERTIES_MAX || add_property(f, i);
        else if (number)
            enough = add_instance(f, rows[number - 1], i);
    }
    return enough;
}

/* Variables of known modules. */
static bool add_globals(hf_cache_finder *f)
{
    bool enough = true;
    for (size_t i = 0; enough && i < hf_known_holder_count; i++) {
        const hf_known_holder *known = &hf_known_holders[i];
        if (!known->name || !known->is_cache)
            continue;
        uint32_t dict = hf_known_variable(f->g, known->holder, known->name);
        if (dict == HF_NO_OBJECT || !is_dict(f->g, dict))
            continue;
        hf_cache row = {.object = dict,
                        .data = dict,
                        .function = HF_NO_OBJECT,
                        .kind = known->kind,
                        .entries = hf_graph_length(f->g, dict)};
        if (known->bound)
            read_bound(f->g, hf_global_of(f->g, known->holder, known->bound), &row);
        enough = add(f, &row);
    }
    return enough;
}

/* A name with the word for it in it: _cache, PRICE_CACHE, memo, lru_pages. */
static bool sounds_like_a_cache(const char *name, size_t length)
{
    static const char *const words[] = {"cache", "memo", "lru"};
    char lower[64];
    if (length >= sizeof(lower))
        return false;
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)tolower((unsigned char)name[i]);
    lower[length] = 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        const char *found = strstr(lower, words[i]);
        const char *end = found ? found + strlen(words[i]) : NULL;
        bool begins = found && (found == lower || !isalnum((unsigned char)found[-1]));
        /* "memory" is no memo: a letter may only follow as a plural or participle */
        if (begins && (!isalpha((unsigned char)*end) || *end == 's' || *end == 'd'))
            return true;
    }
    return false;
}

/* Whether the edge gives its target the name of a cache: an attribute, or a variable
 * of a namespace. */
static bool names_a_cache(hf_graph *g, uint32_t source, uint64_t e)
{
    hf_edge_kind kind = hf_graph_kind(g, e);
    size_t length = 0;
    const char *name = NULL;
    if (kind == HF_EDGE_ATTRIBUTE) {
        name = hf_strtab_get(&g->names, g->edge_label[e]);
        length = strlen(name);
    } else if (kind == HF_EDGE_VALUE && e > g->edge_start[source] &&
               hf_graph_is(g, g->edge_target[e - 1], "str")) {
        name = hf_graph_value(g, g->edge_target[e - 1], &length);
    }
    return name && sounds_like_a_cache(name, length) &&
           (kind == HF_EDGE_ATTRIBUTE || hf_shape_is_namespace(g, source));
}

static bool add_named(hf_cache_finder *f)
{
    hf_graph *g = f->g;
    HF_AUTO(hf_freep) uint8_t *may_be = calloc((size_t)g->type_count + 1, 1);
    bool enough = may_be != NULL;
    for (uint32_t t = 0; enough && t < g->type_count; t++) {
        const char *title = hf_graph_type_title(g, t);
        may_be[t] = !strcmp(title, "dict") || !strcmp(title, "collections.OrderedDict") ||
                    !strcmp(title, "collections.defaultdict");
    }
    for (uint32_t i = 0; enough && i < g->object_count; i++) {
        for (uint64_t e = g->edge_start[i]; enough && e < g->edge_start[i + 1]; e++) {
            uint32_t dict = g->edge_target[e];
            if (!may_be[g->type[dict]] || hf_graph_length(g, dict) < NAMED_LEAST ||
                is_taken(f, dict) || !names_a_cache(g, i, e))
                continue;
            hf_cache row = {.object = dict,
                            .data = dict,
                            .function = HF_NO_OBJECT,
                            .kind = hf_graph_type_name(g, dict),
                            .sort = HF_CACHE_NAMED,
                            .entries = hf_graph_length(g, dict)};
            enough = add(f, &row);
        }
    }
    return enough;
}

/* Whether a row's object hangs below that of another; `state` remembers for all that was passed:
 * 1: no, 2: yes. */
static bool is_inside(const hf_cache_finder *f, uint32_t object, uint8_t *state)
{
    const uint32_t *parent = f->d->parent;
    uint32_t count = f->g->object_count, at = parent[object];
    while (at < count && !state[at] && !is_taken(f, at))
        at = parent[at];
    uint8_t found = at >= count ? 1 : state[at] ? state[at] : 2;
    for (uint32_t i = parent[object]; i != at && i < count; i = parent[i])
        state[i] = found;
    return found == 2;
}

static void sum_up(hf_caches *c)
{
    for (size_t i = 0; i < c->count; i++) {
        hf_cache *row = &c->rows[i];
        c->retained += row->inside ? 0 : row->retained;
        c->expired += row->expired;
        c->expired_bytes += row->expired_bytes;
        if (row->sort != HF_CACHE_WEAK && row->data != HF_NO_OBJECT && row->entries > c->chosen)
            row->saved = (row->entries - c->chosen) * row->mean;
        if (row->bounded == HF_CACHE_UNBOUNDED && row->saved && !row->inside) {
            c->unbounded++;
            c->unbounded_saved += row->saved;
        }
    }
}

static int most_retained_first(const void *a, const void *b)
{
    const hf_cache *x = a, *y = b;
    if (x->retained != y->retained)
        return x->retained > y->retained ? -1 : 1;
    return (x->object > y->object) - (x->object < y->object);
}

static bool measure_all(hf_cache_finder *f)
{
    HF_AUTO(hf_freep) uint8_t *state = calloc((size_t)f->g->object_count + 1, 1);
    bool enough = state != NULL;
    for (size_t i = 0; enough && i < f->count; i++) {
        enough = hf_cache_measure(f, &f->rows[i]);
        f->rows[i].inside = enough && is_inside(f, f->rows[i].object, state);
    }
    return enough;
}

hf_err *hf_caches_find(hf_graph *g, const hf_dominators *d, uint64_t chosen, hf_caches *ret)
{
    hf_err *err = hf_graph_reverse(g);
    if (err)
        return err;
    hf_cache_finder f = {.g = g, .d = d};
    hf_map_init(&f.taken);
    bool enough = add_known(&f) && add_globals(&f) && add_named(&f) && measure_all(&f);
    hf_map_deinit(&f.taken);
    if (!enough) {
        free(f.rows);
        return hf_fail_memory();
    }
    hf_caches c = {.rows = f.rows, .count = f.count, .chosen = chosen};
    sum_up(&c);
    if (c.count)
        qsort(c.rows, c.count, sizeof(*c.rows), most_retained_first);
    *ret = c;
    return NULL;
}

void hf_caches_deinit(hf_caches *c)
{
    free(c->rows);
    *c = (hf_caches){0};
}
