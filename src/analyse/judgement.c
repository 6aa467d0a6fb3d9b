/* What grows for good and what only looks like it. */
#include "analyse/judgement.h"

#include "analyse/attributes.h"
#include "analyse/calls.h"
#include "analyse/code_uses.h"
#include "analyse/handed_on.h"
#include "analyse/patterns.h"
#include "analyse/shape.h"
#include "analyse/tree_values.h"
#include "analyse/turnover.h"
#include "base/cleanup.h"

#include <string.h>

enum { FEW_INTERVALS = 2, HANDFUL = 32 };

enum { SMALL = 64 }; /* bytes of a number */

#define ALL_REPLACED 0.1 /* less of a sequence's members kept: it was emptied and filled anew */

int64_t hf_lasting_growth(const hf_clues *c)
{
    int64_t net = hf_growth_net(c->row);
    if (c->row->owner == HF_OWNER_ROOTS)
        return (int64_t)c->held_by_roots < net ? (int64_t)c->held_by_roots : net;
    if (!c->has_length || c->row->owners > 1 || c->added < 1)
        return net;
    double more = (double)c->length_now - (double)c->length_before;
    if (more >= c->added || c->row->born_bytes <= 0)
        return net;
    double scaled = more <= 0 ? 0 : (double)c->row->born_bytes * more / c->added;
    int64_t lasting = (int64_t)scaled + c->row->own_bytes;
    return more > 0 && lasting < net ? lasting : net;
}

/* Bytes that the object has kept alive more than at first. */
static int64_t more_retained(const hf_case *from, uint32_t object)
{
    uint32_t before = from->timeline->was[0][object];
    return (int64_t)from->last->retained[object] - (int64_t)from->first->retained[before];
}

/* The step of the path that leads to the owner by a name of something old; 0 where none does. */
static size_t step_to_owner(const hf_clues *c)
{
    for (size_t k = 1; k < c->path.count; k++)
        if (c->path.steps[k].object == c->owner)
            return hf_timeline_is_old(c->timeline, c->path.steps[k - 1].object) ? k : 0;
    return 0;
}

/* Whether it stands where another thing stood at first that is gone by now, and who has it has
 * hardly more than then: `old, young = young, set()` hands on what was filled, and drops
 * as much. */
static bool took_the_place_of_another(const hf_case *from, const hf_clues *c, int64_t growth)
{
    const hf_timeline *t = c->timeline;
    size_t k = step_to_owner(c);
    if (k == 0 || c->row->owners > 1 || !hf_timeline_is_old(t, c->owner))
        return false;
    uint32_t holder = c->path.steps[k - 1].object;
    if (!hf_dominates(c->dominators, holder, c->owner))
        return false; /* what it retains is without the owner */
    uint32_t then = hf_timeline_at_place(t, 0, holder, c->path.steps[k].edge);
    if (then == HF_NO_OBJECT || then == t->was[0][c->owner] || t->now_of[then] != HF_NO_OBJECT)
        return false;
    return more_retained(from, holder) * 2 < growth;
}

static bool turns_over(const hf_clues *c, int64_t growth)
{
    const hf_growth_row *r = c->row;
    if (c->replaced)
        return false; /* what died was part of what came in its place */
    if (r->died_bytes * 2 > r->born_bytes && growth * 4 < r->born_bytes)
        return true;
    if (c->direct == 0 && r->own_bytes < r->born_bytes && growth * 2 < r->born_bytes)
        return true; /* shared by several that take turns: in nobody's hands */
    if (c->kept_in_place < 0.5)
        return true;
    if (!c->has_length || c->length_before < 8 || r->owners > 1)
        return false;
    if (c->kept_least < ALL_REPLACED && c->owner_species == HF_SPECIES_LIST)
        return true;
    if (c->kept < 0.5 && c->owner_species != HF_SPECIES_DEQUE &&
        c->owner_species != HF_SPECIES_LIST)
        return true; /* only a queue loses its oldest members and still grows */
    bool much_longer = c->length_now > c->length_before + c->length_before / 3;
    if (c->kept < 0.5 && (!much_longer || c->shrank || c->timeline->count < 4))
        return true;
    return c->shrank && (c->kept < 0.9 || !much_longer);
}

static bool is_list(const hf_case *from, uint32_t object)
{
    return from->species[from->timeline->last->type[object]] == HF_SPECIES_LIST;
}

/* The collection that would be larger than before if the row grew for good: the one that its
 * owners are below of, or the owner itself where that did not become longer. HF_NO_OBJECT
 * where nothing can be said. */
