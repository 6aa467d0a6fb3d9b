#include "analyse/dominators.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/huge.h"

#include <assert.h>
#include <stdlib.h>

/* Semi-NCA: Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems" (2005),
 * section 2.3. Objects get numbers in preorder of a depth-first search from a virtual root, which
 * is number 0; all working arrays but `number` go by preorder number, and nothing recurses: a
 * linked list of a million nodes is a path of a million steps.
 *
 * Each object takes six numbers of 4 bytes. What hangs on the root itself is told by its parent,
 * and how an object is reached by its number, since all of one kind follow one another. */
typedef struct search {
    const hf_graph *g;
    uint64_t *first, *second; /* memory of two of the arrays each, and then of sums */
    uint32_t *number;         /* by object; 0: not reached yet */
    uint32_t *order;          /* object */
    uint32_t *parent;   /* in the search tree, 0 for all entries; then the immediate dominator */
    uint32_t *ancestor; /* compressed path to the root of the forest of processed numbers */
    uint32_t *semi;     /* semidominator; during the search the next edge to look at */
    uint32_t *best;     /* smallest semidominator on the compressed path */
    uint32_t count;     /* numbers given, virtual root included */
    uint32_t rooted;    /* numbers from here on are reached by no root */
    uint32_t alive;     /* numbers from here on are garbage */
    uint32_t *stack;
    size_t stack_capacity;
} search;

/* Heaps are far larger than caches: what will be looked at soon is asked for now. */
enum { SOON = 8, SOONER = 4, EDGES_AHEAD = 6 };

static void ask_for_targets(const search *s, uint32_t object)
{
    const hf_graph *g = s->g;
    uint64_t e = g->edge_start[object], end = g->edge_start[object + 1];
    end = end - e < EDGES_AHEAD ? end : e + EDGES_AHEAD;
    for (; e < end; e++)
        __builtin_prefetch(&s->number[g->edge_target[e]]);
}

/* More than one: a single source is the parent in the search tree, and most objects
 * have no other. */
static bool has_sources(const hf_graph *g, uint32_t object)
{
    return g->source_start[object + 1] - g->source_start[object] > 1;
}

/* Before number i is worked on: its sources' place, then their numbers. */
static void ask_for_sources(const search *s, uint32_t i)
{
    const hf_graph *g = s->g;
    if (i > 2 * SOON)
        __builtin_prefetch(&g->source_start[s->order[i - 2 * SOON]]);
    if (i > SOON && has_sources(g, s->order[i - SOON]))
        __builtin_prefetch(&g->source[g->source_start[s->order[i - SOON]]]);
    if (i > SOONER && has_sources(g, s->order[i - SOONER]))
        __builtin_prefetch(&s->number[g->source[g->source_start[s->order[i - SOONER]]]]);
}

static uint32_t visit(search *s, uint32_t object, uint32_t parent)
{
    uint32_t n = s->count++;
    s->number[object] = n;
    s->order[n] = object;
    s->parent[n] = parent;
    s->semi[n] = 0;
    ask_for_targets(s, object);
    return n;
}

/* Numbers all that hangs on `entry` and has no number. An entry that was found below another
 * one hangs on the root all the same: its parent, which is not needed to go back any more,
 * becomes the root. Of what is below it nothing changes, since no semidominator on a way through
 * it is smaller than its own. */
static void explore(search *s, uint32_t entry)
{
    const hf_graph *g = s->g;
    if (s->number[entry]) {
        s->parent[s->number[entry]] = 0;
        return;
    }
    uint32_t at = visit(s, entry, 0);
    while (at) {
        uint32_t object = s->order[at];
        uint64_t e = g->edge_start[object] + s->semi[at], end = g->edge_start[object + 1];
        while (e < end && (s->number[g->edge_target[e]] || !hf_graph_holds(g, e)))
            e++;
        if (e == end) {
            at = s->parent[at];
            continue;
        }
        s->semi[at] = (uint32_t)(e + 1 - g->edge_start[object]);
        at = visit(s, g->edge_target[e], at);
    }
}

/* Seen, but not numbered: a number that no object gets. */
static const uint32_t SEEN = UINT32_MAX;

/* Marks what hangs on `start` and has no number, and appends it to `finished` in order of leaving.
 * The arrays that are not in use before all objects are numbered serve by object here. */
