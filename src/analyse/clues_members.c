/* What was born, and who came into the owner's own hands. */
#include "analyse/clues.h"

#include "analyse/attributes.h"
#include "analyse/shape.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

bool hf_clues_owns(const hf_clues *c, uint32_t object)
{
    size_t low = 0, high = c->row->count; /* the births are in order */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->born[middle] < object)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->row->count && c->born[low] == object;
}

uint32_t hf_clues_referent(const hf_clues *c, uint32_t object)
{
    const hf_graph *g = c->graph;
    if (hf_clues_species(c, object) != HF_SPECIES_WEAKREF)
        return HF_NO_OBJECT;
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
        if (hf_graph_strength(g, e) == HF_EDGE_WEAK &&
            !hf_graph_is(g, g->edge_target[e], "NoneType"))
            return g->edge_target[e];
    return HF_NO_OBJECT;
}

static uint32_t equal_of_object(hf_graph *g)
{
    for (uint32_t i = 0; i < g->type_count; i++)
        if (!g->types[i].heap_type && strcmp(hf_graph_type_title(g, i), "object") == 0)
            return hf_type_attribute(g, i, "__eq__");
    return HF_NO_OBJECT;
}

/* Who defines no other has that of the class `object`, which compares identities. */
bool hf_clues_is_by_identity(const hf_clues *c, uint32_t type)
{
    uint32_t equal = hf_type_attribute(c->graph, type, "__eq__");
    return equal != HF_NO_OBJECT && equal == equal_of_object(c->graph);
}

bool hf_clues_keys_are_objects(const hf_clues *c)
{
    if (c->owner_species != HF_SPECIES_DICT || c->key_type == UINT32_MAX ||
        c->species[c->key_type] != HF_SPECIES_INSTANCE)
        return false;
    return hf_clues_is_by_identity(c, c->key_type);
}

static int by_bytes(const void *a, const void *b)
{
    const hf_tally *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->type < y->type ? -1 : x->type > y->type;
}

static bool is_callable(hf_species species)
{
    return species == HF_SPECIES_FUNCTION || species == HF_SPECIES_METHOD ||
           species == HF_SPECIES_PARTIAL;
}

/* The newly born callable, or where `type` is one, the instance of it, that holds this one: by a
 * cell, a bound method or a dict and what these are kept in. HF_NO_OBJECT where there is none. */
static uint32_t wrapper_of(const hf_clues *c, uint32_t object, uint32_t type)
{
    enum { STEPS = 4 };
    uint32_t up = c->dominators->parent[object];
    for (int k = 0; k < STEPS && up < c->dominators->count; k++, up = c->dominators->parent[up]) {
        if (hf_timeline_is_old(c->timeline, up))
            return HF_NO_OBJECT;
        if (type == UINT32_MAX ? is_callable(hf_clues_species(c, up)) : c->graph->type[up] == type)
            return up;
    }
    return HF_NO_OBJECT;
}

static void note_object(hf_clues *c, uint32_t object)
{
    hf_graph *g = c->graph;
    hf_species species = hf_clues_species(c, object);
    uint64_t bytes = hf_graph_shallow(g, object);
    c->objects_of[species]++;
    c->bytes_of[species] += bytes;
    if (species == HF_SPECIES_GENERATOR && (g->flags[object] & HF_OBJECT_SUSPENDED)) {
        c->suspended++;
        c->suspended_bytes += c->dominators->retained[object];
    }
    c->small_views += (g->flags[object] & HF_OBJECT_SMALL_VIEW) != 0;
    if (species == HF_SPECIES_CONTEXT && c->dominators->retained[object] > bytes)
        c->context_bytes += c->dominators->retained[object] - bytes;
    c->chained += is_callable(species) && wrapper_of(c, object, UINT32_MAX) != HF_NO_OBJECT;
    if (species == HF_SPECIES_INSTANCE && (g->flags[object] & HF_OBJECT_FINALIZED))
        c->finalized++;
    if (species == HF_SPECIES_DICT && hf_shape_is_namespace(g, object)) {
        c->instance_dicts++;
        c->instance_dict_bytes += bytes;
    }
    if (species == HF_SPECIES_WEAKREF) {
        uint32_t referent = hf_clues_referent(c, object);
        c->own_weakrefs += referent != HF_NO_OBJECT && hf_clues_owns(c, referent);
    }
}

