/* cpython/calibrate_members.c - what each member of CPython's own structs must look like, so that
 * it can be found where no row says where it is. */
#include "cpython/calibrate.h"
#include "cpython/decode_read.h"
#include "cpython/layout_sound.h"
#include "cpython/prove.h"
#include "cpython/prove_kinds.h"
#include "cpython/types.h"

enum { GENERATIONS = 3, NEVER_MORE = 1 << 20, CACHE_ENTRIES = 4096, PID_MAX = 4 << 20 };

typedef bool may_be(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word);

/* True where a word not further than the range from `place` in the struct at `address` is `word`.*/
static bool has_near(const hf_calibration *c, uint64_t address, int32_t place, uint64_t word)
{
    if (!address || address & 7)
        return false;
    for (int32_t offset = place - HF_CALIBRATED_RANGE; offset <= place + HF_CALIBRATED_RANGE;
         offset += HF_WORD)
        if (offset >= 0 && hf_u64_at(c->d, address + (uint64_t)offset) == word)
            return true;
    return false;
}

static bool is_zero(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)c;
    (void)structure;
    (void)at;
    return !word;
}

static bool is_one(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)c;
    (void)structure;
    (void)at;
    return (uint32_t)word == 1;
}

static bool is_switch(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)c;
    (void)structure;
    (void)at;
    return (uint32_t)word <= 1;
}

static bool is_interpreter(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)structure;
    (void)at;
    return has_near(c, word, c->row.interpreter_runtime, c->runtime);
}

static bool is_next_interpreter(const hf_calibration *c, uint64_t structure, uint64_t at,
                                uint64_t word)
{
    return !word || (word != structure && is_interpreter(c, structure, at, word));
}

static bool is_number(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)at;
    return structure == c->interpreter ? !word : word < NEVER_MORE;
}

static bool is_runtime(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)structure;
    (void)at;
    return word == c->runtime;
}

static bool is_thread(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)at;
    return has_near(c, word, c->row.thread_interp, structure);
}

static bool is_other_thread(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)at;
    return !word || (word != structure && has_near(c, word, c->row.thread_interp, c->interpreter));
}

static bool is_own_interpreter(const hf_calibration *c, uint64_t structure, uint64_t at,
                               uint64_t word)
{
    (void)structure;
    (void)at;
    return word == c->interpreter;
}

static bool is_modules(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)structure;
    (void)at;
    return word == c->modules;
}

/* Three lists that close. Without a GIL there are none: then the words of lists are zero, and
 * something stands between them. */
static bool are_generations(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    const hf_layout *l = &c->row;
    (void)structure;
    (void)word;
    for (int i = 0; i < GENERATIONS; i++) {
        uint64_t head = at + (uint64_t)(i * l->gc_generation_size);
        if (l->free_threaded ? hf_u64_at(c->d, head) || hf_u64_at(c->d, head + HF_WORD)
                             : !hf_runtime_ring_starts(c->heap->target, l, head))
            return false;
    }
    return !l->free_threaded || hf_u32_at(c->d, at + (uint64_t)l->gc_generation_threshold) > 0;
}

static bool is_ring(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)structure;
    (void)word;
    return hf_runtime_ring_starts(c->heap->target, &c->row, at);
}

/* From 3.13 on the debug offsets say where the collector is; before, its lists do. */
static bool is_collector(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    return HF_HAS(&c->row, runtime_debug_offsets) ||
           are_generations(c, structure, at + (uint64_t)c->row.gc_generations, word);
}

static bool leads_into_collector(const hf_calibration *c, uint64_t structure, uint64_t at,
                                 uint64_t word)
{
    enum { PADDED = 4 }; /* what may stand between the generations and a pointer */
    uint64_t generations = (uint64_t)(GENERATIONS * c->row.gc_generation_size);
    if (c->row.first_version >> 16 < 0x030e &&
        (word + generations > at || word + generations + PADDED < at))
        return false;
    return word > structure && word < structure + (uint64_t)c->row.gc_size &&
           hf_runtime_ring_starts(c->heap->target, &c->row, word);
}

/* PyType_Type's number is its place in this table, which leads back to it. */
static bool are_builtin_types(const hf_calibration *c, uint64_t structure, uint64_t at,
                              uint64_t word)
{
    const hf_layout *l = &c->row;
    (void)structure;
    (void)word;
    uint64_t type = c->heap->runtime.type_type;
    uint64_t number = hf_member(c->d, type, l->type_tp_subclasses) - 1;
    return number < (uint64_t)l->interpreter_static_types_max &&
           hf_u64_at(c->d, at + number * (uint64_t)l->static_type_state_size) == type;
}

