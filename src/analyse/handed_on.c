#include "analyse/handed_on.h"

/* Whether most of the first members are of that type of the last snapshot. */
static bool has_such_members(const hf_graph *g, uint32_t object, uint64_t type_address)
{
    enum { ASKED = 64 };
    uint64_t asked = 0, such = 0;
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1] && asked < ASKED; e++) {
        if (hf_graph_kind(g, e) == HF_EDGE_KEY || hf_graph_kind(g, e) == HF_EDGE_FIELD)
            continue;
        asked++;
        such += g->types[g->type[g->edge_target[e]]].address == type_address;
    }
    return such * 2 > asked;
}

/* Of what was worked off to the end the first snapshot tells what it was. */
static bool gave(const hf_clues *c, uint32_t other)
{
    const hf_timeline *t = c->timeline;
    uint64_t before = hf_timeline_length(t, 0, other), gain = c->length_now - c->length_before;
    if (other == c->owner || before * 2 < gain || before <= hf_graph_length(c->graph, other))
        return false;
    for (size_t k = 1; k < t->count; k++) {
        uint64_t longer = hf_timeline_length(t, k, c->owner);
        uint64_t now = hf_timeline_length(t, k, other), less = now < before ? before - now : 0;
        uint64_t more = longer > c->length_before ? longer - c->length_before : 0;
        if (less * 2 < more || less > more * 2) /* one goes for one that comes */
            return false;
    }
    return has_such_members(t->graphs[0], t->was[0][other],
                            c->graph->types[c->member_type].address);
}

bool hf_is_handed_on(const hf_clues *c)
{
    const hf_timeline *t = c->timeline;
    if (!c->has_length || c->row->owners > 1 || !hf_timeline_is_old(t, c->owner))
        return false;
    for (uint32_t i = 0; i < c->graph->object_count; i++)
        if (hf_timeline_is_old(t, i) && hf_species_is_collection(hf_clues_species(c, i)) &&
            gave(c, i))
            return true;
    return false;
}