bool hf_clues_are_wrapped(const hf_clues *c)
{
    uint64_t functions = c->objects_of[HF_SPECIES_FUNCTION] + c->objects_of[HF_SPECIES_PARTIAL] +
                         c->objects_of[HF_SPECIES_METHOD];
    uint64_t in_hand = c->direct_of[HF_SPECIES_METHOD] + c->direct_of[HF_SPECIES_FUNCTION] +
                       c->direct_of[HF_SPECIES_PARTIAL];
    if (functions < 8 || in_hand * 8 > functions || (c->has_length && c->added > 4))
        return false;
    return c->chained * 4 >= functions * 3;
}

/* The most frequent class, or of those whose instances can be called as functions; UINT32_MAX where
 * there is none. */
static uint32_t class_of_links(const hf_clues *c, bool callable, uint64_t least)
{
    uint32_t best = UINT32_MAX;
    for (size_t k = 0; k < c->type_count; k++) {
        const hf_tally *t = &c->types[k];
        hf_species species = c->species[t->type];
        bool plain = species == HF_SPECIES_INSTANCE || (callable && species == HF_SPECIES_OTHER);
        if (plain && t->objects > least &&
            (!callable || hf_type_has(c->graph, t->type, "__call__"))) {
            best = t->type;
            least = t->objects;
        }
    }
    return best;
}

/* Middleware and proxies are instances: each has the one that it was put around as an attribute,
 * and so has a version the one before it. Who has several, as nodes of a tree have, counts once;
 * and where the older have the newer, these were added behind them, as to a queue: none counts. */
static hf_err *note_links(const hf_clues *c, bool callable, uint64_t *ret_links, uint64_t *ret_held)
{
    HF_AUTO(hf_map_deinit) hf_map holders;
    hf_map_init(&holders);
    enum { LEAST = 7 };
    const uint16_t *born = c->timeline->born;
    uint32_t type = class_of_links(c, callable, LEAST);
    uint64_t held = 0, by_older = 0, by_newer = 0;
    for (size_t k = 0; k < c->row->count && type != UINT32_MAX; k++) {
        uint32_t object = c->born[k];
        if (c->graph->type[object] != type)
            continue;
        ++*ret_links;
        uint32_t holder = wrapper_of(c, object, type);
        if (holder == HF_NO_OBJECT || hf_map_get(&holders, holder) != HF_MAP_NONE)
            continue;
        if (!hf_map_put(&holders, holder, 1))
            return hf_fail_memory();
        held++;
        by_older += born[holder] < born[object];
        by_newer += born[holder] > born[object];
    }
    *ret_held = by_older > by_newer ? 0 : held;
    return NULL;
}

hf_err *hf_clues_tally_births(hf_clues *c)
{
    hf_graph *g = c->graph;
    HF_AUTO(hf_freep) uint32_t *row_of = malloc(((size_t)g->type_count + 1) * sizeof(*row_of));
    c->types = malloc(((size_t)g->type_count + 1) * sizeof(*c->types));
    if (!row_of || !c->types)
        return hf_fail_memory();
    memset(row_of, 0xff, (size_t)g->type_count * sizeof(*row_of));
    for (size_t k = 0; k < c->row->count; k++) {
        uint32_t object = c->born[k], type = g->type[object];
        if (row_of[type] == UINT32_MAX) {
            row_of[type] = (uint32_t)c->type_count;
            c->types[c->type_count++] = (hf_tally){.type = type};
        }
        hf_tally *tally = &c->types[row_of[type]];
        tally->objects++;
        tally->bytes += hf_graph_shallow(g, object);
        note_object(c, object);
    }
    qsort(c->types, c->type_count, sizeof(*c->types), by_bytes);
    hf_err *err = note_links(c, true, &c->wrappers, &c->wrapped);
    return err ? err : note_links(c, false, &c->links, &c->linked);
}

static bool is_dead(const hf_clues *c, uint32_t object)
{
    return hf_clues_species(c, object) == HF_SPECIES_WEAKREF &&
           hf_clues_referent(c, object) == HF_NO_OBJECT;
}

static bool is_empty_collection(const hf_clues *c, uint32_t object)
{
    return hf_species_is_collection(hf_clues_species(c, object)) &&
           hf_graph_length(c->graph, object) == 0;
}

/* A tuple stands for what it carries: (due, number, callback); a weak reference for its callback,
 * and a WeakMethod not for the reference to its function, which lives on. */
