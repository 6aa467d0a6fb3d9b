/* cpython/decode_numpy.c - arrays of numpy.
 *
 * numpy keeps the bytes of an array in C memory that no collector and no member describes; without
 * them a cache of arrays looks like a few words, and its growth like a leak in C. The struct is
 * PyArrayObject_fields of numpy/ndarraytypes.h, which is part of numpy's ABI: the same from 1.7 on,
 * with members added at its end. */
#include "cpython/decode_read.h"
#include "cpython/decoders.h"
#include "cpython/heap.h"
#include "cpython/types.h"

#include <stddef.h>

enum {
    DIMENSIONS_MAX = 64,     /* NPY_MAXDIMS, 32 before 2.0 */
    OWN_DATA = 0x0004,       /* NPY_ARRAY_OWNDATA */
    TYPE_NUMBER_OBJECT = 17, /* NPY_OBJECT */
    ITEM_REFCOUNT = 0x01,    /* NPY_ITEM_REFCOUNT: there are objects in an element */
    PLACES_MAX = 512,        /* objects looked for in one element */
    NESTING_MAX = 8,         /* structs in structs */
};

typedef struct array_fields {
    uint64_t refcount, type, data;
    int32_t dimension_count;
    uint64_t dimensions, strides, base, descriptor;
    int32_t flags;
    uint64_t weak_references, buffer_info;
    uint64_t memory_handler; /* from 1.22 on */
} array_fields;

#define ARRAY_WORD(member) hf_u64_at(d, address + offsetof(array_fields, member))
#define ARRAY_INT(member)  hf_u32_at(d, address + offsetof(array_fields, member))

/* Where members of PyArray_Descr are (numpy/ndarraytypes.h, numpy/_core/include/numpy/ of 2.x). */
typedef struct descriptor_places {
    unsigned flags, element_size, sub_array, fields;
} descriptor_places;

/* The same in 1.x and 2.x. */
#define DESCRIPTOR_TYPE_NUMBER 28

/* The struct of 1.x ends with a hash at 88; what 2.x makes for such types is longer. */
static descriptor_places descriptor_places_of(hf_decode *d, uint64_t descriptor)
{
    const hf_type_record *type = hf_type_of(d, descriptor);
    bool first = !type || type->basicsize <= 96;
    return first ? (descriptor_places){27, 32, 40, 48} : (descriptor_places){32, 40, 88, 96};
}

static bool is_array(const hf_type_record *type)
{
    return type->basicsize >= offsetof(array_fields, weak_references) + HF_WORD;
}

static uint64_t element_size(hf_decode *d, uint64_t address)
{
    uint64_t descriptor = ARRAY_WORD(descriptor);
    return hf_u32_at(d, descriptor + descriptor_places_of(d, descriptor).element_size);
}

/* Bytes from the first element of an array that owns them to behind the last. They lie densely, in
 * whatever order of dimensions, so that the longest stride holds the rest. */
static uint64_t data_bytes(hf_decode *d, uint64_t address)
{
    uint64_t count = ARRAY_INT(dimension_count), longest = 0;
    if (!count || count > DIMENSIONS_MAX)
        return count ? 0 : element_size(d, address); /* a single number */
    for (uint64_t i = 0; i < count; i++) {
        int64_t length = (int64_t)hf_u64_at(d, ARRAY_WORD(dimensions) + i * HF_WORD);
        int64_t stride = (int64_t)hf_u64_at(d, ARRAY_WORD(strides) + i * HF_WORD);
        uint64_t bytes;
        if (length <= 0 || stride < 0 ||
            __builtin_mul_overflow((uint64_t)length, (uint64_t)stride, &bytes))
            return 0;
        longest = bytes > longest ? bytes : longest;
    }
    return longest;
}

/* Where objects lie in one element of an array. */
typedef struct element {
    uint32_t places[PLACES_MAX];
    size_t count;
} element;

