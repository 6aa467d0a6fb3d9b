/* cpython/decode_fields.c - shapes that are little more than references at fixed places. */
#include "cpython/decode_read.h"
#include "cpython/heap.h"

enum { ATEXIT_MAX = 1 << 16 };

static void visit_cell(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    hf_tell(v, hf_member(d, address, d->layout->cell_ob_ref), HF_EDGE_CELL, HF_EDGE_STRONG, 0);
}

const hf_decoder hf_decoder_cell = {.symbol = "PyCell_Type", .name = "cell", .visit = visit_cell};

/* A dead reference points at None. The callback is owned, the rest is a chain of neighbours. */
static void visit_weakref(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t referent = hf_member(d, address, l->weakref_wr_object);
    if (referent != d->none_address)
        hf_tell_field(v, referent, "referent", HF_EDGE_WEAK);
    hf_tell_field(v, hf_member(d, address, l->weakref_wr_callback), "__callback__", HF_EDGE_STRONG);
}

const hf_decoder hf_decoder_weakref = {
    .symbol = "_PyWeakref_RefType", .name = "weakref.ReferenceType", .visit = visit_weakref};
const hf_decoder hf_decoder_proxy = {
    .symbol = "_PyWeakref_ProxyType", .name = "weakref.ProxyType", .visit = visit_weakref};
const hf_decoder hf_decoder_callable_proxy = {.symbol = "_PyWeakref_CallableProxyType",
                                              .name = "weakref.CallableProxyType",
                                              .visit = visit_weakref};

/* Modules: Objects/moduleobject.c. The state is C memory of the module's own making. */
static const hf_reference module_references[] = {
    HF_REFERENCE(module_md_dict, "__dict__"),
    HF_REFERENCE(module_md_name, "__name__"),
    {0},
};

static uint64_t module_state_size(hf_decode *d, uint64_t address)
{
    const hf_layout *l = d->layout;
    if (!hf_member(d, address, l->module_md_state))
        return 0;
    int64_t size = (int64_t)hf_member(d, address, l->module_md_state_size);
    uint64_t definition = hf_member(d, address, l->module_md_def); /* up to 3.14 it has the size */
    if (definition)
        size = (int64_t)hf_member(d, definition, l->module_def_m_size);
    return size > 0 && size < 1 << 20 ? (uint64_t)size : 0;
}

static bool is_named(hf_decode *d, uint64_t module, const char *wanted)
{
    hf_str name = hf_str_at(d, hf_member(d, module, d->layout->module_md_name));
    return name.unit == 1 && name.length == strlen(wanted) &&
           !memcmp(name.data, wanted, name.length);
}

/* Modules/atexitmodule.c, 3.9: an array of pointers to (func, args, kwargs), with holes. */
static void tell_atexit(hf_decode *d, uint64_t state, hf_visitor *v)
{
    const hf_layout *l = d->layout;
    uint64_t count = hf_member_u32(d, state, l->atexit_state_ncallbacks);
    uint64_t table = hf_member(d, state, l->atexit_state_callbacks);
    const uint8_t *p = table && count < ATEXIT_MAX ? hf_array_at(d, table, &count, HF_WORD) : NULL;
    for (uint64_t i = 0; p && i < count; i++) {
        uint64_t callback = hf_load_u64(p + i * HF_WORD);
        if (!callback)
            continue;
        hf_tell_field(v, hf_member(d, callback, l->atexit_callback_func), "func", HF_EDGE_STRONG);
        hf_tell_field(v, hf_member(d, callback, l->atexit_callback_args), "args", HF_EDGE_STRONG);
        hf_tell_field(v, hf_member(d, callback, l->atexit_callback_kwargs), "kwargs",
                      HF_EDGE_STRONG);
    }
}

static void visit_module(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    uint64_t size = module_state_size(d, address);
    uint64_t state = hf_member(d, address, d->layout->module_md_state);
    if (size)
        hf_tell_scan(d, state, state, state + size, v);
    if (size && HF_HAS(d->layout, atexit_state_callbacks) && is_named(d, address, "atexit"))
        tell_atexit(d, state, v);
}

