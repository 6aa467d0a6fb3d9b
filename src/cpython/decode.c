/* cpython/decode.c - what all objects have in common: type, instance part, headers, scan. */
#include "cpython/decode_read.h"
#include "cpython/heap.h"
#include "cpython/prove.h"

#include <stdarg.h>
#include <stdio.h>

enum { ADDRESS_BITS = 47 }; /* of user space */

#define TYPE_SUBCLASS (1ull << 31) /* Py_TPFLAGS_TYPE_SUBCLASS */

void hf_contradict(hf_decode *d, const char *format, ...)
{
    if (d->charge == HF_CHARGE_NOBODY)
        return;
    bool object = d->charge == HF_CHARGE_OBJECT;
    uint64_t *count = object ? &d->doubts : &d->contradictions;
    if ((*count)++)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(object ? d->doubt : d->contradiction, HF_CONTRADICTION_TEXT, format, arguments);
    va_end(arguments);
}

const uint8_t *hf_bytes_search(hf_decode *d, uint64_t address, uint64_t n)
{
    const hf_segment **recent = &d->recent[(address >> 20) % HF_SEGMENTS_CACHE];
    const hf_segment *s = *recent;
    if (s && address >= s->start && address < s->end && n <= s->end - address) {
        d->segment = s;
        return s->bytes + (address - s->start);
    }
    size_t count;
    const hf_segment *segments = hf_target_segments(d->target, &count);
    size_t low = 0, high = count; /* the last segment that starts at or before the address */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (segments[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    s = &segments[low - 1];
    if (address >= s->end || n > s->end - address)
        return NULL;
    d->segment = *recent = s;
    return s->bytes + (address - s->start);
}

const uint8_t *hf_array_cut(hf_decode *d, uint64_t address, uint64_t *count, uint64_t size)
{
    const uint8_t *first = hf_bytes_at(d, address, size);
    if (!first) {
        d->unreadable++;
        *count = 0;
        return NULL;
    }
    uint64_t room = (d->segment->end - address) / size;
    if (*count > room) {
        d->unreadable++;
        *count = room;
    }
    return first;
}

void hf_tell_references(hf_decode *d, uint64_t address, const hf_reference *references,
                        hf_visitor *v)
{
    for (const hf_reference *r = references; r->name; r++) {
        int32_t place;
        memcpy(&place, (const char *)d->layout + r->layout_offset, sizeof(place));
        hf_tell_field(v, hf_member(d, address, place), r->name, r->strength);
    }
}

void hf_tell_items(hf_decode *d, uint64_t address, uint64_t count, hf_visitor *v)
{
    const uint8_t *items = hf_array_at(d, address, &count, HF_WORD);
    for (uint64_t i = 0; i < count; i++)
        hf_tell(v, hf_load_u64(items + i * HF_WORD), HF_EDGE_INDEX, HF_EDGE_STRONG, i);
}

void hf_tell_scan(hf_decode *d, uint64_t base, uint64_t start, uint64_t end, hf_visitor *v)
{
    if (end <= start)
        return;
    uint64_t count = (end - start) / HF_WORD;
    const uint8_t *words = hf_array_at(d, start, &count, HF_WORD);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t word = hf_load_u64(words + i * HF_WORD);
        if (!hf_is_number(word))
            hf_tell(v, word, HF_EDGE_OFFSET, HF_EDGE_SCANNED, start - base + i * HF_WORD);
    }
}

static bool is_var_sized(const hf_type_record *type)
{
    return type->itemsize != 0;
}

/* Bytes behind a flag may be uncleared, and make the word look like an address. */
static bool is_plain_word(const hf_type_record *type, uint64_t at)
{
    uint64_t word = at / HF_WORD;
    return word < 64 && type->plain_words >> word & 1;
}

static void tell_slot(const hf_type_record *type, const hf_slot *slot, uint64_t target,
                      hf_visitor *v)
{
    bool borrowed = !slot->name && type->decoder && type->decoder->borrows_members;
    hf_edge_strength strength = borrowed ? HF_EDGE_WEAK : HF_EDGE_STRONG;
    v->edge(v, &(hf_raw_edge){target, HF_EDGE_ATTRIBUTE, strength, slot->name,
                              slot->name ? NULL : slot->field});
}

/* An object that no decoder knows: the words between its header and the end of its items. Sizes
 * come from the type, so a huge one is cut to what the memory holds. */
static void scan_object(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    const uint64_t header =
        (uint64_t)(is_var_sized(type) ? d->layout->var_object_size : d->layout->object_size);
    uint64_t start = type->decoder_basicsize ? type->decoder_basicsize : header;
    const bool members_only = type->decoder && type->decoder->members_only;
    size_t slot = 0;
    for (uint64_t at = (start + 7) & ~7ull; at + HF_WORD <= type->basicsize; at += HF_WORD) {
        while (slot < type->slot_count && type->slots[slot].offset < at)
            slot++;
        const uint8_t *word = hf_bytes_at(d, address + at, HF_WORD);
        if (!word) {
            d->unreadable++;
            return;
        }
        uint64_t target = hf_load_u64(word);
        if (target == 0 || (int64_t)at == type->dictoffset || (int64_t)at == type->weaklistoffset)
            continue;
        if (target == address && type->decoder && type->decoder->borrows_itself)
            continue;
        if (slot < type->slot_count && type->slots[slot].offset == at) {
            tell_slot(type, &type->slots[slot], target, v);
        } else if (!members_only && !is_plain_word(type, at) && !hf_is_number(target)) {
            hf_tell(v, target, HF_EDGE_OFFSET, HF_EDGE_SCANNED, at);
        }
    }
    if (!members_only && !type->decoder_basicsize && type->itemsize == HF_WORD &&
        type->basicsize >= header) {
        uint64_t count = hf_item_count(d, address);
        const uint8_t *items = hf_array_at(d, address + type->basicsize, &count, HF_WORD);
        for (uint64_t i = 0; i < count; i++)
            hf_tell(v, hf_load_u64(items + i * HF_WORD), HF_EDGE_OFFSET, HF_EDGE_SCANNED,
                    type->basicsize + i * HF_WORD);
    }
}

/* What subclasses of tuple with __slots__ have behind their items. */
static void tell_slots_after_items(hf_decode *d, const hf_type_record *type, uint64_t address,
                                   hf_visitor *v)
{
    uint64_t items = (hf_item_count(d, address) * type->itemsize + 7) & ~7ull;
    for (size_t i = 0; i < type->slot_count; i++) {
        const hf_slot *s = &type->slots[i];
        uint64_t target = s->after_items ? hf_u64_at(d, address + items + s->offset) : 0;
        if (target)
            v->edge(v, &(hf_raw_edge){target, HF_EDGE_ATTRIBUTE, HF_EDGE_STRONG, s->name,
                                      s->name ? NULL : s->field});
    }
}

void hf_decode_edges(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    if (!d->asked || !type->traverse || !hf_tell_asked(d, type, address, v))
        hf_decode_found_edges(d, type, address, v);
}

void hf_decode_found_edges(hf_decode *d, const hf_type_record *type, uint64_t address,
                           hf_visitor *v)
{
    /* Instances own a reference to their type only where it was made at run time (object.c,
     * _PyObject_Init). */
    if (type->heap_type)
        hf_tell_field(v, type->address, "__class__", HF_EDGE_STRONG);
    const hf_decoder *decoder = type->decoder;
    if (decoder) {
        if (decoder->references)
            hf_tell_references(d, address, decoder->references, v);
        if (decoder->visit)
            decoder->visit(d, type, address, v);
    }
    /* What subclasses of tuple, int and bytes add, a dict, lies behind their items; the members of
     * struct sequences are the items. */
    bool grown_at_end = decoder && type->itemsize && !(type->flags & TYPE_SUBCLASS);
    if (grown_at_end && type->slot_count)
        tell_slots_after_items(d, type, address, v);
    if (!grown_at_end && (!decoder || type->basicsize > type->decoder_basicsize))
        scan_object(d, type, address, v);
    if (!decoder || !decoder->holds_instance_dict)
        hf_tell_instance(d, type, address, v);
}

/* A damaged count makes a size that no memory holds, which would drown all other sizes. */
static void drop_impossible_sizes(hf_decode *d, const hf_type_record *type, hf_sizes *sizes)
{
    if (!d->frozen_bytes) {
        size_t count;
        const hf_segment *segments = hf_target_segments(d->target, &count);
        for (size_t i = 0; i < count; i++)
            d->frozen_bytes += segments[i].end - segments[i].start;
    }
    uint64_t most = d->frozen_bytes;
    if (sizes->size <= most && sizes->block <= most && sizes->own <= most &&
        sizes->external >> ADDRESS_BITS == 0)
        return;
    d->implausible++;
    sizes->size = sizes->own = type->basicsize;
    sizes->block = sizes->external = sizes->length = 0;
}

void hf_decode_sizes(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    *ret = (hf_sizes){.size = type->basicsize};
    if (is_var_sized(type))
        ret->size += hf_item_count(d, address) * type->itemsize;
    ret->own = ret->size;
    if (type->decoder && type->decoder->measure)
        type->decoder->measure(d, type, address, ret);
    hf_measure_instance(d, type, address, ret);
    drop_impossible_sizes(d, type, ret);

    /* _PyType_PreHeaderSize() in pycore_object.h. In 3.11 and 3.12 it asks the type, and so gives
     * type objects made at build time a header that they have not; the others ask the object
     * (Python/sysmodule.c). */
    uint32_t version = d->layout->first_version;
    bool no_header = ret->no_header && (version < 0x030b0000 || version >= 0x030d0000);
    uint64_t headers = no_header ? 0 : type->bytes_before;
    ret->size += headers;
    ret->block += hf_allocated(d, headers + ret->own);
}

bool hf_decode_value(hf_decode *d, const hf_type_record *type, uint64_t address, size_t limit,
                     hf_buf *out)
{
    if (!type->decoder || !type->decoder->value)
        return false;
    return type->decoder->value(d, address, limit, out);
}
