/* trace/profile_invert.c - the upside-down tree of a profile (trace/profile.h).
 *
 * The whole of it has a node for each frame of each stack, tens of millions in a large run. So it
 * is made from the top, always below the node that has most: the stacks of a node lie side by side
 * in one array, and to go on below it they are sorted by their next caller. */
#include "base/cleanup.h"
#include "trace/frames.h"

#include <string.h>

typedef struct stack {
    uint32_t node;  /* of the capture: where it was allocated */
    uint32_t at;    /* the node that is next on the way to the root; HF_NODE_NONE: none */
    uint32_t frame; /* that node's */
} stack;

/* The stacks of a node of the profile, or of one that may come to be. */
typedef struct group {
    uint64_t weight;
    size_t start, end;
    uint32_t parent, frame;
} group;

typedef struct inverter {
    const hf_capture *capture;
    const hf_count *counts;
    hf_frames frames;
    hf_profile profile;
    stack *stacks;
    group *heap; /* largest first */
    size_t heap_count, most;
} inverter;

static void push(inverter *v, group g)
{
    size_t i = v->heap_count++;
    for (; i && v->heap[(i - 1) / 2].weight < g.weight; i = (i - 1) / 2)
        v->heap[i] = v->heap[(i - 1) / 2];
    v->heap[i] = g;
}

static group pop(inverter *v)
{
    group top = v->heap[0], last = v->heap[--v->heap_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < v->heap_count; i = child) {
        if (child + 1 < v->heap_count && v->heap[child + 1].weight > v->heap[child].weight)
            child++;
        if (v->heap[child].weight <= last.weight)
            break;
        v->heap[i] = v->heap[child];
    }
    v->heap[i] = last;
    return top;
}

/* Goes on from `at` to the nearest frame that is to be seen. */
static bool settle(inverter *v, stack *s, uint32_t at)
{
    for (s->frame = 0; at != HF_NODE_NONE; at = v->capture->nodes[at].parent) {
        const hf_node *n = &v->capture->nodes[at];
        bool nameless = n->kind == HF_NODE_NATIVE || n->kind == HF_NODE_MAPPING;
        if (nameless && n->parent != HF_NODE_NONE &&
            hf_kind_is_call(v->capture->nodes[n->parent].kind))
            continue;
        if (!hf_frames_of(&v->frames, n, &s->frame))
            return false;
        if (s->frame)
            break;
    }
    s->at = at;
    return true;
}

static int by_frame(const void *a, const void *b)
{
    const stack *x = a, *y = b;
    if (x->frame != y->frame)
        return x->frame < y->frame ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* Makes a group a node. */
static uint32_t add_node(inverter *v, const group *g)
{
    hf_profile *p = &v->profile;
    uint32_t number = (uint32_t)p->node_count++;
    p->nodes[number] = (hf_profile_node){g->parent, g->frame};
    for (size_t i = g->start; i < g->end; i++)
        p->of[v->stacks[i].node] = number;
    return number;
}

/* What may come below a node: a group for each frame that its stacks go on with. */
static bool divide(inverter *v, const group *g, uint32_t node)
{
    stack *stacks = v->stacks;
    for (size_t i = g->start; i < g->end; i++)
        if (!settle(v, &stacks[i], node ? v->capture->nodes[stacks[i].at].parent : stacks[i].node))
            return false;
    qsort(stacks + g->start, g->end - g->start, sizeof(*stacks), by_frame);
    for (size_t i = g->start, end; i < g->end; i = end) {
        group next = {.start = i, .parent = node, .frame = stacks[i].frame};
        for (end = i; end < g->end && stacks[end].frame == next.frame; end++)
            next.weight += v->counts[stacks[end].node].bytes;
        next.end = end;
        if (next.frame && next.weight) /* else they end here */
            push(v, next);
    }
    return true;
}

static bool allocate(inverter *v)
{
    size_t nodes = v->capture->node_count;
    v->stacks = malloc((nodes + 1) * sizeof(*v->stacks));
    v->heap = malloc((nodes + 1) * sizeof(*v->heap)); /* groups do not overlap */
    v->profile.nodes = malloc((v->most + 1) * sizeof(*v->profile.nodes));
    v->profile.of = calloc(nodes + 1, sizeof(*v->profile.of));
    v->profile.of_count = nodes;
    return v->stacks && v->heap && v->profile.nodes && v->profile.of;
}

static void deinit(inverter *v)
{
    hf_frames_deinit(&v->frames);
    hf_profile_deinit(&v->profile);
    free(v->stacks);
    free(v->heap);
}

hf_err *hf_profile_invert(const hf_capture *c, const hf_profile_options *options,
                          const hf_count *counts, size_t most, hf_profile *ret)
{
    inverter v HF_AUTO(deinit) = {.capture = c, .counts = counts, .most = most + 1};
    hf_err *err = hf_frames_init(&v.frames, c, options);
    if (err)
        return err;
    if (!allocate(&v))
        return hf_fail_memory();
    group all = {0};
    for (size_t i = 0; i < c->node_count; i++)
        if (counts[i].bytes || counts[i].blocks) {
            v.stacks[all.end++] = (stack){.node = (uint32_t)i};
            all.weight += counts[i].bytes;
        }
    push(&v, all);
    while (v.heap_count && v.profile.node_count < v.most) {
        group next = pop(&v);
        if (!divide(&v, &next, add_node(&v, &next)))
            return hf_fail_memory();
    }
    v.profile.frames = hf_take(v.frames.rows);
    v.profile.frame_count = v.frames.count;
    *ret = v.profile;
    v.profile = (hf_profile){0};
    return NULL;
}
