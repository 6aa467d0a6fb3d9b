/* Values of a collection that longer ones take the place of, again and again:
 * `said[user] += line`. */
#include "analyse/clues.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

bool hf_clues_is_made_anew(const hf_clues *c, uint32_t object)
{
    hf_species species = hf_clues_species(c, object);
    return species == HF_SPECIES_STR || species == HF_SPECIES_BYTES || species == HF_SPECIES_TUPLE;
}

static bool is_value(hf_edge_kind kind)
{
    return kind == HF_EDGE_VALUE || kind == HF_EDGE_INDEX;
}

/* The next value of a collection from edge *e on, as dicts and lists have them in order;
 * HF_NO_OBJECT at the end. */
static uint32_t next_value(const hf_graph *g, uint32_t collection, uint64_t *e)
{
    while (*e < g->edge_start[collection + 1]) {
        uint64_t edge = (*e)++;
        if (is_value(hf_graph_kind(g, edge)))
            return g->edge_target[edge];
    }
    return HF_NO_OBJECT;
}

static uint32_t first_item(const hf_graph *g, uint32_t object)
{
    uint64_t e = g->edge_start[object];
    return next_value(g, object, &e);
}

bool hf_clues_begins_alike(const hf_timeline *t, size_t k, uint32_t then, uint32_t now)
{
    hf_graph *before = t->graphs[k], *last = t->last;
    size_t x = 0, y = 0;
    const char *first = hf_graph_value(before, then, &x), *second = hf_graph_value(last, now, &y);
    if (first && second)
        return memcmp(first, second, x < y ? x : y) == 0;
    uint32_t old_item = first_item(before, then), item = first_item(last, now);
    return old_item == HF_NO_OBJECT || (item != HF_NO_OBJECT && (t->was[k][item] == old_item ||
                                                                 hf_graph_value(last, item, &y)));
}

/* Bytes of the collection's values in snapshot k. */
static uint64_t bytes_of_values(const hf_clues *c, size_t k)
{
    const hf_graph *g = c->timeline->graphs[k];
    uint32_t collection = c->timeline->was[k][c->owner], value;
    uint64_t bytes = 0, e = collection == HF_NO_OBJECT ? 0 : g->edge_start[collection];
    while (collection != HF_NO_OBJECT && (value = next_value(g, collection, &e)) != HF_NO_OBJECT)
        bytes += hf_graph_shallow(g, value);
    return bytes;
}

/* Bytes by which the values that it had at first are longer now: nearly all of them must have one
 * at their place that begins as they did and is no shorter; else 0. */
static uint64_t continued_by(const hf_clues *c)
{
    enum { MANY = 4, NEARLY_ALL = 16 };
    const hf_timeline *t = c->timeline;
    const hf_graph *first = t->graphs[0], *last = t->last;
    uint32_t collection = t->was[0][c->owner], then;
    uint64_t old = first->edge_start[collection], e = last->edge_start[c->owner];
    uint64_t values = 0, others = 0, more = 0;
    while ((then = next_value(first, collection, &old)) != HF_NO_OBJECT) {
        uint32_t now = next_value(last, c->owner, &e);
        uint64_t before = hf_graph_shallow(first, then);
        bool continued = now != HF_NO_OBJECT && hf_clues_is_made_anew(c, now) &&
                         hf_graph_shallow(last, now) >= before &&
                         hf_clues_begins_alike(t, 0, then, now);
        values++;
        if (continued)
            more += hf_graph_shallow(last, now) - before;
        else
            others++;
    }
    return values >= MANY && others * NEARLY_ALL <= values ? more : 0;
}

static bool is_array(const hf_graph *g, const hf_clues *c, uint32_t object)
{
    return hf_graph_external(g, object) > 0 && hf_clues_species(c, object) == HF_SPECIES_VIEW;
}

/* The next entry of a dict from edge *e on: its value, and its key in *ret_key;
 * HF_NO_OBJECT at the end. */
