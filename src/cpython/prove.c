/* cpython/prove.c - whether objects look as the row says: pointers that must lead to a str do, the
 * first entry of each __mro__ is the type itself, frames lead to code.
 *
 * The collector's lists prove where objects are, not what is in them. Here some objects of each
 * kind are asked. Python lets a few of these be something else (subclasses, half-made objects), so
 * a fact fails when more than half of them fail it; a wrong number fails nearly all. */
#include "cpython/heap_inside.h"

#include <stdio.h>

enum {
    SAMPLES = 64, /* objects of a kind */
    LOOK_AT_MOST = 1 << 19,
    FRAMES_LOOKED_AT = 64,
    TOLERANCE = 2,
};

/* What a member must point at. */
typedef struct {
    const char *holder; /* symbol of the type that has the member */
    size_t member;      /* offset in hf_layout of its place */
    const char *name;   /* for messages */
    const char *expected;
    bool optional; /* may be NULL */
} fact;

#define FACT(holder, member, expected, optional)                         \
    {                                                                    \
        holder, offsetof(hf_layout, member), #member, expected, optional \
    }

static const fact facts[] = {
    FACT("PyFunction_Type", function_func_code, "PyCode_Type", false),
    FACT("PyFunction_Type", function_func_globals, "PyDict_Type", false),
    FACT("PyFunction_Type", function_func_builtins, "PyDict_Type", false),
    FACT("PyFunction_Type", function_func_name, "PyUnicode_Type", false),
    FACT("PyFunction_Type", function_func_qualname, "PyUnicode_Type", false),
    FACT("PyFunction_Type", function_func_defaults, "PyTuple_Type", true),
    FACT("PyFunction_Type", function_func_closure, "PyTuple_Type", true),
    FACT("PyFunction_Type", function_func_dict, "PyDict_Type", true),
    FACT("PyCode_Type", code_co_consts, "PyTuple_Type", false),
    FACT("PyCode_Type", code_co_names, "PyTuple_Type", false),
    FACT("PyCode_Type", code_co_code, "PyBytes_Type", false),
    FACT("PyCode_Type", code_co_varnames, "PyTuple_Type", false),
    FACT("PyCode_Type", code_co_freevars, "PyTuple_Type", false),
    FACT("PyCode_Type", code_co_cellvars, "PyTuple_Type", false),
    FACT("PyCode_Type", code_co_lnotab, "PyBytes_Type", false),
    FACT("PyCode_Type", code_co_localsplusnames, "PyTuple_Type", false),
    FACT("PyCode_Type", code_co_localspluskinds, "PyBytes_Type", false),
    FACT("PyCode_Type", code_co_filename, "PyUnicode_Type", false),
    FACT("PyCode_Type", code_co_name, "PyUnicode_Type", false),
    FACT("PyCode_Type", code_co_qualname, "PyUnicode_Type", false),
    FACT("PyCode_Type", code_co_linetable, "PyBytes_Type", false),
    FACT("PyCode_Type", code_co_exceptiontable, "PyBytes_Type", false),
    FACT("PyModule_Type", module_md_dict, "PyDict_Type", false),
    FACT("PyModule_Type", module_md_name, "PyUnicode_Type", true),
    FACT("PyType_Type", type_tp_dict, "PyDict_Type", false),
    FACT("PyType_Type", type_tp_mro, "PyTuple_Type", false),
    FACT("PyType_Type", type_tp_bases, "PyTuple_Type", false),
    FACT("PyType_Type", heap_type_ht_name, "PyUnicode_Type", false),
    FACT("PyType_Type", heap_type_ht_qualname, "PyUnicode_Type", false),
    FACT("PyGetSetDescr_Type", descr_d_name, "PyUnicode_Type", false),
};

enum { FACTS = sizeof(facts) / sizeof(facts[0]), HOLDERS_MAX = 8 };

/* Objects of one type to be asked. */
typedef struct {
    const char *symbol;
    uint64_t type;
    uint64_t samples[SAMPLES];
    size_t count;
} holder;

