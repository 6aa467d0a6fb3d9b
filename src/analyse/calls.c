#include "analyse/calls.h"

#include "base/cleanup.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

/* The variables of running calls of one snapshot, by the object that they have. */
typedef struct variables {
    const hf_graph *g;
    hf_map first;   /* object -> number of a root */
    uint32_t *next; /* of the same object, or HF_MAP_NONE */
} variables;

static void variables_deinit(variables *v)
{
    hf_map_deinit(&v->first);
    free(v->next);
}

static bool list_variables(const hf_graph *g, variables *ret)
{
    *ret = (variables){.g = g, .next = malloc(((size_t)g->root_count + 1) * sizeof(*ret->next))};
    hf_map_init(&ret->first);
    for (uint32_t r = 0; ret->next && r < g->root_count; r++) {
        if (g->roots[r].kind != HF_ROOT_LOCAL)
            continue;
        ret->next[r] = hf_map_get(&ret->first, g->roots[r].target);
        if (!hf_map_put(&ret->first, g->roots[r].target, r))
            return false;
    }
    return ret->next;
}

/* Of "Store.put (store.py:12)" what does not change while it runs: without the line. */
static size_t length_without_line(const char *place)
{
    const char *colon = strrchr(place, ':');
    return colon ? (size_t)(colon - place) : strlen(place);
}

static bool same_variable(const hf_graph *a, const hf_root *x, const hf_graph *b, const hf_root *y)
{
    const char *p = hf_strtab_get(&a->names, x->place), *q = hf_strtab_get(&b->names, y->place);
    size_t length = length_without_line(p);
    return length == length_without_line(q) && memcmp(p, q, length) == 0 &&
           strcmp(hf_strtab_get(&a->names, x->name), hf_strtab_get(&b->names, y->name)) == 0;
}

static bool was_there(const variables *v, uint32_t object, const hf_graph *last, const hf_root *now)
{
    if (object == HF_NO_OBJECT)
        return false;
    uint32_t r = hf_map_get(&v->first, object);
    for (; r != HF_MAP_NONE; r = v->next[r])
        if (same_variable(v->g, &v->g->roots[r], last, now))
            return true;
    return false;
}

uint64_t *hf_calls_passing(const hf_timeline *t)
{
    const hf_graph *last = t->last;
    uint64_t *passing = calloc((size_t)last->root_count / 64 + 1, sizeof(*passing));
    for (size_t k = 0; passing && k + 1 < t->count; k++) {
        HF_AUTO(variables_deinit) variables then;
        if (!list_variables(t->graphs[k], &then)) {
            free(passing);
            return NULL;
        }
        for (uint32_t r = 0; r < last->root_count; r++) {
            const hf_root *now = &last->roots[r];
            if (now->kind == HF_ROOT_LOCAL && !was_there(&then, t->was[k][now->target], last, now))
                passing[r >> 6] |= 1ULL << (r & 63);
        }
    }
    return passing;
}

enum { DEEP = 128 }; /* calls: deeper than what serves a request */

/* What running calls have at one moment. */
typedef struct level {
    uint64_t threads, depth; /* of the deepest stack; 0: none is deep */
    uint64_t length, bytes;  /* of the largest value in one of the variables */
} level;

static void measure_threads(const hf_graph *g, level *at)
{
    at->threads = g->thread_count;
    for (size_t k = 0; k < g->thread_count; k++)
        if (g->threads[k].frame_count >= DEEP && g->threads[k].frame_count > at->depth)
            at->depth = g->threads[k].frame_count;
}

static bool is_variable_of(const hf_graph *g, const hf_root *root, const hf_graph *last,
                           const hf_root *now)
{
    bool threads = root->thread < g->thread_count && now->thread < last->thread_count;
    bool same_thread =
        !threads || g->threads[root->thread].native_id == last->threads[now->thread].native_id;
    return same_thread && same_variable(g, root, last, now);
}

static level level_at(const hf_timeline *t, size_t k, const hf_root *now)
{
    const hf_graph *g = t->graphs[k];
    level at = {0};
    measure_threads(g, &at);
    for (uint32_t r = 0; r < g->root_count; r++) {
        const hf_root *root = &g->roots[r];
        if (root->kind != HF_ROOT_LOCAL || !is_variable_of(g, root, t->last, now))
            continue;
        uint64_t bytes = hf_graph_shallow(g, root->target);
        at.length = hf_graph_length(g, root->target) > at.length ? hf_graph_length(g, root->target)
                                                                 : at.length;
        at.bytes = bytes > at.bytes ? bytes : at.bytes;
    }
    return at;
}

/* Counts how often a number rises; once it has fallen, never. */
typedef struct climb {
    uint64_t last;
    size_t rises;
    bool fell;
} climb;

static void note(climb *c, uint64_t number)
{
    c->rises += number > c->last;
    c->fell |= number < c->last;
    c->last = number;
}

static size_t rises(const climb *c)
{
    return c->fell ? 0 : c->rises;
}

size_t hf_calls_growing_intervals(const hf_timeline *t, uint32_t root)
{
    const hf_root *now = &t->last->roots[root];
    const level first = level_at(t, 0, now);
    climb climbs[] = {{.last = first.threads},
                      {.last = first.depth},
                      {.last = first.length},
                      {.last = first.bytes}};
    for (size_t k = 1; k < t->count; k++) {
        level at = level_at(t, k, now);
        note(&climbs[0], at.threads);
        note(&climbs[1], at.depth);
        note(&climbs[2], at.length);
        note(&climbs[3], at.bytes);
    }
    size_t most = 0;
    for (size_t i = 0; i < sizeof(climbs) / sizeof(*climbs); i++)
        most = rises(&climbs[i]) > most ? rises(&climbs[i]) : most;
    return most;
}
