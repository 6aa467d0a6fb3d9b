/* cpython/decode_frame_object.c - running calls up to 3.10, which are frame objects, and the
 * generators that have one (Include/cpython/frameobject.h, Include/genobject.h).
 *
 * A frame counts the frame that called it, its code, its dicts, its locals and its stack. While it
 * runs, how much of the stack is in use is known to the C function that runs it alone: f_stacktop
 * is NULL, f_stackdepth is -1, and words of values long gone stand above. */
#include "cpython/decode_read.h"
#include "cpython/heap.h"

static const hf_reference frame_references[] = {
    HF_REFERENCE(frame_f_back, "f_back"),
    HF_REFERENCE(frame_f_code, "f_code"),
    HF_REFERENCE(frame_f_builtins, "f_builtins"),
    HF_REFERENCE(frame_f_globals, "f_globals"),
    HF_REFERENCE(frame_f_locals, "f_locals"),
    HF_REFERENCE(frame_f_trace, "f_trace"),
    {0},
};

/* What a call itself holds; what it shares with others is left out where a thread tells it. */
static const hf_reference call_references[] = {
    HF_REFERENCE(frame_f_code, "f_code"), HF_REFERENCE(frame_f_locals, "f_locals"), {0}};

uint64_t hf_frame_object_code(hf_decode *d, uint64_t frame)
{
    return hf_member(d, frame, d->layout->frame_f_code);
}

static uint64_t items_of(hf_decode *d, uint64_t tuple)
{
    return tuple ? hf_item_count(d, tuple) : 0;
}

/* Words of the locals: variables, then cells, then what closures brought. */
static uint64_t local_count(hf_decode *d, uint64_t code)
{
    const hf_layout *l = d->layout;
    return (uint64_t)hf_member_u32(d, code, l->code_co_nlocals) +
           items_of(d, hf_member(d, code, l->code_co_cellvars)) +
           items_of(d, hf_member(d, code, l->code_co_freevars));
}

/* Values on the stack, 0 where that is not known. */
static uint64_t stack_count(hf_decode *d, uint64_t frame, uint64_t code)
{
    const hf_layout *l = d->layout;
    uint64_t most = hf_member_u32(d, code, l->code_co_stacksize), count;
    if (HF_HAS(l, frame_f_stacktop)) {
        uint64_t top = hf_member(d, frame, l->frame_f_stacktop);
        uint64_t bottom = hf_member(d, frame, l->frame_f_valuestack);
        count = top > bottom ? (top - bottom) / HF_WORD : 0;
    } else {
        int32_t depth = (int32_t)hf_member_u32(d, frame, l->frame_f_stackdepth);
        count = depth > 0 ? (uint64_t)depth : 0;
    }
    return count < most ? count : most;
}

/* A frame that runs has given up what it knew of its depth. */
static bool is_depth_known(hf_decode *d, uint64_t frame)
{
    const hf_layout *l = d->layout;
    return HF_HAS(l, frame_f_stacktop)
               ? hf_member(d, frame, l->frame_f_stacktop) != 0
               : (int32_t)hf_member_u32(d, frame, l->frame_f_stackdepth) >= 0;
}

static void tell_stack(hf_decode *d, uint64_t bottom, uint64_t count, hf_visitor *v)
{
    const uint8_t *word = hf_array_at(d, bottom, &count, HF_WORD);
    for (uint64_t i = 0; i < count; i++)
        hf_tell(v, hf_load_u64(word + i * HF_WORD), HF_EDGE_STACK, HF_EDGE_STRONG, i);
}

/* Tells `count` words from *slot on by the names in a tuple, and goes past them. */
static void tell_named(hf_decode *d, uint64_t *slot, uint64_t count, uint64_t names, hf_visitor *v)
{
    uint64_t name_count = items_of(d, names), start = *slot;
    *slot += count * HF_WORD;
    const uint8_t *name =
        hf_array_at(d, names + (uint64_t)d->layout->tuple_ob_item, &name_count, HF_WORD);
    const uint8_t *word = hf_array_at(d, start, &count, HF_WORD);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t target = hf_load_u64(word + i * HF_WORD);
        if (i < name_count)
            hf_tell(v, target, HF_EDGE_LOCAL, HF_EDGE_STRONG, hf_load_u64(name + i * HF_WORD));
        else
            hf_tell_field(v, target, "local", HF_EDGE_STRONG);
    }
}

static void tell_values(hf_decode *d, uint64_t frame, hf_visitor *v)
{
    const hf_layout *l = d->layout;
    uint64_t code = hf_frame_object_code(d, frame);
    if (!code)
        return;
    uint64_t slot = frame + (uint64_t)l->frame_f_localsplus;
    tell_named(d, &slot, hf_member_u32(d, code, l->code_co_nlocals),
               hf_member(d, code, l->code_co_varnames), v);
    const int32_t others[] = {l->code_co_cellvars, l->code_co_freevars};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        uint64_t names = hf_member(d, code, others[i]);
        tell_named(d, &slot, items_of(d, names), names, v);
    }
    tell_stack(d, slot, stack_count(d, frame, code), v);
}