static uint32_t next_entry(const hf_graph *g, uint32_t dict, uint64_t *e, uint32_t *ret_key)
{
    for (; *e + 1 < g->edge_start[dict + 1]; (*e)++) {
        if (hf_graph_kind(g, *e) != HF_EDGE_KEY || hf_graph_kind(g, *e + 1) != HF_EDGE_VALUE)
            continue;
        *ret_key = g->edge_target[*e];
        *e += 2;
        return g->edge_target[*e - 1];
    }
    return HF_NO_OBJECT;
}

/* An array becomes longer only as another one (numpy.concatenate()), and what is in it is not
 * known: nearly all entries must have the key that they had and an array that is no shorter,
 * from each look to the next. Bytes by which these are longer now; else 0. */
static uint64_t arrays_longer_by(const hf_clues *c)
{
    enum { MANY = 4, NEARLY_ALL = 16 };
    const hf_timeline *t = c->timeline;
    const hf_graph *last = t->last;
    uint64_t entries = 0, others = 0, more = 0, e = last->edge_start[c->owner];
    HF_AUTO(hf_freep) uint64_t *then = calloc(t->count, sizeof(*then));
    for (size_t k = 0; then && k < t->count; k++) {
        uint32_t dict = t->was[k][c->owner];
        if (dict == HF_NO_OBJECT)
            return 0;
        then[k] = t->graphs[k]->edge_start[dict];
    }
    uint32_t key, value;
    while (then && (value = next_entry(last, c->owner, &e, &key)) != HF_NO_OBJECT) {
        bool kept = is_array(last, c, value);
        uint64_t bytes = 0, first = 0;
        for (size_t k = 0; k < t->count; k++) {
            uint32_t old_key = HF_NO_OBJECT;
            uint32_t old = next_entry(t->graphs[k], t->was[k][c->owner], &then[k], &old_key);
            bool same = old != HF_NO_OBJECT && t->was[k][key] == old_key;
            uint64_t now = same ? hf_graph_external(t->graphs[k], old) : 0;
            kept = kept && same && now >= bytes;
            first = k == 0 ? now : first;
            bytes = now;
        }
        entries++;
        others += !kept;
        more += kept ? bytes - first : 0;
    }
    return entries >= MANY && others * NEARLY_ALL <= entries ? more : 0;
}

/* Without a leap. A pause says nothing: so many values do not begin alike by chance. */
static bool rise(const hf_timeline *t, const uint64_t *bytes)
{
    uint64_t all = bytes[t->count - 1] - bytes[0];
    for (size_t k = 1; k < t->count; k++)
        if (bytes[k] < bytes[k - 1] || (bytes[k] - bytes[k - 1]) * 4 > all * 3)
            return false;
    return true;
}

bool hf_clues_values_become_longer(const hf_clues *c, uint64_t *ret_bytes)
{
    const hf_timeline *t = c->timeline;
    /* Of several owners alike, the one that grew most stands for all. */
    int64_t net = c->row->owners > 1 ? c->row->owner_net : hf_growth_net(c->row);
    if (!c->has_length || c->direct == 0 || c->length_now < c->length_before || t->count < 3 ||
        t->was[0][c->owner] == HF_NO_OBJECT)
        return false;
    for (size_t k = 0; k < t->count; k++)
        ret_bytes[k] = bytes_of_values(c, k);
    int64_t more = ret_bytes[t->count - 1] > ret_bytes[0] ? (int64_t)continued_by(c) : 0;
    if (more == 0 && c->owner_species == HF_SPECIES_DICT)
        more = (int64_t)arrays_longer_by(c);
    bool longer = more > 0 && more * 2 >= net && rise(t, ret_bytes);
    for (size_t k = t->count; k-- > 0;)
        ret_bytes[k] = !longer || k == 0 ? 0 : ret_bytes[k] - ret_bytes[k - 1];
    return longer;
}
