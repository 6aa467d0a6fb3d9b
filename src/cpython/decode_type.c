/* cpython/decode_type.c - classes: what a type object owns, from Objects/typeobject.c. */
#include "cpython/decode_read.h"

enum {
    STATIC_BUILTIN = 1 << 1, /* _Py_TPFLAGS_STATIC_BUILTIN, 3.12 */
    HEAP_TYPE = 1 << 9,      /* Py_TPFLAGS_HEAPTYPE */
};

static const hf_reference heap_references[] = {
    HF_REFERENCE(type_tp_base, "__base__"),
    HF_REFERENCE(type_tp_bases, "__bases__"),
    HF_REFERENCE(type_tp_mro, "__mro__"),
    HF_REFERENCE(type_tp_cache, "tp_cache"),
    HF_REFERENCE(type_tp_subclasses, "tp_subclasses"),
    HF_REFERENCE(heap_type_ht_name, "__name__"),
    HF_REFERENCE(heap_type_ht_qualname, "__qualname__"),
    HF_REFERENCE(heap_type_ht_slots, "__slots__"),
    HF_REFERENCE(heap_type_ht_module, "ht_module"),
    {0},
};

/* The base of a static type is written there by the compiler: nobody counted it. */
static const hf_reference static_references[] = {
    HF_BORROWED(type_tp_base, "__base__"),
    HF_REFERENCE(type_tp_bases, "__bases__"),
    HF_REFERENCE(type_tp_mro, "__mro__"),
    HF_REFERENCE(type_tp_cache, "tp_cache"),
    {0},
};

static uint64_t flags_of(hf_decode *d, uint64_t address)
{
    return hf_member(d, address, d->layout->type_tp_flags);
}

/* From 3.12 on the dict and the subclasses of a builtin type are kept by the interpreter, and
 * tp_subclasses is its number + 1: static types have no interpreter of their own. */
uint64_t hf_static_type_state(hf_decode *d, uint64_t address)
{
    const hf_layout *l = d->layout;
    uint64_t index = hf_member(d, address, l->type_tp_subclasses) - 1;
    uint64_t size = (uint64_t)l->static_type_state_size;
    const int32_t tables[] = {l->interpreter_static_types, l->interpreter_extension_types};
    const int32_t lengths[] = {l->interpreter_static_types_max, l->interpreter_extension_types_max};
    for (int i = 0; i < 2; i++) {
        if (tables[i] == HF_ABSENT || index >= (uint64_t)lengths[i])
            continue;
        uint64_t state = d->interpreter + (uint64_t)tables[i] + index * size;
        if (hf_u64_at(d, state) == address) /* its first member, `type` */
            return state;
    }
    return 0;
}

static void visit_static(hf_decode *d, uint64_t address, hf_visitor *v)
{
    const hf_layout *l = d->layout;
    hf_tell_references(d, address, static_references, v);
    if (HF_HAS(l, interpreter_static_types) && flags_of(d, address) & STATIC_BUILTIN) {
        uint64_t state = d->interpreter ? hf_static_type_state(d, address) : 0;
        if (!state)
            return;
        hf_tell_field(v, hf_member(d, state, l->static_type_state_tp_dict), "__dict__",
                      HF_EDGE_STRONG);
        hf_tell_field(v, hf_member(d, state, l->static_type_state_tp_subclasses), "tp_subclasses",
                      HF_EDGE_STRONG);
        return;
    }
    hf_tell_field(v, hf_member(d, address, l->type_tp_dict), "__dict__", HF_EDGE_STRONG);
    hf_tell_field(v, hf_member(d, address, l->type_tp_subclasses), "tp_subclasses", HF_EDGE_STRONG);
}

static void visit_type(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    if (!(flags_of(d, address) & HEAP_TYPE)) {
        visit_static(d, address, v);
        return;
    }
    hf_tell_field(v, hf_member(d, address, d->layout->type_tp_dict), "__dict__", HF_EDGE_STRONG);
    hf_tell_references(d, address, heap_references, v);
    hf_tell_key_names(d, hf_member(d, address, d->layout->heap_type_ht_cached_keys), v);
}