static void measure_module(hf_decode *d, const hf_type_record *type, uint64_t address,
                           hf_sizes *ret)
{
    (void)type;
    uint64_t size = module_state_size(d, address);
    if (size)
        ret->block += hf_allocated(d, size);
    hf_claim(d, hf_member(d, address, d->layout->module_md_state), size);
}

static bool value_module(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    return hf_decode_str(d, hf_member(d, address, d->layout->module_md_name), limit, out);
}

const hf_decoder hf_decoder_module = {.symbol = "PyModule_Type",
                                      .name = "module",
                                      .references = module_references,
                                      .visit = visit_module,
                                      .measure = measure_module,
                                      .value = value_module,
                                      .holds_instance_dict = true};

static const hf_reference exception_references[] = {
    HF_REFERENCE(exception_args, "args"),
    HF_REFERENCE(exception_notes, "__notes__"),
    HF_REFERENCE(exception_traceback, "__traceback__"),
    HF_REFERENCE(exception_context, "__context__"),
    HF_REFERENCE(exception_cause, "__cause__"),
    {0},
};

const hf_decoder hf_decoder_exception = {.symbol = "PyExc_BaseException",
                                         .symbol_leads = true,
                                         .name = "BaseException",
                                         .references = exception_references};

static const hf_reference descriptor_references[] = {
    HF_REFERENCE(descr_d_type, "__objclass__"),
    HF_REFERENCE(descr_d_name, "__name__"),
    HF_REFERENCE(descr_d_qualname, "__qualname__"),
    {0},
};

const hf_decoder hf_decoder_method_descriptor = {.symbol = "PyMethodDescr_Type",
                                                 .name = "method_descriptor",
                                                 .references = descriptor_references};
const hf_decoder hf_decoder_class_method_descriptor = {.symbol = "PyClassMethodDescr_Type",
                                                       .name = "classmethod_descriptor",
                                                       .references = descriptor_references};
const hf_decoder hf_decoder_member_descriptor = {.symbol = "PyMemberDescr_Type",
                                                 .name = "member_descriptor",
                                                 .references = descriptor_references};
const hf_decoder hf_decoder_getset_descriptor = {.symbol = "PyGetSetDescr_Type",
                                                 .name = "getset_descriptor",
                                                 .references = descriptor_references};
const hf_decoder hf_decoder_wrapper_descriptor = {.symbol = "PyWrapperDescr_Type",
                                                  .name = "wrapper_descriptor",
                                                  .references = descriptor_references};

static const hf_reference property_references[] = {
    HF_REFERENCE(property_get, "fget"),      HF_REFERENCE(property_set, "fset"),
    HF_REFERENCE(property_del, "fdel"),      HF_REFERENCE(property_doc, "__doc__"),
    HF_REFERENCE(property_name, "__name__"), {0},
};
static const hf_reference mapping_proxy_references[] = {
    HF_REFERENCE(mapping_proxy_mapping, "mapping"), {0}};

const hf_decoder hf_decoder_property = {
    .symbol = "PyProperty_Type", .name = "property", .references = property_references};
const hf_decoder hf_decoder_mapping_proxy = {
    .symbol = "PyDictProxy_Type", .name = "mappingproxy", .references = mapping_proxy_references};

static const hf_reference slice_references[] = {
    HF_REFERENCE(slice_start, "start"),
    HF_REFERENCE(slice_stop, "stop"),
    HF_REFERENCE(slice_step, "step"),
    {0},
};

const hf_decoder hf_decoder_slice = {
    .symbol = "PySlice_Type", .name = "slice", .references = slice_references};

/* Context variables: Python/context.c. The cached value of a variable is borrowed. */
static const hf_reference context_references[] = {
    HF_REFERENCE(context_ctx_prev, "ctx_prev"),
    HF_REFERENCE(context_ctx_vars, "ctx_vars"),
    {0},
};
static const hf_reference context_variable_references[] = {
    HF_REFERENCE(context_var_name, "name"),
    HF_REFERENCE(context_var_default, "default"),
    HF_BORROWED(context_var_cached, "cached"),
    {0},
};
static const hf_reference context_token_references[] = {
    HF_REFERENCE(context_token_ctx, "context"),
    HF_REFERENCE(context_token_var, "var"),
    HF_REFERENCE(context_token_oldval, "old_value"),
    {0},
};

