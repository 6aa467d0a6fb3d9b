#include "analyse/timeline.h"

#include "analyse/attributes.h"
#include "analyse/rekeyed.h"
#include "base/cleanup.h"
#include "base/huge.h"

#include <assert.h>
#include <string.h>

/* tp_flags bits of CPython's Include/object.h: the value of such an object never changes. */
enum {
    TYPE_LONG = 1 << 24,
    TYPE_LIST = 1 << 25,
    TYPE_TUPLE = 1 << 26,
    TYPE_BYTES = 1 << 27,
    TYPE_STR = 1 << 28,
    TYPE_DICT = 1 << 29
};

static bool never_changes(const hf_type *type)
{
    return (type->flags & (TYPE_LONG | TYPE_TUPLE | TYPE_BYTES | TYPE_STR)) != 0;
}

/* The items of a tuple never change either: other items, another tuple at a reused address. */
static bool same_items(const hf_graph *a, uint32_t i, const hf_graph *b, uint32_t j)
{
    uint64_t d = a->edge_start[i], e = b->edge_start[j];
    uint64_t count = b->edge_start[j + 1] - e;
    if (a->edge_start[i + 1] - d != count)
        return false;
    for (uint64_t k = 0; k < count; k++)
        if (a->address[a->edge_target[d + k]] != b->address[b->edge_target[e + k]])
            return false;
    return true;
}

/* Of a dict the keys tell it from others: values are often None, True or a small number. */
static bool tells_it_apart(const hf_graph *g, uint64_t edge, bool in_dict)
{
    return !in_dict || hf_graph_kind(g, edge) == HF_EDGE_KEY;
}

static bool has_what_tells(const hf_graph *g, uint32_t object, uint64_t address, bool dict)
{
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
        if (g->address[g->edge_target[e]] == address && tells_it_apart(g, e, dict))
            return true;
    return false;
}

/* Whether a list has kept one of its items, a dict one of its keys. One that kept none in the time
 * between two snapshots, while lists and dicts come and go, is most likely another at a reused
 * address: both have free lists of their own, so that their addresses are reused by their like. */
static bool kept_an_item(const hf_graph *a, uint32_t i, const hf_graph *b, uint32_t j, bool dict)
{
    enum { SAMPLE = 32, LONGEST = 4096 }; /* longer ones are not begun anew in seconds */
    uint64_t count = a->edge_start[i + 1] - a->edge_start[i];
    uint64_t later = b->edge_start[j + 1] - b->edge_start[j];
    if (count == 0 || later == 0 || (dict ? count : later) > LONGEST)
        return true;
    uint32_t looked_at = 0; /* the last ones; what an OrderedDict keeps in order stands behind */
    for (uint64_t d = a->edge_start[i + 1]; d-- > a->edge_start[i] && looked_at < SAMPLE;) {
        if (!tells_it_apart(a, d, dict))
            continue;
        if (has_what_tells(b, j, a->address[a->edge_target[d]], dict))
            return true;
        looked_at++;
    }
    return looked_at == 0;
}

/* By type: what tells objects apart beside their address. */
enum { BY_SIZE = 1, BY_FIRST_ITEM = 2 };

static uint64_t first_item(const hf_graph *g, uint32_t object)
{
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_INDEX)
            return g->address[g->edge_target[e]];
    return 0;
}

/* a: the earlier. Asked the other way round, a list that only lost or got members might be answered
 * otherwise. */
static bool same_object(const hf_graph *a, uint32_t i, const hf_graph *b, uint32_t j, uint8_t by)
{
    const hf_type *type = &b->types[b->type[j]];
    if (a->types[a->type[i]].address != type->address)
        return false;
    if (by == BY_FIRST_ITEM)
        return first_item(a, i) == 0 || first_item(a, i) == first_item(b, j);
    if (!never_changes(type) && by != BY_SIZE)
        return !(type->flags & (TYPE_LIST | TYPE_DICT)) ||
               kept_an_item(a, i, b, j, type->flags & TYPE_DICT);
    return hf_graph_size(a, i) == hf_graph_size(b, j) &&
           (!(type->flags & TYPE_TUPLE) || same_items(a, i, b, j));
}

