/* Exceptions and what they pin: tracebacks, frames, locals, each other. */
#include "analyse/attributes.h"
#include "analyse/patterns.h"

#include <string.h>

static uint64_t linked_exceptions(const hf_clues *c)
{
    const hf_graph *g = c->graph;
    uint64_t linked = 0;
    for (size_t k = 0; k < c->row->count; k++) {
        uint32_t object = c->born[k];
        if (hf_clues_species(c, object) != HF_SPECIES_EXCEPTION)
            continue;
        for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
            if (hf_clues_species(c, g->edge_target[e]) != HF_SPECIES_EXCEPTION ||
                hf_graph_kind(g, e) != HF_EDGE_FIELD)
                continue;
            const char *label = hf_strtab_get(&g->names, g->edge_label[e]);
            linked += strcmp(label, "__cause__") == 0 || strcmp(label, "__context__") == 0;
        }
    }
    return linked;
}

static double exception_chain(const hf_clues *c)
{
    uint64_t exceptions = c->objects_of[HF_SPECIES_EXCEPTION];
    uint64_t in_hand = c->direct_of[HF_SPECIES_EXCEPTION];
    if (exceptions < 4 || in_hand * 4 > exceptions)
        return 0;
    return linked_exceptions(c) * 3 > exceptions ? 0.97 : 0;
}

static bool is_group(const hf_clues *c, uint32_t object)
{
    const char *title = hf_graph_type_name(c->graph, object);
    return hf_clues_species(c, object) == HF_SPECIES_EXCEPTION &&
           (strcmp(title, "ExceptionGroup") == 0 || strcmp(title, "BaseExceptionGroup") == 0 ||
            hf_type_has(c->graph, c->graph->type[object], "subgroup"));
}

/* Each group has the one before it among its exceptions, in a tuple or a list. */
static double nested_groups(const hf_clues *c)
{
    enum { FEWEST = 4, STEPS = 3 };
    const hf_dominators *d = c->dominators;
    uint64_t groups = 0, nested = 0;
    for (size_t k = 0; k < c->row->count; k++) {
        if (!is_group(c, c->born[k]))
            continue;
        uint32_t up = d->parent[c->born[k]];
        groups++;
        for (int step = 1; step < STEPS && up < d->count && !is_group(c, up); step++)
            up = d->parent[up];
        nested += up < d->count && is_group(c, up);
    }
    return groups >= FEWEST && nested * 4 >= groups * 3 ? 0.975 : 0;
}

static double tracebacks(const hf_clues *c)
{
    uint64_t tracebacks = c->objects_of[HF_SPECIES_TRACEBACK];
    uint64_t frames = c->objects_of[HF_SPECIES_FRAME];
    if (tracebacks < 2 || frames == 0)
        return 0;
    if (c->direct == 0 || c->owner_species == HF_SPECIES_EXCEPTION ||
        c->owner_species == HF_SPECIES_TRACEBACK || c->owner_species == HF_SPECIES_FRAME)
        return 0.95;
    return tracebacks * 2 >= c->direct ? 0.95 : tracebacks * 5 >= c->direct ? 0.7 : 0;
}

static double kept_exceptions(const hf_clues *c)
{
    return hf_clues_member_share(c, HF_SPECIES_EXCEPTION) > 0.5 ? 0.7 : 0;
}

const hf_pattern hf_patterns_errors[] = {
    {"exception-chain", exception_chain, "each exception holds the one before it",
     "Do not raise from a stored exception: keep its text in {name}, or set __cause__ and "
     "__context__ to None before you store it."},
    {"exception-chain", nested_groups, "each group of exceptions has the one before it in it",
     "Put no group that was kept into a new one: keep the last errors and a count in {path}, or "
     "their texts (str(error)); with_traceback(None) lets go of none of them."},
    {"traceback-retention", tracebacks,
     "the tracebacks pin their frames and with them every local variable",
     "{untrace} Its __cause__ and __context__ have tracebacks of their own."},
    {"traceback-retention", kept_exceptions, "stored exceptions",
     "Keep the text of the error in {path}, not the exception."},
    {NULL}};
