/* cpython/decode_numpy.c - arrays of numpy.
 *
 * numpy keeps the bytes of an array in C memory that no collector and no member describes; without
 * them a cache of arrays looks like a few words, and its growth like a leak in C. The struct is
 * PyArrayObject_fields of numpy/ndarraytypes.h, which is part of numpy's ABI: the same from 1.7 on,
 * with members added at its end. */
#include "cpython/decode_read.h"

#include <stddef.h>

enum {
    DIMENSIONS_MAX = 64,     /* NPY_MAXDIMS, 32 before 2.0 */
    OWN_DATA = 0x0004,       /* NPY_ARRAY_OWNDATA */
    TYPE_NUMBER_OBJECT = 17, /* NPY_OBJECT */
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

/* Where the number of the element type is in PyArray_Descr, in 1.x and 2.x. */
#define DESCRIPTOR_TYPE_NUMBER 28

static bool is_array(const hf_type_record *type)
{
    return type->basicsize >= offsetof(array_fields, weak_references) + HF_WORD;
}

/* Bytes from the first element of an array that owns them to behind the last. They lie densely, in
 * whatever order of dimensions, so that the longest stride holds the rest. */
static uint64_t data_bytes(hf_decode *d, uint64_t address)
{
    uint64_t count = ARRAY_INT(dimension_count), longest = 0;
    if (!count || count > DIMENSIONS_MAX)
        return count ? 0 : HF_WORD; /* a single number */
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

static void visit_array(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    if (!is_array(type))
        return;
    hf_tell_field(v, ARRAY_WORD(base), "base", HF_EDGE_STRONG);
    uint64_t descriptor = ARRAY_WORD(descriptor);
    hf_tell_field(v, descriptor, "dtype", HF_EDGE_STRONG);
    if (type->basicsize >= sizeof(array_fields))
        hf_tell_field(v, ARRAY_WORD(memory_handler), "mem_handler", HF_EDGE_STRONG);
    if (ARRAY_INT(flags) & OWN_DATA && descriptor &&
        hf_u32_at(d, descriptor + DESCRIPTOR_TYPE_NUMBER) == TYPE_NUMBER_OBJECT)
        hf_tell_items(d, ARRAY_WORD(data), data_bytes(d, address) / HF_WORD, v);
}

static void measure_array(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    uint64_t count = is_array(type) ? ARRAY_INT(dimension_count) : 0;
    if (!is_array(type) || count > DIMENSIONS_MAX)
        return;
    if (count) {
        uint64_t tables = 2 * count * HF_WORD; /* dimensions and strides are one allocation */
        ret->size += tables;
        ret->block += hf_allocated(tables);
        ret->length = hf_u64_at(d, ARRAY_WORD(dimensions));
    }
    if (ARRAY_INT(flags) & OWN_DATA) {
        uint64_t bytes = data_bytes(d, address);
        ret->size += bytes;
        ret->external = bytes ? hf_allocated(bytes) : 0;
    }
}

const hf_decoder hf_decoder_ndarray = {
    .name = "numpy.ndarray", .visit = visit_array, .measure = measure_array};
