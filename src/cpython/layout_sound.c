#include "cpython/layout_sound.h"

#include "cpython/layout_entries.h"

#include <stdio.h>
#include <string.h>

enum { POINTER = 8, FLEXIBLE = 0 };

/* Members that are no pointer and no Py_ssize_t. */
static const struct {
    size_t place;
    int width, alignment;
    bool shared; /* another entry names the same bytes, or some of them */
} special[] = {
#define PLACE(name) offsetof(hf_layout, name)
#define BYTE(name)               \
    {                            \
        PLACE(name), 1, 1, false \
    }
#define INT(name)                \
    {                            \
        PLACE(name), 4, 4, false \
    }
#define ARRAY(name, alignment_)                  \
    {                                            \
        PLACE(name), FLEXIBLE, alignment_, false \
    }
#define NESTED(name)                        \
    {                                       \
        PLACE(name), POINTER, POINTER, true \
    }
    BYTE(dict_keys_dk_log2_size),
    BYTE(dict_keys_dk_log2_index_bytes),
    BYTE(dict_keys_dk_kind),
    ARRAY(dict_keys_dk_indices, 1),
    BYTE(dict_values_capacity),
    BYTE(dict_values_size),
    BYTE(dict_values_embedded),
    BYTE(dict_values_valid),
    ARRAY(dict_values_values, POINTER),
    ARRAY(tuple_ob_item, POINTER),
    ARRAY(bytes_ob_sval, 1),
    ARRAY(long_ob_digit, 2),
    {PLACE(unicode_state), 4, 4, true},
    {PLACE(complex_cval), 16, POINTER, false},
    INT(memoryview_view_ndim),
    INT(code_co_flags),
    INT(code_co_argcount),
    INT(code_co_stacksize),
    INT(code_co_firstlineno),
    INT(code_co_nlocalsplus),
    INT(code_co_framesize),
    INT(code_co_nlocals),
    INT(code_co_ncellvars),
    INT(code_co_nfreevars),
    BYTE(code_co_opcache_size),
    ARRAY(code_co_code_adaptive, 2),
    INT(frame_f_stackdepth),
    INT(frame_f_lasti),
    INT(frame_f_lineno),
    BYTE(frame_f_executing),
    BYTE(frame_f_state),
    ARRAY(frame_f_localsplus, POINTER),
    INT(iframe_stacktop),
    BYTE(iframe_owner),
    BYTE(iframe_is_entry),
    ARRAY(iframe_localsplus, POINTER),
    ARRAY(frame_f_frame_data, POINTER),
    BYTE(generator_gi_frame_state),
    BYTE(decimal_flags),
    NESTED(generator_gi_exc_state),
    NESTED(generator_gi_iframe),
    INT(traceback_tb_lasti),
    INT(traceback_tb_lineno),
    INT(member_def_type),
    INT(member_def_flags),
    INT(method_def_flags),
    INT(runtime_initialized),
    INT(runtime_gil_locked),
    NESTED(runtime_debug_offsets),
    INT(interpreter_atexit_ncallbacks),
    INT(atexit_state_ncallbacks),
    INT(sqlite_cache_owns_factory),
    NESTED(interpreter_gc),
    NESTED(interpreter_types),
    NESTED(interpreter_type_cache),
    NESTED(interpreter_static_types),
    NESTED(interpreter_extension_types),
    NESTED(interpreter_func_state),
    NESTED(interpreter_free_lists),
    NESTED(interpreter_free_lists_end),
    NESTED(interpreter_monitoring_callables),
    NESTED(interpreter_monitoring_tool_names),
    INT(gil_locked),
    INT(gc_enabled),
    INT(gc_debug),
    NESTED(gc_statistics),
    NESTED(gc_history_old),
    BYTE(gc_history_young_index),
    BYTE(gc_history_old_index),
    INT(gc_collecting),
    /* PyGC_Head lost its alignment to pointers between 3.13.0 and 3.13.5. */
    {PLACE(gc_generations), POINTER, 4, true},
    {PLACE(gc_permanent_generation), POINTER, 4, true},
    INT(gc_generation_threshold),
    INT(gc_generation_count),
    NESTED(thread_exc_state),
    INT(tee_data_numread),
    INT(lru_cache_typed),
    INT(future_state),
    INT(array_description_itemsize),
    INT(cdata_b_needsfree),
    {PLACE(cdata_b_value), 16, 16, false},
    INT(stgdict_ndim),
    INT(ctype_ndim),
    INT(runtime_tracemalloc_tracing),
    INT(tracemalloc_config_tracing),
    {PLACE(traceback_nframe), 2, 2, false},
    {PLACE(traceback_total_nframe), 2, 2, false},
    ARRAY(traceback_frames, 4),
    {PLACE(traceback_frame_filename), POINTER, 4, false}, /* packed */
    {PLACE(traceback_frame_lineno), 4, 4, false},
    INT(thread_state),
    INT(mi_segment_kind),
    NESTED(mi_segment_slices),
    INT(mi_page_slice_count),
    INT(mi_page_slice_offset),
    {PLACE(mi_page_capacity), 2, 2, false},
    {PLACE(mi_page_reserved), 2, 2, false},
    BYTE(datetime_hastzinfo),
    BYTE(time_hastzinfo),
#undef BYTE
#undef INT
#undef ARRAY
#undef NESTED
#undef PLACE
};

