/* cpython/prove_types.c - what type objects say of the layout of their instances.
 *
 * tp_basicsize, tp_itemsize, tp_dictoffset and tp_weaklistoffset were written by the compiler that
 * built the target, and so were the tables of PyMemberDef behind tp_members: for each attribute
 * that is a plain member its name and its offset. They are the documentation of the structs inside
 * the target itself. */
#include "cpython/decode_read.h"
#include "cpython/prove.h"

#include <stdio.h>

enum { MEMBERS_MAX = 256, NAME_MAX_BYTES = 64 };

#define PLACE(member) offsetof(hf_layout, member)
#define NOTHING       SIZE_MAX

/* tp_basicsize is `size` + `behind` + `more`. */
typedef struct {
    const char *type; /* tp_name */
    size_t size, behind;
    int more;
    size_t item;         /* tp_itemsize, where one is told */
    size_t weak_list;    /* tp_weaklistoffset */
    size_t dict;         /* tp_dictoffset */
    uint16_t first, end; /* versions */
} type_fact;

#define EVER 0, 0xffff
#define SIZE(type, at)                                               \
    {                                                                \
        type, PLACE(at), NOTHING, 0, NOTHING, NOTHING, NOTHING, EVER \
    }
#define WEAK(type, at, weak)                                             \
    {                                                                    \
        type, PLACE(at), NOTHING, 0, NOTHING, PLACE(weak), NOTHING, EVER \
    }

/* The type_fact's sources: the definition of each type in Objects/ and Modules/. */
static const type_fact type_facts[] = {
    {"type", PLACE(heap_type_size), NOTHING, 0, PLACE(member_def_size), PLACE(type_tp_weaklist),
     PLACE(type_tp_dict), EVER},
    SIZE("dict", dict_size),
    SIZE("list", list_size),
    SIZE("tuple", tuple_ob_item),
    WEAK("set", set_size, set_weakreflist),
    WEAK("frozenset", set_size, set_weakreflist),
    SIZE("str", unicode_legacy_size),
    {"bytes", PLACE(bytes_ob_sval), NOTHING, 1, NOTHING, NOTHING, NOTHING, EVER},
    SIZE("bytearray", bytearray_size),
    {"int", PLACE(long_ob_digit), NOTHING, 0, PLACE(long_digit_size), NOTHING, NOTHING, EVER},
    SIZE("float", float_size),
    SIZE("complex", complex_size),
    SIZE("slice", slice_size),
    SIZE("memoryview", memoryview_ob_array),
    {"code", PLACE(code_co_code_adaptive), NOTHING, 0, PLACE(code_unit_size),
     PLACE(code_co_weakreflist), NOTHING, 0x030b, 0xffff},
    {"function", PLACE(function_size), NOTHING, 0, NOTHING, PLACE(function_func_weakreflist),
     PLACE(function_func_dict), EVER},
    SIZE("cell", cell_size),
    WEAK("method", method_size, method_im_weakreflist),
    SIZE("instancemethod", instance_method_size),
    WEAK("builtin_function_or_method", cfunction_size, cfunction_m_weakreflist),
    WEAK("builtin_method", cmethod_size, cfunction_m_weakreflist),
    {"module", PLACE(module_size), NOTHING, 0, NOTHING, PLACE(module_md_weaklist),
     PLACE(module_md_dict), EVER},
    SIZE("method_descriptor", method_descr_size),
    SIZE("classmethod_descriptor", method_descr_size),
    SIZE("member_descriptor", member_descr_size),
    SIZE("getset_descriptor", getset_descr_size),
    SIZE("wrapper_descriptor", wrapper_descr_size),
    SIZE("weakref.ReferenceType", weakref_size),
    SIZE("weakref.ProxyType", weakref_size),
    SIZE("weakref.CallableProxyType", weakref_size),
    WEAK("_contextvars.Context", context_size, context_ctx_weakreflist),
    SIZE("_contextvars.ContextVar", context_var_size),
    SIZE("_contextvars.Token", context_token_size),
    {"frame", PLACE(frame_f_frame_data), PLACE(iframe_localsplus), 0, NOTHING, NOTHING, NOTHING,
     0x030b, 0xffff},
    {"generator", PLACE(generator_gi_iframe), PLACE(iframe_localsplus), 0, NOTHING,
     PLACE(generator_gi_weakreflist), NOTHING, 0x030b, 0xffff},
    {"coroutine", PLACE(generator_gi_iframe), PLACE(iframe_localsplus), 0, NOTHING,
     PLACE(generator_gi_weakreflist), NOTHING, 0x030b, 0xffff},
    {"code", PLACE(code_size), NOTHING, 0, NOTHING, PLACE(code_co_weakreflist), NOTHING, 0x0309,
     0x030b},
    {"frame", PLACE(frame_size), NOTHING, 0, NOTHING, NOTHING, NOTHING, 0x0309, 0x030b},
    {"generator", PLACE(generator_size), NOTHING, 0, NOTHING, PLACE(generator_gi_weakreflist),
     NOTHING, 0x0309, 0x030b},
    {"coroutine", PLACE(coroutine_size), NOTHING, 0, NOTHING, PLACE(generator_gi_weakreflist),
     NOTHING, 0x0309, 0x030b},
    {"async_generator", PLACE(async_generator_size), NOTHING, 0, NOTHING,
     PLACE(generator_gi_weakreflist), NOTHING, 0x0309, 0x030b},
    {"_asyncio.Future", NOTHING, NOTHING, 0, NOTHING, PLACE(future_weakreflist), PLACE(future_dict),
     0x0309, 0x030c},
    {"_asyncio.Task", NOTHING, NOTHING, 0, NOTHING, PLACE(future_weakreflist), PLACE(future_dict),
     0x0309, 0x030c},
    SIZE("traceback", traceback_size),
    {"BaseException", PLACE(exception_size), NOTHING, 0, NOTHING, NOTHING, PLACE(exception_dict),
     EVER},
};

