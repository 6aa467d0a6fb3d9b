/* cpython/threads.c - running threads: who they are, where they stand, what they hold. */
#include "base/array.h"
#include "cpython/heap_inside.h"

#include <stdlib.h>

enum {
    THREADS_MAX = 1 << 16,
    FRAMES_MAX = 1 << 20, /* of one thread: recursion is bounded by memory only */
    PLACE_MAX = 512,
    CHUNK = 64,
};

/* Members of a thread state that hold an object: cpython/pystate.h. */
static const struct {
    size_t place; /* offset in hf_layout */
    const char *name;
} thread_members[] = {
#define CALLED(name, text)                       \
    {                                            \
        offsetof(hf_layout, thread_##name), text \
    }
#define MEMBER(name) CALLED(name, #name)
    MEMBER(dict),
    MEMBER(context),
    CALLED(c_profileobj, "sys.getprofile()"),
    CALLED(c_traceobj, "sys.gettrace()"),
    MEMBER(curexc_type),
    MEMBER(curexc_value),
    MEMBER(curexc_traceback),
    MEMBER(current_exception),
    MEMBER(async_exc),
    MEMBER(async_gen_firstiter),
    MEMBER(async_gen_finalizer),
    MEMBER(on_delete_data),
    MEMBER(trash_delete_later),
    MEMBER(threading_local_key),
    MEMBER(threading_local_sentinel),
    MEMBER(previous_executor),
    MEMBER(running_loop),
    MEMBER(running_task),
    MEMBER(lazy_imports),
#undef MEMBER
#undef CALLED
};

/* Tells a frame's references as roots. */
typedef struct {
    hf_visitor visitor;
    hf_heap *heap;
    uint32_t place, thread, interpreter;
    bool owns;
} frame_lister;

static void list_local(hf_visitor *v, const hf_raw_edge *edge)
{
    frame_lister *lister = (frame_lister *)v;
    if (edge->strength == HF_EDGE_WEAK)
        return;
    hf_found_root root = {.target = edge->target,
                          .kind = edge->kind == HF_EDGE_FIELD ? HF_ROOT_THREAD : HF_ROOT_LOCAL,
                          .place = lister->place,
                          .thread = lister->thread,
                          .interpreter = lister->interpreter,
                          .owns = lister->owns};
    if (edge->kind == HF_EDGE_STACK)
        root.name = hf_name(lister->heap, "evaluation stack");
    else
        root.name = hf_name_of_label(lister->heap, edge);
    hf_root_add(lister->heap, &root);
}

static uint32_t place_name(hf_heap *heap, uint64_t frame)
{
    hf_buf text;
    hf_buf_init(&text, 0);
    uint32_t name = 0;
    if (hf_decode_frame_place(&heap->decode, frame, PLACE_MAX, &text))
        name = hf_name_of(heap, &text);
    hf_buf_deinit(&text);
    return name;
}

static bool add_frame(hf_heap *heap, hf_found_thread *thread, uint32_t name)
{
    if (!hf_array_next(&thread->frames, thread->frame_count)) {
        heap->failed = true;
        return false;
    }
    thread->frames[thread->frame_count++] = name;
    return true;
}

/* A thread that runs may be caught with a frame half made. */
static bool is_code(hf_heap *heap, uint64_t address)
{
    const hf_type_record *type =
        hf_is_object(heap, address, false) ? hf_type_of(&heap->decode, address) : NULL;
    const char *symbol = type && type->decoder ? type->decoder->symbol : NULL;
    return symbol && !strcmp(symbol, "PyCode_Type");
}

/* Up to 3.10 the C function that runs a frame holds it, but for one that a generator holds. */
static void add_frame_object(hf_heap *heap, uint64_t frame, const frame_lister *lister)
{
    const hf_layout *l = heap->decode.layout;
    if (HF_HAS(l, frame_f_gen) && !hf_member(&heap->decode, frame, l->frame_f_gen))
        hf_root_add(heap, &(hf_found_root){.target = frame,
                                           .kind = HF_ROOT_THREAD,
                                           .name = hf_name(heap, "frame"),
                                           .place = lister->place,
                                           .thread = lister->thread,
                                           .interpreter = lister->interpreter,
                                           .owns = true});
}

static void find_frames(hf_heap *heap, uint64_t state, uint32_t number, hf_found_thread *thread)
{
    hf_decode *d = &heap->decode;
    uint64_t frame = hf_decode_frame_innermost(d, state);
    for (int i = 0; frame && i < FRAMES_MAX; i++, frame = hf_decode_frame_previous(d, frame)) {
        if (!hf_decode_frame_is_readable(d, frame))
            return;
        uint64_t code = hf_decode_frame_code(d, frame);
        if (!code || !is_code(heap, code))
            continue;
        frame_lister lister = {.visitor = {list_local},
                               .heap = heap,
                               .place = place_name(heap, frame),
                               .thread = number,
                               .interpreter = thread->interpreter,
                               .owns = hf_decode_frame_is_owned_by_call(d, frame)};
        if (!add_frame(heap, thread, lister.place))
            return;
        hf_decode_frame_edges(d, frame, &lister.visitor);
        hf_stacks_note(heap, frame,
                       &(hf_found_root){.kind = HF_ROOT_LOCAL,
                                        .place = lister.place,
                                        .thread = number,
                                        .interpreter = thread->interpreter});
        add_frame_object(heap, frame, &lister);
    }
}

static void add_members(hf_heap *heap, uint64_t state, uint32_t number, uint32_t interpreter)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    hf_found_root root = {
        .kind = HF_ROOT_THREAD, .thread = number, .interpreter = interpreter, .owns = true};
    for (size_t i = 0; i < sizeof(thread_members) / sizeof(thread_members[0]); i++) {
        int32_t place;
        memcpy(&place, (const char *)l + thread_members[i].place, sizeof(place));
        root.target = hf_member(d, state, place);
        root.name = hf_name(heap, thread_members[i].name);
        hf_root_add(heap, &root);
    }
    /* Exceptions being handled; those of generators belong to the generators. */
    uint64_t handled = state + (uint64_t)l->thread_exc_state;
    const int32_t parts[] = {l->exc_stack_item_exc_value, l->exc_stack_item_exc_type,
                             l->exc_stack_item_exc_traceback};
    root.name = hf_name(heap, "exc_info");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        root.target = hf_member(d, handled, parts[i]);
        hf_root_add(heap, &root);
    }
}

