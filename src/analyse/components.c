#include "analyse/components.h"

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

/* Objects get numbers in the order in which they are met; `low` is the least number that an object
 * reaches within the part of the search that is not closed yet. */
typedef struct search {
    const hf_graph *g;
    const hf_edge_filter *filter;
    uint32_t *number; /* by object; 0: not met */
    uint32_t *low;
    uint32_t *next; /* edges looked at, counted from its first */
    uint32_t *up;   /* who met it */
    uint32_t *open; /* objects whose component is not closed */
    uint32_t open_count, met;
    bool *is_open;
    hf_components *found;
    uint32_t member_count;
} search;

static void meet(search *s, uint32_t object, uint32_t up)
{
    s->number[object] = s->low[object] = ++s->met;
    s->next[object] = 0;
    s->up[object] = up;
    s->open[s->open_count++] = object;
    s->is_open[object] = true;
}

static bool refers_to_itself(const search *s, uint32_t object)
{
    const hf_graph *g = s->g;
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
        if (g->edge_target[e] == object && hf_graph_holds(g, e) &&
            s->filter->accepts(s->filter, object, e))
            return true;
    return false;
}

/* `head` reaches nothing that was met before it: what is open from it on is a component. */
static void close_component(search *s, uint32_t head)
{
    uint32_t first = s->open_count;
    do
        s->is_open[s->open[--first]] = false;
    while (s->open[first] != head);
    if (s->open_count - first > 1 || refers_to_itself(s, head)) {
        s->found->start[s->found->count] = s->member_count;
        for (uint32_t i = first; i < s->open_count; i++)
            s->found->of[s->open[i]] = s->found->count;
        s->member_count += s->open_count - first;
        s->found->count++;
    }
    s->open_count = first;
}

static void explore(search *s, uint32_t start)
{
    const hf_graph *g = s->g;
    uint32_t at = start;
    meet(s, at, HF_NO_OBJECT);
    while (at != HF_NO_OBJECT) {
        uint64_t e = g->edge_start[at] + s->next[at], end = g->edge_start[at + 1];
        uint32_t into = HF_NO_OBJECT;
        for (; e < end && into == HF_NO_OBJECT; e++) {
            uint32_t target = g->edge_target[e];
            if (!hf_graph_holds(g, e) || (s->number[target] && !s->is_open[target]) ||
                !s->filter->accepts(s->filter, at, e))
                continue;
            if (!s->number[target])
                into = target;
            else if (s->number[target] < s->low[at])
                s->low[at] = s->number[target];
        }
        s->next[at] = (uint32_t)(e - g->edge_start[at]);
        if (into != HF_NO_OBJECT) {
            meet(s, into, at);
            at = into;
            continue;
        }
        uint32_t up = s->up[at];
        if (s->low[at] == s->number[at])
            close_component(s, at);
        else if (up != HF_NO_OBJECT && s->low[at] < s->low[up])
            s->low[up] = s->low[at];
        at = up;
    }
}

/* Members in order of component, then of address. */
static bool list_members(const hf_graph *g, hf_components *c, uint32_t total)
{
    c->start[c->count] = total;
    c->members = malloc(((size_t)total + 1) * sizeof(*c->members));
    uint32_t *place = malloc(((size_t)c->count + 1) * sizeof(*place));
    if (c->members && place) {
        memcpy(place, c->start, (size_t)c->count * sizeof(*place));
        for (uint32_t i = 0; i < g->object_count; i++)
            if (c->of[i] != HF_NO_COMPONENT)
                c->members[place[c->of[i]]++] = i;
    }
    bool done = c->members && place;
    free(place);
    return done;
}

hf_err *hf_components_find(const hf_graph *g, const hf_edge_filter *filter, hf_components *ret)
{
    size_t n = (size_t)g->object_count + 1;
    hf_components c = {.of = malloc(n * sizeof(*c.of)), .start = malloc(n * sizeof(*c.start))};
    search s = {.g = g,
                .filter = filter,
                .number = calloc(n, sizeof(*s.number)),
                .low = malloc(n * sizeof(*s.low)),
                .next = malloc(n * sizeof(*s.next)),
                .up = malloc(n * sizeof(*s.up)),
                .open = malloc(n * sizeof(*s.open)),
                .is_open = calloc(n, sizeof(*s.is_open)),
                .found = &c};
    bool ready = c.of && c.start && s.number && s.low && s.next && s.up && s.open && s.is_open;
    if (ready) {
        memset(c.of, 0xff, n * sizeof(*c.of)); /* HF_NO_COMPONENT */
        for (uint32_t i = 0; i < g->object_count; i++)
            if (!s.number[i])
                explore(&s, i);
    }
    free(s.number);
    free(s.low);
    free(s.next);
    free(s.up);
    free(s.open);
    free(s.is_open);
    if (!ready || !list_members(g, &c, s.member_count)) {
        hf_components_deinit(&c);
        return hf_fail_memory();
    }
    *ret = c;
    return NULL;
}

void hf_components_deinit(hf_components *c)
{
    free(c->of);
    free(c->members);
    free(c->start);
    *c = (hf_components){0};
}

/* One component while objects are taken away from it. */
typedef struct rest {
    const hf_graph *g;
    const hf_components *c;
    const hf_edge_filter *filter;
    const uint32_t *members;
    uint32_t component, count;
    hf_map place;         /* of each member */
    uint32_t *references; /* from what is left, by place */
    uint32_t *queue;      /* places to which none is left */
    uint32_t queued;
} rest;

static bool is_inside(const rest *r, uint32_t source, uint64_t e)
{
    return r->c->of[r->g->edge_target[e]] == r->component && hf_graph_holds(r->g, e) &&
           r->filter->accepts(r->filter, source, e);
}

static void count_references(rest *r)
{
    const hf_graph *g = r->g;
    for (uint32_t i = 0; i < r->count; i++) {
        uint32_t object = r->members[i];
        for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
            if (is_inside(r, object, e))
                r->references[hf_map_get(&r->place, g->edge_target[e])]++;
    }
    for (uint32_t i = 0; i < r->count; i++)
        if (!r->references[i])
            r->queue[r->queued++] = i;
}

/* Kahn's algorithm: an object that nothing of the rest refers to is taken away, again and again. */
static void take_away(rest *r)
{
    const hf_graph *g = r->g;
    for (uint32_t taken = 0; taken < r->queued; taken++) {
        uint32_t object = r->members[r->queue[taken]];
        for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
            if (!is_inside(r, object, e))
                continue;
            uint32_t target = hf_map_get(&r->place, g->edge_target[e]);
            if (!--r->references[target])
                r->queue[r->queued++] = target;
        }
    }
}

hf_err *hf_component_is_broken(const hf_graph *g, const hf_components *c, uint32_t component,
                               const hf_edge_filter *filter, bool *ret)
{
    rest r = {.g = g,
              .c = c,
              .filter = filter,
              .members = c->members + c->start[component],
              .component = component,
              .count = c->start[component + 1] - c->start[component]};
    r.references = calloc((size_t)r.count + 1, sizeof(*r.references));
    r.queue = malloc(((size_t)r.count + 1) * sizeof(*r.queue));
    hf_map_init(&r.place);
    bool ready = r.references && r.queue;
    for (uint32_t i = 0; ready && i < r.count; i++)
        ready = hf_map_put(&r.place, r.members[i], i);
    if (ready) {
        count_references(&r);
        take_away(&r);
        *ret = r.queued == r.count;
    }
    hf_map_deinit(&r.place);
    free(r.references);
    free(r.queue);
    return ready ? NULL : hf_fail_memory();
}