enum { TYPE_FACTS = sizeof(type_facts) / sizeof(type_facts[0]) };

/* A member that the target's PyMemberDef places. */
typedef struct {
    const char *type, *name;
    size_t place;
    uint16_t first, end; /* versions whose type has this member */
} member_fact;

#define MEMBER(type, name, at)      \
    {                               \
        type, name, PLACE(at), EVER \
    }
#define FROM(version, type, name, at)          \
    {                                          \
        type, name, PLACE(at), version, 0xffff \
    }
#define BETWEEN(first, end, type, name, at) \
    {                                       \
        type, name, PLACE(at), first, end   \
    }
#define UP_TO(version, type, name, at)    \
    {                                     \
        type, name, PLACE(at), 0, version \
    }

static const member_fact member_facts[] = {
    MEMBER("type", "__basicsize__", type_tp_basicsize),
    MEMBER("type", "__itemsize__", type_tp_itemsize),
    MEMBER("type", "__flags__", type_tp_flags),
    MEMBER("type", "__weakrefoffset__", type_tp_weaklistoffset),
    MEMBER("type", "__base__", type_tp_base),
    MEMBER("type", "__dictoffset__", type_tp_dictoffset),
    MEMBER("code", "co_argcount", code_co_argcount),
    MEMBER("code", "co_stacksize", code_co_stacksize),
    MEMBER("code", "co_flags", code_co_flags),
    MEMBER("code", "co_names", code_co_names),
    MEMBER("code", "co_consts", code_co_consts),
    MEMBER("code", "co_filename", code_co_filename),
    MEMBER("code", "co_name", code_co_name),
    MEMBER("code", "co_firstlineno", code_co_firstlineno),
    FROM(0x030b, "code", "co_qualname", code_co_qualname),
    FROM(0x030b, "code", "co_linetable", code_co_linetable),
    FROM(0x030b, "code", "co_exceptiontable", code_co_exceptiontable),
    MEMBER("code", "co_nlocals", code_co_nlocals),
    BETWEEN(0x0309, 0x030b, "code", "co_code", code_co_code),
    BETWEEN(0x0309, 0x030b, "code", "co_varnames", code_co_varnames),
    BETWEEN(0x0309, 0x030b, "code", "co_freevars", code_co_freevars),
    BETWEEN(0x0309, 0x030b, "code", "co_cellvars", code_co_cellvars),
    BETWEEN(0x0309, 0x030a, "code", "co_lnotab", code_co_lnotab),
    BETWEEN(0x030a, 0x030b, "code", "co_linetable", code_co_linetable),
    BETWEEN(0x0309, 0x030b, "frame", "f_back", frame_f_back),
    BETWEEN(0x0309, 0x030b, "frame", "f_code", frame_f_code),
    BETWEEN(0x0309, 0x030b, "frame", "f_builtins", frame_f_builtins),
    BETWEEN(0x0309, 0x030b, "frame", "f_globals", frame_f_globals),
    BETWEEN(0x0309, 0x030b, "generator", "gi_frame", generator_gi_frame),
    BETWEEN(0x0309, 0x030b, "generator", "gi_code", generator_gi_code),
    BETWEEN(0x0309, 0x030b, "coroutine", "cr_origin", coroutine_cr_origin),
    UP_TO(0x030c, "type", "__mro__", type_tp_mro),
    MEMBER("function", "__closure__", function_func_closure),
    UP_TO(0x030e, "function", "__doc__", function_func_doc),
    MEMBER("function", "__globals__", function_func_globals),
    UP_TO(0x030e, "function", "__module__", function_func_module),
    FROM(0x030a, "function", "__builtins__", function_func_builtins),
    MEMBER("method", "__func__", method_im_func),
    MEMBER("method", "__self__", method_im_self),
    MEMBER("instancemethod", "__func__", instance_method_func),
    MEMBER("builtin_function_or_method", "__module__", cfunction_m_module),
    MEMBER("property", "fget", property_get),
    MEMBER("property", "fset", property_set),
    MEMBER("property", "fdel", property_del),
    MEMBER("property", "__doc__", property_doc),
    MEMBER("slice", "start", slice_start),
    MEMBER("slice", "stop", slice_stop),
    MEMBER("slice", "step", slice_step),
    MEMBER("complex", "real", complex_cval),
    MEMBER("method_descriptor", "__objclass__", descr_d_type),
    MEMBER("method_descriptor", "__name__", descr_d_name),
    MEMBER("module", "__dict__", module_md_dict),
    MEMBER("weakref.ReferenceType", "__callback__", weakref_wr_callback),
    MEMBER("traceback", "tb_frame", traceback_tb_frame),
    MEMBER("traceback", "tb_lasti", traceback_tb_lasti),
    MEMBER("_contextvars.ContextVar", "name", context_var_name),
    FROM(0x030b, "coroutine", "cr_origin", generator_gi_origin_or_finalizer),
    MEMBER("re.Match", "string", match_string),
    MEMBER("re.Match", "re", match_pattern),
    MEMBER("_csv.reader", "dialect", csv_reader_dialect),
    MEMBER("_ctypes._CData", "_b_base_", cdata_b_base),
    MEMBER("_ctypes._CData", "_b_needsfree_", cdata_b_needsfree),
    MEMBER("_ctypes._CData", "_objects", cdata_b_objects),
};