static hf_found_thread *new_thread(hf_heap *heap)
{
    if (!hf_array_room(&heap->threads, heap->thread_count, &heap->thread_capacity)) {
        heap->failed = true;
        return NULL;
    }
    hf_found_thread *thread = &heap->threads[heap->thread_count++];
    *thread = (hf_found_thread){0};
    return thread;
}

/* Reads threading._active, {ident: Thread}, for the names that people gave. */
typedef struct {
    hf_visitor visitor;
    hf_heap *heap;
    uint64_t key;
    size_t first; /* of the threads of the interpreter whose module it is */
} active_lister;

typedef struct {
    hf_visitor visitor;
    hf_heap *heap;
    const char *wanted;
    uint64_t found, dict;
} attribute_search;

static void see_attribute(hf_visitor *v, const hf_raw_edge *edge)
{
    attribute_search *search = (attribute_search *)v;
    if (edge->kind == HF_EDGE_FIELD && edge->field && !strcmp(edge->field, "__dict__"))
        search->dict = edge->target;
    if (edge->kind != HF_EDGE_ATTRIBUTE)
        return;
    const char *name = hf_strtab_get(&search->heap->names, hf_name_of_label(search->heap, edge));
    if (!strcmp(name, search->wanted))
        search->found = edge->target;
}

static uint64_t attribute(hf_heap *heap, uint64_t object, const char *name)
{
    hf_decode *d = &heap->decode;
    attribute_search search = {{see_attribute}, heap, name, 0, 0};
    const hf_type_record *type = hf_type_of(d, object);
    if (type)
        hf_decode_edges(d, type, object, &search.visitor);
    return search.found || !search.dict ? search.found : hf_dict_lookup(d, search.dict, name);
}

