#include "analyse/bulk.h"

#include "analyse/attributes.h"
#include "analyse/library_owner.h"
#include "base/cleanup.h"

#include <string.h>

enum { MEMBERS_ASKED = 256, ATTRIBUTES = 8, WORTH_NAMING = 1024 };

typedef struct bulk {
    struct {
        char name[64];
        uint64_t bytes, members;
    } of[ATTRIBUTES];
    size_t count;
    uint64_t bytes; /* of all members asked, with what hangs on them */
} bulk;

static void note(bulk *b, const char *name, uint64_t bytes)
{
    size_t k = 0;
    while (k < b->count && strcmp(b->of[k].name, name) != 0)
        k++;
    if (k == ATTRIBUTES || strlen(name) >= sizeof(b->of[k].name))
        return;
    if (k == b->count)
        memcpy(b->of[b->count++].name, name, strlen(name) + 1);
    b->of[k].bytes += bytes;
    b->of[k].members++;
}

static bool is_plain(const hf_clues *c, uint32_t object)
{
    hf_species species = hf_clues_species(c, object);
    return species == HF_SPECIES_STR || species == HF_SPECIES_BYTES || species == HF_SPECIES_BUFFER;
}

/* Texts and buffers that the source, a member or the dict of one, alone has by a name. */
static void note_attributes(const hf_clues *c, uint32_t source, bulk *b)
{
    hf_graph *g = c->graph;
    for (uint64_t e = g->edge_start[source]; e < g->edge_start[source + 1]; e++) {
        uint32_t value = g->edge_target[e];
        HF_AUTO(hf_buf_deinit) hf_buf name = {0};
        uint64_t bytes = c->dominators->retained[value];
        if (bytes >= WORTH_NAMING && is_plain(c, value) && hf_graph_holds(g, e) &&
            c->dominators->parent[value] == source && hf_clues_edge_name(g, source, e, &name))
            note(b, hf_buf_string(&name), bytes);
    }
}

void hf_say_bulk(const hf_clues *c, hf_buf *out)
{
    hf_graph *g = c->graph;
    bulk b = {0};
    size_t asked = 0;
    bool collection = c->has_length && c->member_type != UINT32_MAX &&
                      c->species[c->member_type] == HF_SPECIES_INSTANCE;
    uint64_t end = collection ? g->edge_start[c->owner + 1] : 0;
    for (uint64_t e = g->edge_start[c->owner]; e < end && asked < MEMBERS_ASKED; e++) {
        uint32_t member = g->edge_target[e], dict = hf_attribute_dict(g, member);
        if (g->type[member] != c->member_type || hf_timeline_is_old(c->timeline, member))
            continue;
        asked++;
        b.bytes += c->dominators->retained[member];
        note_attributes(c, member, &b);
        if (dict != HF_NO_OBJECT)
            note_attributes(c, dict, &b);
    }
    for (size_t k = 0; k < b.count; k++)
        if (b.of[k].bytes * 4 >= b.bytes * 3 && b.of[k].members * 4 >= asked * 3)
            hf_buf_format(out, " Nearly all of it is %s of each %s%s", b.of[k].name,
                          hf_graph_type_title(g, c->member_type),
                          hf_is_of_library(c, c->member_type)
                              ? "." /* which may not do without it */
                              : ": where that is not needed any more, drop it before the rest is "
                                "kept.");
}