static void note_member(hf_clues *c, uint32_t object)
{
    hf_graph *g = c->graph;
    hf_species species = hf_clues_species(c, object);
    bool dead = is_dead(c, object);
    c->direct_of[species]++;
    int seen = 0;
    bool noted[HF_SPECIES_COUNT] = {false};
    noted[species] = true;
    bool carries = species == HF_SPECIES_TUPLE || species == HF_SPECIES_WEAKREF;
    for (uint64_t e = g->edge_start[object]; carries && e < g->edge_start[object + 1] && seen < 16;
         e++, seen++) {
        hf_species inner = hf_clues_species(c, g->edge_target[e]);
        bool is_new = hf_graph_holds(g, e) && !hf_timeline_is_old(c->timeline, g->edge_target[e]);
        dead |= species == HF_SPECIES_TUPLE && is_new && is_dead(c, g->edge_target[e]);
        if (inner > HF_SPECIES_TUPLE && !noted[inner] && is_new)
            c->direct_of[inner]++;
        noted[inner] = true;
    }
    c->dead_weakrefs += dead;
    c->empty += is_empty_collection(c, object);
}

typedef struct type_votes {
    hf_map votes;
    uint32_t best, best_count;
} type_votes;

static bool vote(type_votes *v, uint32_t type)
{
    uint32_t count = hf_map_increment(&v->votes, type);
    if (count > v->best_count) {
        v->best = type;
        v->best_count = count;
    }
    return count != 0;
}

static bool take_member(hf_clues *c, uint32_t member, type_votes *values)
{
    c->direct++;
    note_member(c, member);
    return vote(values, c->graph->type[member]);
}

static bool take_key(hf_clues *c, uint32_t key, type_votes *keys)
{
    c->dead_weakrefs += is_dead(c, key);
    if (hf_clues_species(c, key) > HF_SPECIES_TUPLE)
        c->direct_of[hf_clues_species(c, key)]++; /* an object as key is registered, too */
    return vote(keys, c->graph->type[key]);
}

/* Who came all over a tree: its nodes, or else what most of the memory is of. */
static void look_at_nodes(hf_clues *c)
{
    enum { PART = 8 };
    const hf_tally *nodes = NULL;
    for (size_t k = 0; k < c->type_count; k++)
        if (c->types[k].type == c->graph->type[c->owner])
            nodes = &c->types[k];
    if (!nodes || nodes->objects * PART < c->row->count)
        nodes = c->type_count ? &c->types[0] : NULL;
    if (!nodes)
        return;
    c->member_type = nodes->type;
    c->direct = nodes->objects;
    c->direct_of[c->species[nodes->type]] = nodes->objects;
}

/* Who came into the owner's own hands. */
hf_err *hf_clues_look_at_members(hf_clues *c, const uint32_t *members, size_t count)
{
    hf_graph *g = c->graph;
    type_votes values = {.best = UINT32_MAX}, keys = {.best = UINT32_MAX};
    c->member_type = c->key_type = UINT32_MAX;
    if (c->row->trees) {
        look_at_nodes(c);
        return NULL;
    }
    hf_map_init(&values.votes);
    hf_map_init(&keys.votes);
    bool ok = true;
    for (size_t k = 0; k < count && ok; k++)
        ok = take_member(c, members[k], &values);
    uint64_t end = members ? 0 : g->edge_start[c->owner + 1];
    for (uint64_t e = g->edge_start[c->owner]; e < end && ok; e++) {
        uint32_t target = g->edge_target[e];
        if (hf_timeline_is_old(c->timeline, target) || !hf_graph_holds(g, e))
            continue;
        ok = hf_graph_kind(g, e) == HF_EDGE_KEY ? take_key(c, target, &keys)
                                                : take_member(c, target, &values);
    }
    c->member_type = values.best;
    c->key_type = keys.best;
    if (c->direct == 0)
        c->direct = keys.best_count;
    hf_map_deinit(&values.votes);
    hf_map_deinit(&keys.votes);
    return ok ? NULL : hf_fail_memory();
}

const char *hf_clues_closer(const hf_clues *c)
{
    static const char *const methods[] = {"close",    "aclose", "disconnect",
                                          "shutdown", "stop",   "terminate"};
    static const char *const calls[] = {"close()",    "aclose()", "disconnect()",
                                        "shutdown()", "stop()",   "terminate()"};
    if (c->member_type == UINT32_MAX || c->species[c->member_type] != HF_SPECIES_INSTANCE)
        return NULL;
    for (size_t k = 0; k < sizeof(methods) / sizeof(*methods); k++)
        if (hf_type_has(c->graph, c->member_type, methods[k]))
            return calls[k];
    return NULL;
}
