#include "analyse/buffer_home.h"

#include "analyse/shape.h"

enum { HOLDERS_LOOKED_AT = 16 };

void hf_buffer_homes_init(hf_buffer_homes *h, const hf_timeline *t, const uint8_t *kinds)
{
    *h = (hf_buffer_homes){.timeline = t, .kinds = kinds};
    hf_map_init(&h->seen);
    hf_map_init(&h->home);
}

void hf_buffer_homes_deinit(hf_buffer_homes *h)
{
    hf_map_deinit(&h->seen);
    hf_map_deinit(&h->home);
}

static bool is_buffer(const hf_buffer_homes *h, uint32_t object)
{
    return h->kinds[h->timeline->last->type[object]] != 0;
}

/* Notes all buffers that the collection has as entries: each is gone through, and asked whether it
 * is a namespace, once, however many it has. */
static bool go_through(hf_buffer_homes *h, uint32_t collection)
{
    const hf_graph *g = h->timeline->last;
    if (hf_map_get(&h->seen, collection) != HF_MAP_NONE)
        return true;
    if (!hf_map_put(&h->seen, collection, 1))
        return false;
    bool of_names = hf_shape_is_namespace(g, collection);
    for (uint64_t e = g->edge_start[collection]; e < g->edge_start[collection + 1]; e++) {
        uint32_t target = g->edge_target[e];
        if (!is_buffer(h, target) || !hf_graph_holds(g, e) ||
            hf_map_get(&h->home, target) != HF_MAP_NONE || !hf_shape_is_entry_of(g, e, of_names))
            continue;
        if (!hf_map_put(&h->home, target, collection))
            return false;
    }
    return true;
}

bool hf_buffer_home(hf_buffer_homes *h, uint32_t object, uint32_t *ret)
{
    const hf_graph *g = h->timeline->last;
    *ret = HF_NO_OBJECT;
    if (!is_buffer(h, object))
        return true;
    uint64_t s = g->source_start[object], end = g->source_start[object + 1];
    end = end - s < HOLDERS_LOOKED_AT ? end : s + HOLDERS_LOOKED_AT;
    for (; s < end && hf_map_get(&h->home, object) == HF_MAP_NONE; s++)
        if (hf_timeline_is_old(h->timeline, g->source[s]) && !go_through(h, g->source[s]))
            return false;
    uint32_t home = hf_map_get(&h->home, object);
    *ret = home == HF_MAP_NONE ? HF_NO_OBJECT : home;
    return true;
}