enum { MEMBER_FACTS = sizeof(member_facts) / sizeof(member_facts[0]) };

/* What a type states is `place` + `more`: holds a run of members of layout_runs.c in its place.
 * Where a type's own struct goes on behind what is known of it, versions differ. */
typedef struct {
    const char *type;
    enum { BASICSIZE, WEAK_LIST, DICT } stated;
    size_t place;
    int more;
    uint16_t first, end;
} anchor_fact;

#define ANCHOR(type, stated, at, more)      \
    {                                       \
        type, stated, PLACE(at), more, EVER \
    }
#define ANCHOR_IN(first, end, type, stated, at, more) \
    {                                                 \
        type, stated, PLACE(at), more, first, end     \
    }

static const anchor_fact anchor_facts[] = {
    ANCHOR_IN(0x030b, 0x030e, "BaseException", BASICSIZE, exception_cause, 16),
    ANCHOR_IN(0x030b, 0x030e, "collections.OrderedDict", DICT, odict_od_first, 48),
    ANCHOR_IN(0x030b, 0x030e, "collections.deque", WEAK_LIST, deque_leftblock, 184),
    ANCHOR_IN(0x0309, 0x030e, "functools._lru_cache_wrapper", WEAK_LIST, lru_cache_info_type, 16),
    ANCHOR_IN(0x030b, 0x030e, "functools._lru_list_elem", BASICSIZE, lru_link_size, 0),
    ANCHOR_IN(0x030b, 0x030d, "_asyncio.Future", BASICSIZE, future_cancelled_exc, 8),
    ANCHOR_IN(0x030d, 0x030e, "_asyncio.Future", BASICSIZE, future_cancelled_exc, 16),
    ANCHOR_IN(0x030b, 0x030d, "_asyncio.Future", DICT, future_cancel_msg, 24),
    ANCHOR_IN(0x030b, 0x030d, "_asyncio.Task", BASICSIZE, task_context, 24),
    ANCHOR_IN(0x030d, 0x030e, "_asyncio.Task", BASICSIZE, task_context, 8),
    ANCHOR("xml.etree.ElementTree.Element", WEAK_LIST, element_extra, 8),
    ANCHOR("_thread._local", WEAK_LIST, local_kw, 8),
    ANCHOR("_queue.SimpleQueue", WEAK_LIST, simple_queue_num_items, 8),
    ANCHOR_IN(0x030b, 0x030e, "_io.BufferedReader", DICT, buffered_buffer_size, 16),
    ANCHOR_IN(0x030b, 0x030e, "_io.BufferedWriter", DICT, buffered_buffer_size, 16),
    ANCHOR_IN(0x030b, 0x030e, "_io.BufferedRandom", DICT, buffered_buffer_size, 16),
    ANCHOR_IN(0x030b, 0x030e, "_io.BytesIO", DICT, bytesio_buf, 24),
    ANCHOR_IN(0x030b, 0x030c, "_io.StringIO", DICT, stringio_buf_size, 64),
    ANCHOR_IN(0x030c, 0x030e, "_io.StringIO", DICT, stringio_buf_size, 104),
    ANCHOR("array.array", WEAK_LIST, array_ob_descr, 8),
    ANCHOR_IN(0x030b, 0x030d, "mmap.mmap", WEAK_LIST, mmap_size, 40),
    ANCHOR_IN(0x030b, 0x030e, "_struct.Struct", WEAK_LIST, struct_s_codes, 16),
    ANCHOR("_ctypes._CData", BASICSIZE, cdata_b_value, 16),
    ANCHOR_IN(0x030d, 0x030e, "_ctypes.CType_Type", BASICSIZE, ctype_ndim, 16),
    ANCHOR("itertools.combinations", BASICSIZE, combinations_r, 16),
    ANCHOR("itertools.permutations", BASICSIZE, permutations_r, 16),
    ANCHOR_IN(0x030b, 0x030c, "itertools.groupby", BASICSIZE, groupby_currgrouper, 8),
    ANCHOR_IN(0x030c, 0x030e, "itertools.groupby", BASICSIZE, groupby_currgrouper, 16),
    ANCHOR("datetime.datetime", BASICSIZE, datetime_tzinfo, 8),
    ANCHOR("datetime.time", BASICSIZE, time_tzinfo, 8),
    ANCHOR("mappingproxy", BASICSIZE, mapping_proxy_mapping, 8),
};