static uint32_t finish(search *s, uint32_t start, uint32_t *finished, uint32_t count)
{
    const hf_graph *g = s->g;
    uint32_t *up = s->ancestor, *next = s->best, at = start;
    up[at] = HF_NO_OBJECT;
    next[at] = 0;
    s->number[at] = SEEN;
    while (at != HF_NO_OBJECT) {
        uint64_t e = g->edge_start[at] + next[at], end = g->edge_start[at + 1];
        while (e < end && (s->number[g->edge_target[e]] || !hf_graph_holds(g, e)))
            e++;
        if (e == end) {
            finished[count++] = at;
            at = up[at];
            continue;
        }
        uint32_t target = g->edge_target[e];
        next[at] = (uint32_t)(e + 1 - g->edge_start[at]);
        up[target] = at;
        next[target] = 0;
        s->number[target] = SEEN;
        at = target;
    }
    return count;
}

/* Garbage needs one entry for each cycle that nothing leads to. Searched from every object, the
 * one left last that is not numbered yet lies in such a cycle, by the argument of Kosaraju's
 * algorithm; it is the one from which the cycle was entered. Instances of Python classes go
 * first: they tell more than the dict that they own. */
static hf_err *explore_garbage(search *s)
{
    const hf_graph *g = s->g;
    uint32_t n = g->object_count, count = 0;
    uint32_t left = n - (s->count - 1);
    if (!left)
        return NULL;
    HF_AUTO(hf_freep) uint32_t *finished = malloc((size_t)left * sizeof(*finished));
    if (!finished)
        return hf_fail_memory();
    for (int instances = 1; instances >= 0; instances--)
        for (uint32_t o = 0; o < n; o++)
            if (!s->number[o] && g->types[g->type[o]].heap_type == (bool)instances)
                count = finish(s, o, finished, count);
    assert(count == left);
    for (uint32_t k = 0; k < count; k++)
        s->number[finished[k]] = 0;
    while (count)
        if (!s->number[finished[--count]])
            explore(s, finished[count]);
    return NULL;
}

static hf_err *number_objects(search *s)
{
    const hf_graph *g = s->g;
    s->count = 1;
    for (uint32_t i = 0; i < g->root_count; i++)
        explore(s, g->roots[i].target);
    s->rooted = s->count;
    /* Also one that hangs on another is held on its own. */
    for (uint32_t o = 0; o < g->object_count && s->rooted <= g->object_count; o++)
        if ((!s->number[o] || s->number[o] >= s->rooted) && hf_graph_held_by_c(g, o))
            explore(s, o);
    s->alive = s->count;
    return explore_garbage(s);
}

static bool push(search *s, size_t depth, uint32_t value)
{
    if (!hf_array_room(&s->stack, depth, &s->stack_capacity))
        return false;
    s->stack[depth] = value;
    return true;
}

/* Makes every number from v up to the last processed one point at the top of its tree, with the
 * smallest semidominator on the way in best[]. Numbers above `processed` are processed. */
static bool compress(search *s, uint32_t v, uint32_t processed)
{
    size_t depth = 0;
    for (; s->ancestor[v] > processed; v = s->ancestor[v])
        if (!push(s, depth++, v))
            return false;
    while (depth) {
        uint32_t w = s->stack[--depth], above = s->ancestor[w];
        if (s->best[above] < s->best[w])
            s->best[w] = s->best[above];
        s->ancestor[w] = s->ancestor[above];
    }
    return true;
}

static hf_err *find_semidominators(search *s)
{
    const hf_graph *g = s->g;
    for (uint32_t i = 0; i < s->count; i++) {
        s->ancestor[i] = s->parent[i];
        s->semi[i] = s->best[i] = i;
    }
    for (uint32_t i = s->count - 1; i > 0; i--) {
        uint32_t object = s->order[i], semi = s->parent[i];
        ask_for_sources(s, i);
        /* What garbage refers to does not live because of it. */
        uint32_t limit = i < s->alive ? s->alive : s->count;
        bool asks = semi && has_sources(g, object);
        uint64_t end = g->source_start[object + 1];
        for (uint64_t e = g->source_start[object]; asks && semi && e < end; e++) {
            uint32_t v = s->number[g->source[e]];
            if (v >= limit)
                continue;
            if (v > i && s->ancestor[v] > i && !compress(s, v, i))
                return hf_fail_memory();
            uint32_t candidate = v > i ? s->best[v] : v;
            if (candidate < semi)
                semi = candidate;
        }
        s->semi[i] = s->best[i] = semi;
    }
    return NULL;
}

/* The nearest common ancestor in the dominator tree, built top down, of the parent and the
 * semidominator: from the parent upwards the first one that is not below the semidominator. */
static void find_dominators(search *s)
{
    for (uint32_t i = 1; i < s->count; i++) {
        uint32_t p = s->parent[i];
        while (p > s->semi[i])
            p = s->parent[p];
        s->parent[i] = p;
    }
}

