/* cpython/prove_objects.c - what the members of objects lead to.
 *
 * A member that the row has in the wrong place reads as its neighbour. Which kinds of objects a
 * member may lead to is known from the source that sets it (the file in Objects/ or Modules/ that
 * defines the holder), and neighbours nearly always differ in it. All objects are asked. */
#include "cpython/decode_read.h"
#include "cpython/prove.h"
#include "cpython/prove_kinds.h"
#include "cpython/types.h"

typedef struct hf_object_facts {
    const char *type; /* tp_name */
    const reference_fact *references;
} hf_object_facts;

static const reference_fact function_facts[] = {
    LEADS(function_func_code, CODE),
    LEADS(function_func_globals, DICT),
    LEADS(function_func_builtins, DICT),
    LEADS(function_func_name, STR),
    LEADS(function_func_qualname, STR),
    LEADS(function_func_defaults, TUPLE | NUL),
    LEADS(function_func_kwdefaults, DICT | NUL),
    LEADS(function_func_closure, TUPLE | NUL),
    LEADS(function_func_dict, DICT | NUL),
    LEADS(function_func_annotations, DICT | TUPLE | NUL),
    LEADS(function_func_typeparams, TUPLE | NUL),
    {0},
};
static const reference_fact code_facts[] = {
    LEADS(code_co_consts, TUPLE),
    LEADS(code_co_names, TUPLE),
    LEADS(code_co_code, BYTES),
    LEADS(code_co_varnames, TUPLE),
    LEADS(code_co_freevars, TUPLE),
    LEADS(code_co_cellvars, TUPLE),
    LEADS(code_co_lnotab, BYTES),
    LEADS(code_co_localsplusnames, TUPLE),
    LEADS(code_co_localspluskinds, BYTES),
    LEADS(code_co_filename, STR),
    LEADS(code_co_name, STR),
    LEADS(code_co_qualname, STR),
    LEADS(code_co_linetable, BYTES),
    LEADS(code_co_exceptiontable, BYTES),
    LEADS(code_co_code_cached, BYTES | NUL),
    {0},
};
static const reference_fact module_facts[] = {
    LEADS(module_md_dict, DICT | NUL),
    LEADS(module_md_name, STR | NONE | NUL),
    {0},
};
static const reference_fact descriptor_facts[] = {
    LEADS(descr_d_type, TYPE),
    LEADS(descr_d_name, STR),
    LEADS(descr_d_qualname, STR | NUL),
    {0},
};
static const reference_fact property_facts[] = {LEADS(property_name, STR | NONE | NUL), {0}};
static const reference_fact traceback_facts[] = {
    LEADS(traceback_tb_next, TRACEBACK | NUL),
    LEADS(traceback_tb_frame, FRAME),
    {0},
};
static const reference_fact exception_facts[] = {
    LEADS(exception_args, TUPLE),
    LEADS(exception_notes, LIST | TUPLE | OTHER | NUL),
    /* Up to 3.11 `error.__traceback__ = None` and with_traceback(None) leave None there, and no
     * NULL (BaseException_set_tb() of Objects/exceptions.c). */
    LEADS(exception_traceback, TRACEBACK | NONE | NUL),
    LEADS(exception_context, EXCEPTION | NUL),
    LEADS(exception_cause, EXCEPTION | NUL),
    {0},
};
static const reference_fact context_facts[] = {
    LEADS(context_ctx_prev, CONTEXT | NUL),
    LEADS(context_ctx_vars, HAMT),
    {0},
};
static const reference_fact context_var_facts[] = {LEADS(context_var_name, STR), {0}};
static const reference_fact token_facts[] = {
    LEADS(context_token_ctx, CONTEXT),
    LEADS(context_token_var, CONTEXT_VAR),
    {0},
};
static const reference_fact memoryview_facts[] = {LEADS(memoryview_mbuf, MANAGED_BUFFER), {0}};
static const reference_fact frame_facts[] = {
    LEADS(frame_f_back, FRAME | NUL),
    LEADS(frame_f_code, CODE),
    LEADS(frame_f_builtins, DICT),
    LEADS(frame_f_globals, DICT),
    {0},
};
static const reference_fact generator_facts[] = {
    LEADS(generator_gi_code, CODE),
    LEADS(generator_gi_frame, FRAME | NUL),
    LEADS(generator_gi_name, STR),
    LEADS(generator_gi_qualname, STR),
    {0},
};
static const reference_fact lru_facts[] = {
    LEADS(lru_cache_cache, DICT),     LEADS(lru_cache_func, ANY),
    LEADS(lru_cache_link_type, TYPE), LEADS(lru_cache_info_type, ANY),
    LEADS(lru_cache_kwd_mark, OTHER), {0},
};
static const reference_fact lru_link_facts[] = {
    LEADS(lru_link_key, ANY),
    LEADS(lru_link_result, ANY),
    {0},
};
static const reference_fact tee_facts[] = {
    LEADS(tee_data_it, ANY & ~(TEE_DATA)),
    LEADS(tee_data_nextlink, TEE_DATA | NUL),
    {0},
};
#define FUTURE_FACTS                                                                   \
    LEADS(future_loop, ANY | NUL), LEADS(future_context0, CONTEXT | NUL),              \
        LEADS(future_callbacks, LIST | NUL), LEADS(future_exception, EXCEPTION | NUL), \
        LEADS(future_exception_tb, TRACEBACK | NONE | NUL),                            \
        LEADS(future_source_tb, LIST | OTHER | NUL), LEADS(future_cancelled_exc, EXCEPTION | NUL)
