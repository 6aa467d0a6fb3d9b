/* cpython/prove_runtime.c - whether interpreters and threads look as the row says.
 *
 * Much of an interpreter can be reached in two ways: by its member and by a name that Python code
 * sees. Both must lead to the same object. */
#include "base/page.h"
#include "cpython/heap_inside.h"
#include "cpython/prove.h"
#include "cpython/prove_kinds.h"

enum {
    THREADS_MAX = 1 << 16,
    LIST_ITEMS = 64,
    TYPE_CACHE_ENTRIES = 4096,
    TYPE_CACHE_FORGIVEN = 64, /* one name in so many may be damaged */
    FUNCTION_VERSIONS = 4096
};

static const reference_fact interpreter_facts[] = {
    LEADS(interpreter_modules, DICT),
    LEADS(interpreter_modules_by_index, LIST | NUL),
    LEADS(interpreter_importlib, MODULE),
    LEADS(interpreter_import_func, BUILTIN),
    LEADS(interpreter_sysdict, DICT),
    LEADS(interpreter_builtins, DICT),
    LEADS(interpreter_sysdict_copy, DICT | NUL),
    LEADS(interpreter_builtins_copy, DICT | NUL),
    LEADS(interpreter_dict, DICT | NUL),
    LEADS(interpreter_codec_search_path, LIST | NUL),
    LEADS(interpreter_codec_search_cache, DICT | NUL),
    LEADS(interpreter_codec_error_registry, DICT | NUL),
    LEADS(interpreter_before_forkers, LIST | NUL),
    LEADS(interpreter_after_forkers_parent, LIST | NUL),
    LEADS(interpreter_after_forkers_child, LIST | NUL),
    LEADS(interpreter_audit_hooks, LIST | NUL),
    LEADS(interpreter_warnings_filters, LIST | NUL),
    LEADS(interpreter_warnings_once_registry, DICT | NUL),
    LEADS(interpreter_warnings_default_action, STR | NUL),
    LEADS(interpreter_interned_strings, DICT),
    {0},
};
static const reference_fact collector_facts[] = {
    LEADS(gc_garbage, LIST | NUL),
    LEADS(gc_callbacks, LIST | NUL),
    {0},
};
static const reference_fact thread_facts[] = {
    LEADS(thread_dict, DICT | NUL),
    LEADS(thread_context, CONTEXT | NUL),
    LEADS(thread_c_profileobj, ANY | NUL),
    LEADS(thread_c_traceobj, ANY | NUL),
    LEADS(thread_curexc_type, TYPE | NUL),
    LEADS(thread_curexc_value, ANY | NUL),
    LEADS(thread_curexc_traceback, TRACEBACK | NUL),
    LEADS(thread_current_exception, EXCEPTION | NUL),
    LEADS(thread_async_exc, ANY | NUL),
    LEADS(thread_async_gen_firstiter, ANY | NUL),
    LEADS(thread_async_gen_finalizer, ANY | NUL),
    LEADS(thread_on_delete_data, ANY | NUL),
    LEADS(thread_threading_local_key, OTHER | NUL),
    LEADS(thread_threading_local_sentinel, OTHER | NUL),
    LEADS(thread_previous_executor, OTHER | NUL),
    {0},
};
static const reference_fact atexit_facts[] = {
    LEADS(atexit_callback_func, ANY),
    LEADS(atexit_callback_args, TUPLE),
    LEADS(atexit_callback_kwargs, DICT | NUL),
    {0},
};

/* A global variable of a module in sys.modules; 0 where there is none. */
static uint64_t global_of(hf_decode *d, uint64_t modules, const char *module, const char *name)
{
    uint64_t found = hf_dict_lookup(d, modules, module);
    uint64_t dict = found && hf_kind_of(d, found) == MODULE
                        ? hf_member(d, found, d->layout->module_md_dict)
                        : 0;
    return dict && hf_kind_of(d, dict) == DICT ? hf_dict_lookup(d, dict, name) : 0;
}

static uint64_t dict_of(hf_decode *d, uint64_t modules, const char *module)
{
    uint64_t found = hf_dict_lookup(d, modules, module);
    return found && hf_kind_of(d, found) == MODULE ? hf_member(d, found, d->layout->module_md_dict)
                                                   : 0;
}