static uint32_t measured_collection(const hf_clues *c)
{
    if (c->row->owners > 1)
        return c->row->collection;
    bool longer = c->length_now > c->length_before;
    return hf_owner_is_object(c->row->owner) && c->has_length && !longer ? c->owner : HF_NO_OBJECT;
}

/* Whether no more than a few steps up stands what the collection has no part in. Of what hangs on a
 * long chain nothing is said. */
static bool is_kept_by_others(const hf_dominators *d, uint32_t collection, uint32_t object)
{
    enum { LEVELS = 64 };
    for (int level = 0; level < LEVELS && object < d->count; level++) {
        if (object == collection)
            return false;
        object = d->parent[object];
    }
    return object >= d->count;
}

/* Whether most of what came to members of a collection hangs elsewhere, too: what the collection
 * retains is without it. Of what came only that is asked which nothing else that came has: the rest
 * hangs below it, be it a long chain. */
static bool is_shared(const hf_clues *c, uint32_t collection)
{
    uint64_t all = 0, shared = 0;
    for (size_t k = 0; k < c->row->count; k++) {
        uint32_t parent = c->dominators->parent[c->born[k]];
        if (parent < c->dominators->count && hf_clues_owns(c, parent))
            continue;
        uint64_t bytes = c->dominators->retained[c->born[k]];
        all += bytes;
        shared += is_kept_by_others(c->dominators, collection, c->born[k]) ? bytes : 0;
    }
    return shared * 2 > all;
}

/* Whether a member that became longer has all the same nearly all that it had. */
static bool kept_and_got_more(const hf_clues *c)
{
    return c->has_length && c->length_before && c->length_now > c->length_before && c->kept > 0.9;
}

/* Whether a collection that retains nothing of its members has lost some of them. */
static bool has_replaced_members(const hf_clues *c, uint32_t collection)
{
    double kept = hf_turnover_kept_least(c->timeline, collection);
    return c->owner_species != HF_SPECIES_BUFFER && kept >= 0 && kept < 0.9;
}

/* A freed member's place is soon another's: seen from outside an old member then has new parts.
 * Where members of one collection grew by more than the collection itself did, others went; and
 * where it is a list that was emptied, all did. */
static bool is_made_up_for(const hf_case *from, const hf_clues *c, int64_t growth)
{
    uint32_t collection = measured_collection(c);
    if (collection != HF_NO_OBJECT && c->row->owners > 1 &&
        !hf_dominates(c->dominators, collection, c->owner))
        return has_replaced_members(c, collection);
    uint32_t before =
        collection == HF_NO_OBJECT ? HF_NO_OBJECT : from->timeline->was[0][collection];
    if (before == HF_NO_OBJECT || c->replaced || c->owner_species == HF_SPECIES_BUFFER)
        return false; /* who shares a row of buffers is counted in it; what they fill they had */
    if (c->row->owners > 1 && is_list(from, collection)) {
        double kept = hf_turnover_kept_least(from->timeline, collection);
        if (kept >= 0 && kept < ALL_REPLACED) /* -1: not known, for lack of memory */
            return true;
    }
    bool shared = c->row->owners > 1 && kept_and_got_more(c) && is_shared(c, collection);
    return !shared && more_retained(from, collection) * 2 < growth;
}

/* Whether running calls hold it: it is gone when they are. What the interpreter holds stays. */
static bool is_under_way(const hf_clues *c)
{
    if (c->root == UINT32_MAX)
        return false;
    uint8_t kind = c->graph->roots[c->root].kind;
    return kind == HF_ROOT_LOCAL || kind == HF_ROOT_THREAD;
}

/* Whether what a call has is one of many that hold each other: the head of a chain is new each
 * time, and the rest is not. */
static bool is_long_chain(const hf_clues *c)
{
    for (size_t k = 0; k < c->type_count; k++)
        if (c->types[k].type == c->graph->type[c->owner])
            return c->types[k].objects > HANDFUL;
    return false;
}

static size_t intervals_of_calls(const hf_clues *c)
{
    if (c->graph->roots[c->root].kind != HF_ROOT_LOCAL)
        return c->busy_intervals;
    size_t more = hf_calls_growing_intervals(c->timeline, c->root);
    return more < c->busy_intervals ? more : c->busy_intervals;
}

/* Intervals between snapshots in which it grew. Of a handful that is more, it must have stayed:
 * of work that is under way now more, now less is there, and all of it is of the last moment. */
