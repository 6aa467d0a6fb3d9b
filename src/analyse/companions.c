#include "analyse/companions.h"

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

const char *hf_candidate_pattern(const hf_candidate *candidate)
{
    const hf_known_leak *leak = candidate->known.leak;
    return candidate->harmless     ? "none"
           : leak && leak->pattern ? leak->pattern
                                   : candidate->pattern->word;
}

/* The candidate that the object is charged to, or NULL. */
static const hf_candidate *holder_of(const hf_candidates *c, uint32_t object)
{
    for (size_t k = 0; k < c->count; k++)
        if (hf_clues_owns(&c->rows[k].clues, object))
            return &c->rows[k];
    return NULL;
}

/* Weak references, and records of objects, keep nothing alive. A container whose new ones name
 * living objects that another candidate holds is emptied by their end. */
static bool names_what_others_hold(const hf_candidates *all, const hf_candidate *candidate,
                                   const uint32_t *record_of)
{
    const hf_clues *c = &candidate->clues;
    const hf_graph *g = c->graph;
    uint64_t names = 0, elsewhere = 0;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1]; e++) {
        uint32_t target = g->edge_target[e];
        if (hf_timeline_is_old(c->timeline, target))
            continue;
        uint32_t referent = hf_clues_referent(c, target);
        uint32_t object = referent != HF_NO_OBJECT ? referent : record_of[target];
        names += object != HF_NO_OBJECT || hf_clues_species(c, target) == HF_SPECIES_WEAKREF;
        const hf_candidate *holder = object == HF_NO_OBJECT ? NULL : holder_of(all, object);
        elsewhere += holder && holder != candidate && !holder->follows;
    }
    return names * 2 >= c->direct && elsewhere * 2 > names;
}

/* The same where its new entries, which are smaller than what they name, have the weak references:
 * SQLAlchemy's registry of listeners. */