typedef struct {
    hf_visitor visitor;
    hf_decode *d;
    uint32_t kinds;
    uint64_t key, values, others, twins;
} value_check;

/* A wrong number leads to another container, nearly all of whose items are of another kind; that
 * single ones are is damage. */
static bool are_many(uint64_t others, uint64_t all)
{
    enum { SHARE = 8 };
    return others * SHARE > all;
}

static void see_value(hf_visitor *v, const hf_raw_edge *edge)
{
    value_check *check = (value_check *)v;
    if (edge->kind == HF_EDGE_KEY)
        check->key = edge->target;
    if (edge->kind != HF_EDGE_VALUE)
        return;
    check->values++;
    check->twins += edge->target == check->key;
    if (!(hf_kind_of(check->d, edge->target) & check->kinds))
        check->others++;
}

/* The values of a dict are of these kinds; *twins: and they are their own keys. */
static bool has_values(hf_decode *d, uint64_t dict, uint32_t kinds, bool *twins)
{
    value_check check = {.visitor = {see_value}, .d = d, .kinds = kinds};
    hf_charge before = d->charge;
    d->charge = HF_CHARGE_NOBODY; /* the dict is asked in its turn */
    hf_decode_edges(d, hf_type_of(d, dict), dict, &check.visitor);
    d->charge = before;
    *twins = check.values && !are_many(check.values - check.twins, check.values);
    return !are_many(check.others, check.values);
}

/* The items of a list are of these kinds, as far as they are looked at. */
static bool has_items(hf_decode *d, uint64_t list, uint32_t kinds)
{
    uint64_t count = hf_item_count(d, list), others = 0;
    count = count < LIST_ITEMS ? count : LIST_ITEMS;
    const uint8_t *items =
        hf_array_at(d, hf_member(d, list, d->layout->list_ob_item), &count, HF_WORD);
    for (uint64_t i = 0; i < count; i++)
        others += !(hf_kind_of(d, hf_load_u64(items + i * HF_WORD)) & kinds);
    return !are_many(others, count);
}

/* What Python code sees of a member of an interpreter. */
typedef struct {
    size_t place;
    enum { IS_DICT_OF, IS_MODULE, IS_GLOBAL, HAS_KEY, HAS_VALUES, HAS_TWINS, HAS_ITEMS } what;
    const char *module, *name;
    uint32_t kinds;
} name_fact;

