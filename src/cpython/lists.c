/* cpython/lists.c - the collector's lists: three generations and a permanent one an interpreter.
 *
 * A list is a ring of PyGC_Head, the header before each collected object (Modules/gcmodule.c and
 * Python/gc.c). The low two bits of both links are flags. That each link forwards has its link
 * backwards, that the ring closes, and that each member has a verified type is the proof of the
 * layout. The heads may lie at any multiple of 4 (3.13.5). A thread that runs may be just freeing a
 * member: its count of references is 0 until its deallocator takes it off the list. In memory that
 * was read while it changed a ring may be torn: then the rest is gathered from the other end. */
#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/heap_inside.h"
#include "cpython/refcount.h"

#include <stdlib.h>

enum { GENERATIONS = 3, HALF_MADE_MAX = 2 };
#define LINK_FLAGS 3ull

typedef struct {
    uint64_t head;
    bool permanent;
    uint64_t recent; /* so many of its newest members, if it has them, are recent */
    /* How many these are is known when it was walked: with what is younger, a quarter of all. */
    bool recent_is_part;
    uint64_t younger;
} gc_list;

static uint64_t bit_of(hf_heap *heap, uint64_t node)
{
    return hf_marks_bit(&heap->marks, node + (uint64_t)heap->decode.layout->gc_head_size);
}

static void set_recent(hf_heap *heap, uint64_t bit)
{
    if (bit != HF_NO_BIT)
        heap->recent[bit >> 6] |= 1ull << (bit & 63);
}

/* Marks the object behind the header `node`; false where there is none. *seen: it was marked. */
static bool mark_member(hf_heap *heap, const gc_list *list, uint64_t node, bool *seen)
{
    uint64_t address = node + (uint64_t)heap->decode.layout->gc_head_size;
    uint64_t bit = hf_marks_bit(&heap->marks, address);
    const hf_type_record *type = bit == HF_NO_BIT ? NULL : hf_object_type(heap, address, true);
    if (!type || !type->has_gc)
        return false;
    *seen = !hf_marks_set(&heap->marks, bit);
    if (list->permanent)
        heap->frozen[bit >> 6] |= 1ull << (bit & 63);
    if (list->recent == UINT64_MAX)
        set_recent(heap, bit);
    if (!*seen)
        heap->lists.members++;
    return true;
}

/* A member that nobody refers to any more and whose links are whole. */
static bool is_dying(hf_heap *heap, uint64_t node)
{
    const hf_layout *l = heap->decode.layout;
    uint64_t address = node + (uint64_t)l->gc_head_size;
    const uint8_t *p = hf_bytes_at(&heap->decode, address, (uint64_t)l->object_size);
    const hf_type_record *type = p ? hf_type_of(&heap->decode, address) : NULL;
    return type && type->has_gc && hf_refcount_of(l, p).count == 0;
}

/* Members lie anywhere in memory: the next one is asked for while this one is verified. */
static void ask_for_member(hf_heap *heap, uint64_t node)
{
    const hf_span *span = hf_marks_span(&heap->marks, node);
    if (span)
        __builtin_prefetch(span->bytes + (node - span->start));
}

/* True when the ring closed: every member verified, every link matched by the one back. One that
 * dies is not marked, and counts as a list that was repaired: at rest there is none. */
static bool walk_forwards(hf_heap *heap, const gc_list *list)
{
    const hf_layout *l = heap->decode.layout;
    uint64_t before = list->head;
    int dying = 0;
    const uint8_t *p = hf_bytes_at(&heap->decode, list->head, (uint64_t)l->gc_head_size);
    while (p) {
        uint64_t node = hf_load_u64(p + l->gc_head_next) & ~LINK_FLAGS;
        p = hf_bytes_at(&heap->decode, node, (uint64_t)l->gc_head_size);
        if (!p || (hf_load_u64(p + l->gc_head_prev) & ~LINK_FLAGS) != before)
            return false;
        if (node == list->head) {
            heap->lists.repaired += dying > 0;
            return true;
        }
        ask_for_member(heap, hf_load_u64(p + l->gc_head_next) & ~LINK_FLAGS);
        bool seen = false;
        if (!mark_member(heap, list, node, &seen) &&
            (!is_dying(heap, node) || ++dying > HALF_MADE_MAX))
            return false;
        if (seen)
            return false;
        before = node;
        p = hf_bytes_at(&heap->decode, node, (uint64_t)l->gc_head_size);
    }
    return false;
}