typedef struct {
    holder holders[HOLDERS_MAX];
    size_t count;
} sampling;

static holder *holder_named(sampling *s, hf_target *t, const char *symbol)
{
    for (size_t i = 0; i < s->count; i++)
        if (!strcmp(s->holders[i].symbol, symbol))
            return &s->holders[i];
    holder *h = &s->holders[s->count++];
    *h = (holder){.symbol = symbol, .type = hf_target_symbol(t, symbol, NULL)};
    return h;
}

static bool add_sample(holder *h, uint64_t address)
{
    if (h->count == SAMPLES)
        return false;
    h->samples[h->count++] = address;
    return true;
}

static uint64_t type_word(hf_decode *d, uint64_t object)
{
    const uint8_t *p = hf_bytes_at(d, object, (uint64_t)d->layout->object_size);
    return p ? hf_load_u64(p + d->layout->object_ob_type) : 0;
}

static void take_sample(hf_decode *d, sampling *s, uint64_t address)
{
    uint64_t type = type_word(d, address);
    for (size_t h = 0; h < s->count; h++)
        if (s->holders[h].type == type && type)
            add_sample(&s->holders[h], address);
}

/* Takes samples among the marked objects; code, which the collector does not know, from functions.
 * Static types are left out: they lack what makes a heap type. */
static void take_samples(hf_heap *heap, sampling *s)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    for (size_t i = 0; i < FACTS; i++)
        holder_named(s, heap->target, facts[i].holder);
    hf_marks_cursor cursor = {.marks = &heap->marks};
    uint64_t bit = hf_marks_next(&heap->marks, 0);
    for (int i = 0; i < LOOK_AT_MOST && bit != HF_NO_BIT; i++) {
        take_sample(d, s, hf_marks_address(&cursor, bit));
        bit = hf_marks_next(&heap->marks, bit + 1);
    }
    for (size_t i = 0; i < heap->immortal_count && i < LOOK_AT_MOST; i++)
        take_sample(d, s, heap->immortals[i]);
    holder *functions = holder_named(s, heap->target, "PyFunction_Type");
    holder *codes = holder_named(s, heap->target, "PyCode_Type");
    for (size_t i = 0; i < functions->count; i++) {
        uint64_t code = hf_member(d, functions->samples[i], l->function_func_code);
        if (type_word(d, code) == codes->type)
            add_sample(codes, code);
    }
}

static bool fails(size_t failures, size_t samples)
{
    return failures * TOLERANCE > samples;
}

static bool fact_holds(hf_heap *heap, sampling *s, const fact *f, char why[HF_WHY])
{
    hf_decode *d = &heap->decode;
    int32_t place;
    memcpy(&place, (const char *)d->layout + f->member, sizeof(place));
    uint64_t expected = hf_target_symbol(heap->target, f->expected, NULL);
    const holder *h = holder_named(s, heap->target, f->holder);
    if (place == HF_ABSENT || !expected || !h->type)
        return true;
    size_t failures = 0;
    for (size_t i = 0; i < h->count; i++) {
        uint64_t target = hf_member(d, h->samples[i], place);
        if (target ? type_word(d, target) != expected : !f->optional)
            failures++;
    }
    if (!fails(failures, h->count))
        return true;
    snprintf(why, HF_WHY, "%s is no %.*s in %zu of %zu objects", f->name,
             (int)strlen(f->expected) - 7, f->expected + 2, failures, h->count);
    return false;
}

/* __mro__ begins with the type itself and ends with object: proves tuples too. */
static bool orders_hold(hf_heap *heap, sampling *s, char why[HF_WHY])
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    uint64_t object = hf_target_symbol(heap->target, "PyBaseObject_Type", NULL);
    const holder *types = holder_named(s, heap->target, "PyType_Type");
    size_t failures = 0;
    for (size_t i = 0; i < types->count; i++) {
        uint64_t mro = hf_member(d, types->samples[i], l->type_tp_mro);
        uint64_t count = hf_item_count(d, mro);
        uint64_t items = mro + (uint64_t)l->tuple_ob_item;
        if (!count || count > 1024 || hf_u64_at(d, items) != types->samples[i] ||
            (object && hf_u64_at(d, items + (count - 1) * HF_WORD) != object))
            failures++;
    }
    if (!fails(failures, types->count))
        return true;
    snprintf(why, HF_WHY, "%zu of %zu types are not first in their own __mro__", failures,
             types->count);
    return false;
}

