#include "analyse/tree_values.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum { BELOW = 1, VALUE = 2 };

typedef struct search {
    const hf_clues *c;
    const hf_dominators *first;
    uint64_t node_type; /* its address */
    uint8_t *now;       /* of each object of the last graph: BELOW the tree, of a new VALUE */
    uint8_t *then;      /* of the first: of a VALUE that it took the place of */
} search;

static bool is_node(const search *s, const hf_graph *g, uint32_t object)
{
    return g->types[g->type[object]].address == s->node_type;
}

static uint32_t first_item(const hf_graph *g, uint32_t object)
{
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_INDEX || hf_graph_kind(g, e) == HF_EDGE_VALUE)
            return g->edge_target[e];
    return HF_NO_OBJECT;
}

/* Whether a text or bytes begins with all that is known of another; *ret_known: whether both have
 * some. */
static bool begins_as(const hf_timeline *t, uint32_t then, uint32_t now, bool *ret_known)
{
    size_t x = 0, y = 0;
    const char *first = hf_graph_value(t->graphs[0], then, &x);
    const char *second = hf_graph_value(t->last, now, &y);
    *ret_known = first && second && x && y;
    return *ret_known && x <= y && memcmp(first, second, x) == 0;
}

/* Whether a value begins as the one that it took the place of: `text += line`, `x = x + (y,)`. */
static bool goes_on(const hf_timeline *t, uint32_t then, uint32_t now)
{
    bool known = false, alike = begins_as(t, then, now, &known);
    uint32_t old_item = first_item(t->graphs[0], then), item = first_item(t->last, now);
    if (known || old_item == HF_NO_OBJECT || item == HF_NO_OBJECT)
        return alike;
    return t->was[0][item] == old_item || begins_as(t, old_item, item, &known);
}

/* Of the first values is asked whether they go on: each asks for texts all over the file. */
static void ask(const search *s, uint32_t then, uint32_t now, int64_t more, hf_tree_values *ret)
{
    enum { ASKED = 512 };
    const hf_timeline *t = s->c->timeline;
    const hf_graph *g = t->last, *before = t->graphs[0];
    if (ret->asked >= ASKED)
        return;
    bool same_type = before->types[before->type[then]].address == g->types[g->type[now]].address;
    ret->asked++;
    ret->asked_bytes += more;
    ret->continued_bytes += same_type && goes_on(t, then, now) ? more : 0;
}

/* A new value at a place where an old object had another one. */
static void compare(const search *s, uint32_t holder, uint64_t e, hf_tree_values *ret)
{
    const hf_timeline *t = s->c->timeline;
    uint32_t now = t->last->edge_target[e], then = hf_timeline_at_place(t, 0, holder, e);
    if (then == HF_NO_OBJECT || is_node(s, t->graphs[0], then))
        return;
    bool alone = s->first->parent[then] == t->was[0][holder] && t->now_of[then] == HF_NO_OBJECT;
    s->now[now] |= VALUE;
    s->then[then] |= alone ? VALUE : 0;
    ask(s, then, now,
        (int64_t)s->c->dominators->retained[now] - (alone ? (int64_t)s->first->retained[then] : 0),
        ret);
}

static void look_at_places(const search *s, uint32_t holder, hf_tree_values *ret)
{
    enum { NAMES = 256 }; /* each is looked for among all */
    const hf_timeline *t = s->c->timeline;
    const hf_graph *g = t->last;
    uint64_t start = g->edge_start[holder], end = g->edge_start[holder + 1];
    if (!hf_timeline_is_old(t, holder) || end - start > NAMES)
        return;
    for (uint64_t e = start; e < end; e++) {
        uint32_t value = g->edge_target[e];
        if (!hf_timeline_is_old(t, value) && s->c->dominators->parent[value] == holder &&
            hf_graph_holds(g, e) && !is_node(s, g, value))
            compare(s, holder, e, ret);
    }
}

static void go_through_last(const search *s, uint32_t top, hf_tree_values *ret)
{
    const hf_dominators *d = s->c->dominators;
    const hf_graph *g = s->c->graph;
    for (uint32_t k = 0; k < d->count; k++) {
        uint32_t i = d->order[k], parent = d->parent[i];
        s->now[i] |= i == top ? BELOW : parent < d->count ? s->now[parent] : 0;
        if (s->now[i] & VALUE && is_node(s, g, i))
            s->now[i] = BELOW;
        if (s->now[i] == BELOW)
            look_at_places(s, i, ret);
        if (s->now[i] & VALUE && !hf_timeline_is_old(s->c->timeline, i)) {
            ret->born_objects++;
            ret->net += (int64_t)hf_graph_shallow(g, i);
        }
    }
}

static void go_through_first(const search *s, hf_tree_values *ret)
{
    const hf_dominators *d = s->first;
    const hf_timeline *t = s->c->timeline;
    for (uint32_t k = 0; k < d->count; k++) {
        uint32_t i = d->order[k], parent = d->parent[i];
        if (parent < d->count)
            s->then[i] |= s->then[parent];
        if (is_node(s, t->graphs[0], i))
            s->then[i] = 0;
        if (s->then[i] && t->now_of[i] == HF_NO_OBJECT) {
            ret->died_objects++;
            ret->net -= (int64_t)hf_graph_shallow(t->graphs[0], i);
        }
    }
}

void hf_tree_values_of(const hf_clues *c, const hf_dominators *first, hf_tree_values *ret)
{
    const uint32_t top = c->row->trees == 1 ? c->owner : c->row->collection;
    *ret = (hf_tree_values){0};
    if (!c->row->trees || top == HF_NO_OBJECT)
        return;
    HF_AUTO(hf_freep) uint8_t *now = calloc((size_t)c->dominators->count + 1, 1);
    HF_AUTO(hf_freep) uint8_t *then = calloc((size_t)first->count + 1, 1);
    if (!now || !then)
        return;
    search s = {c, first, c->graph->types[c->graph->type[c->owner]].address, now, then};
    go_through_last(&s, top, ret);
    go_through_first(&s, ret);
}