void hf_frame_object_room(hf_decode *d, uint64_t frame, hf_visitor *v)
{
    const hf_layout *l = d->layout;
    uint64_t code = hf_frame_object_code(d, frame);
    if (!code || is_depth_known(d, frame))
        return;
    uint64_t bottom =
        frame + (uint64_t)l->frame_f_localsplus + local_count(d, code) * (uint64_t)HF_WORD;
    tell_stack(d, bottom, hf_stack_room(d, code), v);
}

void hf_frame_object_edges(hf_decode *d, uint64_t frame, hf_visitor *v)
{
    hf_tell_references(d, frame, call_references, v);
    tell_values(d, frame, v);
}

static void visit_frame(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    tell_values(d, address, v);
}

static void measure_frame(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    /* frame_sizeof() counts what the code needs; a frame that was used before may have more. */
    const hf_layout *l = d->layout;
    uint64_t code = hf_frame_object_code(d, address);
    uint64_t words = local_count(d, code) + hf_member_u32(d, code, l->code_co_stacksize);
    ret->size = type->basicsize + (words - 1) * HF_WORD;
}

/* The frame says a line itself while it is traced. */
static uint32_t frame_line(hf_decode *d, uint64_t frame, uint64_t code)
{
    const hf_layout *l = d->layout;
    uint32_t line = hf_member_u32(d, frame, l->frame_f_lineno);
    bool says_line =
        HF_HAS(l, frame_f_stacktop) ? hf_member(d, frame, l->frame_f_trace) != 0 : line != 0;
    if (says_line)
        return line;
    int32_t last = (int32_t)hf_member_u32(d, frame, l->frame_f_lasti);
    uint64_t unit = HF_HAS(l, frame_f_stacktop) ? 1 : (uint64_t)l->code_unit_size;
    return last < 0 ? 0 : hf_code_line(d, code, (uint64_t)last * unit);
}

bool hf_frame_object_place(hf_decode *d, uint64_t frame, size_t limit, hf_buf *out)
{
    uint64_t code = hf_frame_object_code(d, frame);
    return code && hf_code_place(d, code, 0, frame_line(d, frame, code), limit, out);
}

const hf_decoder hf_decoder_frame_object = {.symbol = "PyFrame_Type",
                                            .name = "frame",
                                            .needs = offsetof(hf_layout, thread_frame),
                                            .references = frame_references,
                                            .visit = visit_frame,
                                            .measure = measure_frame,
                                            .value = hf_frame_object_place};

#define GENERATOR_REFERENCES                                                                  \
    HF_REFERENCE(generator_gi_frame, "gi_frame"), HF_REFERENCE(generator_gi_code, "gi_code"), \
        HF_REFERENCE(generator_gi_name, "__name__"),                                          \
        HF_REFERENCE(generator_gi_qualname, "__qualname__"),                                  \
        HF_REFERENCE(generator_exc_type, "exc_type"),                                         \
        HF_REFERENCE(generator_exc_value, "exc_value"),                                       \
        HF_REFERENCE(generator_exc_traceback, "exc_traceback")

static const hf_reference generator_references[] = {GENERATOR_REFERENCES, {0}};
static const hf_reference coroutine_references[] = {
    GENERATOR_REFERENCES, HF_REFERENCE(coroutine_cr_origin, "cr_origin"), {0}};
static const hf_reference async_generator_references[] = {
    GENERATOR_REFERENCES, HF_REFERENCE(async_generator_ag_finalizer, "ag_finalizer"), {0}};

static bool is_suspended(hf_decode *d, uint64_t frame)
{
    const hf_layout *l = d->layout;
    if (HF_HAS(l, frame_f_state))
        return (int8_t)hf_member_u8(d, frame, l->frame_f_state) == l->frame_suspended;
    return !hf_member_u8(d, frame, l->frame_f_executing) &&
           hf_member(d, frame, l->frame_f_stacktop) &&
           (int32_t)hf_member_u32(d, frame, l->frame_f_lasti) >= 0;
}

static void measure_generator(hf_decode *d, const hf_type_record *type, uint64_t address,
                              hf_sizes *ret)
{
    (void)type;
    uint64_t frame = hf_member(d, address, d->layout->generator_gi_frame);
    if (frame && is_suspended(d, frame))
        ret->flags |= HF_OBJECT_SUSPENDED;
}

static bool value_generator(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    const hf_layout *l = d->layout;
    uint64_t frame = hf_member(d, address, l->generator_gi_frame);
    uint64_t code = hf_member(d, address, l->generator_gi_code);
    return hf_code_place(d, code, hf_member(d, address, l->generator_gi_qualname),
                         frame ? frame_line(d, frame, code) : 0, limit, out);
}

#define GENERATOR(variable, symbol_, name_, references_)                           \
    const hf_decoder variable = {.symbol = symbol_,                                \
                                 .name = name_,                                    \
                                 .needs = offsetof(hf_layout, generator_gi_frame), \
                                 .references = references_,                        \
                                 .measure = measure_generator,                     \
                                 .value = value_generator}

GENERATOR(hf_decoder_frame_generator, "PyGen_Type", "generator", generator_references);
GENERATOR(hf_decoder_frame_coroutine, "PyCoro_Type", "coroutine", coroutine_references);
GENERATOR(hf_decoder_frame_async_generator, "PyAsyncGen_Type", "async_generator",
          async_generator_references);