/* What a struct begins with. */
static const struct {
    const char *structure;
    size_t head; /* the size of it */
} heads[] = {
#define HEAD(structure, head)                \
    {                                        \
        structure, offsetof(hf_layout, head) \
    }
    HEAD("PyTypeObject", var_object_size),
    HEAD("PyHeapTypeObject", type_size),
    HEAD("PyDictObject", object_size),
    HEAD("PyListObject", var_object_size),
    HEAD("PyTupleObject", var_object_size),
    HEAD("PySetObject", object_size),
    HEAD("PyBytesObject", var_object_size),
    HEAD("PyByteArrayObject", var_object_size),
    HEAD("PyASCIIObject", object_size),
    HEAD("PyCompactUnicodeObject", unicode_ascii_size),
    HEAD("PyUnicodeObject", unicode_compact_size),
    HEAD("struct _longobject", object_size),
    HEAD("PyFloatObject", object_size),
    HEAD("PyComplexObject", object_size),
    HEAD("PySliceObject", object_size),
    HEAD("PyMemoryViewObject", var_object_size),
    HEAD("PyCodeObject", object_size),
    HEAD("PyFunctionObject", object_size),
    HEAD("PyCellObject", object_size),
    HEAD("PyMethodObject", object_size),
    HEAD("PyInstanceMethodObject", object_size),
    HEAD("PyCFunctionObject", object_size),
    HEAD("PyCMethodObject", cfunction_size),
    HEAD("PyModuleObject", object_size),
    HEAD("PyModuleDef", object_size),
    HEAD("PyDescrObject", object_size),
    HEAD("PyWeakReference", object_size),
    HEAD("struct _pycontextobject", object_size),
    HEAD("struct _pycontextvarobject", object_size),
    HEAD("struct _pycontexttokenobject", object_size),
    HEAD("struct _frame", object_size),
    HEAD("PyGenObject", object_size),
    HEAD("PyTracebackObject", object_size),
    HEAD("PyBaseExceptionObject", object_size),
    HEAD("hf_odict", dict_size),
    HEAD("hf_deque", var_object_size),
    HEAD("hf_lru_link", object_size),
    HEAD("hf_lru_cache", lru_link_size),
    HEAD("hf_tee_data", object_size),
    HEAD("hf_future", object_size),
    HEAD("hf_task", object_size),
    HEAD("hf_element", object_size),
    HEAD("hf_pickler", object_size),
    HEAD("hf_unpickler", object_size),
    HEAD("hf_pickle_stack", var_object_size),
    HEAD("hf_local", object_size),
    HEAD("hf_simple_queue", object_size),
    HEAD("hf_buffered", object_size),
    HEAD("hf_bytesio", object_size),
    HEAD("hf_stringio", object_size),
    HEAD("hf_array", var_object_size),
    HEAD("hf_mmap", object_size),
    HEAD("hf_struct", object_size),
    HEAD("hf_cdata", object_size),
    HEAD("hf_stgdict", dict_size),
    HEAD("hf_ctype", heap_type_size),
    HEAD("hf_product", object_size),
    HEAD("hf_combinations", object_size),
    HEAD("hf_permutations", object_size),
    HEAD("hf_groupby", object_size),
    HEAD("PyDateTime_DateTime", object_size),
    HEAD("PyDateTime_Time", object_size),
    HEAD("hf_property", object_size),
    HEAD("hf_mapping_proxy", object_size),
#undef HEAD
};