static size_t growing_intervals(const hf_clues *c)
{
    const hf_timeline *t = c->timeline;
    if (is_under_way(c) && !is_long_chain(c))
        return intervals_of_calls(c);
    if (!c->has_length || c->row->owners > 1 || c->length_now <= c->length_before)
        return c->busy_intervals;
    size_t count = 0;
    for (size_t k = 1; k < t->count; k++)
        count += hf_timeline_length(t, k, c->owner) > hf_timeline_length(t, k - 1, c->owner);
    if (hf_clues_are_linked(c))
        return c->busy_intervals;
    bool handful = c->added < HANDFUL && c->busy_intervals < count;
    return handful ? c->busy_intervals : count;
}

/* Whether it only looks old: passing calls alone hold it, and it has nothing that it had before. */
static bool is_made_anew(const hf_case *from, const hf_clues *c)
{
    if (c->path.root == UINT32_MAX || !hf_owner_is_object(c->row->owner) ||
        !hf_calls_is_passing(from->passing, c->path.root))
        return false;
    bool same = c->has_length && c->row->owners == 1 && c->length_before > 0 && c->kept > 0.5;
    return !same;
}

/* Whether more went than it is more by: of what is at work now more, now less is there. */
static bool turns_over_beside(const hf_clues *c)
{
    if (!c->has_length || c->row->owners > 1 || c->length_now <= c->length_before)
        return false;
    return c->added > 2 * (double)(c->length_now - c->length_before);
}

/* How many of the intervals are enough. What running calls hold goes when they end, a small pool
 * of what is idle (a list from whose end things are taken) breathes, and so does a collection whose
 * members come and go: such things must grow all the time. */
static size_t intervals_needed(const hf_clues *c)
{
    enum { NOTABLE = 8 }; /* of what has long been kept, a handful more is a small part */
    bool pool = c->owner_species == HF_SPECIES_LIST || c->owner_species == HF_SPECIES_DEQUE;
    bool breathes = pool && c->row->owners == 1 && c->added < HANDFUL &&
                    c->added * NOTABLE > (double)c->length_before;
    return is_under_way(c) || breathes || turns_over_beside(c) ? hf_timeline_intervals(c->timeline)
                                                               : FEW_INTERVALS;
}

/* Whether it became longer from each look to the next, each time by a good part of what it
 * does on average. */
static bool gets_longer_steadily(const hf_clues *c)
{
    enum { PART = 4 };
    const hf_timeline *t = c->timeline;
    uint64_t before = c->length_before, more = c->length_now - c->length_before;
    if (c->length_now <= c->length_before || hf_timeline_intervals(t) < FEW_INTERVALS)
        return false;
    for (size_t k = 1; k < t->count; k++) {
        uint64_t now = hf_timeline_length(t, k, c->owner);
        bool enough = now > before && (now - before) * PART * (t->count - 1) >= more;
        if (!enough && hf_timeline_counts(t, k))
            return false;
        before = now;
    }
    return true;
}

/* A little more, or a few more, in a collection from which things are taken, too: a heap that is
 * compacted when half of it is dead, or what is looked through for what has expired, gets longer
 * for as long. */
static bool is_little_beside_what_went(const hf_clues *c, int64_t growth)
{
    enum { LITTLE = 128 << 10, NOTABLE = 4 };
    bool much = growth >= LITTLE && (c->added >= HANDFUL || gets_longer_steadily(c));
    if (!c->has_length || c->row->owners > 1 || much)
        return false;
    double more = (double)c->length_now - (double)c->length_before;
    return more > 0 && (c->added - more) * NOTABLE > c->added;
}

/* Whether it is a queue from which all is taken from one look to the next at first, and not
 * any more: it was not emptied in between, for it gets longer from each look to the next,
 * and of the last but one something is left. */
static bool is_fast_queue(const hf_clues *c)
{
    enum { TIMES = 2 };
    return c->owner_species == HF_SPECIES_DEQUE && c->row->owners == 1 &&
           (c->graph->flags[c->owner] & HF_OBJECT_QUEUE) &&
           c->length_now >= c->length_before * TIMES && gets_longer_steadily(c) &&
           hf_turnover_kept_last(c->timeline, c->owner) >= ALL_REPLACED;
}

/* Growth that has stopped while we looked, of something that was small before. Where much was
 * there already, a pause says nothing. */