static void match_itself(uint32_t count, uint32_t *to)
{
    for (uint32_t i = 0; i < count; i++)
        to[i] = i;
}

/* Both are in order of address: one pass. Fills to[] for each object of `from`, the later;
 * and back[], unless it is NULL, for each of `in`. told_by: by type of `from`. */
static void match(const hf_graph *from, const hf_graph *in, const uint8_t *told_by, uint32_t *to,
                  uint32_t *back)
{
    uint32_t j = 0;
    if (back)
        memset(back, 0xff, (size_t)in->object_count * sizeof(*back)); /* HF_NO_OBJECT */
    for (uint32_t i = 0; i < from->object_count; i++) {
        to[i] = HF_NO_OBJECT;
        while (j < in->object_count && in->address[j] < from->address[i])
            j++;
        if (j == in->object_count || in->address[j] != from->address[i])
            continue;
        if (!same_object(in, j, from, i, told_by[from->type[i]]))
            continue;
        to[i] = j;
        if (back)
            back[j] = i;
    }
}

/* What was missed in between is another object than the one that was at its address at first:
 * that one died. */
static void find_births(hf_timeline *t)
{
    for (uint32_t i = 0; i < t->last->object_count; i++) {
        size_t k = t->count - 1;
        while (k > 0 && t->was[k - 1][i] != HF_NO_OBJECT)
            k--;
        t->born[i] = (uint16_t)k;
        if (k > 0 && t->was[0][i] != HF_NO_OBJECT)
            t->now_of[t->was[0][i]] = HF_NO_OBJECT;
    }
}

/* Of objects that may change: an array that is enlarged is another one (numpy.append()), often at
 * the place of the one before. What itertools.tee() keeps for the copy that is behind is filled
 * once, and never exchanged. */
static uint8_t *types_told_apart(hf_graph *g)
{
    static const char *const types[] = {[BY_SIZE - 1] = "numpy.ndarray",
                                        [BY_FIRST_ITEM - 1] = "itertools._tee_dataobject"};
    return hf_types_named(g, types, 2);
}

/* Takes out what only stands at the address of another object. */
static hf_err *forget_rekeyed(hf_timeline *t)
{
    HF_AUTO(hf_large_freep) hf_entry_of *at = hf_entries_of(t->last);
    hf_err *err = at ? NULL : hf_fail_memory();
    for (size_t k = 0; k + 1 < t->count && !err; k++)
        if (t->graphs[k] != t->last)
            err = hf_forget_rekeyed(t->graphs[k], t->last, at, t->was[k], k ? NULL : t->now_of);
    return err;
}

hf_err *hf_timeline_build(hf_graph *const *graphs, size_t count, hf_timeline **ret)
{
    assert(count > 0 && count < UINT16_MAX);
    hf_timeline *t = calloc(1, sizeof(*t));
    if (!t)
        return hf_fail_memory();
    t->graphs = graphs;
    t->count = count;
    t->last = graphs[count - 1];
    size_t n = t->last->object_count;
    t->when = calloc(count, sizeof(*t->when));
    t->was = calloc(count, sizeof(*t->was));
    t->born = hf_large_malloc(n + 1, sizeof(*t->born));
    t->now_of = hf_large_calloc((uint64_t)graphs[0]->object_count + 1, sizeof(*t->now_of));
    HF_AUTO(hf_freep) uint8_t *told_by = types_told_apart(t->last);
    bool failed = !t->when || !t->was || !t->born || !t->now_of || !told_by;
    for (size_t k = 0; k < count && !failed; k++) {
        t->was[k] = hf_large_malloc(n + 1, sizeof(**t->was));
        failed = !t->was[k];
        if (failed)
            break;
        if (graphs[k] == t->last)
            match_itself(t->last->object_count, t->was[k]);
        else
            match(t->last, graphs[k], told_by, t->was[k], k == 0 ? t->now_of : NULL);
        int64_t passed =
            (int64_t)(graphs[k]->info.freeze.taken_at - graphs[0]->info.freeze.taken_at);
        t->when[k] = passed > 0 ? (double)passed / 1e9 : 0;
    }
    if (failed) {
        hf_timeline_free(t);
        return hf_fail_memory();
    }
    hf_err *err = forget_rekeyed(t);
    if (err) {
        hf_timeline_free(t);
        return err;
    }
    find_births(t);
    if (graphs[0] == t->last)
        match_itself(t->last->object_count, t->now_of);
    *ret = t;
    return NULL;
}