static void find_objects(hf_decode *d, uint64_t descriptor, uint64_t start, int depth,
                         element *ret);

/* The fields of a struct: a dict of tuples (descriptor, offset) or (descriptor, offset, title), in
 * which a field with a title stands twice. */
typedef struct field_reader {
    hf_visitor visitor;
    hf_decode *d;
    uint64_t start;
    int depth;
    element *element;
} field_reader;

static void see_field(hf_visitor *v, const hf_raw_edge *edge)
{
    field_reader *r = (field_reader *)v;
    if (edge->kind != HF_EDGE_VALUE)
        return;
    const hf_layout *l = r->d->layout;
    uint64_t items = edge->target + (uint64_t)l->tuple_ob_item;
    uint64_t offset = hf_u64_at(r->d, items + HF_WORD);
    find_objects(r->d, hf_u64_at(r->d, items),
                 r->start + hf_u32_at(r->d, offset + (uint64_t)l->long_ob_digit), r->depth,
                 r->element);
}

static void add_place(element *e, uint64_t place)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->places[i] == place)
            return;
    if (e->count < PLACES_MAX && place <= UINT32_MAX)
        e->places[e->count++] = (uint32_t)place;
}

static void find_in_sub_array(hf_decode *d, uint64_t base, uint64_t bytes, uint64_t start,
                              int depth, element *ret)
{
    descriptor_places p = descriptor_places_of(d, base);
    uint64_t size = hf_u32_at(d, base + p.element_size);
    for (uint64_t at = 0; size && at + size <= bytes && ret->count < PLACES_MAX; at += size)
        find_objects(d, base, start + at, depth, ret);
}

static void find_objects(hf_decode *d, uint64_t descriptor, uint64_t start, int depth, element *ret)
{
    if (!descriptor || depth > NESTING_MAX)
        return;
    descriptor_places p = descriptor_places_of(d, descriptor);
    if (!(hf_u8_at(d, descriptor + p.flags) & ITEM_REFCOUNT))
        return;
    if (hf_u32_at(d, descriptor + DESCRIPTOR_TYPE_NUMBER) == TYPE_NUMBER_OBJECT) {
        add_place(ret, start);
        return;
    }
    uint64_t sub_array = hf_u64_at(d, descriptor + p.sub_array);
    uint64_t fields = hf_u64_at(d, descriptor + p.fields);
    if (sub_array) {
        find_in_sub_array(d, hf_u64_at(d, sub_array), hf_u32_at(d, descriptor + p.element_size),
                          start, depth + 1, ret);
    } else if (fields) {
        field_reader r = {{see_field}, d, start, depth + 1, ret};
        const hf_type_record *type = hf_type_of(d, fields);
        if (type && type->decoder == &hf_decoder_dict)
            hf_visit_dict(d, type, fields, &r.visitor);
    }
}

/* Who owns the data owns the objects in it. */
static void tell_elements(hf_decode *d, uint64_t address, uint64_t descriptor, hf_visitor *v)
{
    element e = {.count = 0};
    find_objects(d, descriptor, 0, 0, &e);
    uint64_t size = element_size(d, address);
    if (!e.count || !size)
        return;
    uint64_t count = data_bytes(d, address) / size;
    const uint8_t *elements = hf_array_at(d, ARRAY_WORD(data), &count, size);
    for (uint64_t i = 0; i < count; i++)
        for (size_t k = 0; k < e.count; k++)
            if (e.places[k] + (uint64_t)HF_WORD <= size)
                hf_tell(v, hf_load_u64(elements + i * size + e.places[k]), HF_EDGE_INDEX,
                        HF_EDGE_STRONG, i);
}

static void visit_array(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    if (!is_array(type))
        return;
    hf_tell_field(v, ARRAY_WORD(base), "base", HF_EDGE_STRONG);
    uint64_t descriptor = ARRAY_WORD(descriptor);
    hf_tell_field(v, descriptor, "dtype", HF_EDGE_STRONG);
    if (type->basicsize >= sizeof(array_fields))
        hf_tell_field(v, ARRAY_WORD(memory_handler), "mem_handler", HF_EDGE_STRONG);
    if (ARRAY_INT(flags) & OWN_DATA && descriptor)
        tell_elements(d, address, descriptor, v);
}