enum { ANCHOR_FACTS = sizeof(anchor_facts) / sizeof(anchor_facts[0]) };

static bool is_for(const hf_layout *l, uint16_t first, uint16_t end)
{
    uint32_t version = l->first_version >> 16;
    return version >= first && version < end;
}

static int32_t value_at(const hf_layout *l, size_t place)
{
    int32_t value;
    memcpy(&value, (const char *)l + place, sizeof(value));
    return value;
}

/* Compares one number that the type states with the row's; a row without it is not asked. */
static void compare(hf_decode *d, const char *type, size_t place, int64_t more, int64_t stated)
{
    if (place == NOTHING)
        return;
    int32_t value = value_at(d->layout, place);
    if (value != HF_ABSENT && stated != value + more)
        hf_contradict(d, "%s says %s is %lld, not %lld", type, hf_entry_name(place),
                      (long long)(stated - more), (long long)value);
}

static void compare_sizes(hf_decode *d, const hf_type_record *type, const type_fact *fact)
{
    int64_t behind = fact->behind == NOTHING ? 0 : value_at(d->layout, fact->behind);
    if (behind != HF_ABSENT)
        compare(d, fact->type, fact->size, behind + fact->more, (int64_t)type->basicsize);
    compare(d, fact->type, fact->item, 0, (int64_t)type->itemsize);
    compare(d, fact->type, fact->weak_list, 0, type->weaklistoffset);
    compare(d, fact->type, fact->dict, 0, type->dictoffset);
}