static const reference_fact future_facts[] = {FUTURE_FACTS, {0}};
static const reference_fact task_facts[] = {
    FUTURE_FACTS,
    LEADS(task_fut_waiter, OTHER | NUL),
    LEADS(task_coro, COROUTINE | OTHER),
    LEADS(task_name, STR | INT),
    LEADS(task_context, CONTEXT),
    {0},
};
static const reference_fact element_facts[] = {LEADS(element_tag, ANY), {0}};
static const reference_fact local_facts[] = {
    LEADS(local_key, STR | NUL),
    LEADS(local_args, TUPLE | NUL),
    LEADS(local_kw, DICT | NUL),
    LEADS(local_dummies, DICT),
    {0},
};
static const reference_fact cdata_facts[] = {LEADS(cdata_b_base, ANY | NUL), {0}};
static const reference_fact stgdict_facts[] = {
    LEADS(stgdict_argtypes, TUPLE | NUL),
    LEADS(stgdict_converters, TUPLE | NUL),
    {0},
};
static const reference_fact ctype_facts[] = {
    LEADS(ctype_argtypes, TUPLE | NUL),
    LEADS(ctype_converters, TUPLE | NUL),
    LEADS(ctype_module, MODULE | NUL),
    {0},
};

static const reference_fact method_caller_facts[] = {
    LEADS(method_caller_name, STR),
    LEADS(method_caller_args, TUPLE),
    LEADS(method_caller_kwds, DICT | NUL),
    {0},
};

static const reference_fact struct_facts[] = {LEADS(struct_s_format, BYTES | STR | NONE | NUL),
                                              {0}};

static const hf_object_facts object_facts[] = {
    {"_struct.Struct", struct_facts},
    {"operator.methodcaller", method_caller_facts},
    {"function", function_facts},
    {"code", code_facts},
    {"module", module_facts},
    {"method_descriptor", descriptor_facts},
    {"classmethod_descriptor", descriptor_facts},
    {"member_descriptor", descriptor_facts},
    {"getset_descriptor", descriptor_facts},
    {"wrapper_descriptor", descriptor_facts},
    {"property", property_facts},
    {"traceback", traceback_facts},
    {"BaseException", exception_facts},
    {"_contextvars.Context", context_facts},
    {"_contextvars.ContextVar", context_var_facts},
    {"_contextvars.Token", token_facts},
    {"memoryview", memoryview_facts},
    {"frame", frame_facts},
    {"generator", generator_facts},
    {"coroutine", generator_facts},
    {"async_generator", generator_facts},
    {"functools._lru_cache_wrapper", lru_facts},
    {"functools._lru_list_elem", lru_link_facts},
    {"itertools._tee_dataobject", tee_facts},
    {"_asyncio.Future", future_facts},
    {"_asyncio.Task", task_facts},
    {"xml.etree.ElementTree.Element", element_facts},
    {"_thread._local", local_facts},
    {"_ctypes._CData", cdata_facts},
    {"StgDict", stgdict_facts},
    {"_ctypes.CType_Type", ctype_facts},
};