void hf_timeline_free(hf_timeline *t)
{
    if (!t)
        return;
    for (size_t k = 0; t->was && k < t->count; k++)
        free(t->was[k]);
    free(t->was);
    free(t->when);
    free(t->born);
    free(t->now_of);
    free(t);
}

bool hf_timeline_counts(const hf_timeline *t, size_t k)
{
    enum { LEAST_SHARE = 4 };
    double fair = hf_timeline_seconds(t) / (double)(t->count - 1);
    return t->when[k] - t->when[k - 1] >= fair / LEAST_SHARE;
}

size_t hf_timeline_intervals(const hf_timeline *t)
{
    size_t count = 0;
    for (size_t k = 1; k < t->count; k++)
        count += hf_timeline_counts(t, k);
    return count;
}

uint64_t hf_timeline_length(const hf_timeline *t, size_t k, uint32_t object)
{
    uint32_t then = t->was[k][object];
    return then == HF_NO_OBJECT ? 0 : hf_graph_length(t->graphs[k], then);
}

uint64_t hf_timeline_shallow(const hf_timeline *t, size_t k, uint32_t object)
{
    uint32_t then = t->was[k][object];
    return then == HF_NO_OBJECT ? 0 : hf_graph_shallow(t->graphs[k], then);
}

/* Whether two edges, each of its own graph, have one name: attribute, key of a namespace,
 * or contents of a cell, which are one. */
static bool same_name(const hf_graph *a, uint64_t x, const hf_graph *b, uint64_t y)
{
    hf_edge_kind kind = hf_graph_kind(a, x);
    if (kind != hf_graph_kind(b, y))
        return false;
    if (kind == HF_EDGE_CELL)
        return true;
    uint32_t key = hf_graph_key(a, x), other = hf_graph_key(b, y);
    if (key != HF_NO_OBJECT && other != HF_NO_OBJECT)
        return a->address[key] ==
               b->address[other]; /* names are interned, and stay where they are */
    return hf_edge_label_is_name(kind) && strcmp(hf_strtab_get(&a->names, a->edge_label[x]),
                                                 hf_strtab_get(&b->names, b->edge_label[y])) == 0;
}

static bool is_named(const hf_graph *g, uint64_t e)
{
    hf_edge_kind kind = hf_graph_kind(g, e);
    return kind == HF_EDGE_CELL || hf_edge_label_is_name(kind) ||
           hf_graph_key(g, e) != HF_NO_OBJECT;
}

uint32_t hf_timeline_by_name(const hf_timeline *t, size_t k, uint32_t then, uint64_t now)
{
    const hf_graph *g = t->graphs[k];
    if (then == HF_NO_OBJECT || !is_named(t->last, now))
        return HF_NO_OBJECT;
    for (uint64_t e = g->edge_start[then]; e < g->edge_start[then + 1]; e++)
        if (same_name(g, e, t->last, now))
            return g->edge_target[e];
    return HF_NO_OBJECT;
}

uint32_t hf_timeline_at_place(const hf_timeline *t, size_t k, uint32_t object, uint64_t now)
{
    return hf_timeline_by_name(t, k, t->was[k][object], now);
}
