/* analyse/caches_measure.c - what the entries of one cache tell: their keys, their
 * time, their bytes. */
#include "analyse/attributes.h"
#include "analyse/caches_inside.h"
#include "analyse/code_uses.h"

#include <math.h>
#include <string.h>

enum { KEY_TYPES = 64, LEVELS = 8 };

/* The types of keys, or of their first items. */
typedef struct key_tally {
    uint32_t types[KEY_TYPES];
    uint64_t counts[KEY_TYPES];
    size_t count;
} key_tally;

static void count_key(key_tally *t, uint32_t type)
{
    size_t i = 0;
    while (i < t->count && t->types[i] != type)
        i++;
    if (i == KEY_TYPES)
        return;
    if (i == t->count) {
        t->types[t->count] = type;
        t->counts[t->count++] = 0;
    }
    t->counts[i]++;
}

static uint32_t most_frequent(const key_tally *t)
{
    size_t best = 0;
    for (size_t i = 1; i < t->count; i++)
        if (t->counts[i] > t->counts[best])
            best = i;
    return t->count ? t->types[best] : UINT32_MAX;
}

/* The key as the caller sees it: of a tuple its first item. */
static uint32_t first_of(const hf_graph *g, uint32_t key)
{
    const char *title = hf_graph_type_name(g, key);
    if (strcmp(title, "tuple") != 0 && strcmp(title, "functools._HashedSeq") != 0 &&
        strcmp(title, "cachetools.keys._HashedTuple") != 0)
        return key;
    for (uint64_t e = g->edge_start[key]; e < g->edge_start[key + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_INDEX)
            return g->edge_target[e];
    return key;
}

static bool is_method(hf_graph *g, uint32_t function)
{
    char name[256];
    hf_object_text(g, function, name, sizeof(name));
    name[strcspn(name, "(")] = 0;
    const char *dot = strrchr(name, '.');
    return dot && !(dot - name >= 8 && !memcmp(dot - 8, "<locals>", 8));
}

/* Only the cache holds it, through a few objects at most: keys and links. */
static bool hangs_below(const hf_dominators *d, uint32_t object, uint32_t holder)
{
    for (int level = 0; level < LEVELS; level++) {
        object = d->parent[object];
        if (object >= d->count)
            return false;
        if (object == holder)
            return true;
    }
    return false;
}

/* The instances that a method's cache has as its keys' first items. False without memory. */
static bool count_instances(hf_cache_finder *f, hf_cache *row)
{
    const hf_graph *g = f->g;
    hf_map seen;
    hf_map_init(&seen);
    bool enough = true;
    for (uint64_t e = g->edge_start[row->data]; enough && e < g->edge_start[row->data + 1]; e++) {
        if (hf_graph_kind(g, e) != HF_EDGE_KEY)
            continue;
        uint32_t first = first_of(g, g->edge_target[e]);
        if (g->type[first] != row->key_type || hf_map_get(&seen, first) != HF_MAP_NONE)
            continue;
        enough = hf_map_put(&seen, first, 1);
        row->instances++;
        if (hangs_below(f->d, first, row->data)) {
            row->pinned++;
            row->pinned_bytes += f->d->retained[first];
        }
    }
    hf_map_deinit(&seen);
    return enough;
}

static bool look_at_keys(hf_cache_finder *f, hf_cache *row)
{
    const hf_graph *g = f->g;
    key_tally tally = {.count = 0};
    for (uint64_t e = g->edge_start[row->data]; e < g->edge_start[row->data + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_KEY)
            count_key(&tally, g->type[first_of(g, g->edge_target[e])]);
    row->key_type = most_frequent(&tally);
    row->on_self = row->key_type != UINT32_MAX && g->types[row->key_type].heap_type &&
                   row->function != HF_NO_OBJECT && is_method(f->g, row->function);
    return !row->on_self || count_instances(f, row);
}

/* When the entries of a timed cache end: key -> a number, or -> an object that has one. */
typedef struct expiry {
    uint32_t times; /* a dict, or HF_NO_OBJECT */
    double now;
    bool now_known;
} expiry;

static bool time_of(hf_graph *g, uint32_t object, double *ret)
{
    return hf_object_real(g, object, ret) || hf_attribute_real(g, object, "expires", ret) ||
           hf_attribute_real(g, object, "expire", ret);
}

/* time.monotonic, time.time: what the clock of a cache said when the snapshot was taken. */
static void read_clock(hf_graph *g, uint32_t timer, expiry *x)
{
    uint32_t inner = hf_attribute_of(g, timer, "_Timer__timer");
    uint32_t function = inner == HF_NO_OBJECT ? timer : inner;
    bool monotonic =
        hf_object_says(g, function, "monotonic") || hf_object_says(g, function, "perf_counter");
    x->now_known = monotonic ? g->info.monotonic != 0 : hf_object_says(g, function, "time");
    x->now = (double)(monotonic ? g->info.monotonic : g->info.freeze.taken_at) / 1e9;
}

static bool find_times(hf_graph *g, hf_cache *row, expiry *x)
{
    static const char *const attributes[] = {"_TTLCache__links", "_TLRUCache__items"};
    for (size_t i = 0; i < 2; i++) {
        x->times = hf_attribute_of(g, row->object, attributes[i]);
        if (x->times == HF_NO_OBJECT)
            continue;
        uint32_t timer = hf_attribute_of(g, row->object, "_TimedCache__timer");
        if (timer == HF_NO_OBJECT)
            timer = hf_attribute_of(g, row->object, "_TTLCache__timer");
        hf_attribute_real(g, row->object, "_TTLCache__ttl", &row->lifetime);
        if (timer != HF_NO_OBJECT)
            read_clock(g, timer, x);
        return true;
    }
    x->times = hf_attribute_of(g, row->object, "_expire_info"); /* Django, in time.time() */
    x->now_known = true;
    x->now = (double)g->info.freeze.taken_at / 1e9;
    return x->times != HF_NO_OBJECT;
}

/* Nothing can have been put in later than now: the youngest entry came one lifetime
 * before its end. */
static void guess_now(hf_graph *g, hf_cache *row, expiry *x)
{
    double latest = 0, at;
    for (uint64_t e = g->edge_start[x->times]; e < g->edge_start[x->times + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_VALUE && time_of(g, g->edge_target[e], &at) &&
            at > latest)
            latest = at;
    x->now = row->lifetime > 0 ? latest - row->lifetime : 0;
    row->expired_at_least = true;
}

static uint64_t own_bytes(const hf_cache_finder *f, uint32_t object, uint32_t holder)
{
    return f->d->parent[object] == holder ? f->d->retained[object] : 0;
}

/* The entries of the dict of data whose keys are in `over`. */
static void add_bytes_of(hf_cache_finder *f, hf_cache *row, const hf_map *over)
{
    const hf_graph *g = f->g;
    for (uint64_t e = g->edge_start[row->data]; e + 1 < g->edge_start[row->data + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_KEY &&
            hf_map_get(over, g->edge_target[e]) != HF_MAP_NONE)
            row->expired_bytes += own_bytes(f, g->edge_target[e + 1], row->data);
}

static bool look_at_times(hf_cache_finder *f, hf_cache *row)
{
    hf_graph *g = f->g;
    expiry x = {.times = HF_NO_OBJECT};
    if (row->object == row->data || !find_times(g, row, &x))
        return true;
    row->timed = true;
    if (!x.now_known)
        guess_now(g, row, &x);
    hf_map over;
    hf_map_init(&over);
    bool enough = true;
    for (uint64_t e = g->edge_start[x.times]; enough && e + 1 < g->edge_start[x.times + 1]; e++) {
        double at;
        if (hf_graph_kind(g, e) != HF_EDGE_KEY || !time_of(g, g->edge_target[e + 1], &at) ||
            !(at < x.now) || !isfinite(at))
            continue;
        row->expired++;
        row->expired_bytes += own_bytes(f, g->edge_target[e + 1], x.times);
        row->expired_bytes += own_bytes(f, g->edge_target[e], row->object);
        enough = hf_map_put(&over, g->edge_target[e], 1);
    }
    if (enough && row->expired)
        add_bytes_of(f, row, &over);
    hf_map_deinit(&over);
    return enough;
}

/* Keys or values of a weak dict are weak references; those that lead nowhere are dead. */
static void count_dead(const hf_graph *g, hf_cache *row)
{
    for (uint64_t e = g->edge_start[row->data]; e < g->edge_start[row->data + 1]; e++) {
        uint32_t reference = g->edge_target[e];
        if (!strstr(hf_graph_type_name(g, reference), "weakref") &&
            !hf_graph_is(g, reference, "weakref.ReferenceType"))
            continue;
        bool lives = false;
        for (uint64_t w = g->edge_start[reference]; w < g->edge_start[reference + 1]; w++)
            lives |= !hf_graph_holds(g, w);
        row->dead += !lives;
    }
}

bool hf_cache_measure(hf_cache_finder *f, hf_cache *row)
{
    const hf_graph *g = f->g;
    row->key_type = UINT32_MAX;
    if (row->data == HF_NO_OBJECT) { /* a property: its values are measured */
        row->mean = row->retained / row->entries;
        return true;
    }
    row->own = hf_graph_shallow(g, row->data);
    row->retained = f->d->retained[row->data];
    bool apart = row->data != row->object && row->function == HF_NO_OBJECT;
    if (apart && f->d->retained[row->object] > row->retained) {
        row->own += hf_graph_shallow(g, row->object);
        row->retained = f->d->retained[row->object];
    }
    row->mean = row->retained > row->own ? (row->retained - row->own) / row->entries : 0;
    if (row->sort == HF_CACHE_WEAK)
        count_dead(g, row);
    return look_at_keys(f, row) && look_at_times(f, row);
}