static bool levels_off(const hf_clues *c, int64_t growth)
{
    if (hf_timeline_intervals(c->timeline) < FEW_INTERVALS || is_fast_queue(c))
        return false;
    uint64_t retained = c->dominators->retained[c->owner];
    bool grew_much = (uint64_t)growth * 5 > retained;
    return grew_much && (c->late < 0.15 || c->busy_intervals < FEW_INTERVALS);
}

bool hf_fills_up_to_its_bound(const hf_clues *c)
{
    uint64_t bound = hf_graph_bound(c->graph, c->owner);
    return bound && (c->graph->flags[c->owner] & HF_OBJECT_BOUNDED) && bound < c->length_now * 64;
}

bool hf_is_left_on(const hf_clues *c)
{
    double fit = 0;
    const hf_pattern *best = hf_pattern_best(c, &fit);
    return fit > 0.9 && strcmp(best->word, "debug-instrumentation") == 0;
}

/* The same of many alike: no longer is who has what is new. What died they had together with
 * others, or its place is another's by now. */
static bool only_many_renew_members(const hf_clues *c)
{
    uint64_t small = 0;
    if (c->row->own_bytes > 0)
        return false;
    for (size_t k = 0; k < c->row->count; k++) {
        uint32_t member = c->born[k], owner = c->dominators->parent[member];
        small += owner < c->dominators->count && hf_graph_shallow(c->graph, member) <= SMALL &&
                 hf_timeline_is_old(c->timeline, owner) &&
                 hf_graph_length(c->graph, owner) <= hf_timeline_length(c->timeline, 0, owner);
    }
    return small * 10 >= c->row->count * 9;
}

/* A collection as long as before whose small members were replaced: numbers that were shared by all
 * got objects of their own. That ends when each has been replaced once. */
static bool only_renews_members(const hf_clues *c, int64_t growth)
{
    if (!c->has_length || c->length_now > c->length_before)
        return false;
    if (c->row->owners > 1)
        return only_many_renew_members(c);
    bool direct = c->direct * 10 >= (uint64_t)c->row->born_objects * 9;
    return direct && growth <= (int64_t)c->direct * SMALL;
}

/* Whether it is a table of hashes that grew by its own slots alone, and not because what it has
 * stays: it is no longer than before, or others took the place of members. A set counts what was
 * taken out until its table is made anew, which then may be larger (Objects/setobject.c,
 * set_add_entry(); a dict's: Objects/dictobject.c, GROWTH_RATE). Of many alike the one that grew
 * most is asked. */
static bool only_its_table_grew(const hf_clues *c, int64_t growth)
{
    bool hashed = c->owner_species == HF_SPECIES_SET || c->owner_species == HF_SPECIES_DICT;
    if (!c->has_length || !hashed || c->row->own_bytes * 4 < growth * 3)
        return false;
    return c->length_now <= c->length_before || (c->row->owners > 1 && c->kept < 0.9);
}

/* Bytes of mappings (mmap) among what was born. The kernel counts them as shared memory
 * or pages of files. */
static int64_t mapped_bytes(const hf_clues *c)
{
    uint64_t bytes = 0;
    for (size_t k = 0; k < c->type_count; k++)
        if (strcmp(hf_graph_type_title(c->graph, c->types[k].type), "mmap.mmap") == 0)
            bytes += c->types[k].bytes;
    return (int64_t)bytes;
}

/* Whether running calls just have more now than at first: neither are they more and more,
 * nor what they have. */
static bool is_of_the_moment(const hf_clues *c)
{
    return is_under_way(c) && hf_timeline_intervals(c->timeline) >= FEW_INTERVALS &&
           growing_intervals(c) < FEW_INTERVALS;
}

/* A deque of which nothing is left from one look to the next was emptied in between,
 * or is a queue that is worked off so fast and grows all the same: a longer look tells,
 * since that one gets longer. */
static bool may_be_emptied(const hf_clues *c)
{
    return c->owner_species == HF_SPECIES_DEQUE && c->row->owners == 1 &&
           c->kept_least < ALL_REPLACED && !is_fast_queue(c);
}

/* Whether of several lists alike the one that grew most has nothing left of what it had:
 * it was trimmed or emptied, and so are the others sooner or later. */
static bool are_trimmed(const hf_clues *c)
{
    return c->owner_species == HF_SPECIES_LIST && c->row->owners > 1 && c->length_before >= 8 &&
           c->kept_least < ALL_REPLACED;
}

/* Whether others of its kind beside it, as most of them are, are no shorter and do not grow:
 * the bucket of this minute fills up as those of the minutes before have. */
