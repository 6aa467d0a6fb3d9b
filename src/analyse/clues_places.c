/* Collections that longer ones take the place of, again and again: `log = log + [line]`. */
#include "analyse/clues.h"

#include "analyse/code_uses.h"
#include "analyse/turnover.h"

#include <string.h>

enum { DEEPEST = 4 }; /* copies within copies */

/* An object, and what was in its place at first. */
typedef struct place {
    uint32_t now, then;
} place;

static bool is_sequence(hf_species species)
{
    return species == HF_SPECIES_LIST || species == HF_SPECIES_TUPLE;
}

static bool is_collection(hf_species species)
{
    return hf_species_is_collection(species) || species == HF_SPECIES_LRU;
}

static bool are_of_one_type(const hf_clues *c, const place *p)
{
    const hf_graph *first = c->timeline->graphs[0], *last = c->graph;
    return first->types[first->type[p->then]].address == last->types[last->type[p->now]].address;
}

static uint64_t length_then(const hf_clues *c, const place *p)
{
    return p->then == HF_NO_OBJECT ? 0 : hf_graph_length(c->timeline->graphs[0], p->then);
}

/* Whether it can only have grown by what one of its members has: it is an instance, or a dict
 * with as many entries as at first. */
static bool has_as_many(const hf_clues *c, const place *p)
{
    hf_species species = hf_clues_species(c, p->now);
    return species == HF_SPECIES_INSTANCE ||
           (species == HF_SPECIES_DICT && hf_graph_length(c->graph, p->now) == length_then(c, p));
}

/* Goes on to the newborn member with most of what came, by the name by which another one of its
 * type was there at first. */
static bool step_inside(const hf_clues *c, place *p)
{
    const hf_graph *g = c->graph;
    for (uint64_t e = g->edge_start[p->now]; e < g->edge_start[p->now + 1]; e++) {
        uint32_t target = g->edge_target[e];
        if (hf_timeline_is_old(c->timeline, target) || !hf_graph_holds(g, e) ||
            hf_graph_kind(g, e) == HF_EDGE_KEY ||
            c->dominators->retained[target] * 2 < (uint64_t)c->row->born_bytes)
            continue;
        place inside = {target, hf_timeline_by_name(c->timeline, 0, p->then, e)};
        if (inside.then == HF_NO_OBJECT || !are_of_one_type(c, &inside))
            return false;
        *p = inside;
        return true;
    }
    return false;
}

/* The sequence, or within a copy the dict, that a longer one took the place of, within what there
 * is one of; `now` becomes HF_NO_OBJECT where that is not found. */
static place longer_sequence(const hf_clues *c, place p)
{
    place none = {HF_NO_OBJECT, HF_NO_OBJECT};
    for (int depth = 0; p.then != HF_NO_OBJECT; depth++) {
        if (is_sequence(hf_clues_species(c, p.now)))
            return hf_graph_length(c->graph, p.now) > length_then(c, &p) ? p : none;
        if (depth > 0 && hf_clues_species(c, p.now) == HF_SPECIES_DICT &&
            hf_graph_length(c->graph, p.now) > length_then(c, &p))
            return p;
        if (depth == DEEPEST || !has_as_many(c, &p) || !step_inside(c, &p))
            break;
    }
    return none;
}

static hf_err *enter(hf_clues *c, const hf_path_tree *paths, const place *p)
{
    const hf_timeline *t = c->timeline;
    double kept = c->kept_in_place;
    hf_species species = hf_clues_species(c, p->now);
    c->renewed = is_sequence(species) && p->then != HF_NO_OBJECT;
    if (p->now != c->focus || species == HF_SPECIES_TUPLE)
        kept = hf_turnover_kept(t->graphs[0], p->then, c->graph, p->now);
    if (kept < 0)
        return hf_fail_memory();
    if (p->now != c->focus) {
        hf_code_adder(c); /* who gives the whole its place is known by the name of that */
        hf_err *err = hf_clues_lead_to(c, paths, p->now);
        if (err)
            return err;
    }
    c->owner = p->now;
    c->owner_species = species;
    c->has_length = true;
    c->length_now = hf_graph_length(c->graph, c->owner);
    c->length_before = length_then(c, p);
    c->kept = kept;
    c->added = (double)c->length_now - kept * (double)c->length_before;
    c->direct = c->dead_weakrefs = 0;
    memset(c->direct_of, 0, sizeof(c->direct_of));
    return hf_clues_look_at_members(c, NULL, 0);
}

hf_err *hf_clues_enter_place(hf_clues *c, const hf_path_tree *paths)
{
    if (c->chain || c->replaced || c->row->owners > 1)
        return NULL;
    place p = {c->owner, c->timeline->was[0][c->owner]};
    uint64_t edge = c->focus != c->owner ? hf_clues_edge_to_focus(c) : UINT64_MAX;
    if (edge != UINT64_MAX)
        p = (place){c->focus, hf_timeline_at_place(c->timeline, 0, c->owner, edge)};
    else if (c->focus != c->owner)
        return NULL;
    place sequence = p.now == c->owner && is_sequence(c->owner_species)
                         ? (place){HF_NO_OBJECT, HF_NO_OBJECT}
                         : longer_sequence(c, p);
    if (sequence.now != HF_NO_OBJECT)
        return enter(c, paths, &sequence);
    bool collection = edge != UINT64_MAX && is_collection(hf_clues_species(c, c->focus));
    return collection ? enter(c, paths, &p) : NULL;
}