#define NAMED(member, what, ...)                                     \
    {                                                                \
        offsetof(hf_layout, interpreter_##member), what, __VA_ARGS__ \
    }

static const name_fact name_facts[] = {
    NAMED(sysdict, IS_DICT_OF, .module = "sys"),
    NAMED(builtins, IS_DICT_OF, .module = "builtins"),
    NAMED(importlib, IS_MODULE, .module = "_frozen_importlib"),
    NAMED(warnings_once_registry, IS_GLOBAL, .module = "_warnings", .name = "_onceregistry"),
    NAMED(sysdict_copy, HAS_KEY, .name = "getsizeof"),
    NAMED(builtins_copy, HAS_KEY, .name = "len"),
    NAMED(codec_error_registry, HAS_KEY, .name = "strict"),
    NAMED(codec_search_cache, HAS_VALUES, .kinds = TUPLE),
    NAMED(interned_strings, HAS_TWINS, .kinds = STR),
    NAMED(modules_by_index, HAS_ITEMS, .kinds = MODULE | NONE | NUL),
    NAMED(codec_search_path, HAS_ITEMS, .kinds = FUNCTION | BUILTIN | OTHER),
    NAMED(warnings_filters, HAS_ITEMS, .kinds = TUPLE),
};

enum { NAME_FACTS = sizeof(name_facts) / sizeof(name_facts[0]) };

/* A name that was taken away proves nothing. */
static bool fact_holds(hf_decode *d, uint64_t modules, const name_fact *f, uint64_t word)
{
    uint64_t named = 0;
    bool twins = false;
    uint32_t kind = hf_kind_of(d, word);
    switch (f->what) {
    case IS_DICT_OF:
        named = dict_of(d, modules, f->module);
        return !named || named == word;
    case IS_MODULE:
        named = hf_dict_lookup(d, modules, f->module);
        return !named || named == word;
    case IS_GLOBAL:
        named = global_of(d, modules, f->module, f->name);
        return !named || named == word;
    case HAS_KEY:
        return kind != DICT || hf_dict_lookup(d, word, f->name);
    case HAS_VALUES:
        return kind != DICT || has_values(d, word, f->kinds, &twins);
    case HAS_TWINS:
        return kind == DICT && has_values(d, word, f->kinds, &twins) && twins;
    case HAS_ITEMS:
        return kind != LIST || has_items(d, word, f->kinds);
    }
    return true;
}

static const reference_fact *runtime_fact(size_t place)
{
    static const reference_fact *const all[] = {interpreter_facts, collector_facts, thread_facts,
                                                atexit_facts};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        for (const reference_fact *f = all[i]; f->kinds; f++)
            if (f->place == place)
                return f;
    return NULL;
}

bool hf_runtime_word_holds(hf_decode *d, uint64_t modules, size_t place, uint64_t word)
{
    const reference_fact *reference = runtime_fact(place);
    if (reference && !(hf_kind_of(d, word) & reference->kinds))
        return false;
    for (size_t i = 0; i < NAME_FACTS; i++)
        if (name_facts[i].place == place && !fact_holds(d, modules, &name_facts[i], word))
            return false;
    return true;
}

static void same(hf_decode *d, const char *what, uint64_t member, uint64_t named)
{
    if (named && member != named)
        hf_contradict(d, "%s is another object than Python names so", what);
}

/* Up to 3.9 the gc module of one interpreter is copied into the others that import it, so that its
 * lists may be those of another collector than their own. */
static void same_of_collector(hf_heap *heap, const char *what, int32_t place, uint64_t at,
                              uint64_t named)
{
    hf_decode *d = &heap->decode;
    uint64_t gc = (uint64_t)d->layout->interpreter_gc;
    bool copied = d->layout->first_version >> 16 <= 0x0309;
    for (size_t i = 0; copied && i < heap->interpreter_count; i++)
        if (named && hf_member(d, heap->interpreters[i] + gc, place) == named)
            return;
    same(d, what, hf_member(d, at + gc, place), named);
}

static void prove_names(hf_heap *heap, uint64_t at)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    uint64_t modules = hf_member(d, at, l->interpreter_modules);
    for (size_t i = 0; i < NAME_FACTS; i++) {
        int32_t place;
        memcpy(&place, (const char *)l + name_facts[i].place, sizeof(place));
        if (place != HF_ABSENT && !fact_holds(d, modules, &name_facts[i], hf_member(d, at, place)))
            hf_contradict(d, "%s is something else than what Python names so",
                          hf_entry_name(name_facts[i].place));
    }
    same_of_collector(heap, "gc.garbage", l->gc_garbage, at,
                      global_of(d, modules, "gc", "garbage"));
    same_of_collector(heap, "gc.callbacks", l->gc_callbacks, at,
                      global_of(d, modules, "gc", "callbacks"));
}

/* Callbacks of atexit: 3.10 to 3.13 an array of structs. */
static void prove_atexit(hf_decode *d, uint64_t interpreter)
{
    const hf_layout *l = d->layout;
    uint64_t callbacks = hf_member(d, interpreter, l->interpreter_atexit_callbacks);
    uint64_t count = hf_member_u32(d, interpreter, l->interpreter_atexit_ncallbacks);
    if (!callbacks && count)
        hf_contradict(d, "%llu atexit callbacks are nowhere", (unsigned long long)count);
    if (!callbacks || !HF_HAS(l, interpreter_atexit_ncallbacks))
        return;
    uint64_t room = count;
    const uint8_t *p = hf_array_at(d, callbacks, &room, HF_WORD);
    if (room != count)
        hf_contradict(d, "%llu atexit callbacks are too many", (unsigned long long)count);
    for (uint64_t i = 0; i < room; i++) {
        uint64_t callback = hf_load_u64(p + i * HF_WORD);
        if (callback)
            hf_prove_references(d, atexit_facts, "interpreter", callback);
    }
}

/* The cache of attribute look-ups has names of attributes: struct type_cache, pycore_typeobject.h
 * (3.11: pycore_interp.h), with 2 ** 12 entries. */