/* An attribute that is a number; 0 where it is none. */
static uint64_t number_of(hf_heap *heap, uint64_t object, const char *name)
{
    uint64_t value = attribute(heap, object, name);
    const hf_type_record *type = value ? hf_type_of(&heap->decode, value) : NULL;
    hf_buf text;
    hf_buf_init(&text, 0);
    uint64_t number = 0;
    if (type && hf_decode_value(&heap->decode, type, value, 32, &text))
        number = strtoull(hf_buf_string(&text), NULL, 10);
    hf_buf_deinit(&text);
    return number;
}

static void see_active(hf_visitor *v, const hf_raw_edge *edge)
{
    active_lister *lister = (active_lister *)v;
    hf_heap *heap = lister->heap;
    hf_decode *d = &heap->decode;
    if (edge->kind == HF_EDGE_KEY)
        lister->key = edge->target;
    if (edge->kind != HF_EDGE_VALUE)
        return;
    const hf_type_record *type = hf_type_of(d, lister->key);
    hf_buf text;
    hf_buf_init(&text, 0);
    if (type && hf_decode_value(d, type, lister->key, 32, &text)) {
        uint64_t ident = strtoull(hf_buf_string(&text), NULL, 10);
        uint64_t name = attribute(heap, edge->target, "_name");
        for (size_t i = lister->first; i < heap->thread_count; i++) {
            if (heap->threads[i].ident != ident)
                continue;
            if (name)
                heap->threads[i].name = hf_name_of_str(heap, name);
            if (!heap->threads[i].native_id)
                heap->threads[i].native_id = number_of(heap, edge->target, "_native_id");
        }
    }
    hf_buf_deinit(&text);
}

static void find_names(hf_heap *heap, uint64_t modules, size_t first)
{
    hf_decode *d = &heap->decode;
    uint64_t threading = modules ? hf_dict_lookup(d, modules, "threading") : 0;
    uint64_t dict = threading ? hf_member(d, threading, d->layout->module_md_dict) : 0;
    uint64_t active = dict ? hf_dict_lookup(d, dict, "_active") : 0;
    const hf_type_record *type = active ? hf_type_of(d, active) : NULL;
    active_lister lister = {{see_active}, heap, 0, first};
    if (type)
        hf_decode_edges(d, type, active, &lister.visitor);
}

/* The kernel's names, where threading has none. It calls the first thread after the program, as it
 * does all that were given no name: Python's word for it says more. */
static void find_kernel_names(hf_heap *heap)
{
    const hf_target_info *info = hf_target_describe(heap->target);
    /* Up to 3.10 Python does not say which thread of the kernel one is; of one there
     * is no doubt. */
    bool alone = heap->thread_count == 1 && info->thread_count == 1 && info->threads[0].is_main;
    if (alone && !heap->threads[0].native_id)
        heap->threads[0].native_id = (uint64_t)info->threads[0].tid;
    for (size_t i = 0; i < heap->thread_count; i++)
        for (size_t k = 0; k < info->thread_count && !heap->threads[i].name; k++)
            if ((uint64_t)info->threads[k].tid == heap->threads[i].native_id)
                heap->threads[i].name =
                    hf_name(heap, info->threads[k].is_main ? "MainThread" : info->threads[k].name);
}

void hf_threads_find(hf_heap *heap)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    for (size_t i = 0; i < heap->interpreter_count; i++) {
        uint64_t interpreter = heap->interpreters[i];
        uint64_t state = hf_member(d, interpreter, l->interpreter_threads_head);
        size_t first = heap->thread_count;
        for (; state && heap->thread_count < THREADS_MAX && !heap->failed;
             state = hf_member(d, state, l->thread_next)) {
            if (hf_member(d, state, l->thread_interp) != interpreter)
                break;
            uint32_t number = (uint32_t)heap->thread_count;
            hf_found_thread *thread = new_thread(heap);
            if (!thread)
                return;
            thread->native_id = hf_member(d, state, l->thread_native_thread_id);
            thread->ident = hf_member(d, state, l->thread_thread_id);
            thread->interpreter = hf_interpreter_id(heap, interpreter);
            find_frames(heap, state, number, thread);
            add_members(heap, state, number, thread->interpreter);
        }
        find_names(heap, hf_member(d, interpreter, l->interpreter_modules), first);
    }
    find_kernel_names(heap);
}
