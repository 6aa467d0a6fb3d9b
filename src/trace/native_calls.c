/* trace/native_calls.c - see trace/native_calls.h. */
#include "trace/native_calls.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "trace/format.h"

#include <stdlib.h>

typedef struct rebuilding {
    const hf_capture *capture;
    const hf_native_call *calls;
    const hf_native_chain *chains;
    bool outermost; /* only these */
    hf_map frames;  /* kind, code and line: their number */
    hf_map places;  /* parent and frame: the new node */
    hf_node *nodes;
    hf_counts *counts;
    uint32_t *became; /* of each old node the new one */
    size_t count, node_room, count_room;
} rebuilding;

static void free_rebuilding(rebuilding *r)
{
    hf_map_deinit(&r->frames);
    hf_map_deinit(&r->places);
    free(r->nodes);
    free(r->counts);
    free(r->became);
}

/* How many nodes there can be at most. */
static size_t most_nodes(const rebuilding *r)
{
    size_t most = 0;
    for (size_t i = 0; i < r->capture->node_count; i++) {
        bool call = r->capture->nodes[i].kind == HF_NODE_FUNCTION;
        most += call && !r->outermost ? r->chains[i].count : 1;
    }
    return most;
}

static bool make_room(rebuilding *r)
{
    return hf_array_room(&r->nodes, r->count, &r->node_room) &&
           hf_array_room(&r->counts, r->count, &r->count_room);
}

/* The place of a call below its parent, new or old; HF_NODE_NONE without memory. A process
 * is always new. */
static uint32_t place_of(rebuilding *r, const hf_node *n)
{
    bool root = n->kind == HF_NODE_PROCESS;
    uint64_t key = (uint64_t)n->kind << 60 | (uint64_t)n->code << 32 | n->line;
    uint32_t frame = hf_map_get(&r->frames, key);
    if (frame == HF_MAP_NONE && !hf_map_put(&r->frames, key, frame = (uint32_t)r->frames.count))
        return HF_NODE_NONE;
    key = (uint64_t)n->parent << 32 | frame;
    uint32_t found = root ? HF_MAP_NONE : hf_map_get(&r->places, key);
    if (found != HF_MAP_NONE)
        return found;
    found = (uint32_t)r->count;
    if (!make_room(r) || (!root && !hf_map_put(&r->places, key, found)))
        return HF_NODE_NONE;
    r->counts[r->count] = (hf_counts){0};
    r->nodes[r->count++] = *n;
    return found;
}

static uint32_t rebuild_node(rebuilding *r, uint32_t old)
{
    hf_node n = r->capture->nodes[old];
    if (n.parent != HF_NODE_NONE)
        n.parent = r->became[n.parent];
    if (n.kind != HF_NODE_FUNCTION)
        return place_of(r, &n);
    const hf_native_chain *chain = &r->chains[old];
    uint32_t count = r->outermost ? 1 : chain->count;
    for (uint32_t i = 0; i < count && n.parent != HF_NODE_NONE; i++) {
        n.code = r->calls[chain->first + i].code;
        n.line = r->calls[chain->first + i].line;
        n.parent = place_of(r, &n);
    }
    return n.parent;
}

static int by_node(const void *a, const void *b)
{
    const hf_change *x = a, *y = b;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* The changes of an interval, by their new nodes: ascending, and each once. `to`: how many
 * there are before. */
static size_t move_changes(hf_capture *c, const uint32_t *became, hf_interval *interval, size_t to)
{
    hf_change *changes = c->changes + interval->first_change;
    size_t first = to;
    for (size_t i = 0; i < interval->change_count; i++)
        changes[i].node = became[changes[i].node];
    if (interval->change_count)
        qsort(changes, interval->change_count, sizeof(*changes), by_node);
    for (size_t i = 0; i < interval->change_count; i++) {
        hf_change *last = to > first ? &c->changes[to - 1] : NULL;
        if (!last || last->node != changes[i].node) {
            c->changes[to++] = changes[i];
            continue;
        }
        last->bytes += changes[i].bytes;
        last->blocks += changes[i].blocks;
    }
    interval->first_change = first;
    interval->change_count = to - first;
    return to;
}

hf_err *hf_capture_put_native_calls(hf_capture *c, const hf_native_call *calls,
                                    const hf_native_chain *chains)
{
    rebuilding r HF_AUTO(free_rebuilding) = {.capture = c, .calls = calls, .chains = chains};
    r.outermost = most_nodes(&r) > HF_TRACE_ROWS_MAX;
    r.became = malloc((c->node_count + 1) * sizeof(*r.became));
    if (!r.became || !make_room(&r))
        return hf_fail_memory();
    for (uint32_t i = 0; i < c->node_count; i++) {
        r.became[i] = rebuild_node(&r, i);
        if (r.became[i] == HF_NODE_NONE)
            return hf_fail_memory();
        hf_counts_add(&r.counts[r.became[i]], &c->counts[i]);
    }
    for (size_t i = 0; i < c->process_count; i++)
        c->processes[i].root = r.became[c->processes[i].root];
    size_t changes = 0;
    for (size_t i = 0; i < c->interval_count; i++)
        changes = move_changes(c, r.became, &c->intervals[i], changes);
    c->change_count = changes;
    free(c->nodes);
    free(c->counts);
    c->nodes = hf_take(r.nodes);
    c->counts = hf_take(r.counts);
    c->node_count = r.count;
    return NULL;
}