static bool is_type_cache(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    const hf_layout *l = &c->row;
    bool named = false;
    (void)structure;
    (void)word;
    for (int i = 0; i < CACHE_ENTRIES; i++, at += (uint64_t)l->type_cache_entry_size) {
        uint32_t kind = hf_kind_of(c->d, hf_member(c->d, at, l->type_cache_entry_name));
        named = named || kind == STR;
        if (!(kind & (STR | NONE | NUL)))
            return false;
    }
    return named;
}

static bool are_function_versions(const hf_calibration *c, uint64_t structure, uint64_t at,
                                  uint64_t word)
{
    (void)structure;
    (void)word;
    return hf_are_function_versions(c->d, at);
}

static bool is_gil(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)structure;
    (void)at;
    uint64_t end = c->interpreter + (uint64_t)c->row.interpreter_size;
    return word > c->interpreter && word < end && !(word & 7) &&
           hf_u32_at(c->d, word + (uint64_t)c->row.gil_locked) <= 1;
}

/* An array of what is not looked at here: its proof follows. */
static bool is_array(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)structure;
    (void)at;
    return !word || (!(word & 7) && hf_bytes_at(c->d, word, HF_WORD));
}

static bool is_count(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)c;
    (void)structure;
    (void)at;
    return (uint32_t)word < NEVER_MORE;
}

static bool is_list(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)structure;
    (void)at;
    return hf_kind_of(c->d, word) & (LIST | NUL);
}

static bool is_object(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)structure;
    (void)at;
    return hf_kind_of(c->d, word) != 0;
}

/* The control block of a thread leads to itself. */
static bool is_thread_id(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)structure;
    (void)at;
    return word && !(word & 7) && hf_u64_at(c->d, word) == word;
}

static bool is_native_id(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)c;
    (void)structure;
    (void)at;
    return word && word <= PID_MAX;
}

static bool leads_somewhere(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)structure;
    (void)at;
    return word && !(word & 7) && hf_bytes_at(c->d, word, HF_WORD);
}

/* Something leads to a thread's own exception, from within the thread when it is the innermost. */
static bool is_own_exception(const hf_calibration *c, uint64_t structure, uint64_t at,
                             uint64_t word)
{
    (void)word;
    return has_near(c, structure, c->row.thread_exc_info, at) &&
           hf_kind_of(c->d, hf_member(c->d, at, c->row.exc_stack_item_exc_value)) &
               (EXCEPTION | NONE | NUL);
}

static bool is_frame(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)structure;
    (void)at;
    return hf_kind_of(c->d, word) & (FRAME | NUL);
}

static bool is_state(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    (void)structure;
    (void)at;
    return (uint32_t)word == (uint32_t)c->row.thread_attached ||
           (uint32_t)word == (uint32_t)c->row.thread_detached;
}

/* What a compiler to machine code has made: Python/optimizer.c. */
static bool is_executor(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    static const char name[] = "uop_executor";
    (void)structure;
    (void)at;
    const hf_type_record *type = word && !(word & 7) ? hf_type_of(c->d, word) : NULL;
    uint64_t text = type ? hf_member(c->d, type->address, c->row.type_tp_name) : 0;
    const uint8_t *p = text ? hf_bytes_at(c->d, text, sizeof(name)) : NULL;
    return !word || (p && !memcmp(p, name, sizeof(name)));
}

/* Its distance from the end of what the debug offsets state the size of is known. */
static bool is_running_loop(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    int32_t distance;
    size_t size = offsetof(hf_layout, thread_size), loop = offsetof(hf_layout, thread_running_loop);
    return hf_layout_distance(&c->row, size, loop, &distance) &&
           at == structure + (uint64_t)(c->row.thread_size + distance) &&
           is_object(c, structure, at, word);
}

/* Right behind a list of what is to be freed, or one word behind it with a compiler to
 * machine code. */
static bool is_lazy_imports(const hf_calibration *c, uint64_t structure, uint64_t at, uint64_t word)
{
    enum { WITH_COMPILER = 64 }; /* bytes from running_task */
    uint64_t list = at - 2 * HF_WORD;
    if (c->row.thread_lazy_imports - c->row.thread_running_task == WITH_COMPILER)
        list -= HF_WORD;
    return is_object(c, structure, at, word) &&
           (c->row.free_threaded || hf_u64_at(c->d, hf_u64_at(c->d, list) + HF_WORD) == list);
}

