#include "analyse/private_objects.h"

#include <stdlib.h>
#include <string.h>

typedef struct spread {
    const hf_graph *g;
    uint32_t *owner;
    uint32_t *pending; /* objects whose owner has changed: each at most twice */
    size_t count;
} spread;

/* Shared stays shared; what has another owner becomes shared. */
static void reach(spread *s, uint32_t object, uint32_t owner)
{
    uint32_t now = s->owner[object];
    if (now == HF_OWNER_SHARED || now == owner)
        return;
    s->owner[object] = now == HF_OWNER_NOBODY ? owner : HF_OWNER_SHARED;
    s->pending[s->count++] = object;
}

static void settle(spread *s)
{
    const hf_graph *g = s->g;
    while (s->count) {
        uint32_t object = s->pending[--s->count];
        for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
            if (hf_graph_holds(g, e))
                reach(s, g->edge_target[e], s->owner[object]);
    }
}

static bool is_of_thread(const hf_graph *g, const hf_root *root)
{
    return (root->kind == HF_ROOT_LOCAL || root->kind == HF_ROOT_THREAD) &&
           root->thread < g->thread_count;
}

/* A word in the data of a binary may be what is left of an object that was there before, as in
 * the lists of free objects before 3.12: it counts only where a reference is not accounted for.
 * Up to 3.10 the locals of a running call are edges of its frame, and from then on references
 * of the call. */
static bool owns(const spread *s, const hf_root *root, const uint32_t *of_calls)
{
    const hf_graph *g = s->g;
    uint32_t o = root->target;
    if (root->kind != HF_ROOT_C_STATIC || hf_graph_refcount(g, o) < 0)
        return true;
    uint64_t found = g->source_start[o + 1] - g->source_start[o];
    found += g->info.python.version_hex >= 0x030b0000 ? of_calls[o] : 0;
    return (uint64_t)hf_graph_refcount(g, o) > found;
}

static bool share_others(spread *s, const hf_dominators *d)
{
    const hf_graph *g = s->g;
    uint32_t *of_calls = calloc((size_t)g->object_count + 1, sizeof(*of_calls));
    for (uint32_t i = 0; of_calls && i < g->root_count; i++)
        of_calls[g->roots[i].target] += is_of_thread(g, &g->roots[i]);
    for (uint32_t i = 0; of_calls && i < g->root_count; i++)
        if (!is_of_thread(g, &g->roots[i]) && owns(s, &g->roots[i], of_calls))
            reach(s, g->roots[i].target, HF_OWNER_SHARED);
    for (uint32_t i = 0; i < g->object_count; i++)
        if (d->reach[i] == HF_REACH_C)
            reach(s, i, HF_OWNER_SHARED);
    bool enough = of_calls != NULL;
    free(of_calls);
    return enough;
}

bool hf_private_objects(const hf_graph *g, const hf_dominators *d, uint32_t **ret_owner)
{
    size_t count = g->object_count;
    spread s = {.g = g,
                .owner = malloc((count + 1) * sizeof(*s.owner)),
                .pending = malloc((2 * count + 1) * sizeof(*s.pending))};
    if (!s.owner || !s.pending) {
        free(s.owner);
        free(s.pending);
        return false;
    }
    memset(s.owner, 0xff, (count + 1) * sizeof(*s.owner));
    if (!share_others(&s, d)) {
        free(s.owner);
        free(s.pending);
        return false;
    }
    settle(&s);
    for (uint32_t i = 0; i < g->root_count; i++)
        if (is_of_thread(g, &g->roots[i]))
            reach(&s, g->roots[i].target, g->roots[i].thread);
    settle(&s);
    free(s.pending);
    *ret_owner = s.owner;
    return true;
}
