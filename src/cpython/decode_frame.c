/* cpython/decode_frame.c - frames, generators and coroutines, tracebacks.
 *
 * Up to 3.10 a running call is a frame object (decode_frame_object.c). From 3.11 on it
 * is an _PyInterpreterFrame on the thread's own stack, inside a generator, or inside a
 * frame object; frame objects are made when somebody asks
 * (Include/internal/pycore_frame.h, Objects/frame_layout.md). */
#include "cpython/decode_read.h"
#include "cpython/heap.h"
#include "cpython/refcount.h"

/* From 3.14 on the words of a frame carry tags in their low bits: one says that nothing was
 * counted, as for immortal objects and for what a frame below holds too, both that there is a
 * number and no object (Include/internal/pycore_stackref.h). */
#define STACKREF_TAGS 3ull

static uint64_t untagged(const hf_layout *l, uint64_t word)
{
    if (!HF_HAS(l, stackref_int))
        return word;
    return (word & STACKREF_TAGS) == (uint64_t)l->stackref_int ? 0 : word & ~STACKREF_TAGS;
}

/* A reference to an immortal object is as good as any: nobody counts those. */
static hf_edge_strength strength_of(hf_decode *d, uint64_t word)
{
    const hf_layout *l = d->layout;
    if (!HF_HAS(l, stackref_borrowed) || !(word & (uint64_t)l->stackref_borrowed))
        return HF_EDGE_STRONG;
    const uint8_t *p = hf_bytes_at(d, word & ~STACKREF_TAGS, (uint64_t)l->object_size);
    return p && hf_refcount_of(l, p).immortal ? HF_EDGE_STRONG : HF_EDGE_WEAK;
}

static void tell_tagged(hf_decode *d, uint64_t address, int32_t place, const char *name,
                        hf_visitor *v)
{
    uint64_t word = hf_member(d, address, place);
    hf_tell_field(v, untagged(d->layout, word), name, strength_of(d, word));
}

static const hf_reference frame_data_references[] = {
    HF_REFERENCE(iframe_f_locals, "f_locals"),
    HF_REFERENCE(iframe_frame_obj, "frame_obj"),
    HF_BORROWED(iframe_f_globals, "f_globals"),
    HF_BORROWED(iframe_f_builtins, "f_builtins"),
    {0},
};

/* Frames between C and Python hold no function, and rubbish in the members behind it. */
static bool is_entry(hf_decode *d, uint64_t frame)
{
    const hf_layout *l = d->layout;
    return HF_HAS(l, frame_owned_by_cstack) &&
           (int8_t)hf_member_u8(d, frame, l->iframe_owner) >= l->frame_owned_by_cstack;
}

static bool is_frame_object(const hf_layout *l)
{
    return HF_HAS(l, thread_frame);
}

uint64_t hf_decode_frame_innermost(hf_decode *d, uint64_t thread)
{
    const hf_layout *l = d->layout;
    if (is_frame_object(l))
        return hf_member(d, thread, l->thread_frame);
    if (!HF_HAS(l, thread_cframe))
        return hf_member(d, thread, l->thread_current_frame);
    uint64_t cframe = hf_member(d, thread, l->thread_cframe);
    return cframe ? hf_member(d, cframe, l->cframe_current_frame) : 0;
}

bool hf_decode_frame_is_readable(hf_decode *d, uint64_t frame)
{
    const hf_layout *l = d->layout;
    int32_t size = is_frame_object(l) ? l->frame_f_localsplus : l->iframe_size;
    return !(frame & 7) && hf_bytes_at(d, frame, (uint64_t)size);
}

bool hf_decode_frame_is_owned_by_call(hf_decode *d, uint64_t frame)
{
    const hf_layout *l = d->layout;
    return !is_frame_object(l) &&
           hf_member_u8(d, frame, l->iframe_owner) != l->frame_owned_by_generator;
}

