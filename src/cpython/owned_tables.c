/* cpython/owned_tables.c - arrays of references that objects of extensions keep in
 * memory of malloc.
 *
 * `PyObject **items` in an extension's object leads to one. So does much that is none of its: a
 * buffer still holds what was in that memory before, and another object's array may be led to as
 * well. Counts of references decide: once everything is marked, the references to the objects in
 * such arrays are counted, and an array is its owner's where the objects in it count more than were
 * found, and one object alone leads to it. An object of an array is told as often as its count has
 * a place for it. A structure of C that has a reference among other members (what a capsule leads
 * to) is known by the same, where there are many: what lives outside of binaries and is counted by
 * C alone is rare, and does not stand by chance where one object leads. */
#include "base/array.h"
#include "cpython/heap_inside.h"
#include "cpython/refcount.h"

#include <stdlib.h>

enum {
    LED_TO_MAX = 1 << 20,
    MANY_STRUCTURES = 64,
    LEAST_MISSED = 4,    /* objects that count a reference more than were found */
    WORDS_MAX = 1 << 26, /* of all arrays */
};

void hf_owned_table_note(hf_heap *heap, uint64_t owner, uint64_t address, bool structure)
{
    if (heap->led_to_count == LED_TO_MAX)
        return;
    if (!hf_array_room(&heap->led_to, heap->led_to_count, &heap->led_to_capacity)) {
        heap->failed = true;
        return;
    }
    heap->led_to[heap->led_to_count++] = (hf_led_to){address, owner, structure};
}

static int by_address(const void *a, const void *b)
{
    const hf_led_to *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return (x->owner > y->owner) - (x->owner < y->owner);
}

/* Structures alone are worth the count only where there are many. */
static bool are_worth_it(const hf_heap *heap)
{
    uint64_t structures = 0;
    for (size_t i = 0; i < heap->led_to_count; i++)
        structures += heap->led_to[i].structure;
    return structures >= MANY_STRUCTURES || structures < heap->led_to_count;
}

/* Leaves each array once, and none that several objects lead to, or that a capsule or
 * a variable has. */
static void keep_those_of_one(hf_heap *heap)
{
    hf_led_to *all = heap->led_to;
    size_t kept = 0, i = 0;
    qsort(all, heap->led_to_count, sizeof(*all), by_address);
    while (i < heap->led_to_count) {
        hf_led_to first = all[i];
        bool shared = hf_map_get(&heap->owner_of_table, first.address) != HF_MAP_NONE;
        for (; i < heap->led_to_count && all[i].address == first.address; i++)
            shared |= all[i].owner != first.owner;
        if (!shared)
            all[kept++] = first;
    }
    heap->led_to_count = kept;
}

/* The references that an object counts; 0 where that says nothing. */
static uint32_t counted(hf_heap *heap, uint64_t object)
{
    const hf_layout *l = heap->decode.layout;
    const uint8_t *header = hf_bytes_at(&heap->decode, object, (uint64_t)l->object_size);
    hf_refcount count = header ? hf_refcount_of(l, header) : (hf_refcount){.immortal = true};
    bool says = !count.immortal && !count.partial && count.count > 0 && count.count < INT32_MAX &&
                !hf_range_of(heap, object);
    return says ? (uint32_t)count.count : 0;
}

static void see_member(void *context, uint64_t object)
{
    hf_heap *heap = context;
    uint64_t bit = hf_marks_bit(&heap->marks, object);
    if (bit != HF_NO_BIT && hf_marks_test(&heap->marks, bit) &&
        hf_map_get(&heap->missed, object) == HF_MAP_NONE)
        heap->failed |= !hf_map_put(&heap->missed, object, counted(heap, object));
}

static void found_one(hf_heap *heap, uint64_t object)
{
    uint32_t left = hf_map_get(&heap->missed, object);
    if (left != HF_MAP_NONE && left)
        hf_map_put(&heap->missed, object, left - 1); /* it is there: no room is wanted */
}

typedef struct {
    hf_visitor visitor;
    hf_heap *heap;
    const uint64_t *sieve; /* bits of addresses that may be of members */
} counting;

enum { SIEVE_BITS = 1 << 20 };

static uint32_t sieve_bit(uint64_t address)
{
    return (uint32_t)((address * 0x9e3779b97f4a7c15ull) >> 44);
}

static void see_reference(hf_visitor *v, const hf_raw_edge *edge)
{
    counting *c = (counting *)v;
    uint32_t bit = sieve_bit(edge->target);
    if (edge->strength != HF_EDGE_WEAK && c->sieve[bit >> 6] >> (bit & 63) & 1)
        found_one(c->heap, edge->target);
}

