#include "analyse/native_members.h"

#include "base/cleanup.h"
#include "base/map.h"

#include <string.h>

static const hf_native_kind kinds[] = {
    {"lxml.etree._Document", "parser-tree-retention",
     "Take out the text that you need (str(element.text), findtext()) and drop the elements: each "
     "keeps its whole "
     "document."},
    {"google._upb._message.Arena", "native-held",
     "Drop these messages when they are no longer used; of a large message keep copies of parts "
     "(kept.CopyFrom(part)): each part keeps the memory of the whole."},
    {NULL, "native-held",
     "Drop or close these objects when they are no longer used: each looks tiny and owns native "
     "memory."},
};

const hf_native_kind *hf_native_kind_of(hf_graph *g, uint32_t type)
{
    const hf_native_kind *kind = kinds;
    while (kind->type && strcmp(kind->type, hf_graph_type_title(g, type)) != 0)
        kind++;
    return kind;
}

/* The type of most of what a collection has; UINT32_MAX of other objects. */
static uint32_t type_of_members(const hf_case *c, uint32_t holder)
{
    const hf_graph *g = c->timeline->last;
    uint8_t species = c->species[g->type[holder]];
    uint32_t best = UINT32_MAX, most = 0;
    HF_AUTO(hf_map_deinit) hf_map count_of;
    hf_map_init(&count_of);
    if (!hf_species_is_collection(species))
        return best;
    for (uint64_t e = g->edge_start[holder]; e < g->edge_start[holder + 1]; e++) {
        if (hf_graph_kind(g, e) == HF_EDGE_KEY || !hf_graph_holds(g, e))
            continue;
        uint32_t type = g->type[g->edge_target[e]], count = hf_map_increment(&count_of, type);
        if (!count)
            break; /* no memory: what was counted so far tells enough */
        if (count > most) {
            most = count;
            best = type;
        }
    }
    return best;
}

/* A member that is no plain container says more than what it has inside. */
static bool says_something(const hf_case *c, uint32_t type)
{
    return type != UINT32_MAX &&
           (c->species[type] > HF_SPECIES_DEQUE || c->species[type] <= HF_SPECIES_INSTANCE);
}

static bool owns_memory(const hf_case *c, uint32_t type)
{
    return c->species[type] == HF_SPECIES_NATIVE || c->species[type] == HF_SPECIES_DATABASE;
}

void hf_native_say_type(const hf_case *c, uint32_t holder, uint32_t type, hf_buf *out)
{
    hf_graph *g = c->timeline->last;
    uint32_t member = type_of_members(c, holder);
    const char *of = hf_graph_type_name(g, holder);
    if (!says_something(c, member) || member == type)
        hf_buf_format(out, "%s of %s (native memory)", of, hf_graph_type_title(g, type));
    else if (owns_memory(c, member)) /* what it has inside is a part of it */
        hf_buf_format(out, "%s of %s (native memory)", of, hf_graph_type_title(g, member));
    else
        hf_buf_format(out, "%s of %s with %s (native memory)", of, hf_graph_type_title(g, member),
                      hf_graph_type_title(g, type));
}