/* A name is text: a zero byte behind its last character. */
static bool texts_hold(hf_heap *heap, sampling *s, char why[HF_WHY])
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    const holder *functions = holder_named(s, heap->target, "PyFunction_Type");
    size_t failures = 0;
    for (size_t i = 0; i < functions->count; i++) {
        uint64_t name = hf_member(d, functions->samples[i], l->function_func_name);
        uint32_t word = hf_u32_at(d, name + (uint64_t)l->unicode_ascii);
        if (!hf_bits(word, l->unicode_ascii_mask))
            continue;
        uint64_t length = hf_member(d, name, l->unicode_length);
        const uint8_t *text = length < 4096 ? hf_bytes_at(d, name, 4096 + length) : NULL;
        if (length && (!text || text[l->unicode_ascii_size + (int64_t)length] != 0 ||
                       !text[l->unicode_ascii_size] || hf_bits(word, l->unicode_kind_mask) != 1))
            failures++;
    }
    if (!fails(failures, functions->count))
        return true;
    snprintf(why, HF_WHY, "%zu of %zu names are no text", failures, functions->count);
    return false;
}

/* The frames of a thread, if it has any, lead to code, or to None between C and Python. */
static bool frames_hold(hf_decode *d, uint64_t state, uint64_t code_type)
{
    const hf_layout *l = d->layout;
    if (HF_HAS(l, thread_cframe)) {
        uint64_t cframe = hf_member(d, state, l->thread_cframe);
        if (cframe & 7 || !hf_bytes_at(d, cframe, HF_WORD))
            return false;
    }
    uint64_t frame = hf_decode_frame_innermost(d, state);
    for (int i = 0; frame && i < FRAMES_LOOKED_AT; i++) {
        if (!hf_decode_frame_is_readable(d, frame))
            return false;
        uint64_t code = hf_decode_frame_code(d, frame);
        bool may_lack_code = HF_HAS(l, frame_owned_by_cstack);
        if (code ? code_type && type_word(d, code) != code_type : !may_lack_code)
            return false;
        frame = hf_decode_frame_previous(d, frame);
    }
    return true;
}

static bool threads_hold(hf_heap *heap, char why[HF_WHY])
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    uint64_t code_type = hf_target_symbol(heap->target, "PyCode_Type", NULL);
    uint64_t dict_type = hf_target_symbol(heap->target, "PyDict_Type", NULL);
    uint64_t state = hf_member(d, heap->interpreters[0], l->interpreter_threads_head);
    for (int i = 0; state && i < SAMPLES; i++) {
        if (!frames_hold(d, state, code_type)) {
            snprintf(why, HF_WHY, "a frame of thread %d has no code", i);
            return false;
        }
        uint64_t dict = hf_member(d, state, l->thread_dict);
        if (dict && dict_type && type_word(d, dict) != dict_type) {
            snprintf(why, HF_WHY, "the dict of thread %d is none", i);
            return false;
        }
        uint64_t next = hf_member(d, state, l->thread_next);
        if (next && hf_member(d, next, l->thread_prev) != state) {
            snprintf(why, HF_WHY, "the list of threads does not hang together");
            return false;
        }
        state = next;
    }
    return true;
}

bool hf_prove_shapes(hf_heap *heap, bool at_rest, char why[HF_WHY])
{
    sampling s = {.count = 0};
    take_samples(heap, &s);
    for (size_t i = 0; i < FACTS; i++)
        if (!fact_holds(heap, &s, &facts[i], why))
            return false;
    return orders_hold(heap, &s, why) && texts_hold(heap, &s, why) &&
           (!at_rest || threads_hold(heap, why));
}
