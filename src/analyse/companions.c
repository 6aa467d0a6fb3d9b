#include "analyse/companions.h"

#include "analyse/records.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEW_ENTRIES = 8,
    NEAR = 6, /* steps of a path, namespaces included */
};

void hf_candidates_deinit(hf_candidates *c)
{
    for (size_t k = 0; k < c->count; k++)
        hf_clues_deinit(&c->rows[k].clues);
    free(c->rows);
    *c = (hf_candidates){0};
}

/* The candidate that the object is charged to, or NULL. */
static const hf_candidate *holder_of(const hf_candidates *c, uint32_t object)
{
    for (size_t k = 0; k < c->count; k++)
        if (hf_clues_owns(&c->rows[k].clues, object))
            return &c->rows[k];
    return NULL;
}

/* Weak references, and records of objects, keep nothing alive. A container whose new ones name living
 * objects that another candidate holds is emptied by their end. */
static bool names_what_others_hold(const hf_candidates *all, const hf_candidate *candidate,
                                   const uint32_t *subject)
{
    const hf_clues *c = &candidate->clues;
    const hf_graph *g = c->graph;
    uint64_t names = 0, elsewhere = 0;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1]; e++) {
        uint32_t target = g->edge_target[e];
        if (hf_timeline_is_old(c->timeline, target))
            continue;
        uint32_t referent = hf_clues_referent(c, target);
        uint32_t object = referent != HF_NO_OBJECT ? referent : subject[target];
        names += object != HF_NO_OBJECT || hf_clues_species(c, target) == HF_SPECIES_WEAKREF;
        const hf_candidate *holder = object == HF_NO_OBJECT ? NULL : holder_of(all, object);
        elsewhere += holder && holder != candidate && !holder->follows;
    }
    return names * 2 >= c->direct && elsewhere * 2 > names;
}

/* What has both as attributes is one object with two views of its entries. A module is not: its
 * variables need not have to do with each other. */
static bool is_one_object(const hf_clues *a, const hf_clues *b)
{
    switch (hf_clues_species(a, a->holder)) {
    case HF_SPECIES_MODULE:
    case HF_SPECIES_TUPLE:
    case HF_SPECIES_LIST:
    case HF_SPECIES_DICT:
    case HF_SPECIES_SET:
    case HF_SPECIES_DEQUE:
    case HF_SPECIES_FRAME:
        return false;
    default:
        return a->holder == b->holder && a->holder != a->owner && b->holder != b->owner;
    }
}

/* The nearest instance that has this container, itself or in another container of its own. */
static uint32_t instance_of(const hf_clues *c)
{
    for (size_t k = c->path.count; k-- > 0 && k + NEAR > c->path.count;) {
        hf_species species = hf_clues_species(c, c->path.steps[k].object);
        if (species == HF_SPECIES_INSTANCE)
            return c->path.steps[k].object;
        if (species == HF_SPECIES_MODULE || species == HF_SPECIES_FRAME)
            break;
    }
    return HF_NO_OBJECT;
}

/* One is an entry of the other, as the list of originals in the memo of copy.deepcopy() is, or both are
 * in the hands of one instance: `receivers` and `_by_sender[0]`. */
static bool belong_together(const hf_clues *a, const hf_clues *b)
{
    if (is_one_object(a, b) || a->holder == b->owner || b->holder == a->owner)
        return true;
    uint32_t instance = instance_of(a);
    return instance != HF_NO_OBJECT && instance == instance_of(b);
}

/* Whether most of the keys that came into one dict came into the other as well, the very same objects: a
 * second table beside a first, as when each entry of a cache ends. */
static bool same_new_keys(const hf_clues *a, const hf_clues *b)
{
    const hf_graph *g = a->graph;
    HF_AUTO(hf_map_deinit) hf_map keys;
    hf_map_init(&keys);
    if (a->owner_species != HF_SPECIES_DICT || b->owner_species != HF_SPECIES_DICT)
        return false;
    for (uint64_t e = g->edge_start[a->owner]; e < g->edge_start[a->owner + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_KEY &&
            !hf_timeline_is_old(a->timeline, g->edge_target[e]) &&
            !hf_map_put(&keys, g->edge_target[e], 1))
            return false;
    uint64_t all = 0, same = 0;
    for (uint64_t e = g->edge_start[b->owner]; e < g->edge_start[b->owner + 1]; e++) {
        if (hf_graph_kind(g, e) != HF_EDGE_KEY ||
            hf_timeline_is_old(b->timeline, g->edge_target[e]))
            continue;
        all++;
        same += hf_map_get(&keys, g->edge_target[e]) != HF_MAP_NONE;
    }
    return all >= FEW_ENTRIES && same * 10 >= all * 9;
}

/* Two containers of one object got equally many entries: each call adds to both. */
static bool mirrors(const hf_clues *a, const hf_clues *b)
{
    if (!a->has_length || !b->has_length || a->row->owners > 1 || b->row->owners > 1)
        return false;
    double apart = a->added > b->added ? a->added - b->added : b->added - a->added;
    return a->added >= FEW_ENTRIES && apart <= a->added / 50 &&
           (belong_together(a, b) || same_new_keys(a, b));
}

/* The one that grew more is told, or the one that holds the other, or whose bound is known: it is the bound
 * of both. */
static void tell_one(hf_candidate *more, hf_candidate *less)
{
    bool within = more->clues.holder == less->clues.owner;
    bool second = within || (less->harmless && !more->harmless);
    hf_candidate *told = second ? less : more, *other = second ? more : less;
    other->follows = true;
    if (strcmp(told->clues.name, other->clues.name) != 0)
        told->mirror = other->clues.name;
    if (within)
        told->growth += other->growth;
}

static void find_mirrors(hf_candidates *all)
{
    for (size_t k = 1; k < all->count; k++) {
        for (size_t j = 0; j < k && !all->rows[k].follows; j++)
            if (!all->rows[j].follows && mirrors(&all->rows[j].clues, &all->rows[k].clues))
                tell_one(&all->rows[j], &all->rows[k]);
    }
}

hf_err *hf_candidates_find_companions(hf_candidates *c)
{
    if (c->count < 2)
        return NULL;
    const hf_clues *any = &c->rows[0].clues;
    HF_AUTO(hf_freep) uint32_t *subject = hf_records_of(any->timeline, any->dominators);
    if (!subject)
        return hf_fail_memory();
    for (size_t k = 0; k < c->count; k++)
        c->rows[k].follows = names_what_others_hold(c, &c->rows[k], subject);
    find_mirrors(c);
    return NULL;
}