static void measure_type(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    const hf_layout *l = d->layout;
    if (!(flags_of(d, address) & HEAP_TYPE)) {
        ret->size = (uint64_t)l->type_size;
        ret->own = ret->size;
        ret->no_header = true;
        return;
    }
    /* PyType_GenericAlloc() leaves room for one item more, the end of the members. */
    ret->own = type->basicsize + (hf_item_count(d, address) + 1) * type->itemsize;
    ret->size = (uint64_t)l->heap_type_size;
    uint64_t keys = hf_keys_size(d, hf_member(d, address, l->heap_type_ht_cached_keys));
    if (keys) {
        ret->size += keys;
        ret->block += hf_allocated(d, keys);
        hf_claim(d, hf_member(d, address, l->heap_type_ht_cached_keys), 0);
    }
}

/* A C string, where all of it is there. */
static const char *text_at(hf_decode *d, uint64_t address, size_t *ret_length)
{
    uint64_t length = 512;
    const uint8_t *p = address ? hf_array_at(d, address, &length, 1) : NULL;
    const uint8_t *end = p ? memchr(p, 0, length) : NULL;
    *ret_length = end ? (size_t)(end - p) : 0;
    return end ? (const char *)p : NULL;
}

/* The value of a str key in a dict: classes keep their module in their dict. */
typedef struct {
    hf_visitor visitor;
    hf_decode *decode;
    uint64_t key, found;
} module_search;

static void look_for_module(hf_visitor *v, const hf_raw_edge *edge)
{
    module_search *search = (module_search *)v;
    if (edge->kind != HF_EDGE_VALUE || search->found)
        return;
    hf_str name = hf_str_at(search->decode, edge->label);
    if (name.length == 10 && name.unit == 1 && memcmp(name.data, "__module__", 10) == 0)
        search->found = edge->target;
}

static bool value_type(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    const hf_layout *l = d->layout;
    size_t length;
    const char *name = text_at(d, hf_member(d, address, l->type_tp_name), &length);
    if (!(flags_of(d, address) & HEAP_TYPE)) {
        if (name && !memchr(name, '.', length))
            hf_buf_text(out, "builtins.");
        hf_buf_add(out, name ? name : "?", name ? (length < limit ? length : limit) : 1);
        return true;
    }
    module_search search = {.visitor = {look_for_module}, .decode = d};
    uint64_t dict = hf_member(d, address, l->type_tp_dict);
    if (dict)
        hf_visit_dict(d, NULL, dict, &search.visitor);
    size_t before = out->length;
    if (search.found && hf_decode_str(d, search.found, limit, out) && out->length > before)
        hf_buf_char(out, '.');
    size_t used = out->length - before;
    return hf_decode_str(d, hf_member(d, address, l->heap_type_ht_qualname),
                         limit > used ? limit - used : 0, out);
}

const hf_decoder hf_decoder_type = {.symbol = "PyType_Type",
                                    .name = "type",
                                    .visit = visit_type,
                                    .measure = measure_type,
                                    .value = value_type,
                                    .holds_instance_dict = true};

/* Classes made by ctypes from 3.13 on carry what is known of the C type behind the class:
 * Modules/_ctypes/ctypes.h, StgInfo, and CType_Type___sizeof__() in _ctypes.c. */
static const hf_reference ctype_references[] = {
    HF_REFERENCE(ctype_proto, "_type_"),
    HF_REFERENCE(ctype_argtypes, "argtypes"),
    HF_REFERENCE(ctype_converters, "converters"),
    HF_REFERENCE(ctype_restype, "restype"),
    HF_REFERENCE(ctype_checker, "checker"),
    HF_REFERENCE(ctype_pointer_type, "__pointer_type__"),
    HF_REFERENCE(ctype_module, "module"),
    {0},
};

static void measure_ctype(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    uint64_t size = ret->size;
    measure_type(d, type, address, ret);
    const hf_layout *l = d->layout;
    if (!HF_HAS(l, ctype_format))
        return;
    ret->size = size;
    size_t length;
    uint64_t format = hf_member(d, address, l->ctype_format);
    if (format && text_at(d, format, &length))
        ret->size += length + 1;
    ret->size += (uint64_t)hf_member_u32(d, address, l->ctype_ndim) * HF_WORD;
    if (hf_member(d, address, l->ctype_elements))
        ret->size += (hf_member(d, address, l->ctype_length) + 1) * HF_WORD;
}

const hf_decoder hf_decoder_ctype = {.name = "_ctypes.CType_Type",
                                     .references = ctype_references,
                                     .visit = visit_type,
                                     .measure = measure_ctype,
                                     .value = value_type,
                                     .holds_instance_dict = true};
