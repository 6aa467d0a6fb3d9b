/* cpython/roots.c - what keeps objects alive although no object refers to them.
 *
 * First what is known by name: the entries of sys.modules, the members of each interpreter. Last,
 * when all objects are marked, the words of the interpreters and of the writable data of mapped
 * binaries that point at an object: a static variable of an extension holds its object just so. */
#include "base/array.h"
#include "cpython/heap_inside.h"

#include <stdlib.h>

bool hf_root_add(hf_heap *heap, const hf_found_root *root)
{
    if (!root->target || !hf_reach(heap, root->target, root->owns))
        return false;
    if (!hf_array_room(&heap->roots, heap->root_count, &heap->root_capacity)) {
        heap->failed = true;
        return false;
    }
    heap->roots[heap->root_count++] = *root;
    return true;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

hf_err *hf_roots_find_ranges(hf_heap *heap)
{
    size_t count;
    const hf_mapping *mappings = hf_target_mappings(heap->target, &count);
    heap->ranges = calloc(count + 1, sizeof(*heap->ranges));
    if (!heap->ranges)
        return hf_fail_memory();
    const char *path = "";
    for (size_t i = 0; i < count; i++) {
        const hf_mapping *m = &mappings[i];
        uint64_t end = hf_target_image_end(heap->target, m->start);
        if (m->path[0]) /* .bss beyond the last page of the file has no path of its own */
            path = m->path;
        if (end && m->writable && !m->shared)
            heap->ranges[heap->range_count++] = (hf_data_range){
                m->start, end < m->end ? end : m->end, hf_name(heap, base_name(path))};
    }
    return NULL;
}

const hf_data_range *hf_range_of(const hf_heap *heap, uint64_t address)
{
    size_t low = 0, high = heap->range_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (heap->ranges[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < heap->range_count && address >= heap->ranges[low].start ? &heap->ranges[low]
                                                                         : NULL;
}

/* The members of an interpreter that hold an object. */
static const struct {
    size_t place; /* offset in hf_layout */
    const char *name;
} interpreter_members[] = {
#define MEMBER(name)                                   \
    {                                                  \
        offsetof(hf_layout, interpreter_##name), #name \
    }
    MEMBER(modules),
    MEMBER(modules_by_index),
    MEMBER(importlib),
    MEMBER(import_func),
    MEMBER(sysdict),
    MEMBER(builtins),
    MEMBER(sysdict_copy),
    MEMBER(builtins_copy),
    MEMBER(dict),
    MEMBER(codec_search_path),
    MEMBER(codec_search_cache),
    MEMBER(codec_error_registry),
    MEMBER(before_forkers),
    MEMBER(after_forkers_parent),
    MEMBER(after_forkers_child),
    MEMBER(audit_hooks),
    MEMBER(warnings_filters),
    MEMBER(warnings_once_registry),
    MEMBER(warnings_default_action),
    MEMBER(interned_strings),
    MEMBER(atexit),
#undef MEMBER
};

enum { MEMBERS = sizeof(interpreter_members) / sizeof(interpreter_members[0]) };

static int32_t place_of(const hf_layout *l, size_t member)
{
    int32_t place;
    memcpy(&place, (const char *)l + interpreter_members[member].place, sizeof(place));
    return place;
}

uint32_t hf_interpreter_id(hf_heap *heap, uint64_t interpreter)
{
    uint64_t id = hf_member(&heap->decode, interpreter, heap->decode.layout->interpreter_id);
    return id < UINT32_MAX ? (uint32_t)id : UINT32_MAX;
}

static void add_interpreter_root(hf_heap *heap, uint64_t interpreter, uint64_t target,
                                 const char *name)
{
    hf_root_add(heap, &(hf_found_root){.target = target,
                                       .kind = HF_ROOT_INTERPRETER,
                                       .name = hf_name(heap, name),
                                       .thread = UINT32_MAX,
                                       .interpreter = hf_interpreter_id(heap, interpreter),
                                       .owns = true});
}

/* atexit.register(): 3.10 to 3.13 an array of pointers to (func, args, kwargs), then a list. */
static void add_atexit(hf_heap *heap, uint64_t interpreter)
{
    enum { CALLBACKS_MAX = 1 << 16 };
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    uint64_t callbacks = hf_member(d, interpreter, l->interpreter_atexit_callbacks);
    uint64_t count = hf_member_u32(d, interpreter, l->interpreter_atexit_ncallbacks);
    if (!callbacks || count > CALLBACKS_MAX)
        return;
    const uint8_t *p = hf_array_at(d, callbacks, &count, HF_WORD);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t callback = hf_load_u64(p + i * HF_WORD);
        if (!callback) /* atexit.unregister() leaves a hole */
            continue;
        const int32_t places[] = {l->atexit_callback_func, l->atexit_callback_args,
                                  l->atexit_callback_kwargs};
        for (size_t k = 0; k < sizeof(places) / sizeof(places[0]); k++)
            add_interpreter_root(heap, interpreter, hf_member(d, callback, places[k]), "atexit");
    }
}

/* The cache of attribute look-ups owns the names in it; the values are borrowed. */
static void add_type_cache(hf_heap *heap, uint64_t interpreter)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    if (!HF_HAS(l, interpreter_type_cache))
        return;
    uint64_t at = interpreter + (uint64_t)l->interpreter_type_cache;
    uint64_t end = at + (uint64_t)l->type_cache_size;
    for (; at < end; at += (uint64_t)l->type_cache_entry_size) {
        uint64_t name = hf_member(d, at, l->type_cache_entry_name);
        if (name && name != d->none_address)
            add_interpreter_root(heap, interpreter, name, "attribute cache");
    }
}

typedef struct {
    hf_visitor visitor;
    hf_heap *heap;
    uint64_t key;
    uint32_t interpreter;
} module_lister;

static void list_module(hf_visitor *v, const hf_raw_edge *edge)
{
    module_lister *lister = (module_lister *)v;
    if (edge->kind == HF_EDGE_KEY)
        lister->key = edge->target;
    else if (edge->kind == HF_EDGE_VALUE)
        hf_root_add(lister->heap,
                    &(hf_found_root){.target = edge->target,
                                     .kind = HF_ROOT_MODULE,
                                     .name = hf_name_of_str(lister->heap, lister->key),
                                     .thread = UINT32_MAX,
                                     .interpreter = lister->interpreter});
}

static void add_modules(hf_heap *heap, uint64_t interpreter)
{
    uint64_t modules =
        hf_member(&heap->decode, interpreter, heap->decode.layout->interpreter_modules);
    module_lister lister = {{list_module}, heap, 0, hf_interpreter_id(heap, interpreter)};
    const hf_type_record *type = hf_type_of(&heap->decode, modules);
    if (type)
        hf_decode_edges(&heap->decode, type, modules, &lister.visitor);
}

/* "dict", or "dict.__dict__" where a member is meant. */
static uint32_t type_member_name(hf_heap *heap, const hf_type_record *type, const char *member)
{
    hf_buf module, qualname;
    hf_buf_init(&module, 0);
    hf_buf_init(&qualname, 0);
    hf_type_names(&heap->decode, type, &module, &qualname);
    if (member)
        hf_buf_format(&qualname, ".%s", member);
    uint32_t name = hf_name_of(heap, &qualname);
    hf_buf_deinit(&module);
    hf_buf_deinit(&qualname);
    return name;
}

/* The builtin types of another interpreter than the main one: the type object is everybody's, but
 * from 3.12 on each interpreter has a dict and a list of subclasses of its own for it. The main
 * interpreter's are told as the type's own (decode_type.c). */
static void add_static_type_states(hf_heap *heap, uint64_t interpreter)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    const int32_t tables[] = {l->interpreter_static_types, l->interpreter_extension_types};
    const int32_t lengths[] = {l->interpreter_static_types_max, l->interpreter_extension_types_max};
    const struct {
        int32_t place;
        const char *name;
    } members[] = {{l->static_type_state_tp_dict, "__dict__"},
                   {l->static_type_state_tp_subclasses, "tp_subclasses"}};
    for (int t = 0; t < 2; t++) {
        for (int32_t i = 0; tables[t] != HF_ABSENT && i < lengths[t]; i++) {
            uint64_t state =
                interpreter + (uint64_t)tables[t] + (uint64_t)(i * l->static_type_state_size);
            uint64_t address = hf_u64_at(d, state); /* its first member, `type` */
            const hf_type_record *type = address ? hf_type_at(d, address) : NULL;
            for (int m = 0; type && m < 2; m++)
                hf_root_add(heap,
                            &(hf_found_root){.target = hf_member(d, state, members[m].place),
                                             .kind = HF_ROOT_STATIC_TYPE,
                                             .name = type_member_name(heap, type, members[m].name),
                                             .thread = UINT32_MAX,
                                             .interpreter = hf_interpreter_id(heap, interpreter),
                                             .owns = true});
        }
    }
}

void hf_roots_named(hf_heap *heap)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    for (size_t i = 0; i < heap->interpreter_count; i++) {
        uint64_t interpreter = heap->interpreters[i];
        add_modules(heap, interpreter);
        for (size_t m = 0; m < MEMBERS; m++)
            add_interpreter_root(heap, interpreter, hf_member(d, interpreter, place_of(l, m)),
                                 interpreter_members[m].name);
        uint64_t gc = interpreter + (uint64_t)l->interpreter_gc;
        add_interpreter_root(heap, interpreter, hf_member(d, gc, l->gc_garbage), "gc.garbage");
        add_interpreter_root(heap, interpreter, hf_member(d, gc, l->gc_callbacks), "gc.callbacks");
        add_atexit(heap, interpreter);
        add_type_cache(heap, interpreter);
        if (i > 0)
            add_static_type_states(heap, interpreter);
    }
}