uint64_t hf_decode_frame_code(hf_decode *d, uint64_t frame)
{
    const hf_layout *l = d->layout;
    if (is_frame_object(l))
        return hf_frame_object_code(d, frame);
    return is_entry(d, frame) ? 0 : untagged(l, hf_member(d, frame, l->iframe_f_code));
}

uint64_t hf_decode_frame_previous(hf_decode *d, uint64_t frame)
{
    const hf_layout *l = d->layout;
    return hf_member(d, frame, is_frame_object(l) ? l->frame_f_back : l->iframe_previous);
}

/* More than any function needs: a damaged number must not make us read all memory for
 * each frame. */
enum { ROOM_MAX = 1 << 14 };

uint64_t hf_stack_room(hf_decode *d, uint64_t code)
{
    uint64_t room = hf_member_u32(d, code, d->layout->code_co_stacksize);
    return room < ROOM_MAX ? room : ROOM_MAX;
}

/* While a frame runs, the interpreter may keep the depth of its stack in a register. */
static bool is_depth_known(hf_decode *d, uint64_t frame)
{
    const hf_layout *l = d->layout;
    return HF_HAS(l, iframe_stackpointer)
               ? hf_member(d, frame, l->iframe_stackpointer) != 0
               : (int32_t)hf_member_u32(d, frame, l->iframe_stacktop) >= 0;
}

/* How many words behind the frame hold something: its locals and, where its depth is known, its
 * stack. */
static uint64_t frame_words(hf_decode *d, uint64_t frame, uint64_t locals, uint64_t room)
{
    const hf_layout *l = d->layout;
    uint64_t top;
    if (!is_depth_known(d, frame)) {
        top = locals;
    } else if (HF_HAS(l, iframe_stackpointer)) {
        uint64_t pointer = hf_member(d, frame, l->iframe_stackpointer);
        top = (pointer - frame - (uint64_t)l->iframe_localsplus) / HF_WORD;
    } else {
        top = hf_member_u32(d, frame, l->iframe_stacktop);
    }
    return top < room ? top : room;
}

void hf_decode_frame_edges(hf_decode *d, uint64_t frame, hf_visitor *v)
{
    const hf_layout *l = d->layout;
    if (is_frame_object(l)) {
        hf_frame_object_edges(d, frame, v);
        return;
    }
    uint64_t code = hf_decode_frame_code(d, frame);
    if (!code)
        return;
    tell_tagged(d, frame, l->iframe_f_func, "f_func", v);
    tell_tagged(d, frame, l->iframe_f_code, "f_code", v);
    hf_tell_references(d, frame, frame_data_references, v);
    uint64_t locals = hf_member_u32(d, code, l->code_co_nlocalsplus);
    uint64_t room = locals + hf_member_u32(d, code, l->code_co_stacksize);
    uint64_t count = frame_words(d, frame, locals, room);
    uint64_t names = hf_member(d, code, l->code_co_localsplusnames);
    uint64_t name_count = names ? hf_item_count(d, names) : 0;
    const uint8_t *name = hf_array_at(d, names + (uint64_t)l->tuple_ob_item, &name_count, HF_WORD);
    const uint8_t *slot = hf_array_at(d, frame + (uint64_t)l->iframe_localsplus, &count, HF_WORD);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t word = hf_load_u64(slot + i * HF_WORD), target = untagged(l, word);
        hf_edge_strength strength = strength_of(d, word);
        if (i >= locals)
            hf_tell(v, target, HF_EDGE_STACK, strength, i - locals);
        else if (i < name_count)
            hf_tell(v, target, HF_EDGE_LOCAL, strength, hf_load_u64(name + i * HF_WORD));
        else
            hf_tell_field(v, target, "local", strength);
    }
}