enum { OBJECT_FACTS = sizeof(object_facts) / sizeof(object_facts[0]) };

/* Kinds that tp_flags name: Include/object.h, Py_TPFLAGS_LONG_SUBCLASS and those behind. */
static uint32_t kind_by_flags(uint64_t flags)
{
    static const uint32_t kinds[] = {INT, LIST, TUPLE, BYTES, STR, DICT, EXCEPTION, TYPE};
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (flags >> (24 + i) & 1)
            return kinds[i];
    return 0;
}

static uint32_t kind_by_decoder(const hf_decoder *decoder)
{
    static const struct {
        const char *name;
        uint32_t kind;
    } kinds[] = {
        {"code", CODE},
        {"function", FUNCTION},
        {"module", MODULE},
        {"frame", FRAME},
        {"traceback", TRACEBACK},
        {"_contextvars.Context", CONTEXT},
        {"_contextvars.ContextVar", CONTEXT_VAR},
        {"coroutine", COROUTINE},
        {"managedbuffer", MANAGED_BUFFER},
        {"itertools._tee_dataobject", TEE_DATA},
        {"functools._lru_list_elem", LRU_LINK},
        {"NoneType", NONE},
        {"builtin_function_or_method", BUILTIN},
    };
    for (size_t i = 0; decoder && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (!strcmp(decoder->name, kinds[i].name))
            return kinds[i].kind;
    return 0;
}

void hf_prove_prepare(hf_type_record *type, const char *name, size_t length)
{
    uint32_t kind = kind_by_flags(type->flags);
    if (!kind)
        kind = kind_by_decoder(type->decoder);
    if (!kind && length == 4 && !memcmp(name, "hamt", 4))
        kind = HAMT;
    type->kind = kind ? kind : OTHER;
    type->facts = NULL;
    type->counts = type->decoder ? hf_counts_of(type->decoder->name) : NULL;
    for (size_t i = 0; type->decoder && i < OBJECT_FACTS; i++)
        if (!strcmp(object_facts[i].type, type->decoder->name))
            type->facts = &object_facts[i];
}

uint32_t hf_kind_of(hf_decode *d, uint64_t object)
{
    if (!object)
        return NUL;
    const hf_type_record *type = object & 7 ? NULL : hf_type_of(d, object);
    return type ? type->kind : 0;
}

void hf_prove_references(hf_decode *d, const reference_fact *facts, const char *holder,
                         uint64_t address)
{
    for (const reference_fact *f = facts; f->kinds; f++) {
        int32_t place;
        memcpy(&place, (const char *)d->layout + f->place, sizeof(place));
        if (place == HF_ABSENT)
            continue;
        if (!(hf_kind_of(d, hf_member(d, address, place)) & f->kinds))
            hf_contradict(d, "%s of a %s leads to something else", hf_entry_name(f->place), holder);
    }
}

void hf_prove_object(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    if (type->facts)
        hf_prove_references(d, type->facts->references, type->decoder->name, address);
    if (type->counts)
        type->counts(d, type, address);
}

const void *hf_prove_family(const hf_type_record *type)
{
    if (type->facts)
        return type->facts->references;
    const hf_decoder *decoder = type->decoder;
    return decoder && decoder->references ? (const void *)decoder->references : decoder;
}

bool hf_object_proves(size_t place)
{
    for (size_t i = 0; i < OBJECT_FACTS; i++)
        for (const reference_fact *f = object_facts[i].references; f && f->kinds; f++)
            if (f->place == place)
                return true;
    return false;
}
