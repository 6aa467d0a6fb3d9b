#include "analyse/shape.h"

#include "base/huge.h"
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 8, NESTED = 12, HOLDERS_LOOKED_AT = 16, EDGES_LOOKED_AT = 512 };

static uint64_t mix(uint64_t hash, uint64_t more)
{
    hash ^= more + 0x9e3779b97f4a7c15ull + (hash << 6) + (hash >> 2);
    return hash * 0xff51afd7ed558ccdull;
}

uint64_t *hf_shape_edges(const hf_graph *g, const hf_dominators *d)
{
    uint64_t *edge_to = hf_large_malloc((uint64_t)g->object_count + 1, sizeof(*edge_to));
    if (!edge_to)
        return NULL;
    memset(edge_to, 0xff, ((size_t)g->object_count + 1) * sizeof(*edge_to));
    for (uint32_t i = 0; i < g->object_count; i++) {
        for (uint64_t e = g->edge_start[i]; e < g->edge_start[i + 1]; e++) {
            uint32_t target = g->edge_target[e];
            if (d->parent[target] == i && edge_to[target] == HF_NO_EDGE && hf_graph_holds(g, e))
                edge_to[target] = e;
        }
    }
    return edge_to;
}

static bool is_name_of_namespace(const char *label)
{
    return strncmp(label, "__dict__", 8) == 0 || strcmp(label, "__globals__") == 0;
}

bool hf_shape_is_namespace(const hf_graph *g, uint32_t dict)
{
    if (!g->source_start)
        return false;
    uint64_t end = g->source_start[dict + 1], start = g->source_start[dict];
    if (end - start > HOLDERS_LOOKED_AT)
        end = start + HOLDERS_LOOKED_AT;
    for (uint64_t s = start; s < end; s++) {
        uint32_t holder = g->source[s];
        uint64_t stop = g->edge_start[holder + 1];
        if (stop - g->edge_start[holder] > EDGES_LOOKED_AT)
            stop = g->edge_start[holder] + EDGES_LOOKED_AT;
        for (uint64_t e = g->edge_start[holder]; e < stop; e++)
            if (g->edge_target[e] == dict && hf_graph_kind(g, e) == HF_EDGE_FIELD &&
                is_name_of_namespace(hf_strtab_get(&g->names, g->edge_label[e])))
                return true;
    }
    return false;
}

bool hf_shape_is_entry_of(const hf_graph *g, uint64_t edge, bool namespace)
{
    hf_edge_kind kind = hf_graph_kind(g, edge);
    return kind == HF_EDGE_INDEX || kind == HF_EDGE_MEMBER || kind == HF_EDGE_KEY ||
           (kind == HF_EDGE_VALUE && !namespace);
}

bool hf_shape_is_entry(const hf_graph *g, uint32_t holder, uint64_t edge)
{
    bool of_value = hf_graph_kind(g, edge) == HF_EDGE_VALUE; /* only then is it worth asking */
    return hf_shape_is_entry_of(g, edge, of_value && hf_shape_is_namespace(g, holder));
}

bool hf_shape_is_record(const hf_graph *g, uint32_t object)
{
    enum { FEW = 8, TYPE_TUPLE = 1 << 26 }; /* Py_TPFLAGS_TUPLE_SUBCLASS */
    if (hf_graph_is(g, object, "tuple"))
        return hf_graph_length(g, object) <= FEW;
    return (g->types[g->type[object]].flags & TYPE_TUPLE) != 0;
}

/* Modules have nothing to do with each other, although one dict holds them all. */
static bool is_module(const hf_graph *g, uint32_t object)
{
    return hf_graph_is(g, object, "module");
}

/* Goes up at most `collections` of them. */
static uint64_t shape(const hf_graph *g, const hf_dominators *d, const uint64_t *edge_to,
                      uint32_t object, int collections, uint32_t *ret_collection)
{
    *ret_collection = HF_NO_OBJECT;
    uint64_t hash = mix(0, g->types[g->type[object]].address);
    uint64_t found = mix(hash, (uint64_t)object + 1);
    for (int level = 0; level < LEVELS && collections > 0; level++) {
        uint32_t parent = d->parent[object];
        uint64_t e = edge_to[object];
        if (parent >= g->object_count || e == HF_NO_EDGE || is_module(g, object))
            break;
        hf_edge_kind kind = hf_graph_kind(g, e);
        hash = mix(hash, kind);
        if (hf_shape_is_entry(g, parent, e)) {
            *ret_collection = parent;
            if (hf_shape_is_record(g, parent))
                hash = mix(hash, g->edge_label[e]);
            found = mix(hash, (uint64_t)parent + 1);
            collections--;
            level = 0;
        } else if (kind == HF_EDGE_VALUE) {
            hash = mix(hash, g->edge_target[e - 1]);
        } else {
            hash = mix(hash, g->edge_label[e]);
        }
        object = parent;
        hash = mix(hash, g->types[g->type[object]].address);
    }
    return found;
}

uint64_t hf_shape_of(const hf_graph *g, const hf_dominators *d, const uint64_t *edge_to,
                     uint32_t object, uint32_t *ret_collection)
{
    return shape(g, d, edge_to, object, 1, ret_collection);
}

uint64_t hf_shape_below_all(const hf_graph *g, const hf_dominators *d, const uint64_t *edge_to,
                            uint32_t object, uint32_t *ret_collection)
{
    return shape(g, d, edge_to, object, NESTED, ret_collection);
}

/* The first list, dict, set or deque among those that refer to the object; HF_NO_OBJECT: none. */
static uint32_t collection_with(const hf_graph *g, uint32_t object)
{
    uint64_t end = g->source_start[object + 1], start = g->source_start[object];
    if (end - start > HOLDERS_LOOKED_AT)
        end = start + HOLDERS_LOOKED_AT;
    for (uint64_t s = start; s < end; s++) {
        uint32_t holder = g->source[s];
        if (hf_graph_is(g, holder, "list") || hf_graph_is(g, holder, "set") ||
            hf_graph_is(g, holder, "collections.deque") ||
            (hf_graph_is(g, holder, "dict") && !hf_shape_is_namespace(g, holder)))
            return holder;
    }
    return HF_NO_OBJECT;
}

uint64_t hf_shape_of_local(const hf_graph *g, const hf_dominators *d, const uint64_t *edge_to,
                           uint32_t object, uint32_t *ret_collection)
{
    *ret_collection = HF_NO_OBJECT;
    uint64_t hash = mix(0, g->types[g->type[object]].address);
    bool local = false;
    for (int level = 0; level < LEVELS; level++) {
        uint32_t parent = d->parent[object];
        uint64_t e = edge_to[object];
        if (parent >= g->object_count || e == HF_NO_EDGE)
            break;
        local = local || hf_graph_kind(g, e) == HF_EDGE_LOCAL;
        hash = mix(mix(hash, hf_graph_kind(g, e)), g->edge_label[e]);
        object = parent;
        hash = mix(hash, g->types[g->type[object]].address);
    }
    if (local && g->source_start)
        *ret_collection = collection_with(g, object);
    return mix(hash, (uint64_t)*ret_collection + 1);
}

uint64_t hf_shape_of_entry(const hf_graph *g, uint32_t object, uint32_t collection)
{
    return mix(mix(0, g->types[g->type[object]].address), (uint64_t)collection + 1);
}
