#include "analyse/companions.h"

#include <stdlib.h>

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

/* Weak references keep nothing alive. A container whose new ones name living objects that another
 * candidate holds is emptied by their end. */
static bool names_what_others_hold(const hf_candidates *all, const hf_candidate *candidate)
{
    const hf_clues *c = &candidate->clues;
    uint64_t references = c->direct_of[HF_SPECIES_WEAKREF], elsewhere = 0;
    if (references == 0 || references * 2 < c->direct)
        return false;
    const hf_graph *g = c->graph;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1]; e++) {
        uint32_t target = g->edge_target[e];
        uint32_t object =
            hf_timeline_is_old(c->timeline, target) ? HF_NO_OBJECT : hf_clues_referent(c, target);
        const hf_candidate *holder = object == HF_NO_OBJECT ? NULL : holder_of(all, object);
        elsewhere += holder && holder != candidate && !holder->follows;
    }
    return elsewhere * 2 > references;
}

void hf_candidates_find_companions(hf_candidates *c)
{
    for (size_t k = 0; k < c->count; k++)
        c->rows[k].follows = names_what_others_hold(c, &c->rows[k]);
}