/* Nearly all that is needed to the end: memory that is new costs as much as what is done in it. */
static bool allocate(search *s, hf_dominators *d)
{
    size_t n = (size_t)s->g->object_count + 1;
    s->first = hf_large_malloc(n, sizeof(*s->first));
    s->second = hf_large_malloc(n, sizeof(*s->second));
    d->parent = hf_large_calloc(2 * (uint64_t)n, sizeof(*d->parent));
    if (!s->first || !s->second || !d->parent)
        return false;
    s->ancestor = (uint32_t *)s->first;
    s->semi = s->ancestor + n;
    s->parent = (uint32_t *)s->second;
    s->best = s->parent + n;
    s->number = d->parent;
    s->order = d->parent + n;
    d->order = s->order + 1; /* without the root */
    s->order[0] = HF_DOMINATED_BY_ROOT;
    s->parent[0] = 0;
    return true;
}

static void release(search *s)
{
    hf_large_free(s->first);
    hf_large_free(s->second);
    free(s->stack);
}

static hf_reach reach_of(const search *s, uint32_t number)
{
    return number < s->rooted ? HF_REACH_ROOT : number < s->alive ? HF_REACH_C : HF_REACH_GARBAGE;
}

static void count_unreached(hf_dominators *d, hf_reach reach, uint64_t bytes)
{
    if (reach == HF_REACH_GARBAGE) {
        d->garbage_bytes += bytes;
        d->garbage_objects++;
    } else if (reach == HF_REACH_C) {
        d->c_held_bytes += bytes;
        d->c_held_objects++;
    }
}

/* Bytes of each subtree, by preorder number; fills d->parent on the way. */
static void sum_subtrees(search *s, hf_dominators *d, uint64_t *sum)
{
    sum[0] = 0;
    for (uint32_t i = 1; i < s->count; i++) {
        uint32_t object = s->order[i];
        sum[i] = hf_graph_shallow(s->g, object);
        d->parent[object] = s->order[s->parent[i]]; /* takes the place of its number */
        count_unreached(d, reach_of(s, i), sum[i]);
    }
    for (uint32_t i = s->count - 1; i > 0; i--)
        sum[s->parent[i]] += sum[i];
}

/* From preorder numbers to objects: parents, sizes and sums. These take the place of what is done
 * with. */
static void tell(search *s, hf_dominators *d)
{
    const uint64_t *sum = s->first; /* ancestors and semidominators are known no more */
    sum_subtrees(s, d, s->first);
    d->retained = hf_take(s->second); /* nor are parents in preorder */
    for (uint32_t i = 1; i < s->count; i++)
        d->retained[s->order[i]] = sum[i];
}

/* When what the search took is free again: together they would be the most that is needed. */
static bool tell_reach(const search *s, hf_dominators *d)
{
    d->reach = hf_large_malloc((uint64_t)d->count + 1, sizeof(*d->reach));
    for (uint32_t i = 1; d->reach && i < s->count; i++)
        d->reach[s->order[i]] = (uint8_t)reach_of(s, i);
    return d->reach;
}

hf_err *hf_dominators_compute(hf_graph *g, hf_dominators **ret)
{
    hf_err *err = hf_graph_reverse(g);
    if (err)
        return err;
    hf_dominators *d = calloc(1, sizeof(*d));
    if (!d)
        return hf_fail_memory();
    d->count = g->object_count;
    search s = {.g = g};
    err = allocate(&s, d) ? number_objects(&s) : hf_fail_memory();
    if (!err)
        err = find_semidominators(&s);
    if (!err) {
        find_dominators(&s);
        tell(&s, d);
    }
    release(&s);
    if (!err && !tell_reach(&s, d))
        err = hf_fail_memory();
    if (err) {
        hf_dominators_free(d);
        return err;
    }
    *ret = d;
    return NULL;
}

void hf_dominators_free(hf_dominators *d)
{
    if (!d)
        return;
    hf_large_free(d->parent);
    hf_large_free(d->retained);
    hf_large_free(d->reach);
    free(d);
}

static void free_kept(void *data)
{
    hf_dominators_free(data);
}

hf_err *hf_dominators_of(hf_graph *g, const hf_dominators **ret)
{
    hf_graph_kept *kept = &g->kept[HF_KEPT_DOMINATORS];
    hf_dominators *d = kept->data;
    hf_err *err = d ? NULL : hf_dominators_compute(g, &d);
    if (err)
        return err;
    *kept = (hf_graph_kept){d, free_kept};
    *ret = d;
    return NULL;
}