/* Bytes of the elements that an array shows; UINT64_MAX where its numbers make no sense. */
static uint64_t shown_bytes(hf_decode *d, uint64_t address)
{
    uint64_t bytes = element_size(d, address);
    for (uint64_t i = 0; i < ARRAY_INT(dimension_count); i++)
        if (__builtin_mul_overflow(bytes, hf_u64_at(d, ARRAY_WORD(dimensions) + i * HF_WORD),
                                   &bytes))
            return UINT64_MAX;
    return bytes;
}

/* Bytes of what an array without data of its own was made of; 0 where only its own code knows them
 * (a capsule, a tensor): most such arrays show all of it. numpy makes a view of a view one of the
 * array below (PyArray_SetBaseObject, numpy/core/src/multiarray/arrayobject.c), so that one step
 * leads to the whole. */
static uint64_t bytes_of_base(hf_decode *d, uint64_t base)
{
    const hf_type_record *type = hf_type_of(d, base);
    if (type && type->decoder == &hf_decoder_ndarray)
        return is_array(type) ? data_bytes(d, base) : 0;
    if (type && (type->decoder == &hf_decoder_bytes || type->decoder == &hf_decoder_bytearray))
        return hf_member(d, base, d->layout->var_object_ob_size);
    if (type && type->decoder == &hf_decoder_memoryview)
        return hf_member(d, base, d->layout->memoryview_view_len);
    return type && type->decoder == &hf_decoder_mmap ? hf_member(d, base, d->layout->mmap_size) : 0;
}

static void measure_array(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    uint64_t count = is_array(type) ? ARRAY_INT(dimension_count) : 0;
    if (!is_array(type) || count > DIMENSIONS_MAX)
        return;
    if (count) {
        uint64_t tables = 2 * count * HF_WORD; /* dimensions and strides are one allocation */
        ret->size += tables;
        ret->block += hf_allocated(d, tables);
        hf_claim(d, ARRAY_WORD(dimensions), 0);
        ret->length = hf_u64_at(d, ARRAY_WORD(dimensions));
    }
    if (ARRAY_INT(flags) & OWN_DATA) {
        uint64_t bytes = data_bytes(d, address);
        ret->size += bytes;
        ret->external = bytes ? hf_allocated(d, bytes) : 0;
        hf_claim(d, ARRAY_WORD(data), bytes);
    } else if (ARRAY_WORD(base) &&
               shown_bytes(d, address) < bytes_of_base(d, ARRAY_WORD(base)) / 2) {
        ret->flags |= HF_OBJECT_SMALL_VIEW;
    }
}

const hf_decoder hf_decoder_ndarray = {
    .name = "numpy.ndarray", .foreign = true, .visit = visit_array, .measure = measure_array};

/* PyArrayIterObject of numpy/ndarraytypes.h: numbers, five of them for each of 32 dimensions, of
 * which only those of the array are set, and then the array. Scanned, what others left behind would
 * be taken for references. */
static void visit_flat_iterator(hf_decode *d, const hf_type_record *type, uint64_t address,
                                hf_visitor *v)
{
    enum { DIMENSIONS = 32, NUMBERS = 5, HEAD = 3 }; /* words behind the object's header */
    uint64_t place = (uint64_t)d->layout->object_size + (HEAD + NUMBERS * DIMENSIONS) * HF_WORD;
    if (place + HF_WORD <= type->basicsize)
        hf_tell_field(v, hf_u64_at(d, address + place), "base", HF_EDGE_STRONG);
}

const hf_decoder hf_decoder_flat_iterator = {
    .name = "numpy.flatiter", .foreign = true, .visit = visit_flat_iterator};
