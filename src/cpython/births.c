/* cpython/births.c - see cpython/births.h. */
#include "cpython/births.h"

#include "base/cleanup.h"
#include "cpython/decode_read.h"

/* The form of the live map: agent/live.h. */
enum {
    REGION_BITS = 26,
    ADDRESS_BITS = 47,
    NODE_SHIFT = 11,
    SIZE_MASK = 1023, /* this size: it is larger, and stands elsewhere */
    HEADER_MOST =
        32, /* bytes of a block before the object: what the collector and attributes take */
};

typedef struct reader {
    hf_heap *heap;
    const hf_births *births;
    hf_allocations *all;
    uint32_t *sites;            /* of each node: the number of its site; 0: not told yet */
    uint64_t region, region_of; /* the table that was looked at last, and of which addresses */
} reader;

static uint32_t slot_of(reader *r, uint64_t address)
{
    uint64_t number = address >> REGION_BITS;
    if (address >> ADDRESS_BITS)
        return 0;
    if (number != r->region_of) {
        const uint8_t *p = hf_bytes_at(&r->heap->decode, r->births->live_map + 8 * number, 8);
        r->region = p ? hf_load_u64(p) : 0;
        r->region_of = number;
    }
    uint64_t offset = (address & (((uint64_t)1 << REGION_BITS) - 1)) >> 4 << 2;
    const uint8_t *p = r->region ? hf_bytes_at(&r->heap->decode, r->region + offset, 4) : NULL;
    return p ? hf_load_u32(p) : 0;
}

/* The node of the block that an object lies in; 0: not known. */
static uint32_t node_of(reader *r, uint64_t object)
{
    for (uint64_t header = 0; header <= HEADER_MOST; header += 16) {
        uint32_t word = slot_of(r, object - header);
        uint32_t node = word >> NODE_SHIFT, size = word & SIZE_MASK;
        if (node && (size == SIZE_MASK || size > header))
            return node < r->births->node_count ? node : 0;
    }
    return 0;
}

static uint32_t name_of(reader *r, uint32_t file)
{
    return hf_name(r->heap, hf_strtab_get(&r->births->texts, file));
}

/* Room for one more site and its frames; false without memory. */
static bool make_room(hf_allocations *a)
{
    if (a->site_count == a->site_capacity) {
        uint32_t room = a->site_capacity ? 2 * a->site_capacity : 1024;
        hf_allocation_site *grown = realloc(a->sites, room * sizeof(*grown));
        if (!grown)
            return false;
        a->sites = grown;
        a->site_capacity = room;
    }
    if (a->frame_count + HF_SITE_FRAMES_MAX > a->frame_capacity) {
        uint64_t room = 2 * (a->frame_capacity + HF_SITE_FRAMES_MAX);
        hf_site_frame *grown = realloc(a->frames, room * sizeof(*grown));
        if (!grown)
            return false;
        a->frames = grown;
        a->frame_capacity = room;
    }
    return true;
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
    if (!sites || !ret->site_of)
        return hf_fail_memory();
    reader r = {
        .heap = heap, .births = births, .all = ret, .sites = sites, .region_of = UINT64_MAX};
    hf_marks_cursor cursor = {.marks = &heap->marks};
    uint64_t number = 0, bit = hf_marks_next(&heap->marks, 0);
    for (; bit != HF_NO_BIT; bit = hf_marks_next(&heap->marks, bit + 1), number++) {
        uint32_t node = node_of(&r, hf_marks_address(&cursor, bit));
        if (!node)
            continue;
        if (!(ret->site_of[number] = site_of(&r, node)))
            return hf_fail_memory();
        ret->objects++;
    }
    ret->tracing = HF_TRACING_AGENT;
    return tell_other_nodes(&r) && !heap->failed ? NULL : hf_fail_memory();
}