static const struct {
    size_t place;
    may_be *may_be;
} special[] = {
#define MEMBER(name, may_be)              \
    {                                     \
        offsetof(hf_layout, name), may_be \
    }
    MEMBER(runtime_initialized, is_one),
    MEMBER(runtime_interpreters_head, is_interpreter),
    MEMBER(runtime_interpreters_main, is_interpreter),
    MEMBER(runtime_gil_locked, is_switch),
    MEMBER(interpreter_next, is_next_interpreter),
    MEMBER(interpreter_id, is_number),
    MEMBER(interpreter_threads_head, is_thread),
    MEMBER(interpreter_runtime, is_runtime),
    MEMBER(interpreter_gc, is_collector),
    MEMBER(interpreter_modules, is_modules),
    MEMBER(interpreter_static_types, are_builtin_types),
    MEMBER(interpreter_type_cache, is_type_cache),
    MEMBER(interpreter_ceval_gil, is_gil),
    MEMBER(interpreter_func_state, are_function_versions),
    MEMBER(interpreter_atexit_callbacks, is_array),
    MEMBER(interpreter_atexit_ncallbacks, is_count),
    MEMBER(interpreter_atexit, is_list),
    MEMBER(gc_enabled, is_switch),
    MEMBER(gc_collecting, is_zero),
    MEMBER(gc_generations, are_generations),
    MEMBER(gc_generation0, leads_into_collector),
    MEMBER(gc_permanent_generation, is_ring),
    MEMBER(thread_prev, is_other_thread),
    MEMBER(thread_next, is_other_thread),
    MEMBER(thread_interp, is_own_interpreter),
    MEMBER(thread_frame, is_frame),
    MEMBER(thread_cframe, leads_somewhere),
    MEMBER(thread_exc_info, leads_somewhere),
    MEMBER(thread_exc_state, is_own_exception),
    MEMBER(thread_thread_id, is_thread_id),
    MEMBER(thread_native_thread_id, is_native_id),
    MEMBER(thread_trash_delete_later, is_object),
    MEMBER(thread_running_loop, is_running_loop),
    MEMBER(thread_running_task, is_object),
    MEMBER(thread_lazy_imports, is_lazy_imports),
    MEMBER(thread_previous_executor, is_executor),
    MEMBER(thread_state, is_state),
    MEMBER(thread_mimalloc_initialized, is_one),
#undef MEMBER
};

bool hf_member_may_be(const hf_calibration *c, size_t place, uint64_t structure, uint64_t at)
{
    const uint8_t *bytes = hf_bytes_at(c->d, at, HF_WORD);
    if (!bytes)
        return false;
    uint64_t word = hf_load_u64(bytes);
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
        if (special[i].place == place)
            return special[i].may_be(c, structure, at, word);
    return hf_runtime_word_holds(c->d, c->modules, place, word);
}

static bool names_itself(hf_decode *d, uint64_t dict, const char *module)
{
    return hf_kind_of(d, hf_dict_lookup(d, dict, module)) == MODULE;
}

/* Whether the module `sys` in the dict calls this very dict its `modules`. */
static bool is_modules_of_its_sys(hf_decode *d, uint64_t dict)
{
    uint64_t space = hf_member(d, hf_dict_lookup(d, dict, "sys"), d->layout->module_md_dict);
    return hf_kind_of(d, space) == DICT && hf_dict_lookup(d, space, "modules") == dict;
}

/* Other dicts with both modules may be there: copies of sys.modules, name spaces that import both,
 * in the cache of attributes of types, say. Where sys knows none of them, there may be but one. */
uint64_t hf_modules_search(const hf_calibration *c)
{
    hf_decode *d = c->d;
    uint64_t found = 0;
    bool several = false;
    for (uint64_t at = 0; at + HF_WORD <= (uint64_t)c->row.interpreter_size; at += HF_WORD) {
        uint64_t word = hf_u64_at(d, c->interpreter + at);
        if (hf_kind_of(d, word) != DICT || word == found || !names_itself(d, word, "sys") ||
            !names_itself(d, word, "builtins"))
            continue;
        if (is_modules_of_its_sys(d, word))
            return word;
        several |= found != 0;
        found = word;
    }
    return several ? 0 : found;
}