static bool stops_as_others_did(const hf_clues *c)
{
    enum { MANY = 3 };
    const hf_graph *g = c->graph;
    uint32_t above = c->dominators->parent[c->owner];
    if (!c->has_length || c->row->owners > 1 || above >= c->dominators->count)
        return false;
    hf_species species = hf_clues_species(c, above);
    if (species != HF_SPECIES_DICT && species != HF_SPECIES_LIST && species != HF_SPECIES_DEQUE)
        return false;
    uint64_t others = 0, full = 0;
    for (uint64_t e = g->edge_start[above]; e < g->edge_start[above + 1]; e++) {
        uint32_t other = g->edge_target[e];
        if (other == c->owner || g->type[other] != g->type[c->owner] ||
            hf_graph_kind(g, e) == HF_EDGE_KEY)
            continue;
        uint64_t length = hf_graph_length(g, other);
        others++;
        full += length >= c->length_now && hf_timeline_is_old(c->timeline, other) &&
                hf_timeline_length(c->timeline, 0, other) == length;
    }
    return others >= MANY && full * 2 > others;
}

/* One object, or one tree, all of which its owner keeps alive. */
static bool is_one(const hf_clues *c)
{
    return hf_owner_is_object(c->row->owner) && (c->row->owners == 1 || c->row->trees == 1);
}

/* Whether the object and what it has first came while we looked. */
static bool is_new_with_its_first(const hf_clues *c, uint32_t object)
{
    const hf_graph *g = c->graph;
    uint64_t e = g->edge_start[object];
    return c->timeline->was[0][object] == HF_NO_OBJECT && e < g->edge_start[object + 1] &&
           c->timeline->was[0][g->edge_target[e]] == HF_NO_OBJECT;
}

/* Whether a dict has the keys that it had, and collections by them that are others, and most of
 * what it kept at first has gone: it was emptied and filled anew. A leak keeps what is old, also
 * where each value is replaced by a longer copy. */
static bool has_nothing_it_had(const hf_case *from, const hf_clues *c)
{
    enum { FEW = 8 };
    const hf_graph *g = c->graph;
    uint32_t before = from->timeline->was[0][c->owner];
    if (c->owner_species != HF_SPECIES_DICT || c->row->owners > 1 || c->replaced ||
        before == HF_NO_OBJECT || c->length_before < FEW ||
        c->length_now > c->length_before + c->length_before / FEW)
        return false;
    uint64_t values = 0, others = 0;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1]; e++) {
        uint32_t value = g->edge_target[e];
        if (hf_graph_key(g, e) == HF_NO_OBJECT)
            continue;
        values++;
        others +=
            hf_species_is_collection(hf_clues_species(c, value)) && is_new_with_its_first(c, value);
    }
    double kept = (double)from->first->retained[before] -
                  (double)hf_graph_shallow(from->timeline->graphs[0], before);
    return values && others * 10 >= values * 9 && (double)c->row->died_bytes > 0.7 * kept;
}

/* Whether an attribute of this name says how many there may be: `limit`, `max_undo`. */
static bool is_name_of_limit(const char *name)
{
    static const char *const names[] = {"limit", "capacity", "maxlen", "maxsize"};
    name += strspn(name, "_");
    for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
        if (strcmp(name, names[k]) == 0)
            return true;
    return strncmp(name, "max_", 4) == 0;
}

/* Whether an object has a limit that so many have not reached and will before long. */
static bool has_limit_ahead(const hf_clues *c, uint32_t object, uint64_t count)
{
    enum { FAR = 64, ATTRIBUTES = 256 };
    hf_graph *g = c->graph;
    uint32_t names = hf_attribute_dict(g, object);
    uint32_t from = names == HF_NO_OBJECT ? object : names;
    uint64_t end = g->edge_start[from + 1];
    for (uint64_t e = g->edge_start[from], n = 0; e < end && n < ATTRIBUTES; e++, n++) {
        HF_AUTO(hf_buf_deinit) hf_buf name = {0};
        int64_t limit = 0;
        if (hf_clues_edge_name(g, from, e, &name) && is_name_of_limit(hf_buf_string(&name)) &&
            hf_object_int(g, g->edge_target[e], &limit) && limit > 0 && (uint64_t)limit > count &&
            (uint64_t)limit / FAR <= count)
            return true;
    }
    return false;
}

/* The class of the program of which most came, and each knows another one: links, be it both ways.
 * UINT32_MAX where they are none. */
