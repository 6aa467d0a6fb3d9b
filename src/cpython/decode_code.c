/* cpython/decode_code.c - code objects, functions and what is made of them. */
#include "base/cleanup.h"
#include "base/library_path.h"
#include "cpython/decode_read.h"

#include <limits.h>
#include <string.h>

static const hf_reference code_references[] = {
    HF_REFERENCE(code_co_consts, "co_consts"),
    HF_REFERENCE(code_co_names, "co_names"),
    HF_REFERENCE(code_co_code, "co_code"),
    HF_REFERENCE(code_co_varnames, "co_varnames"),
    HF_REFERENCE(code_co_freevars, "co_freevars"),
    HF_REFERENCE(code_co_cellvars, "co_cellvars"),
    HF_REFERENCE(code_co_lnotab, "co_lnotab"),
    HF_REFERENCE(code_co_exceptiontable, "co_exceptiontable"),
    HF_REFERENCE(code_co_localsplusnames, "co_localsplusnames"),
    HF_REFERENCE(code_co_localspluskinds, "co_localspluskinds"),
    HF_REFERENCE(code_co_filename, "co_filename"),
    HF_REFERENCE(code_co_name, "co_name"),
    HF_REFERENCE(code_co_qualname, "co_qualname"),
    HF_REFERENCE(code_co_linetable, "co_linetable"),
    HF_REFERENCE(code_co_code_cached, "co_code"),
    {0},
};

static const hf_reference cached_references[] = {
    HF_REFERENCE(code_cached_co_code, "co_code"),
    HF_REFERENCE(code_cached_co_varnames, "co_varnames"),
    HF_REFERENCE(code_cached_co_cellvars, "co_cellvars"),
    HF_REFERENCE(code_cached_co_freevars, "co_freevars"),
    {0},
};

static void visit_code(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    uint64_t cached = hf_member(d, address, d->layout->code_co_cached);
    if (cached)
        hf_tell_references(d, cached, cached_references, v);
}

/* Up to 3.10: which arguments are cells, and the cache of look-ups of code that ran often
 * (codeobject.c, code_sizeof). */
static void measure_old_tables(hf_decode *d, uint64_t address, hf_sizes *ret)
{
    const hf_layout *l = d->layout;
    uint64_t tables[] = {0, 0, 0};
    uint64_t cells = hf_member(d, address, l->code_co_cellvars);
    if (cells && hf_member(d, address, l->code_co_cell2arg))
        tables[0] = hf_item_count(d, cells) * HF_WORD;
    uint64_t code = hf_member(d, address, l->code_co_code);
    if (code && hf_member(d, address, l->code_co_opcache)) {
        tables[1] = hf_item_count(d, code) / (uint64_t)l->code_unit_size;
        tables[2] = hf_member_u8(d, address, l->code_co_opcache_size) *
                    (uint64_t)l->code_opcache_entry_size;
    }
    hf_claim(d, hf_member(d, address, l->code_co_cell2arg), 0);
    hf_claim(d, hf_member(d, address, l->code_co_opcache), 0);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        ret->size += tables[i];
        ret->block += tables[i] ? hf_allocated(d, tables[i]) : 0;
    }
}

static void measure_code(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    ret->size = ret->own = (ret->size + 7) & ~7ull;
    if (hf_member(d, address, l->code_co_cached))
        ret->block += hf_allocated(d, (uint64_t)l->code_cached_size);
    hf_claim(d, hf_member(d, address, l->code_co_cached), 0);
    measure_old_tables(d, address, ret);
    /* _PyCodeObjectExtra: a count and as many words (codeobject.c). */
    uint64_t extra = hf_member(d, address, l->code_co_extra);
    if (extra) {
        uint64_t words = hf_u64_at(d, extra);
        uint64_t bytes = HF_WORD * (1 + (words < 256 ? words : 0));
        ret->size += bytes;
        ret->block += hf_allocated(d, bytes);
        hf_claim(d, extra, 0);
    }
}

static void append_file_name(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    HF_AUTO(hf_buf_deinit) hf_buf path = {0};
    if (!hf_decode_str(d, address, PATH_MAX, &path))
        return;
    const char *name = hf_known_part(hf_buf_string(&path));
    size_t fitting = strnlen(name, limit);
    while (fitting && ((uint8_t)name[fitting] & 0xc0) == 0x80) /* within a character of UTF-8 */
        fitting--;
    hf_buf_add(out, name, fitting);
}

bool hf_code_place(hf_decode *d, uint64_t code, uint64_t qualname, uint32_t line, size_t limit,
                   hf_buf *out)
{
    const hf_layout *l = d->layout;
    if (!code)
        return false;
    if (!qualname)
        qualname = HF_HAS(l, code_co_qualname) ? hf_member(d, code, l->code_co_qualname)
                                               : hf_qualname_of(d, code);
    if (!qualname)
        qualname = hf_member(d, code, l->code_co_name);
    if (!hf_decode_str(d, qualname, limit, out))
        return false;
    hf_buf_text(out, " (");
    append_file_name(d, hf_member(d, code, l->code_co_filename), limit, out);
    if (line == 0)
        line = hf_member_u32(d, code, l->code_co_firstlineno);
    hf_buf_format(out, ":%u)", line);
    return true;
}