void hf_decode_frame_room(hf_decode *d, uint64_t frame, hf_visitor *v)
{
    const hf_layout *l = d->layout;
    if (is_frame_object(l)) {
        hf_frame_object_room(d, frame, v);
        return;
    }
    uint64_t code = hf_decode_frame_code(d, frame);
    if (!code || is_depth_known(d, frame))
        return;
    uint64_t locals = hf_member_u32(d, code, l->code_co_nlocalsplus);
    uint64_t count = hf_stack_room(d, code);
    uint64_t bottom = frame + (uint64_t)l->iframe_localsplus + locals * (uint64_t)HF_WORD;
    const uint8_t *slot = hf_array_at(d, bottom, &count, HF_WORD);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t word = hf_load_u64(slot + i * HF_WORD);
        hf_tell(v, untagged(l, word), HF_EDGE_STACK, strength_of(d, word), i);
    }
}

static uint32_t frame_line(hf_decode *d, uint64_t frame, uint64_t code)
{
    const hf_layout *l = d->layout;
    uint64_t at = HF_HAS(l, iframe_instr_ptr) ? hf_member(d, frame, l->iframe_instr_ptr)
                                              : hf_member(d, frame, l->iframe_prev_instr);
    uint64_t start = code + (uint64_t)l->code_co_code_adaptive;
    /* Before the first instruction of a new frame the pointer is one unit short of the code. */
    return hf_code_line(d, code, at < start ? 0 : at - start);
}

bool hf_decode_frame_place(hf_decode *d, uint64_t frame, size_t limit, hf_buf *out)
{
    if (is_frame_object(d->layout))
        return hf_frame_object_place(d, frame, limit, out);
    uint64_t code = hf_decode_frame_code(d, frame);
    return code && hf_code_place(d, code, 0, frame_line(d, frame, code), limit, out);
}

static const hf_reference frame_references[] = {
    HF_REFERENCE(frame_f_back, "f_back"),
    HF_REFERENCE(frame_f_trace, "f_trace"),
    HF_REFERENCE(frame_f_extra_locals, "f_extra_locals"),
    HF_REFERENCE(frame_f_locals_cache, "f_locals"),
    {0},
};

static void visit_frame(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t frame = hf_member(d, address, l->frame_f_frame);
    if (!frame)
        return;
    if (hf_member_u8(d, frame, l->iframe_owner) == l->frame_owned_by_frame_object)
        hf_decode_frame_edges(d, frame, v);
    else
        /* The call is still under way, or belongs to a generator. */
        hf_tell_field(v, hf_decode_frame_code(d, frame), "f_code", HF_EDGE_WEAK);
}

/* Words of a frame with all its locals and its whole stack. */
static uint64_t frame_room(hf_decode *d, uint64_t code)
{
    const hf_layout *l = d->layout;
    uint64_t words = (uint64_t)hf_member_u32(d, code, l->code_co_nlocalsplus) +
                     hf_member_u32(d, code, l->code_co_stacksize);
    return (uint64_t)l->iframe_localsplus + words * HF_WORD;
}

static void measure_frame(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t frame = hf_member(d, address, l->frame_f_frame);
    uint64_t code = frame ? hf_decode_frame_code(d, frame) : 0;
    ret->size = (uint64_t)l->frame_f_frame_data + (code ? frame_room(d, code) : 0);
    ret->own = ret->size;
}

static bool value_frame(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    uint64_t frame = hf_member(d, address, d->layout->frame_f_frame);
    return frame && hf_decode_frame_place(d, frame, limit, out);
}

const hf_decoder hf_decoder_frame = {.symbol = "PyFrame_Type",
                                     .name = "frame",
                                     .needs = offsetof(hf_layout, iframe_size),
                                     .references = frame_references,
                                     .visit = visit_frame,
                                     .measure = measure_frame,
                                     .value = value_frame};

static const hf_reference generator_references[] = {
    HF_REFERENCE(generator_gi_code, "gi_code"),
    HF_REFERENCE(generator_gi_name, "__name__"),
    HF_REFERENCE(generator_gi_qualname, "__qualname__"),
    {0},
};

/* Coroutines know where they were made, asynchronous generators who finishes them; in a plain
 * generator nobody ever sets that member: Objects/genobject.c, make_gen. */