static uint32_t class_of_links(const hf_clues *c)
{
    const hf_graph *g = c->graph;
    uint32_t type = UINT32_MAX;
    for (size_t k = 0; k < c->type_count && type == UINT32_MAX; k++)
        if (c->species[c->types[k].type] == HF_SPECIES_INSTANCE)
            type = c->types[k].type;
    uint64_t all = 0, linked = 0;
    for (size_t k = 0; k < c->row->count; k++) {
        uint32_t object = c->born[k];
        if (g->type[object] != type)
            continue;
        bool knows = false;
        for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1] && !knows; e++) {
            uint32_t names = g->edge_target[e];
            knows = g->type[names] == type;
            if (!hf_shape_is_namespace(g, names))
                continue;
            for (uint64_t n = g->edge_start[names]; n < g->edge_start[names + 1] && !knows; n++)
                knows = g->type[g->edge_target[n]] == type;
        }
        all++;
        linked += knows;
    }
    return all > HANDFUL && linked * 4 >= all * 3 ? type : UINT32_MAX;
}

/* Whether it is a chain, and who has it has a limit that it has not reached: a history of so many
 * steps. A chain has no length that tells how it ends. */
static bool ends_at_limit_beside(const hf_case *from, const hf_clues *c)
{
    const hf_dominators *d = c->dominators;
    uint32_t type = c->has_length || c->row->owners > 1 ? UINT32_MAX : class_of_links(c);
    if (type == UINT32_MAX)
        return false;
    uint32_t object = c->chain ? d->parent[c->focus] : c->owner;
    for (int up = 0; up < 2 && object < d->count; up++, object = d->parent[object])
        if (hf_clues_species(c, object) == HF_SPECIES_INSTANCE &&
            has_limit_ahead(c, object, from->held_last[type]))
            return true;
    return false;
}

/* A little more, in an object that is no collection and has it below others: nothing tells that
 * none of it was let go, as the lengths of a collection do. It must be far more than came while we
 * looked to have grown for long. */
static bool is_little_beneath(const hf_clues *c, int64_t growth)
{
    enum { LITTLE = 128 << 10, LOOKS = 16 };
    if (!is_one(c) || c->has_length || c->chain || c->row->trees || c->direct >= HANDFUL)
        return false;
    return growth < LITTLE && c->dominators->retained[c->owner] < LOOKS * (uint64_t)growth;
}

/* Whether it was most likely larger before: it is hardly more than what came while we looked,
 * some looks' worth, and the process once had so much more than now. What has grown for long
 * is much more than that, and so is what grows on: then it is a leak, however much memory
 * the program took when it started. */
static bool was_larger_before(const hf_clues *c, int64_t growth)
{
    enum { LOOKS = 16 };
    const hf_timeline *t = c->timeline;
    uint64_t peak = t->graphs[0]->info.peak, now = t->last->info.rss + t->last->info.swap;
    if (!is_one(c) || peak <= now)
        return false;
    return c->dominators->retained[c->owner] < LOOKS * (uint64_t)growth &&
           (peak - now) * 2 >= (uint64_t)growth;
}

/* For how many seconds it must have grown at this rate to be as large as it was at first, by what
 * it keeps alive; less where others have its members as well. Of a chain the head has all of it. */
static double seconds_by_bytes(const hf_case *from, const hf_clues *c, int64_t growth)
{
    if (!is_one(c) || growth <= 0)
        return 0;
    uint32_t whole = c->chain ? c->focus : c->owner;
    double before = (double)from->last->retained[whole] - (double)growth;
    return before < 0 ? 0 : before * from->seconds / (double)growth;
}

/* The same by its members, of a collection that became longer. */
static double seconds_by_length(const hf_case *from, const hf_clues *c)
{
    return (double)c->length_before * from->seconds / (double)(c->length_now - c->length_before);
}

/* Seconds that the process had run at the first look; 0: not known. */
static double age_at_first(const hf_case *from)
{
    return (double)from->timeline->graphs[0]->info.age * 1e-9;
}

/* Whether it has most likely grown like this ever since the process started, as its size says: then
 * it never was emptied, and what memory is free was left by others. Something that is emptied now
 * and then, and was not while we looked, has been filled for less than half of the time before; and
 * what holds more than could have come in that time was filled at the start, and says nothing. */
static bool has_grown_all_along(const hf_case *from, const hf_clues *c, int64_t growth)
{
    const double part = 0.75;
    double filled = seconds_by_bytes(from, c, growth), age = age_at_first(from);
    return filled >= from->seconds && filled >= part * age && filled * part <= age;
}