/* Bytes from `address` that belong to the marked object there, so that a scan of data goes past
 * it: what it holds has been told as its own edges. */
static uint64_t extent(hf_heap *heap, uint64_t address)
{
    hf_decode *d = &heap->decode;
    const hf_type_record *type = hf_type_of(d, address);
    if (!type)
        return HF_WORD;
    const hf_type_record *own = NULL;
    uint32_t number = hf_map_get(&heap->types.numbers, address);
    if (number != HF_MAP_NONE)
        own = heap->types.records[number];
    if (own && !own->heap_type)
        return (uint64_t)d->layout->type_size;
    uint64_t bytes = type->basicsize;
    if (type->itemsize)
        bytes += type->itemsize * hf_item_count(d, address);
    return bytes < HF_WORD ? HF_WORD : (bytes + 7) & ~7ull;
}

/* Whether the memory of an interpreter or the runtime, told by its own scan. */
static bool is_runtime(const hf_heap *heap, uint64_t address, uint64_t *ret_end)
{
    const hf_layout *l = heap->decode.layout;
    uint64_t start = heap->runtime.address, end = start + (uint64_t)l->runtime_size;
    *ret_end = end;
    return address >= start && address < end;
}

/* Whether what the word at `at` leads to is lent to the cache of attribute look-ups. Up to 3.10
 * that lies where no table says (3.9: method_cache in Objects/typeobject.c, data of the binary;
 * 3.10: in the interpreter), and is known by its entries: a version of a type, a name, a borrowed
 * value. */