static void prove_type_cache(hf_decode *d, uint64_t interpreter)
{
    const hf_layout *l = d->layout;
    if (!HF_HAS(l, interpreter_type_cache))
        return;
    if (l->type_cache_size != TYPE_CACHE_ENTRIES * l->type_cache_entry_size) {
        hf_contradict(d, "type_cache_size is not %d entries", TYPE_CACHE_ENTRIES);
        return;
    }
    uint64_t at = interpreter + (uint64_t)l->interpreter_type_cache, named = 0, others = 0;
    for (int i = 0; i < TYPE_CACHE_ENTRIES; i++, at += (uint64_t)l->type_cache_entry_size) {
        uint32_t kind = hf_kind_of(d, hf_member(d, at, l->type_cache_entry_name));
        named += kind == STR;
        others += !(kind & (STR | NONE | NUL));
    }
    if (others * TYPE_CACHE_FORGIVEN > named)
        hf_contradict(d, "a name in the type cache is no str");
    if (!named)
        hf_contradict(d, "the type cache is empty");
}

/* Versions of functions that specialized code knows: 3.13, struct _py_func_state: the next version,
 * and 2 ** 12 pairs of a function and its code, both borrowed. */
bool hf_are_function_versions(hf_decode *d, uint64_t at)
{
    const hf_layout *l = d->layout;
    if (l->first_version >> 16 != 0x030d || l->free_threaded) /* there a lock comes first */
        return true;
    bool agree = l->interpreter_func_state_size == HF_WORD + FUNCTION_VERSIONS * 2 * HF_WORD &&
                 hf_u32_at(d, at) && !hf_u32_at(d, at + 4);
    at += HF_WORD;
    for (int i = 0; i < FUNCTION_VERSIONS && agree; i++, at += 2 * HF_WORD)
        agree = hf_kind_of(d, hf_u64_at(d, at)) & (FUNCTION | NUL) &&
                hf_kind_of(d, hf_u64_at(d, at + HF_WORD)) & (CODE | NUL);
    return agree;
}

/* Until 3.13 states it, the size of an interpreter shows in the main one, the last member of
 * _PyRuntimeState from 3.11 on. */
static void prove_size(hf_heap *heap)
{
    const hf_layout *l = heap->decode.layout;
    uint32_t version = l->first_version >> 16;
    uint64_t end = heap->runtime.address + (uint64_t)l->runtime_size;
    if (version >= 0x030b && version < 0x030d &&
        heap->interpreters[0] + (uint64_t)l->interpreter_size != end)
        hf_contradict(&heap->decode, "the main interpreter does not end with the runtime");
}

/* Free-threaded builds keep thresholds and counts in generations whose lists they leave zero. Four
 * bytes before them each threshold is the upper half of such a list, and each count a threshold. */
static void prove_generations(hf_decode *d, uint64_t interpreter)
{
    const hf_layout *l = d->layout;
    uint64_t at = interpreter + (uint64_t)l->interpreter_gc + (uint64_t)l->gc_generations;
    bool early = l->gc_generations & 7;
    for (int i = 0; l->free_threaded && i < 3; i++, at += (uint64_t)l->gc_generation_size) {
        if (hf_u64_at(d, at) || hf_u64_at(d, at + HF_WORD))
            hf_contradict(d, "a generation has a list without the collector having any");
        early = early && !hf_member_u32(d, at, l->gc_generation_threshold) &&
                hf_member_u32(d, at, l->gc_generation_count);
    }
    if (l->free_threaded && early)
        hf_contradict(d, "counts of the collector stand where thresholds should");
}

/* The main interpreter has number 0, each other another. */
static void prove_number(hf_heap *heap, size_t i)
{
    hf_decode *d = &heap->decode;
    int64_t id = (int64_t)hf_member(d, heap->interpreters[i], d->layout->interpreter_id);
    bool known = id >= 0 && id < 1 << 30 && (i == 0) == (id == 0);
    for (size_t before = 0; before < i && known; before++)
        known = id != (int64_t)hf_member(d, heap->interpreters[before], d->layout->interpreter_id);
    if (!known)
        hf_contradict(d, "an interpreter has number %lld", (long long)id);
}

/* What a thread handles: the innermost of its exceptions leads, over those of the generators that
 * run in it, to the thread's own. */