bool hf_is_young(const hf_case *from, const hf_clues *c, int64_t growth)
{
    enum { SHORT_LOOK = 20, LOOKS = 4, TIMES = 10, LONG_TIMES = 50 };
    bool longer = c->has_length && c->row->owners == 1 && c->length_now > c->length_before;
    if (from->seconds >= SHORT_LOOK || !(longer || c->row->trees == 1))
        return false;
    double by_bytes = seconds_by_bytes(from, c, growth);
    double by_length = longer ? seconds_by_length(from, c) : 0;
    double filled = by_bytes > by_length ? by_bytes : by_length;
    double times = filled < LOOKS * from->seconds ? TIMES : LONG_TIMES;
    return age_at_first(from) > times * (filled + from->seconds);
}

/* Bytes that the process could have had more than at the first look, without taking more than it
 * ever did. -1: not known. */
static int64_t below_its_peak(const hf_graph *g)
{
    int64_t free = hf_kept_free(g);
    uint64_t now = g->info.rss + g->info.swap;
    if (free < 0 || !g->info.peak)
        return -1;
    return free + (g->info.peak > now ? (int64_t)(g->info.peak - now) : 0);
}

/* Whether it is at the highest that it can ever have been, and far higher than it gets in a look:
 * the process had never memory for much more of it. What is emptied now and then was as
 * large as that before, and is there again for a small part of the time only. */
static bool is_at_its_highest(const hf_case *from, const hf_clues *c, int64_t growth)
{
    enum { LOOKS = 16, PART = 8 };
    const hf_dominators *d = from->last;
    uint64_t whole =
        c->row->owners > 1 ? c->row->retained : d->retained[c->chain ? c->focus : c->owner];
    int64_t more = below_its_peak(c->timeline->graphs[0]), before = (int64_t)whole - growth;
    return growth > 0 && more >= 0 && before >= LOOKS * growth && before >= PART * more;
}

/* Whether it took memory that was free already, as what is emptied now and then does. What a buffer
 * had made room for was its own. */
static bool refills(const hf_case *from, const hf_clues *c, int64_t growth)
{
    int64_t room = c->row->filled_room > 0 ? c->row->filled_room : 0;
    return hf_fits_into_freed(c->timeline, growth - mapped_bytes(c) - room) &&
           !has_grown_all_along(from, c, growth) && !is_at_its_highest(from, c, growth);
}

/* Modules of the standard library or of packages that the program imports for the first time,
 * or the names that came with them: there are no more of those than are installed. */
static bool is_first_use(const hf_clues *c)
{
    if (hf_clues_say(c, "interned"))
        return c->row->born_objects == 0; /* who uses the names has them */
    if (strcmp(c->path_text, "module sys.modules") != 0)
        return false;
    size_t codes = 0, installed = 0;
    for (size_t k = 0; k < c->row->count; k++) {
        if (hf_clues_species(c, c->born[k]) != HF_SPECIES_CODE ||
            hf_code_is_compiled(c->graph, c->born[k]))
            continue;
        if (hf_code_is_users(c->graph, c->born[k]))
            return false;
        installed += hf_code_is_installed(c->graph, c->born[k]);
        codes++;
    }
    return installed * 2 >
           codes; /* the others are of texts: methods of named tuples and data classes */
}

/* How many objects of a type of the last graph roots reached at first. */
static uint64_t held_at_first(const hf_case *from, uint32_t type)
{
    const hf_graph *first = from->timeline->graphs[0];
    uint64_t address = from->timeline->last->types[type].address;
    for (uint32_t i = 0; i < first->type_count; i++)
        if (first->types[i].address == address)
            return from->held_first[i];
    return 0;
}

/* Of the types of what was born the largest of which nobody else has as many;
 * NULL where there is none. */
static const hf_tally *type_of_its_own(const hf_case *from, const hf_clues *c)
{
    enum { MANY = 16, PART = 8 };
    for (size_t k = 0; k < c->type_count; k++) {
        const hf_tally *t = &c->types[k];
        if (t->bytes * PART < (uint64_t)c->row->born_bytes)
            break;
        if (t->objects >= MANY && t->objects * 2 >= from->held_last[t->type])
            return t;
    }
    return NULL;
}

/* Whether it only changed hands: what came to it would have to be more in the whole heap as well.
 * A running call that had in its hands, too, what the owner had before was charged with
 * the end of that. */