static const hf_reference coroutine_references[] = {
    HF_REFERENCE(generator_gi_code, "cr_code"),
    HF_REFERENCE(generator_gi_name, "__name__"),
    HF_REFERENCE(generator_gi_qualname, "__qualname__"),
    HF_REFERENCE(generator_gi_origin_or_finalizer, "cr_origin"),
    {0},
};

static int frame_state(hf_decode *d, uint64_t address)
{
    return (int8_t)hf_member_u8(d, address, d->layout->generator_gi_frame_state);
}

static uint64_t generator_code(hf_decode *d, uint64_t address)
{
    const hf_layout *l = d->layout;
    uint64_t code = hf_member(d, address, l->generator_gi_code);
    uint64_t frame = address + (uint64_t)l->generator_gi_iframe;
    return code ? code : untagged(l, hf_member(d, frame, l->iframe_f_code));
}

static bool is_suspended(const hf_layout *l, int state)
{
    return state == l->frame_suspended ||
           (HF_HAS(l, frame_suspended_yield_from) && state == l->frame_suspended_yield_from) ||
           (HF_HAS(l, frame_suspended_locked) && state == l->frame_suspended_locked);
}

static void visit_generator(hf_decode *d, const hf_type_record *type, uint64_t address,
                            hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t frame = address + (uint64_t)l->generator_gi_iframe;
    if (frame_state(d, address) < l->frame_cleared)
        hf_decode_frame_edges(d, frame, v);
    else if (!HF_HAS(l, generator_gi_code)) /* 3.12: the frame keeps it until the end */
        tell_tagged(d, frame, l->iframe_f_code, "gi_code", v);
    uint64_t state = address + (uint64_t)l->generator_gi_exc_state;
    hf_tell_field(v, hf_member(d, state, l->exc_stack_item_exc_value), "exc_value", HF_EDGE_STRONG);
}

static void measure_generator(hf_decode *d, const hf_type_record *type, uint64_t address,
                              hf_sizes *ret)
{
    /* A generator has no ob_size although its type has items: what lies there is something else. */
    (void)type;
    const hf_layout *l = d->layout;
    int state = frame_state(d, address);
    uint64_t code = generator_code(d, address);
    ret->size = (uint64_t)l->generator_gi_iframe + (code ? frame_room(d, code) : 0);
    ret->own = ret->size;
    if (is_suspended(l, state))
        ret->flags |= HF_OBJECT_SUSPENDED;
}

static bool value_generator(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    const hf_layout *l = d->layout;
    uint64_t frame = address + (uint64_t)l->generator_gi_iframe;
    uint64_t code = generator_code(d, address);
    bool stands = frame_state(d, address) < l->frame_cleared;
    return hf_code_place(d, code, hf_member(d, address, l->generator_gi_qualname),
                         stands ? frame_line(d, frame, code) : 0, limit, out);
}

#define GENERATOR(variable, symbol_, name_, references_)                            \
    const hf_decoder variable = {.symbol = symbol_,                                 \
                                 .name = name_,                                     \
                                 .needs = offsetof(hf_layout, generator_gi_iframe), \
                                 .references = references_,                         \
                                 .visit = visit_generator,                          \
                                 .measure = measure_generator,                      \
                                 .value = value_generator}

GENERATOR(hf_decoder_generator, "PyGen_Type", "generator", generator_references);
GENERATOR(hf_decoder_coroutine, "PyCoro_Type", "coroutine", coroutine_references);
GENERATOR(hf_decoder_async_generator, "PyAsyncGen_Type", "async_generator", coroutine_references);

static const hf_reference traceback_references[] = {
    HF_REFERENCE(traceback_tb_next, "tb_next"),
    HF_REFERENCE(traceback_tb_frame, "tb_frame"),
    {0},
};

const hf_decoder hf_decoder_traceback = {
    .symbol = "PyTraceBack_Type", .name = "traceback", .references = traceback_references};
