/* cpython/reach.c - from the first marks to everything that can be reached.
 *
 * Marked objects are followed in order of address, which is how memory is fast to read; what is
 * found ahead is met in its turn, what is found behind goes through a stack at once. */
#include "base/array.h"
#include "base/huge.h"
#include "cpython/heap_inside.h"
#include "cpython/prove.h"
#include "cpython/refcount.h"

#include <stdio.h>

/* Above this a count of references is looked at twice. */
enum { REFCOUNT_USUAL = 1 << 16 };
#define REFCOUNT_MAX (1ull << 32)

/* A freed block starts with the address of the next free one (obmalloc.c), where its count of
 * references was; in a non-PIE process such an address may be small enough to pass for a count. */
static bool refcount_is_sane(hf_heap *heap, const uint8_t *object, bool trusted)
{
    hf_refcount counted = hf_refcount_of(heap->decode.layout, object);
    uint64_t refcount = (uint64_t)counted.count;
    if (heap->decode.layout->free_threaded && (counted.immortal || counted.partial))
        return true;
    if (refcount - 1 < REFCOUNT_USUAL)
        return true;
    if (refcount == 0 || refcount >= REFCOUNT_MAX)
        return false;
    return trusted || refcount & 15 || !hf_marks_span(&heap->marks, refcount);
}

const hf_type_record *hf_object_type(hf_heap *heap, uint64_t address, bool trusted)
{
    hf_decode *d = &heap->decode;
    const uint8_t *p =
        address & 7 ? NULL : hf_bytes_at(d, address, (uint64_t)d->layout->object_size);
    bool sane = p && hf_header_is_sane(d->layout, p) && refcount_is_sane(heap, p, trusted);
    return sane ? hf_type_at(d, hf_load_u64(p + d->layout->object_ob_type)) : NULL;
}

bool hf_is_object(hf_heap *heap, uint64_t address, bool trusted)
{
    return hf_object_type(heap, address, trusted) != NULL;
}

static bool push(hf_heap *heap, uint64_t address)
{
    if (!hf_array_room(&heap->pending, heap->pending_count, &heap->pending_capacity)) {
        heap->failed = true;
        return false;
    }
    heap->pending[heap->pending_count++] = address;
    return true;
}

/* An object that was marked is to be followed: those that refer to nothing have been by that.
 * Before the sweep begins nothing is noted: it begins with all that is marked. */
static bool note_marked(hf_heap *heap, const hf_type_record *type, uint64_t address, uint64_t bit)
{
    if (!heap->sweep)
        return true;
    if (type->refers_to_nothing) {
        heap->types.records[type->number]->asked++;
        return true;
    }
    if (address < heap->sweep)
        return push(heap, address);
    heap->to_follow[bit >> 6] |= 1ull << (bit & 63);
    return true;
}

bool hf_reach(hf_heap *heap, uint64_t address, bool trusted)
{
    uint64_t bit = hf_marks_bit(&heap->marks, address);
    if (bit == HF_NO_BIT)
        return false;
    if (hf_marks_test(&heap->marks, bit))
        return true;
    const hf_type_record *type = hf_object_type(heap, address, trusted);
    if (!type)
        return false;
    hf_marks_set(&heap->marks, bit);
    return note_marked(heap, type, address, bit);
}

typedef struct {
    hf_visitor visitor;
    hf_heap *heap;
    uint64_t source;
    hf_type_record *charged_to;
} follower;

/* An object contradicts the row: once, whatever it says, and its type keeps the first text. */
static void charge(hf_type_record *type, uint64_t object, const char *doubt)
{
    if (type->failed && type->failed_last == object)
        return;
    if (!type->failed++)
        snprintf(type->doubt, sizeof(type->doubt), "%s", doubt);
    type->failed_last = object;
}

static void leads_nowhere(hf_heap *heap, const hf_met_edge *met)
{
    if (met->edge.strength == HF_EDGE_SCANNED)
        return;
    if (hf_marks_span(&heap->marks, met->edge.target))
        heap->decode.implausible++;
    else
        heap->decode.unreadable++;
    /* What C types of libraries say of their own members is not the row's. */
    if (!met->charged_to || (met->edge.kind == HF_EDGE_ATTRIBUTE && met->edge.field))
        return;
    char doubt[HF_CONTRADICTION_TEXT];
    snprintf(doubt, sizeof(doubt), "%s leads to no object",
             met->edge.field ? met->edge.field : "an item");
    charge(met->charged_to, met->source, doubt);
}

static void settle(hf_heap *heap)
{
    for (size_t i = 0; i < heap->met_count; i++) {
        const hf_met_edge *met = &heap->met[i];
        if (hf_reach(heap, met->edge.target, met->edge.strength == HF_EDGE_STRONG))
            continue;
        if (met->edge.strength == HF_EDGE_SCANNED)
            hf_native_table_reach(heap, met->source, met->edge.target);
        else
            leads_nowhere(heap, met);
    }
    heap->met_count = 0;
}

