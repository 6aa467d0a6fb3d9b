#include "analyse/what_if.h"

#include "analyse/paths.h"
#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

static uint64_t *bits(uint64_t count)
{
    return calloc((size_t)(count / 64) + 1, sizeof(uint64_t));
}

static bool has(const uint64_t *set, uint64_t n)
{
    return set[n >> 6] >> (n & 63) & 1;
}

/* True where it was not in it before. */
static bool add(uint64_t *set, uint64_t n)
{
    bool is_new = !has(set, n);
    set[n >> 6] |= 1ull << (n & 63);
    return is_new;
}

hf_err *hf_cuts_init(const hf_graph *g, hf_cuts *ret)
{
    *ret = (hf_cuts){.edges = bits(g->edge_count),
                     .roots = bits(g->root_count),
                     .objects = bits(g->object_count)};
    if (ret->edges && ret->roots && ret->objects)
        return NULL;
    hf_cuts_deinit(ret);
    return hf_fail_memory();
}

void hf_cuts_deinit(hf_cuts *c)
{
    free(c->edges);
    free(c->roots);
    free(c->objects);
    *c = (hf_cuts){0};
}

void hf_cuts_add(hf_cuts *c, const hf_found *found)
{
    if (found->edge != UINT64_MAX)
        c->edge_count += add(c->edges, found->edge);
    else if (found->root != UINT32_MAX)
        c->root_count += add(c->roots, found->root);
    else
        c->object_count += add(c->objects, found->object);
}

void hf_cuts_add_types(const hf_graph *g, hf_cuts *c, const hf_filter *filter)
{
    for (uint32_t i = 0; i < g->object_count; i++)
        if (hf_filter_accepts(g, filter, g->type[i]))
            c->object_count += add(c->objects, i);
}

/* ---- who is reached ---- */

typedef struct spread {
    const hf_graph *g;
    const hf_cuts *cuts; /* NULL: nothing is cut */
    bool *reached;
    uint32_t *queue;
    uint32_t count;
} spread;

static void reach(spread *s, uint32_t object)
{
    if (s->reached[object] || (s->cuts && has(s->cuts->objects, object)))
        return;
    s->reached[object] = true;
    s->queue[s->count++] = object;
}

static void follow(spread *s, uint32_t from)
{
    const hf_graph *g = s->g;
    for (uint32_t at = from; at < s->count; at++) {
        uint32_t object = s->queue[at];
        for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
            if (!s->reached[g->edge_target[e]] && hf_graph_holds(g, e) &&
                !(s->cuts && has(s->cuts->edges, e)))
                reach(s, g->edge_target[e]);
    }
}

/* by_c: objects that only C holds, as hf_dominators tells them: the same with cuts and without. */
static bool spread_all(const hf_graph *g, const hf_cuts *cuts, const bool *by_c, bool *ret_reached)
{
    spread s = {.g = g,
                .cuts = cuts,
                .reached = ret_reached,
                .queue = malloc(((size_t)g->object_count + 1) * sizeof(*s.queue))};
    if (!s.queue)
        return false;
    for (uint32_t i = 0; i < g->root_count; i++)
        if (!cuts || !has(cuts->roots, i))
            reach(&s, g->roots[i].target);
    follow(&s, 0);
    uint32_t from = s.count;
    for (uint32_t i = 0; by_c && i < g->object_count; i++)
        if (by_c[i])
            reach(&s, i);
    follow(&s, from);
    free(s.queue);
    return true;
}

/* Roots are references, too: each accounts for one. */
static bool count_roots(const hf_graph *g, uint32_t **ret)
{
    uint32_t *roots = calloc((size_t)g->object_count + 1, sizeof(*roots));
    for (uint32_t i = 0; roots && i < g->root_count; i++)
        roots[g->roots[i].target]++;
    *ret = roots;
    return roots != NULL;
}

static void compare(const hf_graph *g, const bool *before, const bool *after, const uint32_t *roots,
                    hf_what_if *w)
{
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (!before[i] || after[i])
            continue;
        w->freed[i] = 1;
        w->objects++;
        w->bytes += hf_graph_shallow(g, i);
        uint64_t known = g->source_start[i + 1] - g->source_start[i] + roots[i];
        w->held_by_c += hf_graph_refcount(g, i) >= 0 && (uint64_t)hf_graph_refcount(g, i) > known;
    }
}

hf_err *hf_what_if_compute(hf_graph *g, const hf_cuts *cuts, hf_what_if *ret)
{
    hf_err *err = hf_graph_reverse(g);
    if (err)
        return err;
    size_t n = (size_t)g->object_count + 1;
    HF_AUTO(hf_freep) bool *before = calloc(n, 1), *after = calloc(n, 1), *by_c = calloc(n, 1);
    HF_AUTO(hf_freep) uint32_t *roots = NULL;
    hf_what_if w = {.freed = calloc(n, 1)};
    bool ready = before && after && by_c && w.freed && count_roots(g, &roots) &&
                 spread_all(g, NULL, NULL, before);
    for (uint32_t i = 0; ready && i < g->object_count; i++)
        by_c[i] = !before[i] && hf_graph_held_by_c(g, i);
    if (ready) {
        memset(before, 0, n);
        ready = spread_all(g, NULL, by_c, before) && spread_all(g, cuts, by_c, after);
    }
    err = ready ? NULL : hf_fail_memory();
    if (!err) {
        compare(g, before, after, roots, &w);
        err = hf_histogram_of(g, w.freed, &w.types);
    }
    if (err) {
        hf_what_if_deinit(&w);
        return err;
    }
    *ret = w;
    return NULL;
}

void hf_what_if_deinit(hf_what_if *w)
{
    free(w->freed);
    hf_histogram_deinit(&w->types);
    *w = (hf_what_if){0};
}

hf_err *hf_what_if_other_path(hf_graph *g, hf_cuts *avoided, uint32_t object, char **ret)
{
    hf_path_tree *tree = NULL;
    hf_path_limits limits = {
        .edges = avoided->edges, .roots = avoided->roots, .objects = avoided->objects};
    hf_path path HF_AUTO(hf_path_deinit) = {0};
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, 0);
    hf_err *err = hf_path_tree_build_within(g, &limits, &tree);
    if (!err)
        err = hf_path_to(tree, object, &path);
    hf_path_tree_free(tree);
    if (!err && path.root != UINT32_MAX) {
        err = hf_path_text(g, &path, &text);
        hf_path_step last = path.steps[path.count - 1];
        hf_cuts_add(avoided, &(hf_found){.object = object, .edge = last.edge, .root = path.root});
    }
    if (err)
        return err;
    *ret = strdup(hf_buf_string(&text));
    return *ret ? NULL : hf_fail_memory();
}
