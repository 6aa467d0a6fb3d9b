/* analyse/ranking.c - see analyse/ranking.h. A heap of at most `top` objects whose root is the
 * least of those kept, so that memory does not grow with the graph. */
#include "analyse/ranking.h"

#include "base/cleanup.h"

typedef struct ranked {
    uint64_t key;
    uint32_t object;
} ranked;

typedef struct top_heap {
    ranked *items;
    size_t count, top;
} top_heap;

/* a before b in the final order. */
static bool outranks(const ranked *a, const ranked *b)
{
    return a->key != b->key ? a->key > b->key : a->object < b->object;
}

static void swap_items(ranked *a, ranked *b)
{
    ranked kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_down(ranked *items, size_t count, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child < 2 * at + 3 && child < count; child++)
            if (outranks(&items[least], &items[child]))
                least = child;
        if (least == at)
            return;
        swap_items(&items[at], &items[least]);
        at = least;
    }
}

static void offer(top_heap *heap, ranked item)
{
    if (heap->count < heap->top) {
        size_t at = heap->count++;
        heap->items[at] = item;
        for (; at && outranks(&heap->items[(at - 1) / 2], &heap->items[at]); at = (at - 1) / 2)
            swap_items(&heap->items[at], &heap->items[(at - 1) / 2]);
    } else if (heap->top && outranks(&item, &heap->items[0])) {
        heap->items[0] = item;
        sift_down(heap->items, heap->count, 0);
    }
}

static hf_err *heap_init(top_heap *heap, size_t top, uint32_t objects)
{
    heap->top = top < objects ? top : objects;
    heap->count = 0;
    heap->items = malloc((heap->top + 1) * sizeof(*heap->items));
    return heap->items ? NULL : hf_fail_memory();
}

/* Best first, by taking the least away again and again; frees the heap. */
static hf_err *heap_finish(top_heap *heap, uint64_t matching, hf_ranking *ret)
{
    size_t count = heap->count;
    uint32_t *objects = malloc((count + 1) * sizeof(*objects));
    for (size_t left = count; objects && left; left--) {
        objects[left - 1] = heap->items[0].object;
        heap->items[0] = heap->items[left - 1];
        sift_down(heap->items, left - 1, 0);
    }
    free(heap->items);
    if (!objects)
        return hf_fail_memory();
    *ret = (hf_ranking){.objects = objects, .count = count, .matching = matching};
    return NULL;
}

static uint64_t key_of(const hf_graph *g, const hf_dominators *dominators, hf_rank_key key,
                       uint32_t object)
{
    switch (key) {
    case HF_RANK_RETAINED:
        return dominators->retained[object];
    case HF_RANK_SHALLOW:
        return hf_graph_shallow(g, object);
    case HF_RANK_LENGTH:
        return hf_graph_length(g, object);
    }
    return 0;
}

/* What the largest object below each object retains. */
static uint64_t *largest_below(const hf_dominators *dominators)
{
    uint64_t *largest = calloc((size_t)dominators->count + 1, sizeof(*largest));
    for (uint32_t i = 0; largest && i < dominators->count; i++) {
        uint32_t parent = dominators->parent[i];
        if (parent < dominators->count && dominators->retained[i] > largest[parent])
            largest[parent] = dominators->retained[i];
    }
    return largest;
}

hf_err *hf_ranking_compute(const hf_graph *g, const hf_dominators *dominators,
                           const hf_rank_query *query, hf_ranking *ret)
{
    HF_AUTO(hf_freep) bool *accepted = calloc((size_t)g->type_count + 1, sizeof(*accepted));
    HF_AUTO(hf_freep) uint64_t *largest = query->holders_only ? largest_below(dominators) : NULL;
    if (!accepted || (query->holders_only && !largest))
        return hf_fail_memory();
    for (uint32_t i = 0; i < g->type_count; i++)
        accepted[i] = hf_filter_accepts(g, &query->filter, i);
    top_heap heap;
    hf_err *err = heap_init(&heap, query->top, g->object_count);
    if (err)
        return err;
    uint64_t matching = 0;
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (!accepted[g->type[i]] || (query->chosen && !query->chosen[i]) ||
            (largest && largest[i] / 4 >= dominators->retained[i] / 5 && largest[i]))
            continue;
        matching++;
        offer(&heap, (ranked){.key = key_of(g, dominators, query->key, i), .object = i});
    }
    return heap_finish(&heap, matching, ret);
}

void hf_ranking_deinit(hf_ranking *r)
{
    free(r->objects);
    *r = (hf_ranking){0};
}

hf_err *hf_ranking_dominated(const hf_graph *g, const hf_dominators *dominators, uint32_t object,
                             uint64_t least, size_t top, hf_ranking *ret)
{
    top_heap heap;
    hf_err *err = heap_init(&heap, top, g->object_count);
    if (err)
        return err;
    uint64_t matching = 0;
    for (uint32_t i = 0; i < dominators->count; i++) {
        if (dominators->parent[i] != object || dominators->retained[i] < least)
            continue;
        matching++;
        offer(&heap, (ranked){.key = dominators->retained[i], .object = i});
    }
    return heap_finish(&heap, matching, ret);
}