static uint64_t *make_sieve(const hf_map *members)
{
    uint64_t *sieve = calloc(SIEVE_BITS / 64, sizeof(*sieve));
    for (size_t i = 0; sieve && i < members->capacity; i++) {
        uint32_t bit = sieve_bit(members->keys[i]);
        if (members->values[i] != HF_MAP_NONE)
            sieve[bit >> 6] |= 1ull << (bit & 63);
    }
    return sieve;
}

/* Its references are not counted (walk.c). */
static bool is_interned_dict(const hf_heap *heap, uint64_t address)
{
    for (size_t i = 0; i < heap->interpreter_count; i++)
        if (heap->interned[i] == address)
            return true;
    return false;
}

/* Goes through the references of all objects, which is what this costs. */
static void count_found(hf_heap *heap)
{
    uint64_t *sieve = make_sieve(&heap->missed);
    if (!sieve) {
        heap->failed = true;
        return;
    }
    counting c = {{see_reference}, heap, sieve};
    hf_marks_cursor cursor = {.marks = &heap->marks};
    uint64_t bit = hf_marks_next(&heap->marks, 0);
    for (; bit != HF_NO_BIT; bit = hf_marks_next(&heap->marks, bit + 1)) {
        uint64_t address = hf_marks_address(&cursor, bit);
        const hf_type_record *type = hf_type_of(&heap->decode, address);
        if (type && !is_interned_dict(heap, address))
            hf_decode_edges(&heap->decode, type, address, &c.visitor);
    }
    for (size_t i = 0; i < heap->root_count; i++)
        if (heap->roots[i].owns)
            found_one(heap, heap->roots[i].target);
    for (size_t i = 0; i < heap->tabled_count; i++) /* what variables have in arrays comes first */
        found_one(heap, heap->tabled[i].target);
    free(sieve);
}

typedef struct {
    hf_heap *heap;
    uint64_t missed, sated; /* objects that count more, and not more, than were found */
} weighing;

static void weigh(void *context, uint64_t object)
{
    weighing *w = context;
    uint32_t left = hf_map_get(&w->heap->missed, object);
    if (left == HF_MAP_NONE)
        return;
    w->missed += left != 0;
    w->sated += left == 0 && counted(w->heap, object);
}

static void settle(hf_heap *heap)
{
    for (size_t i = 0; i < heap->led_to_count && !heap->failed; i++) {
        const hf_led_to *l = &heap->led_to[i];
        weighing w = {heap, 0, 0};
        hf_native_table_members(heap, l->address, weigh, &w);
        if (l->structure ? w.missed > 0 : w.missed >= LEAST_MISSED && w.missed > 3 * w.sated)
            heap->failed |= !hf_map_put(&heap->owned_tables, l->address, (uint32_t)i);
    }
}

/* Whether counts of references can be trusted at all. */
static bool counts_say_something(const hf_heap *heap)
{
    return !heap->torn && !heap->decode.layout->free_threaded;
}

void hf_owned_tables_settle(hf_heap *heap)
{
    uint64_t words = 0;
    if (!heap->led_to_count || !counts_say_something(heap) || !are_worth_it(heap))
        return;
    keep_those_of_one(heap);
    for (size_t i = 0; i < heap->led_to_count; i++) {
        words += hf_chunk_bytes(heap, heap->led_to[i].address) / HF_WORD;
        if (words > WORDS_MAX)
            heap->led_to_count = i; /* a heap that was made to mislead has arrays within arrays */
        else
            hf_native_table_members(heap, heap->led_to[i].address, see_member, heap);
    }
    if (!heap->missed.count || heap->failed)
        return;
    uint64_t unreadable = heap->decode.unreadable, implausible = heap->decode.implausible;
    count_found(heap);
    heap->decode.unreadable = unreadable; /* they are counted where objects are told */
    heap->decode.implausible = implausible;
    if (!heap->failed)
        settle(heap);
}

typedef struct {
    hf_heap *heap;
    void (*see)(void *context, uint64_t object);
    void *context;
} telling;

static void tell_member(void *context, uint64_t object)
{
    const telling *t = context;
    uint32_t left = hf_map_get(&t->heap->missed, object);
    if (left == HF_MAP_NONE || !left)
        return;
    hf_map_put(&t->heap->missed, object, left - 1);
    t->see(t->context, object);
}

void hf_owned_table_visit(hf_heap *heap, uint64_t owner, uint64_t address,
                          void (*see)(void *context, uint64_t object), void *context)
{
    uint32_t number =
        heap->owned_tables.count ? hf_map_get(&heap->owned_tables, address) : HF_MAP_NONE;
    telling t = {heap, see, context};
    if (number == HF_MAP_NONE || heap->led_to[number].owner != owner)
        return;
    heap->led_to[number].owner = 0; /* told: its owner may lead to it by more than one word */
    hf_native_table_members(heap, address, tell_member, &t);
}