static void prove_exceptions(hf_decode *d, uint64_t state)
{
    const hf_layout *l = d->layout;
    uint64_t own = state + (uint64_t)l->thread_exc_state;
    uint64_t item = hf_member(d, state, l->thread_exc_info);
    hf_chain chain = {0};
    while (item && item != own && !hf_chain_repeats(&chain, item))
        item = hf_member(d, item, l->exc_stack_item_previous_item);
    if (item != own)
        hf_contradict(d, "the exceptions of a thread do not end at its own");
    else if (hf_member(d, own, l->exc_stack_item_previous_item))
        hf_contradict(d, "a thread's own exception is not the last");
    else if (!(hf_kind_of(d, hf_member(d, own, l->exc_stack_item_exc_value)) &
               (EXCEPTION | NONE | NUL)))
        hf_contradict(d, "a thread handles what is no exception");
}

/* A number that the kernel may give a thread (PID_MAX_LIMIT, linux/threads.h). It need not be one
 * of this process: a server's child that was forked by C code keeps its parent's (uWSGI), and in a
 * container the numbers are others than outside of it. */
static bool is_tid(uint64_t tid)
{
    enum { PID_MAX_LIMIT = 4 << 20 };
    return tid > 0 && tid <= PID_MAX_LIMIT;
}

#ifdef __x86_64__
/* gcore stops at the first page of a mapping that it cannot read and leaves the rest of it zeros;
 * newer C libraries have the guard page of a stack in the mapping of the stack, so whole stacks are
 * lost, and the thread's control block at their end. A live process has no zeros there. */
static bool is_lost(const hf_heap *heap, uint64_t address)
{
    enum { PAGE = HF_PAGE_SIZE };
    const uint8_t *page = hf_target_view(heap->target, address & ~(uint64_t)(PAGE - 1), PAGE);
    return hf_target_freeze_info(heap->target)->way == HF_WAY_CORE && page && !page[0] &&
           !memcmp(page, page + 1, PAGE - 1);
}
#endif

static void prove_thread(hf_heap *heap, uint64_t state)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    hf_prove_references(d, thread_facts, "thread", state);
    prove_exceptions(d, state);
    if (HF_HAS(l, thread_native_thread_id) && hf_member(d, state, l->thread_thread_id) &&
        !is_tid(hf_member(d, state, l->thread_native_thread_id)))
        hf_contradict(d, "a thread has an id that no kernel gives");
#ifdef __x86_64__
    /* What pthread_self() says: the thread's control block, whose first word leads to itself in
     * glibc (tcbhead_t) and musl (struct pthread) alike. */
    uint64_t ident = hf_member(d, state, l->thread_thread_id);
    if (ident & 7 || (hf_u64_at(d, ident) != ident && !is_lost(heap, ident)))
        hf_contradict(d, "a thread is no thread of the C library");
#endif
}

static void prove_threads(hf_heap *heap, uint64_t interpreter)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    uint64_t state = hf_member(d, interpreter, l->interpreter_threads_head);
    if (state ? hf_member(d, state, l->thread_prev) != 0 : interpreter == heap->interpreters[0])
        hf_contradict(d, "the list of threads does not begin");
    for (int i = 0; state && i < THREADS_MAX; i++) {
        prove_thread(heap, state);
        uint64_t next = hf_member(d, state, l->thread_next);
        if (next && (hf_member(d, next, l->thread_prev) != state ||
                     hf_member(d, next, l->thread_interp) != interpreter)) {
            hf_contradict(d, "the list of threads does not hang together");
            return;
        }
        state = next;
    }
}

void hf_prove_runtime(hf_heap *heap)
{
    hf_decode *d = &heap->decode;
    prove_size(heap);
    for (size_t i = 0; i < heap->interpreter_count; i++) {
        uint64_t at = heap->interpreters[i];
        hf_prove_references(d, interpreter_facts, "interpreter", at);
        hf_prove_references(d, collector_facts, "collector",
                            at + (uint64_t)d->layout->interpreter_gc);
        prove_names(heap, at);
        prove_atexit(d, at);
        prove_type_cache(d, at);
        if (HF_HAS(d->layout, interpreter_func_state) &&
            !hf_are_function_versions(d, at + (uint64_t)d->layout->interpreter_func_state))
            hf_contradict(d, "interpreter_func_state is elsewhere");
        prove_generations(d, at);
        prove_number(heap, i);
        prove_threads(heap, at);
    }
}

bool hf_runtime_proves(size_t place)
{
    return runtime_fact(place) != NULL;
}