/* Marks from the end of the list to the first member that is marked; false where it breaks. In
 * memory of one instant at most the links around one object are half made. */
static bool walk_backwards(hf_heap *heap, const gc_list *list)
{
    const hf_layout *l = heap->decode.layout;
    uint64_t node = list->head;
    int half_made = 0, dying = 0;
    for (;;) {
        const uint8_t *p = hf_bytes_at(&heap->decode, node, (uint64_t)l->gc_head_size);
        if (!p)
            return false;
        uint64_t after = node;
        node = hf_load_u64(p + l->gc_head_prev) & ~LINK_FLAGS;
        p = hf_bytes_at(&heap->decode, node, (uint64_t)l->gc_head_size);
        if (!p)
            return false;
        half_made += (hf_load_u64(p + l->gc_head_next) & ~LINK_FLAGS) != after;
        if (half_made > HALF_MADE_MAX && !heap->torn)
            return false;
        bool seen = false;
        if (node == list->head)
            return true;
        if (!mark_member(heap, list, node, &seen) &&
            (!is_dying(heap, node) || ++dying > HALF_MADE_MAX))
            return false;
        if (seen)
            return true;
    }
}

/* One end of a list, and how far from there its members are marked. */
typedef struct {
    int32_t ahead, behind; /* places of the links from here on, and back */
    uint64_t at;           /* the member marked last; the head at first */
    uint64_t count;
} gc_end;

typedef enum { GOES_ON, HAS_CLOSED, IS_TORN } gc_step;

/* Marks one member more, if that is whole. */
static gc_step step(hf_heap *heap, const gc_list *list, gc_end *end, const gc_end *other)
{
    uint64_t size = (uint64_t)heap->decode.layout->gc_head_size;
    const uint8_t *p = hf_bytes_at(&heap->decode, end->at, size);
    uint64_t node = p ? hf_load_u64(p + end->ahead) & ~LINK_FLAGS : 0;
    p = hf_bytes_at(&heap->decode, node, size);
    if (!p || (hf_load_u64(p + end->behind) & ~LINK_FLAGS) != end->at)
        return IS_TORN;
    if (node == other->at)
        return HAS_CLOSED;
    ask_for_member(heap, hf_load_u64(p + end->ahead) & ~LINK_FLAGS);
    bool seen = false;
    if (!mark_member(heap, list, node, &seen) || seen)
        return IS_TORN;
    end->at = node;
    end->count++;
    return GOES_ON;
}

/* Takes back what was marked from one end. */
static void unmark(hf_heap *heap, const gc_list *list, const gc_end *end)
{
    const hf_layout *l = heap->decode.layout;
    uint64_t node = list->head;
    for (uint64_t i = 0; i < end->count; i++) {
        const uint8_t *p = hf_bytes_at(&heap->decode, node, (uint64_t)l->gc_head_size);
        if (!p)
            break;
        node = hf_load_u64(p + end->ahead) & ~LINK_FLAGS;
        uint64_t bit = bit_of(heap, node);
        hf_marks_unset(&heap->marks, bit);
        heap->frozen[bit >> 6] &= ~(1ull << (bit & 63));
        heap->recent[bit >> 6] &= ~(1ull << (bit & 63));
    }
    heap->lists.members -= end->count;
}

/* The bits of the last members that the front came to: how many of these are recent is known when
 * it meets the back. */
