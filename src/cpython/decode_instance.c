/* cpython/decode_instance.c - where instances keep their attributes.
 *
 * Four ways, all of which may be in one heap: a pointer to a dict inside the object
 * (tp_dictoffset); 3.11: before the object, words -4 (values) and -3 (dict); 3.12: one word at -3,
 * values when its lowest bit is set, else a dict; 3.13: a dict at -3 and values right behind the
 * object. From Include/internal/pycore_object.h of each version and tp_dictoffset's rules in
 * Objects/object.c, _PyObject_ComputedDictPointer. */
#include "cpython/decode_read.h"
#include "cpython/prove.h"

enum {
    MANAGED_WEAKREF = 1 << 3, /* Py_TPFLAGS_MANAGED_WEAKREF, 3.12 */
    MANAGED_DICT = 1 << 4,    /* Py_TPFLAGS_MANAGED_DICT, 3.11 */
};

typedef enum {
    VALUES_NONE,   /* 3.9, 3.10: no managed dicts */
    VALUES_BESIDE, /* 3.11 */
    VALUES_TAGGED, /* 3.12 */
    VALUES_INLINE, /* 3.13 */
} values_form;

/* The features of the dictionary tell the form; there is no member to ask for. */
static values_form form_of(const hf_layout *l)
{
    if (HF_HAS(l, dict_values_capacity))
        return VALUES_INLINE;
    if (HF_HAS(l, code_co_cached))
        return VALUES_TAGGED;
    return HF_HAS(l, dict_values_values) ? VALUES_BESIDE : VALUES_NONE;
}

bool hf_has_preheader(const hf_decode *d, const hf_type_record *type)
{
    values_form form = form_of(d->layout);
    if (form == VALUES_NONE)
        return false;
    uint64_t flags = form == VALUES_BESIDE ? MANAGED_DICT : MANAGED_DICT | MANAGED_WEAKREF;
    return (type->flags & flags) != 0;
}

/* What a managed instance has: values (address of the first pointer) or a dict, or both. */
typedef struct {
    uint64_t dict, values, capacity;
    bool embedded; /* the values lie in the object's own allocation */
} managed;

static managed find_managed(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    managed m = {0};
    switch (form_of(l)) {
    case VALUES_NONE:
        break;
    case VALUES_BESIDE:
        m.dict = hf_u64_at(d, address - 3 * HF_WORD);
        m.values = hf_u64_at(d, address - 4 * HF_WORD);
        break;
    case VALUES_TAGGED: {
        uint64_t word = hf_u64_at(d, address - 3 * HF_WORD);
        if (word & 1)
            m.values = word + 1;
        else
            m.dict = word;
        break;
    }
    case VALUES_INLINE:
        m.dict = hf_u64_at(d, address - (l->free_threaded ? 1 : 3) * HF_WORD);
        if (type->has_inline_values) {
            uint64_t values = address + type->basicsize;
            m.capacity = hf_member_u8(d, values, l->dict_values_capacity);
            m.embedded = true;
            if (hf_member_u8(d, values, l->dict_values_valid))
                m.values = values + (uint64_t)l->dict_values_values;
        }
        return m;
    }
    if (m.values)
        m.capacity = hf_keys_capacity(d, type->cached_keys);
    return m;
}

/* Where tp_dictoffset says that the dict's pointer is; negative means from the end. */
static uint64_t dict_pointer(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    if (type->dictoffset > 0)
        return address + (uint64_t)type->dictoffset;
    uint64_t size = type->basicsize + hf_item_count(d, address) * type->itemsize;
    return address + ((size + 7) & ~7ull) + (uint64_t)type->dictoffset;
}

/* Values that lie in the object say so with a 1, and whether they are in use with 1 or 0,
 * whatever became of them (Objects/dictobject.c, init_inline_values(), and
 * _PyDict_DetachFromObject() of 3.13 on). */
static void check_inline_values(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    uint64_t values = address + type->basicsize;
    if (form_of(l) == VALUES_INLINE && type->has_inline_values &&
        (hf_member_u8(d, values, l->dict_values_embedded) != 1 ||
         hf_member_u8(d, values, l->dict_values_valid) > 1))
        hf_contradict(d, "values in an instance do not say that they are in it");
}

void hf_tell_instance(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    if (type->flags & MANAGED_DICT && form_of(d->layout) != VALUES_NONE) {
        managed m = find_managed(d, type, address);
        check_inline_values(d, type, address);
        if (m.values)
            hf_tell_values(d, type->cached_keys, m.values, true, HF_EDGE_ATTRIBUTE, v);
        hf_tell_field(v, m.dict, "__dict__", HF_EDGE_STRONG);
    } else if (type->dictoffset) {
        hf_tell_field(v, hf_u64_at(d, dict_pointer(d, type, address)), "__dict__", HF_EDGE_STRONG);
    }
}

void hf_measure_instance(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    if (!(type->flags & MANAGED_DICT) || form_of(d->layout) == VALUES_NONE)
        return;
    managed m = find_managed(d, type, address);
    if (m.embedded)
        ret->own += hf_values_size(d, m.capacity);
    else if (m.values)
        hf_charge_values(d, ret, m.values, m.capacity);
}