static bool is_cached_attribute(hf_heap *heap, uint64_t at)
{
    hf_decode *d = &heap->decode;
    const uint8_t *entry = at < 2 * HF_WORD || HF_HAS(d->layout, interpreter_type_cache)
                               ? NULL
                               : hf_bytes_at(d, at - 2 * HF_WORD, 2 * HF_WORD);
    if (!entry || hf_load_u64(entry) == 0 || hf_load_u64(entry) > UINT32_MAX)
        return false;
    uint64_t name = hf_load_u64(entry + HF_WORD), bit = hf_marks_bit(&heap->marks, name);
    const hf_type_record *type =
        bit != HF_NO_BIT && hf_marks_test(&heap->marks, bit) ? hf_type_of(d, name) : NULL;
    return type && type->decoder == &hf_decoder_str;
}

/* Scans [start, end) for pointers to objects of the heap. */
static void scan(hf_heap *heap, uint64_t start, uint64_t end, const hf_found_root *like)
{
    hf_decode *d = &heap->decode;
    uint64_t before = 0;
    for (uint64_t at = (start + 7) & ~7ull; at + HF_WORD <= end;) {
        uint64_t bit = hf_marks_bit(&heap->marks, at), skip;
        const uint8_t *p = bit == HF_NO_BIT ? NULL : hf_bytes_at(d, at, HF_WORD);
        if (!p) {
            at += HF_WORD;
            continue;
        }
        if (hf_marks_test(&heap->marks, bit)) {
            at += extent(heap, at);
            continue;
        }
        if (like->kind == HF_ROOT_C_STATIC && is_runtime(heap, at, &skip)) {
            at = skip;
            continue;
        }
        uint64_t word = hf_load_u64(p);
        at += HF_WORD;
        if (word == before || word < 4096 || word & 7 || hf_range_of(heap, word) ||
            is_cached_attribute(heap, at - HF_WORD))
            continue;
        hf_found_root root = *like;
        root.target = word;
        if (hf_root_add(heap, &root))
            before = word;
        else if (like->kind == HF_ROOT_C_STATIC)
            hf_native_table_note(heap, &root);
    }
}

/* All of an interpreter but its caches, whose references are borrowed or, as the dicts of static
 * types, told by the types: struct types_state and struct _py_func_state; and but its lists of free
 * objects, whose entries beyond the last are never cleared and lead to memory that is another's. */