typedef struct {
    uint64_t *bits;
    size_t count, capacity;
} gc_order;

static void order_deinit(gc_order *order)
{
    free(order->bits);
}

static void note_order(hf_heap *heap, gc_order *order, uint64_t node, uint64_t most)
{
    bool full = order->count == order->capacity;
    if (full && order->count / 2 >= most) { /* those before are not of the last any more */
        memcpy(order->bits, order->bits + (order->count - most), most * sizeof(*order->bits));
        order->count = (size_t)most;
    } else if (full && !hf_array_room(&order->bits, order->count, &order->capacity)) {
        heap->failed = true;
        return;
    }
    order->bits[order->count++] = bit_of(heap, node);
}

/* True when the ring closed, by the same proof as forwards. Each link leads anywhere in memory:
 * from both ends two are on their way at once. A list that is not whole is left as it was. */
static bool walk_from_both_ends(hf_heap *heap, const gc_list *list)
{
    const hf_layout *l = heap->decode.layout;
    gc_end front = {.ahead = l->gc_head_next, .behind = l->gc_head_prev, .at = list->head};
    gc_end back = {.ahead = l->gc_head_prev, .behind = l->gc_head_next, .at = list->head};
    HF_AUTO(order_deinit) gc_order order = {0};
    const uint64_t some = list->recent == UINT64_MAX ? 0 : list->recent; /* not none, and not all */
    gc_step result = step(heap, list, &front, &back);
    while (result == GOES_ON) {
        if (some > back.count)
            note_order(heap, &order, front.at, some);
        result = step(heap, list, &back, &front);
        if (result != GOES_ON)
            break;
        if (some >= back.count)
            set_recent(heap, bit_of(heap, back.at));
        result = step(heap, list, &front, &back);
    }
    if (result == IS_TORN) {
        unmark(heap, list, &front);
        unmark(heap, list, &back);
        return false;
    }
    for (uint64_t left = some > back.count ? some - back.count : 0; left && order.count; left--)
        set_recent(heap, order.bits[--order.count]);
    return true;
}

/* Notes the newest members of a list that was marked, at most `count`: what comes to a list is put
 * at its end. */
static void note_recent(hf_heap *heap, const gc_list *list, uint64_t count)
{
    const hf_layout *l = heap->decode.layout;
    uint64_t node = list->head;
    for (; count > 0; count--) {
        const uint8_t *p = hf_bytes_at(&heap->decode, node, (uint64_t)l->gc_head_size);
        node = p ? hf_load_u64(p + l->gc_head_prev) & ~LINK_FLAGS : list->head;
        if (node == list->head)
            return;
        set_recent(heap, bit_of(heap, node));
    }
}

static void mark_torn(hf_heap *heap, const gc_list *list)
{
    if (walk_forwards(heap, list))
        return;
    if (walk_backwards(heap, list))
        heap->lists.repaired++;
    else
        heap->lists.broken++;
}

/* As many of the newest members as are recent, where that is not known before all are marked. */
static uint64_t recent_part(const gc_list *list, uint64_t members)
{
    enum { QUARTER = 4 };
    uint64_t of_all = (list->younger + members) / QUARTER;
    return of_all > list->younger ? of_all - list->younger : 0;
}

static void mark_list(hf_heap *heap, const gc_list *list)
{
    uint64_t before = heap->lists.members;
    bool whole = walk_from_both_ends(heap, list);
    if (!whole)
        mark_torn(heap, list);
    uint64_t members = heap->lists.members - before;
    if (list->recent_is_part)
        note_recent(heap, list, recent_part(list, members));
    else if (!whole && list->recent != UINT64_MAX)
        note_recent(heap, list, list->recent < members ? list->recent : members);
}