static bool value_code(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    return hf_code_place(d, address, 0, 0, limit, out);
}

const hf_decoder hf_decoder_code = {.symbol = "PyCode_Type",
                                    .name = "code",
                                    .references = code_references,
                                    .visit = visit_code,
                                    .measure = measure_code,
                                    .value = value_code};

static const hf_reference function_references[] = {
    HF_REFERENCE(function_func_code, "__code__"),
    HF_REFERENCE(function_func_globals, "__globals__"),
    HF_REFERENCE(function_func_builtins, "__builtins__"),
    HF_REFERENCE(function_func_name, "__name__"),
    HF_REFERENCE(function_func_qualname, "__qualname__"),
    HF_REFERENCE(function_func_defaults, "__defaults__"),
    HF_REFERENCE(function_func_kwdefaults, "__kwdefaults__"),
    HF_REFERENCE(function_func_closure, "__closure__"),
    HF_REFERENCE(function_func_doc, "__doc__"),
    HF_REFERENCE(function_func_dict, "__dict__"),
    HF_REFERENCE(function_func_module, "__module__"),
    HF_REFERENCE(function_func_annotations, "__annotations__"),
    HF_REFERENCE(function_func_annotate, "__annotate__"),
    HF_REFERENCE(function_func_typeparams, "__type_params__"),
    {0},
};

/* Cython/Utility/CythonFunction.c: __self__ is the function itself, and is borrowed. */
const hf_decoder hf_decoder_cython_function = {
    .name = "cython_function_or_method", .foreign = true, .scanned = true, .borrows_itself = true};

static bool value_function(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    const hf_layout *l = d->layout;
    return hf_code_place(d, hf_member(d, address, l->function_func_code),
                         hf_member(d, address, l->function_func_qualname), 0, limit, out);
}

const hf_decoder hf_decoder_function = {.symbol = "PyFunction_Type",
                                        .name = "function",
                                        .references = function_references,
                                        .value = value_function,
                                        .holds_instance_dict = true};

static const hf_reference method_references[] = {
    HF_REFERENCE(method_im_func, "__func__"),
    HF_REFERENCE(method_im_self, "__self__"),
    {0},
};

/* The value of whatever is called in the end: a function, a builtin, another method. */
static bool value_of_callable(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    uint64_t type_address = address ? hf_member(d, address, d->layout->object_ob_type) : 0;
    const hf_type_record *type = type_address ? d->type_at(d, type_address) : NULL;
    if (!type || !type->decoder)
        return false;
    if (type->decoder == &hf_decoder_function)
        return value_function(d, address, limit, out);
    if (type->decoder == &hf_decoder_builtin)
        return hf_decoder_builtin.value(d, address, limit, out);
    return false;
}

static bool value_method(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    return value_of_callable(d, hf_member(d, address, d->layout->method_im_func), limit, out);
}

const hf_decoder hf_decoder_method = {.symbol = "PyMethod_Type",
                                      .name = "method",
                                      .references = method_references,
                                      .value = value_method};

static const hf_reference instance_method_references[] = {
    HF_REFERENCE(instance_method_func, "__func__"), {0}};

const hf_decoder hf_decoder_instance_method = {.symbol = "PyInstanceMethod_Type",
                                               .name = "instancemethod",
                                               .references = instance_method_references};

/* Builtin functions: Include/cpython/methodobject.h. */
static const hf_reference builtin_references[] = {
    HF_REFERENCE(cfunction_m_self, "__self__"),
    HF_REFERENCE(cfunction_m_module, "__module__"),
    {0},
};

static bool value_builtin(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    const hf_layout *l = d->layout;
    uint64_t definition = hf_member(d, address, l->cfunction_m_ml);
    uint64_t name = definition ? hf_member(d, definition, l->method_def_name) : 0;
    uint64_t length = limit;
    const uint8_t *p = name ? hf_array_at(d, name, &length, 1) : NULL;
    if (!p)
        return false;
    hf_buf_add(out, p, strnlen((const char *)p, length));
    return true;
}

const hf_decoder hf_decoder_builtin = {.symbol = "PyCFunction_Type",
                                       .name = "builtin_function_or_method",
                                       .references = builtin_references,
                                       .value = value_builtin};

static void visit_builtin_method(hf_decode *d, const hf_type_record *type, uint64_t address,
                                 hf_visitor *v)
{
    (void)type;
    hf_tell_field(v, hf_member(d, address, d->layout->cmethod_mm_class), "mm_class",
                  HF_EDGE_STRONG);
}

const hf_decoder hf_decoder_builtin_method = {.symbol = "PyCMethod_Type",
                                              .name = "builtin_method",
                                              .references = builtin_references,
                                              .visit = visit_builtin_method,
                                              .value = value_builtin};