static void compare_anchors(hf_decode *d, const hf_type_record *type, const char *name)
{
    const int64_t stated[] = {(int64_t)type->basicsize, type->weaklistoffset, type->dictoffset};
    for (size_t i = 0; i < ANCHOR_FACTS; i++) {
        const anchor_fact *f = &anchor_facts[i];
        if (!strcmp(f->type, name) && is_for(d->layout, f->first, f->end))
            compare(d, name, f->place, f->more, stated[f->stated]);
    }
    const hf_layout *l = d->layout;
    if (!strcmp(name, "itertools._tee_dataobject"))
        compare(d, name, PLACE(tee_data_values), l->tee_data_items * (int64_t)HF_WORD,
                (int64_t)type->basicsize);
}

/* The offset that the target's PyMemberDef of this name states. */
static bool find_member(hf_decode *d, const hf_type_record *type, const char *wanted, int64_t *ret)
{
    const hf_layout *l = d->layout;
    uint64_t at = hf_u64_at(d, type->address + (uint64_t)l->type_tp_members);
    size_t length = strlen(wanted) + 1;
    for (int i = 0; at && i < MEMBERS_MAX; i++, at += (uint64_t)l->member_def_size) {
        const uint8_t *p = hf_bytes_at(d, at, (uint64_t)l->member_def_size);
        if (!p)
            return false;
        uint64_t name = hf_load_u64(p + l->member_def_name);
        int64_t offset = (int64_t)hf_load_u64(p + l->member_def_offset);
        if (!name)
            return false;
        const uint8_t *text = hf_bytes_at(d, name, length);
        if (text && !memcmp(text, wanted, length)) {
            *ret = offset;
            return true;
        }
    }
    return false;
}

void hf_prove_type(hf_decode *d, const hf_type_record *type)
{
    hf_charge before = d->charge;
    d->charge = HF_CHARGE_TARGET;
    const char *name = type->decoder->name;
    for (size_t i = 0; i < TYPE_FACTS; i++)
        if (!strcmp(type_facts[i].type, name) &&
            is_for(d->layout, type_facts[i].first, type_facts[i].end))
            compare_sizes(d, type, &type_facts[i]);
    compare_anchors(d, type, name);
    for (size_t i = 0; i < MEMBER_FACTS; i++) {
        const member_fact *fact = &member_facts[i];
        int64_t offset;
        if (strcmp(fact->type, name) || !is_for(d->layout, fact->first, fact->end))
            continue;
        if (find_member(d, type, fact->name, &offset))
            compare(d, name, fact->place, 0, offset);
        else
            hf_contradict(d, "%s has no member %s", name, fact->name);
    }
    d->charge = before;
}

bool hf_type_proves(size_t place)
{
    for (size_t i = 0; i < TYPE_FACTS; i++) {
        const type_fact *f = &type_facts[i];
        if (f->size == place || f->behind == place || f->item == place || f->weak_list == place ||
            f->dict == place)
            return true;
    }
    for (size_t i = 0; i < ANCHOR_FACTS; i++)
        if (anchor_facts[i].place == place)
            return true;
    for (size_t i = 0; i < MEMBER_FACTS; i++)
        if (member_facts[i].place == place)
            return true;
    return false;
}