bool hf_lists_has(hf_heap *heap, uint64_t address)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    if (l->free_threaded)
        return hf_member_u8(d, address, l->object_ob_gc_bits) & l->gc_bits_tracked;
    uint64_t node = address - (uint64_t)l->gc_head_size;
    uint64_t next = hf_lists_next(heap, address);
    const uint8_t *p =
        next ? hf_bytes_at(d, next - (uint64_t)l->gc_head_size, (uint64_t)l->gc_head_size) : NULL;
    return p && (hf_load_u64(p + l->gc_head_prev) & ~LINK_FLAGS) == node;
}

uint64_t hf_lists_next(hf_heap *heap, uint64_t address)
{
    const hf_layout *l = heap->decode.layout;
    if (l->free_threaded)
        return 0;
    uint64_t node = address - (uint64_t)l->gc_head_size;
    const uint8_t *p = hf_bytes_at(&heap->decode, node, (uint64_t)l->gc_head_size);
    uint64_t next = p ? hf_load_u64(p + l->gc_head_next) & ~LINK_FLAGS : 0;
    return next ? next + (uint64_t)l->gc_head_size : 0;
}

typedef struct {
    hf_visitor visitor;
    hf_heap *heap;
} piece_walker;

/* A collection has its lists on its own stack, where no head is known: any member leads in. */
static void walk_piece(hf_visitor *v, const hf_raw_edge *edge)
{
    hf_heap *heap = ((piece_walker *)v)->heap;
    const gc_list piece = {0};
    bool seen = false;
    uint64_t address = edge->kind == HF_EDGE_VALUE ? edge->target : 0;
    while (address && !seen) {
        if (!mark_member(heap, &piece, address - (uint64_t)heap->decode.layout->gc_head_size,
                         &seen))
            return;
        address = hf_lists_next(heap, address);
    }
}

/* Says how many of the newest members of a generation are recent, if it has so many. Of the oldest
 * one those that came since the last full collection (Python/gc.c, long_lived_pending); some may
 * have died, then a few older ones are taken for them. A full collection comes when that is a
 * quarter of what survived the last one. Until there has been one, and where it was long ago, most
 * is newer, which tells nothing: then a quarter of all objects is recent. The incremental collector
 * goes through its old objects a part at a time: only the young ones are told. */
static void find_recent(hf_heap *heap, uint64_t gc, int generation, gc_list *list)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    bool generations = HF_HAS(l, gc_generation0);
    if (generation == 0 || (generation == 1 && generations))
        list->recent = UINT64_MAX;
    if (generation < 2 || !generations || !HF_HAS(l, gc_long_lived_pending))
        return;
    list->recent = hf_member(d, gc, l->gc_long_lived_pending);
    list->recent_is_part = list->recent > hf_member(d, gc, l->gc_long_lived_total) / 3;
    if (list->recent_is_part)
        list->recent = 0;
}

void hf_lists_mark(hf_heap *heap)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    for (size_t i = 0; i < heap->interpreter_count; i++) {
        uint64_t gc = heap->interpreters[i] + (uint64_t)l->interpreter_gc;
        const uint64_t none = heap->lists.members;
        for (int g = 0; g < GENERATIONS; g++) {
            uint64_t at = gc + (uint64_t)(l->gc_generations + g * l->gc_generation_size);
            uint64_t before = heap->lists.members;
            gc_list list = {.head = at, .younger = before - none};
            find_recent(heap, gc, g, &list);
            mark_list(heap, &list);
            if (i == 0)
                heap->info.collector.listed[g] = heap->lists.members - before;
        }
        const gc_list permanent = {.head = gc + (uint64_t)l->gc_permanent_generation,
                                   .permanent = true};
        mark_list(heap, &permanent);
        uint64_t modules = hf_member(d, heap->interpreters[i], l->interpreter_modules);
        const hf_type_record *type = heap->torn && modules ? hf_type_of(d, modules) : NULL;
        piece_walker walker = {{walk_piece}, heap};
        if (type)
            hf_decode_edges(d, type, modules, &walker.visitor);
    }
}