static bool changed_hands(const hf_case *from, const hf_clues *c, int64_t growth)
{
    if (c->replaced || c->row->born_bytes <= 0 || c->row->own_bytes * 2 > growth)
        return false;
    const hf_tally *t = c->path.held_by_c ? NULL : type_of_its_own(from, c);
    if (!t) /* and of what C code has is not counted how much there is */
        return false;
    double more = (double)from->held_last[t->type] - (double)held_at_first(from, t->type);
    double said = (double)growth / (double)c->row->born_bytes;
    return more * 2 < (said < 1 ? said : 1) * (double)t->objects;
}

/* Whether the whole heap has hardly more of such members than at first, and another collection of
 * them becomes shorter as this one becomes longer: the next stage is worked off while this one
 * fills up, until it hands on what it has. */
static bool may_be_handed_on(const hf_case *from, const hf_clues *c)
{
    if (c->member_type == UINT32_MAX || c->species[c->member_type] != HF_SPECIES_INSTANCE ||
        c->length_now <= c->length_before)
        return false; /* texts, tuples and dicts are in every collection that breathes */
    double more =
        (double)from->held_last[c->member_type] - (double)held_at_first(from, c->member_type);
    return more * 2 < (double)(c->length_now - c->length_before) && hf_is_handed_on(c);
}

/* Whether notably much of what was in a tree has gone, and nothing took its place: it is looked
 * after. */
static bool is_pruned(const hf_clues *c, const hf_tree_values *values)
{
    enum { NOTABLE = 8, STRAY = 64 };
    int64_t died = c->row->died_objects - (int64_t)values->died_objects;
    int64_t born = c->row->born_objects - (int64_t)values->born_objects;
    return died * NOTABLE > born && died * STRAY > c->row->born_objects;
}

/* Whether most of what a tree has more are values at places that had others: that ends when each
 * has been replaced, unless they become longer each time. */
static bool only_renews_values(const hf_tree_values *values, int64_t growth)
{
    return values->net * 2 > growth && values->continued_bytes * 2 < values->asked_bytes;
}

/* Whether a tree may be as large as it will be. */
static bool may_be_grown(const hf_case *from, const hf_clues *c, int64_t growth)
{
    hf_tree_values values;
    if (!c->row->trees)
        return false;
    hf_tree_values_of(c, from->first, &values);
    return is_pruned(c, &values) || only_renews_values(&values, growth);
}

/* Whether what was born is there beside what was there before: not in its place,
 * and within reach. */
static bool lasts(const hf_case *from, const hf_clues *c, int64_t growth)
{
    return growth >= from->growth.least && !is_made_up_for(from, c, growth) &&
           !is_made_anew(from, c) &&
           from->last->reach[c->owner] != HF_REACH_GARBAGE; /* nobody can add to it */
}

/* Whether it may be emptied or cut before long, as it was before or as a limit says. */
static bool may_end(const hf_case *from, const hf_clues *c, int64_t growth)
{
    return refills(from, c, growth) || hf_is_young(from, c, growth) ||
           ends_at_limit_beside(from, c) || may_be_handed_on(from, c);
}

hf_judgement hf_judge(const hf_case *from, const hf_clues *c, int64_t growth)
{
    if (!lasts(from, c, growth))
        return HF_TURNS_OVER;
    if (turns_over(c, growth) || took_the_place_of_another(from, c, growth) ||
        is_of_the_moment(c) || only_its_table_grew(c, growth))
        return HF_TURNS_OVER;
    if (may_be_emptied(c) || are_trimmed(c) || has_nothing_it_had(from, c) ||
        may_be_grown(from, c, growth) || (c->shrank && !c->has_length))
        return HF_MAY_LEVEL_OFF;
    if ((hf_fills_up_to_its_bound(c) && !hf_is_left_on(c)) || levels_off(c, growth))
        return HF_MAY_LEVEL_OFF;
    if (hf_timeline_intervals(c->timeline) >= FEW_INTERVALS &&
        growing_intervals(c) < intervals_needed(c))
        return HF_MAY_LEVEL_OFF; /* once: a table was loaded, a batch was caught half full */
    if (changed_hands(from, c, growth))
        return HF_TURNS_OVER;
    if (is_first_use(c) || only_renews_members(c, growth) || stops_as_others_did(c) ||
        is_little_beside_what_went(c, growth) || is_little_beneath(c, growth) ||
        was_larger_before(c, growth) || may_end(from, c, growth))
        return HF_MAY_LEVEL_OFF;
    return HF_GROWS;
}