/* A member, as far as the compiler's rules go. */
typedef struct {
    const hf_layout_entry *entry;
    int32_t start, width, alignment;
    bool shared;
} member;

static int32_t value_at(const hf_layout *l, size_t place)
{
    int32_t value;
    memcpy(&value, (const char *)l + place, sizeof(value));
    return value;
}

static member member_of(const hf_layout *l, const hf_layout_entry *entry)
{
    member m = {entry, hf_entry_value(l, entry), POINTER, POINTER, false};
    if (entry->kind == HF_ENTRY_BITS)
        m = (member){entry, m.start, 4, 4, true};
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
        if (special[i].place == entry->place)
            m = (member){entry, m.start, special[i].width, special[i].alignment, special[i].shared};
    return m;
}

int32_t hf_layout_alignment(const hf_layout *layout, const hf_layout_entry *entry)
{
    return member_of(layout, entry).alignment;
}

int32_t hf_layout_width(const hf_layout *layout, const hf_layout_entry *entry)
{
    member m = member_of(layout, entry);
    return m.shared ? 0 : m.width;
}

static bool no(char *why, size_t size, const char *what, const member *a, const member *b)
{
    snprintf(why, size, "%s at %d %s%s", a->entry->name, a->start, what, b ? b->entry->name : "");
    return false;
}

static int32_t head_of(const hf_layout *l, const char *structure)
{
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        if (!strcmp(heads[i].structure, structure))
            return value_at(l, heads[i].head);
    return 0;
}

/* The size of a struct, where the row knows it. */
static int32_t size_of(const hf_layout *l, const char *structure)
{
    for (size_t i = 0; i < hf_layout_entry_count; i++) {
        const hf_layout_entry *e = &hf_layout_entries[i];
        if (e->kind == HF_ENTRY_SIZE && hf_entry_is_for(l, e) && !strcmp(e->structure, structure))
            return hf_entry_value(l, e);
    }
    return INT32_MAX;
}

static bool fits(const hf_layout *l, const member *m, char *why, size_t size)
{
    const char *structure = m->entry->structure;
    if (m->start < 0 || m->start % m->alignment)
        return no(why, size, "is not aligned", m, NULL);
    if (m->start < head_of(l, structure))
        return no(why, size, "lies in the head of its struct", m, NULL);
    if (m->start > size_of(l, structure) - m->width)
        return no(why, size, "lies behind its struct", m, NULL);
    return true;
}

static bool lies_apart(const hf_layout *l, const member *m, char *why, size_t size)
{
    for (size_t i = (size_t)(m->entry - hf_layout_entries) + 1; i < hf_layout_entry_count; i++) {
        const hf_layout_entry *other = &hf_layout_entries[i];
        if ((other->kind != HF_ENTRY_FIELD && other->kind != HF_ENTRY_BITS) ||
            strcmp(other->structure, m->entry->structure) || !hf_entry_is_for(l, other))
            continue;
        member o = member_of(l, other);
        if (!o.shared && m->start < o.start + o.width && o.start < m->start + m->width)
            return no(why, size, "overlaps ", m, &o);
        if (o.start == m->start && o.width == m->width && !m->shared)
            return no(why, size, "is ", m, &o);
    }
    return true;
}

bool hf_layout_is_sound(const hf_layout *l, char *why, size_t size)
{
    for (size_t i = 0; i < hf_layout_entry_count; i++) {
        const hf_layout_entry *e = &hf_layout_entries[i];
        if (!hf_entry_is_for(l, e))
            continue;
        member m = member_of(l, e);
        if (e->kind == HF_ENTRY_SIZE && m.start <= 0)
            return no(why, size, "is no size", &m, NULL);
        if (e->kind != HF_ENTRY_FIELD && e->kind != HF_ENTRY_BITS)
            continue;
        if (!fits(l, &m, why, size) || (!m.shared && !lies_apart(l, &m, why, size)))
            return false;
    }
    return hf_layout_keeps_runs(l, why, size);
}