static void scan_interpreter(hf_heap *heap, uint64_t interpreter, const hf_found_root *like)
{
    const hf_layout *l = heap->decode.layout;
    const struct {
        int64_t start, end;
    } caches[] = {{l->interpreter_func_state,
                   (int64_t)l->interpreter_func_state + l->interpreter_func_state_size},
                  {l->interpreter_types, (int64_t)l->interpreter_types + l->interpreter_types_size},
                  {l->interpreter_free_lists, l->interpreter_free_lists_end}};
    enum { CACHES = sizeof(caches) / sizeof(caches[0]) };
    int64_t at = 0;
    for (;;) {
        int next = CACHES; /* the first that is not behind us */
        for (int i = 0; i < CACHES; i++)
            if (caches[i].start != HF_ABSENT && caches[i].start >= at &&
                (next == CACHES || caches[i].start < caches[next].start))
                next = i;
        if (next == CACHES || caches[next].end <= at)
            break;
        scan(heap, interpreter + (uint64_t)at, interpreter + (uint64_t)caches[next].start, like);
        at = caches[next].end;
    }
    scan(heap, interpreter + (uint64_t)at, interpreter + (uint64_t)l->interpreter_size, like);
}

/* Static types that nothing has led to: what they hold is theirs, not the binary's. */
static void reach_static_types(hf_heap *heap)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    for (size_t r = 0; r < heap->range_count; r++) {
        uint64_t start = (heap->ranges[r].start + 7) & ~7ull;
        uint64_t count = (heap->ranges[r].end - start) / HF_WORD;
        const uint8_t *words = hf_array_at(d, start, &count, HF_WORD);
        for (uint64_t i = 0; i < count; i++)
            if (hf_load_u64(words + i * HF_WORD) == d->type_type_address)
                if (hf_type_at(d, start + i * HF_WORD - (uint64_t)l->object_ob_type))
                    hf_reach_rest(heap);
    }
}

/* Objects that lie in the data of a binary need nobody to keep them. */
static void add_static_objects(hf_heap *heap)
{
    for (size_t r = 0; r < heap->range_count; r++) {
        const hf_data_range *range = &heap->ranges[r];
        for (uint64_t at = range->start; at + HF_WORD <= range->end; at += HF_WORD) {
            uint64_t bit = hf_marks_bit(&heap->marks, at);
            if (bit == HF_NO_BIT || !hf_marks_test(&heap->marks, bit))
                continue;
            uint32_t number = hf_map_get(&heap->types.numbers, at);
            hf_found_root root = {
                .target = at, .kind = HF_ROOT_C_STATIC, .name = range->name, .thread = UINT32_MAX};
            if (number != HF_MAP_NONE) {
                root.kind = HF_ROOT_STATIC_TYPE;
                root.name = type_member_name(heap, heap->types.records[number], NULL);
            }
            hf_root_add(heap, &root);
        }
    }
}

static int compare_targets(const void *a, const void *b)
{
    const hf_found_root *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->interpreter != y->interpreter)
        return x->interpreter < y->interpreter ? -1 : 1;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

void hf_roots_scanned(hf_heap *heap)
{
    const hf_layout *l = heap->decode.layout;
    hf_found_root like = {.kind = HF_ROOT_INTERPRETER, .thread = UINT32_MAX};
    reach_static_types(heap);
    like.name = hf_name(heap, "interpreter state");
    for (size_t i = 0; i < heap->interpreter_count; i++) {
        like.interpreter = hf_interpreter_id(heap, heap->interpreters[i]);
        scan_interpreter(heap, heap->interpreters[i], &like);
    }
    like.interpreter = 0;
    /* What the runtime has before and behind the main interpreter in it. */
    like.name = hf_name(heap, "runtime state");
    uint64_t runtime = heap->runtime.address, end = runtime + (uint64_t)l->runtime_size;
    uint64_t main = heap->interpreters[0];
    if (main > runtime && main < end) {
        scan(heap, runtime, main, &like);
        scan(heap, main + (uint64_t)l->interpreter_size, end, &like);
    } else {
        scan(heap, runtime, end, &like);
    }
    like.kind = HF_ROOT_C_STATIC;
    for (size_t r = 0; r < heap->range_count && !heap->failed; r++) {
        like.name = heap->ranges[r].name;
        scan(heap, heap->ranges[r].start, heap->ranges[r].end, &like);
    }
    hf_reach_rest(heap);
    add_static_objects(heap);
    hf_tracked_add_immortals(heap);
    qsort(heap->roots, heap->root_count, sizeof(*heap->roots), compare_targets);
}