static bool value_context_variable(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    return hf_decode_str(d, hf_member(d, address, d->layout->context_var_name), limit, out);
}

const hf_decoder hf_decoder_context = {
    .symbol = "PyContext_Type", .name = "_contextvars.Context", .references = context_references};
const hf_decoder hf_decoder_context_variable = {.symbol = "PyContextVar_Type",
                                                .name = "_contextvars.ContextVar",
                                                .references = context_variable_references,
                                                .value = value_context_variable};
const hf_decoder hf_decoder_context_token = {.symbol = "PyContextToken_Type",
                                             .name = "_contextvars.Token",
                                             .references = context_token_references};

/* The tree of a context, Include/internal/pycore_hamt.h (3.9: hamt.h): the first member of
 * PyHamtObject is its root. */
static void visit_hamt(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    hf_tell_field(v, hf_u64_at(d, address + (uint64_t)d->layout->object_size), "h_root",
                  HF_EDGE_STRONG);
}

/* Python/hamt.c: the basic size of the types of PyHamtNode_Bitmap and PyHamtNode_Collision ends
 * where their array begins. It has pairs of a variable and its value; without a variable that is
 * the node below. */
static void visit_hamt_pairs(hf_decode *d, const hf_type_record *type, uint64_t address,
                             hf_visitor *v)
{
    uint64_t count = hf_item_count(d, address);
    const uint8_t *pair = hf_array_at(d, address + type->basicsize, &count, HF_WORD);
    for (uint64_t i = 0; pair && i + 1 < count; i += 2, pair += 2 * HF_WORD) {
        uint64_t variable = hf_load_u64(pair), value = hf_load_u64(pair + HF_WORD);
        if (!variable) {
            hf_tell_field(v, value, "node", HF_EDGE_STRONG);
            continue;
        }
        hf_tell(v, variable, HF_EDGE_KEY, HF_EDGE_STRONG, 0);
        hf_tell(v, value, HF_EDGE_VALUE, HF_EDGE_STRONG, variable);
    }
}

const hf_decoder hf_decoder_hamt = {.symbol = "_PyHamt_Type", .name = "hamt", .visit = visit_hamt};
const hf_decoder hf_decoder_hamt_bitmap_node = {
    .symbol = "_PyHamt_BitmapNode_Type", .name = "hamt_bitmap_node", .visit = visit_hamt_pairs};
const hf_decoder hf_decoder_hamt_collision_node = {.symbol = "_PyHamt_CollisionNode_Type",
                                                   .name = "hamt_collision_node",
                                                   .visit = visit_hamt_pairs};

/* The memory behind a view belongs to the object it was made of. */
static const hf_reference memoryview_references[] = {
    HF_REFERENCE(memoryview_mbuf, "_managedbuffer"),
    HF_BORROWED(memoryview_view_obj, "obj"),
    {0},
};
static const hf_reference managed_buffer_references[] = {
    HF_REFERENCE(managed_buffer_master_obj, "obj"), {0}};

static void measure_memoryview(hf_decode *d, const hf_type_record *type, uint64_t address,
                               hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    ret->length = hf_member(d, address, l->memoryview_view_len);
    /* The managed buffer has the Py_buffer of the whole, in which len follows obj as here. */
    uint64_t whole = hf_member(d, address, l->memoryview_mbuf);
    if (whole && ret->length < hf_member(d, whole,
                                         l->managed_buffer_master_obj + l->memoryview_view_len -
                                             l->memoryview_view_obj) /
                                   2)
        ret->flags |= HF_OBJECT_SMALL_VIEW;
}

const hf_decoder hf_decoder_memoryview = {.symbol = "PyMemoryView_Type",
                                          .name = "memoryview",
                                          .references = memoryview_references,
                                          .measure = measure_memoryview};
const hf_decoder hf_decoder_managed_buffer = {.symbol = "_PyManagedBuffer_Type",
                                              .name = "managedbuffer",
                                              .references = managed_buffer_references};