/* A target that is not marked lies anywhere in memory. It is asked for now and looked at a little
 * later, so that many are on their way at once. */
static void follow(hf_visitor *v, const hf_raw_edge *edge)
{
    const follower *f = (follower *)v;
    hf_heap *heap = f->heap;
    const hf_met_edge met = {*edge, f->source, f->charged_to};
    const hf_span *span = edge->target & 7 ? NULL : hf_marks_span(&heap->marks, edge->target);
    if (!span) {
        leads_nowhere(heap, &met);
        return;
    }
    uint64_t distance = edge->target - span->start;
    if (hf_marks_test(&heap->marks, span->first_bit + distance / 8))
        return;
    __builtin_prefetch(span->bytes + distance);
    heap->met[heap->met_count++] = met;
    if (heap->met_count == HF_MET_MAX)
        settle(heap);
}

/* hf_lists_has() of a marked object. */
static bool is_listed(hf_heap *heap, uint64_t address)
{
    uint64_t bit = heap->listed ? hf_marks_bit(&heap->marks, address) : HF_NO_BIT;
    if (bit != HF_NO_BIT && heap->listed[bit >> 6] >> (bit & 63) & 1)
        return true;
    return hf_lists_has(heap, address);
}

static void follow_object(hf_heap *heap, uint64_t address)
{
    follower f = {{follow}, heap, address, NULL};
    const hf_type_record *type = hf_type_of(&heap->decode, address);
    if (!type)
        return;
    if (type->refers_to_nothing) {
        heap->types.records[type->number]->asked++;
        return;
    }
    hf_decode *d = &heap->decode;
    d->charge = HF_CHARGE_OBJECT;
    d->doubts = 0;
    /* A scan may take words of C data for an object, which says nothing about the row: an array of
     * an extension with 1 before the address of a type is enough. */
    bool is_sure = !type->has_gc || is_listed(heap, address);
    if (is_sure && (type->facts || type->counts))
        hf_prove_object(d, type, address);
    hf_type_record *record = heap->types.records[type->number];
    if (is_sure && (!type->decoder || !type->decoder->foreign))
        f.charged_to = record;
    hf_decode_edges(d, type, address, &f.visitor);
    d->charge = HF_CHARGE_TARGET;
    record->asked++;
    if (d->doubts)
        charge(record, address, d->doubt);
    if (heap->asks)
        hf_ask_about(heap, type, address);
    if (heap->torn && type->has_gc)
        hf_reach(heap, hf_lists_next(heap, address), false);
}

static void drain(hf_heap *heap)
{
    while (heap->pending_count && !heap->failed)
        follow_object(heap, heap->pending[--heap->pending_count]);
}

/* Follows all that was found behind the sweep, and all that was met. */
static void finish(hf_heap *heap)
{
    do {
        drain(heap);
        settle(heap);
    } while (heap->pending_count && !heap->failed);
}

/* The next object of the sweep, which what was only met may still be. */
static uint64_t next_to_follow(hf_heap *heap, uint64_t from)
{
    uint64_t bit = hf_bits_next(heap->to_follow, heap->marks.word_count, from);
    if (bit != HF_NO_BIT || !heap->met_count)
        return bit;
    finish(heap);
    return hf_bits_next(heap->to_follow, heap->marks.word_count, from);
}

/* A static type lives without anybody who refers to it. */
static void reach_types(hf_heap *heap)
{
    for (size_t i = 0; i < heap->types.count && !heap->failed; i++) {
        hf_reach(heap, heap->types.records[i]->address, true);
        finish(heap);
    }
}

/* Goes once through what is marked, and what becomes so ahead of it. */
static void sweep(hf_heap *heap)
{
    hf_marks_cursor cursor = {.marks = &heap->marks};
    uint64_t bit = next_to_follow(heap, 0);
    for (; bit != HF_NO_BIT && !heap->failed; bit = next_to_follow(heap, bit + 1)) {
        uint64_t address = hf_marks_address(&cursor, bit);
        heap->sweep = address + 1;
        follow_object(heap, address);
        drain(heap);
    }
}

void hf_reach_all(hf_heap *heap)
{
    const hf_marks *marks = &heap->marks;
    if (heap->failed)
        return;
    heap->to_follow = hf_huge_calloc(marks->word_count + 1, sizeof(*heap->to_follow));
    heap->failed = !heap->to_follow;
    if (heap->failed)
        return;
    for (uint64_t w = 0; w < marks->word_count; w++)
        if (marks->words[w])
            heap->to_follow[w] = marks->words[w];
    heap->sweep = 1;
    sweep(heap);
    heap->sweep = UINT64_MAX;
    hf_huge_free(heap->to_follow, marks->word_count + 1, sizeof(*heap->to_follow));
    heap->to_follow = NULL;
    reach_types(heap);
}

void hf_reach_rest(hf_heap *heap)
{
    finish(heap);
    reach_types(heap);
}