static bool entries_name_what_others_hold(const hf_candidates *all, const hf_candidate *candidate)
{
    const hf_clues *c = &candidate->clues;
    uint64_t references = c->objects_of[HF_SPECIES_WEAKREF], elsewhere = 0;
    if (references == 0 || references * 2 < c->direct)
        return false;
    for (size_t k = 0; k < c->row->count; k++) {
        uint32_t object = hf_clues_referent(c, c->born[k]);
        const hf_candidate *holder = object == HF_NO_OBJECT ? NULL : holder_of(all, object);
        elsewhere +=
            holder && holder != candidate && !holder->follows && candidate->growth < holder->growth;
    }
    return elsewhere * 2 > references;
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

/* One is an entry of the other, as the list of originals in the memo of copy.deepcopy() is,
 * or both are in the hands of one instance: `receivers` and `_by_sender[0]`. */
static bool belong_together(const hf_clues *a, const hf_clues *b)
{
    if (is_one_object(a, b) || a->holder == b->owner || b->holder == a->owner)
        return true;
    uint32_t instance = instance_of(a);
    return instance != HF_NO_OBJECT && instance == instance_of(b);
}

/* Whether most of the keys that came into one dict came into the other as well, the very same
 * objects: a second table beside a first, as when each entry of a cache ends. */
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

static bool are_as_many(double a, double b)
{
    double apart = a > b ? a - b : b - a;
    return a >= FEW_ENTRIES && apart <= a / 50;
}

static bool is_on_path(const hf_clues *c, uint32_t object)
{
    for (size_t k = 0; k < c->path.count; k++)
        if (c->path.steps[k].object == object)
            return true;
    return false;
}

/* A mock notes each call in several lists, and in those of the mock that it is an attribute of. */
static bool are_calls_of_one_mock(const hf_clues *a, const hf_clues *b)
{
    if (a->owner_species != HF_SPECIES_CALL_RECORD || b->owner_species != HF_SPECIES_CALL_RECORD)
        return false;
    uint32_t one = instance_of(a), other = instance_of(b);
    bool same = (one != HF_NO_OBJECT && is_on_path(b, one)) ||
                (other != HF_NO_OBJECT && is_on_path(a, other));
    return same && are_as_many((double)a->length_now - (double)a->length_before,
                               (double)b->length_now - (double)b->length_before);
}

/* Two containers of one object got equally many entries: each call adds to both. */
static bool mirrors(const hf_clues *a, const hf_clues *b)
{
    if (are_calls_of_one_mock(a, b))
        return true;
    if (!a->has_length || !b->has_length || a->row->owners > 1 || b->row->owners > 1)
        return false;
    return are_as_many(a->added, b->added) && (belong_together(a, b) || same_new_keys(a, b));
}

/* Whether the path of `inner` leads through the owner of `outer`, or through one of its like
 * where that stands for several. */
static bool is_below(const hf_clues *inner, const hf_clues *outer)
{
    bool below = outer->row->owners == 1 || outer->row->collection == HF_NO_OBJECT;
    for (size_t k = 0; k + 1 < inner->path.count; k++) {
        uint32_t object = inner->path.steps[k].object;
        if (object == outer->owner)
            return true;
        below |= object == outer->row->collection;
        if (outer->row->owners > 1 && below &&
            inner->graph->type[object] == inner->graph->type[outer->owner])
            return true;
    }
    return false;
}

/* New members that fill, and old ones that go on filling with the same, are one mistake:
 * queues of those who left. */
static bool is_part_of(const hf_candidate *inner, const hf_candidate *outer)
{
    const hf_clues *a = &inner->clues, *b = &outer->clues;
    return inner->growth < outer->growth && a->type_count && b->type_count &&
           a->types[0].type == b->types[0].type && is_below(a, b);
}

/* Lets candidates follow those that they belong to, which are then told with the growth of both. */
static void fold(hf_candidates *all, bool (*belongs)(const hf_candidate *a, const hf_candidate *to))
{
    for (size_t k = 0; k < all->count; k++) {
        for (size_t j = 0; j < all->count && !all->rows[k].follows; j++) {
            if (j == k || all->rows[j].follows || !belongs(&all->rows[k], &all->rows[j]))
                continue;
            all->rows[k].follows = true;
            all->rows[j].growth += all->rows[k].growth;
        }
    }
}

/* How often an object refers to what a candidate is charged with. */
static uint64_t references_of(const hf_graph *g, uint32_t object, const hf_candidate *into)
{
    uint64_t count = 0;
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
        count += hf_clues_owns(&into->clues, g->edge_target[e]);
    return count;
}

/* Whether half as many references lead from one candidate, and what is new with it, to what another
 * is charged with as came into its own hands. */
static bool refers_to(const hf_candidate *from, const hf_candidate *into)
{
    const hf_clues *c = &from->clues;
    uint64_t count = references_of(c->graph, c->owner, into);
    for (size_t k = 0; k < c->row->count && count * 2 < c->direct; k++)
        count += references_of(c->graph, c->born[k], into);
    return count * 2 >= c->direct;
}

/* Whether a collection that did not get a member, nor anything else in its own hands,
 * is charged with what some of its members share, that grow: three pickling writers in a list
 * that remember the same objects. */
static bool is_shared_by(const hf_candidate *outer, const hf_candidate *inner)
{
    const hf_clues *c = &outer->clues;
    bool same = c->has_length ? c->length_now == c->length_before && c->added < 1
                              : c->owner_species == HF_SPECIES_INSTANCE;
    return same && c->row->owners == 1 && !c->replaced && c->direct == 0 &&
           inner->clues.direct > 0 && is_below(&inner->clues, c) && refers_to(inner, outer);
}

/* The one that grew more is told, or the one that holds the other, or whose bound is known:
 * it is the bound of both. */
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

static bool are_told_together(const hf_candidate *a, const hf_candidate *b)
{
    return a->alike && a->alike == b->alike;
}

static void find_mirrors(hf_candidates *all)
{
    for (size_t k = 1; k < all->count; k++) {
        for (size_t j = 0; j < k && !all->rows[k].follows; j++)
            if (!all->rows[j].follows && !are_told_together(&all->rows[j], &all->rows[k]) &&
                mirrors(&all->rows[j].clues, &all->rows[k].clues))
                tell_one(&all->rows[j], &all->rows[k]);
    }
}

void hf_candidates_find_companions(hf_candidates *c, const uint32_t *record_of)
{
    for (size_t k = 0; k < c->count; k++)
        c->rows[k].follows = names_what_others_hold(c, &c->rows[k], record_of) ||
                             entries_name_what_others_hold(c, &c->rows[k]);
    find_mirrors(c);
    fold(c, is_shared_by);
    fold(c, is_part_of);
}
