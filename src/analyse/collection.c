#include "analyse/collection.h"

#include "analyse/attributes.h"
#include "analyse/code_uses.h"

#include <stdlib.h>
#include <string.h>

/* Work of one prediction, by object. */
typedef struct counts {
    const hf_graph *g;
    int64_t *left;   /* references not accounted for yet; INT64_MAX: not counted */
    uint32_t *queue; /* objects found alive, or found dead */
    uint8_t *fate;
} counts;

/* Free-threaded builds stop to track tuples and dicts that can be in no cycle before they count
 * anything (Python/gc_free_threading.c, update_refs()); others do so with those that live. */
static bool is_let_go(const hf_graph *g, uint32_t object)
{
    const char *title = hf_graph_type_name(g, object);
    if (!g->info.python.free_threaded || (strcmp(title, "tuple") && strcmp(title, "dict")))
        return false;
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
        uint32_t item = g->edge_target[e];
        bool tracked = g->flags[item] & HF_OBJECT_TRACKED;
        bool may_be = g->types[g->type[item]].flags & HF_TYPE_HAS_GC &&
                      (tracked || !hf_graph_is(g, item, "tuple"));
        if (hf_graph_kind(g, e) != HF_EDGE_FIELD && may_be)
            return false;
    }
    return true;
}

/* On a list that is collected. */
static bool is_candidate(const hf_graph *g, uint32_t object)
{
    return (g->flags[object] & (HF_OBJECT_TRACKED | HF_OBJECT_FROZEN)) == HF_OBJECT_TRACKED &&
           !is_let_go(g, object);
}

static void subtract_internal(counts *c)
{
    const hf_graph *g = c->g;
    for (uint32_t i = 0; i < g->object_count; i++)
        c->left[i] = hf_graph_refcount(g, i) < 0 ? INT64_MAX : hf_graph_refcount(g, i);
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (!is_candidate(g, i))
            continue;
        for (uint64_t e = g->edge_start[i]; e < g->edge_start[i + 1]; e++)
            if (hf_graph_holds(g, e) && c->left[g->edge_target[e]] != INT64_MAX)
                c->left[g->edge_target[e]]--;
    }
}

/* Stacks of free-threaded builds refer without counting. */
static void keep_roots(counts *c)
{
    const hf_graph *g = c->g;
    for (uint32_t i = 0; g->info.python.free_threaded && i < g->root_count; i++)
        if (g->roots[i].kind == HF_ROOT_LOCAL)
            c->left[g->roots[i].target] = INT64_MAX;
}

/* fate becomes COLLECTED for each candidate that nothing outside leads to. */
static void find_unreachable(counts *c)
{
    const hf_graph *g = c->g;
    uint32_t count = 0;
    for (uint32_t i = 0; i < g->object_count; i++) {
        c->fate[i] = is_candidate(g, i) ? HF_FATE_COLLECTED : HF_FATE_STAYS;
        if (c->fate[i] && c->left[i] > 0) {
            c->fate[i] = HF_FATE_STAYS;
            c->queue[count++] = i;
        }
    }
    for (uint32_t at = 0; at < count; at++) {
        uint32_t object = c->queue[at];
        for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
            uint32_t target = g->edge_target[e];
            if (c->fate[target] && hf_graph_holds(g, e)) {
                c->fate[target] = HF_FATE_STAYS;
                c->queue[count++] = target;
            }
        }
    }
}

/* Frees what is collected, and by reference counting what that alone held. */
static void find_followers(counts *c)
{
    const hf_graph *g = c->g;
    uint32_t count = 0;
    for (uint32_t i = 0; i < g->object_count; i++) {
        c->left[i] = hf_graph_refcount(g, i) < 0 ? INT64_MAX : hf_graph_refcount(g, i);
        if (c->fate[i] == HF_FATE_COLLECTED)
            c->queue[count++] = i;
    }
    for (uint32_t at = 0; at < count; at++) {
        uint32_t object = c->queue[at];
        for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
            uint32_t target = g->edge_target[e];
            if (c->fate[target] != HF_FATE_STAYS || !hf_graph_holds(g, e) ||
                c->left[target] == INT64_MAX || --c->left[target] > 0 ||
                (g->flags[target] & HF_OBJECT_STATIC))
                continue;
            c->fate[target] = HF_FATE_FOLLOWS;
            c->queue[count++] = target;
        }
    }
}

static void sum_up(const hf_graph *g, const bool *finalized, hf_collection *c)
{
    for (uint32_t i = 0; i < g->object_count; i++) {
        uint64_t bytes = hf_graph_shallow(g, i);
        if (c->fate[i] == HF_FATE_COLLECTED) {
            c->collected++;
            c->collected_bytes += bytes;
            c->finalizers += finalized[g->type[i]] && !(g->flags[i] & HF_OBJECT_FINALIZED);
        } else if (c->fate[i] == HF_FATE_FOLLOWS) {
            c->follows++;
            c->follows_bytes += bytes;
        }
        if (g->flags[i] & HF_OBJECT_TRACKED) {
            c->tracked++;
            c->tracked_bytes += bytes;
        }
        if (g->flags[i] & HF_OBJECT_FROZEN) {
            c->frozen++;
            c->frozen_bytes += bytes;
        }
    }
}

hf_err *hf_collection_predict(hf_graph *g, hf_collection *ret)
{
    size_t n = (size_t)g->object_count + 1;
    counts c = {.g = g,
                .left = malloc(n * sizeof(*c.left)),
                .queue = malloc(n * sizeof(*c.queue)),
                .fate = malloc(n)};
    bool *finalized = hf_types_with(g, "__del__");
    bool ready = c.left && c.queue && c.fate && finalized;
    if (ready) {
        subtract_internal(&c);
        keep_roots(&c);
        find_unreachable(&c);
        find_followers(&c);
        *ret = (hf_collection){.fate = c.fate};
        sum_up(g, finalized, ret);
    } else {
        free(c.fate);
    }
    free(c.left);
    free(c.queue);
    free(finalized);
    return ready ? NULL : hf_fail_memory();
}

void hf_collection_deinit(hf_collection *c)
{
    free(c->fate);
    *c = (hf_collection){0};
}
