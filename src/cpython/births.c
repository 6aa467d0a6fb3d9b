/* cpython/births.c - see cpython/births.h. */
#include "cpython/births.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/decode_read.h"

/* The form of the live map: agent/live.h. */
enum {
    REGION_BITS = 26,
    ADDRESS_BITS = 47,
    NODE_SHIFT = 11,
    SIZE_MASK = 1023, /* this size: it is larger, and stands in the slots behind */
    SIZE_SLOTS = 5,
    SIZE_BITS = 10,
    BIRTH_LEAST = 17, /* bytes of a block that has room for the time of its birth */
    /* Bytes of a block before the object: what the collector and attributes take. */
    HEADER_MOST = 32,
};

/* Words from here on are no nodes, but times of birth in TICKs (HF_STATE_BIRTH in
 * trace/state.h). */
#define BIRTH ((uint32_t)((1 << 21) - (1 << 14)) << NODE_SHIFT)
#define TICK  ((uint64_t)100000000) /* ns */

typedef struct reader {
    hf_heap *heap;
    const hf_births *births;
    hf_allocations *all;
    uint32_t *sites;            /* of each node: the number of its site; 0: not told yet */
    uint64_t region, region_of; /* the table that was looked at last, and of which addresses */
} reader;

typedef struct found {
    uint32_t node;        /* 0: newer than what was read of the tree */
    uint32_t born, asked; /* of hf_object */
} found;

/* The slot `behind` the one of an address. A table goes on for a slot, so that only behind long
 * blocks the next one may be needed. */
static uint32_t slot_of(reader *r, uint64_t address, uint64_t behind)
{
    if (behind > 1)
        return slot_of(r, address + 16 * behind, 0);
    uint64_t number = address >> REGION_BITS;
    if (address >> ADDRESS_BITS)
        return 0;
    if (number != r->region_of) {
        const uint8_t *p = hf_bytes_at(&r->heap->decode, r->births->live_map + 8 * number, 8);
        r->region = p ? hf_load_u64(p) : 0;
        r->region_of = number;
    }
    uint64_t offset = ((address & (((uint64_t)1 << REGION_BITS) - 1)) >> 4 << 2) + 4 * behind;
    const uint8_t *p = r->region ? hf_bytes_at(&r->heap->decode, r->region + offset, 4) : NULL;
    return p ? hf_load_u32(p) : 0;
}

/* When the block was born, as hf_object.born. */
static uint32_t birth_of(reader *r, uint64_t block, uint32_t size)
{
    if (size < BIRTH_LEAST)
        return 0;
    uint32_t word = slot_of(r, block, size == SIZE_MASK ? SIZE_SLOTS + 1 : 1);
    if (word < BIRTH)
        return 0;
    const hf_births *b = r->births;
    uint32_t born = word - BIRTH;
    return !b->end || born < (b->end - b->start) / TICK ? born + 1 : 0;
}

/* Bytes that were asked for; those of a long block as far as a number of 32 bits goes. */
static uint32_t asked_of(reader *r, uint64_t block, uint32_t size)
{
    if (size < SIZE_MASK)
        return size;
    uint64_t bytes = 0;
    for (unsigned i = 0; i < SIZE_SLOTS; i++)
        bytes |= (uint64_t)(slot_of(r, block + 16 * (i + 1), 0) & SIZE_MASK) << SIZE_BITS * i;
    return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

/* What is noted of the block that an object lies in; false where that is nothing. */
static bool find_block(reader *r, uint64_t object, found *ret)
{
    for (uint64_t header = 0; header <= HEADER_MOST; header += 16) {
        uint64_t block = object - header;
        uint32_t word = slot_of(r, block, 0);
        uint32_t node = word >> NODE_SHIFT, size = word & SIZE_MASK;
        if (!node || word >= BIRTH || (size != SIZE_MASK && size <= header))
            continue;
        *ret = (found){.node = node < r->births->node_count ? node : 0,
                       .born = birth_of(r, block, size),
                       .asked = r->births->sample_bytes ? asked_of(r, block, size) : 0};
        return true;
    }
    return false;
}

static uint32_t name_of(reader *r, uint32_t file)
{
    return hf_name(r->heap, hf_strtab_get(&r->births->texts, file));
}

/* Room for one more site and its frames; false without memory. */
static bool make_room(hf_allocations *a)
{
    if (!hf_array_room(&a->sites, a->site_count, &a->site_capacity))
        return false;
    return hf_array_reserve(&a->frames, a->frame_count + HF_SITE_FRAMES_MAX, &a->frame_capacity);
}

/* The site of a node: its calls, innermost first. 0 without memory. */
static uint32_t site_of(reader *r, uint32_t node)
{
    hf_allocations *a = r->all;
    if (r->sites[node])
        return r->sites[node];
    if (!make_room(a))
        return 0;
    hf_allocation_site *s = &a->sites[a->site_count];
    *s = (hf_allocation_site){.first_frame = a->frame_count,
                              .blocks = r->births->nodes[node].blocks,
                              .bytes = r->births->nodes[node].bytes};
    for (uint32_t at = node; at && s->frame_count < HF_SITE_FRAMES_MAX;) {
        const hf_birth *b = &r->births->nodes[at];
        if (b->file) {
            a->frames[a->frame_count++] = (hf_site_frame){name_of(r, b->file), b->line};
            s->frame_count++;
        }
        at = b->parent < at ? b->parent : 0;
    }
    return r->sites[node] = ++a->site_count;
}

/* Blocks that are no objects, buffers of objects and what C code has, count as well. */
static bool tell_other_nodes(reader *r)
{
    for (uint32_t i = 1; i < r->births->node_count; i++) {
        const hf_birth *b = &r->births->nodes[i];
        r->all->blocks += b->blocks;
        r->all->bytes += b->bytes;
        if (b->blocks && !site_of(r, i))
            return false;
    }
    return true;
}

hf_err *hf_births_read(hf_heap *heap, const hf_births *births, hf_allocations *ret)
{
    HF_AUTO(hf_freep) uint32_t *sites = calloc((size_t)births->node_count + 1, sizeof(*sites));
    ret->site_of = calloc(heap->marks.count + 1, sizeof(*ret->site_of));
    ret->born = calloc(heap->marks.count + 1, sizeof(*ret->born));
    if (births->sample_bytes)
        ret->asked = calloc(heap->marks.count + 1, sizeof(*ret->asked));
    if (!sites || !ret->site_of || !ret->born || (births->sample_bytes && !ret->asked))
        return hf_fail_memory();
    ret->births = births;
    reader r = {
        .heap = heap, .births = births, .all = ret, .sites = sites, .region_of = UINT64_MAX};
    hf_marks_cursor cursor = {.marks = &heap->marks};
    uint64_t number = 0, bit = hf_marks_next(&heap->marks, 0);
    for (; bit != HF_NO_BIT; bit = hf_marks_next(&heap->marks, bit + 1), number++) {
        found f;
        if (!find_block(&r, hf_marks_address(&cursor, bit), &f))
            continue;
        ret->born[number] = f.born;
        if (ret->asked)
            ret->asked[number] = f.asked;
        if (f.node && !(ret->site_of[number] = site_of(&r, f.node)))
            return hf_fail_memory();
        ret->objects++;
    }
    ret->tracing = HF_TRACING_AGENT;
    return tell_other_nodes(&r) && !heap->failed ? NULL : hf_fail_memory();
}
