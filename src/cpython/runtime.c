#include "cpython/runtime.h"

#include "base/buf.h"
#include "cpython/collector.h"
#include "cpython/dict_keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    LIVE_TRIES = 40,
    ROWS_MAX = 32,
    GENERATIONS = 3,
    THREADS_MAX = 1 << 16,
    KEYS_HEADER_MAX = 64,
};

/* Sources: Include/cpython/object.h and Include/object.h, unchanged from 3.9 to 3.15. */
#define TPFLAGS_READY         (1ull << 12)
#define TPFLAGS_TYPE_SUBCLASS (1ull << 31)

static bool read_u64(hf_target *t, uint64_t address, uint64_t *ret)
{
    return hf_target_read(t, address, ret, sizeof(*ret));
}

static uint64_t u64_or_0(hf_target *t, uint64_t address)
{
    uint64_t v;
    return read_u64(t, address, &v) ? v : 0;
}

static uint32_t u32_or(hf_target *t, uint64_t address, uint32_t otherwise)
{
    uint32_t v;
    return hf_target_read(t, address, &v, sizeof(v)) ? v : otherwise;
}

/* printf into `why`; false, so that a check reads as one expression. */
__attribute__((format(printf, 2, 3))) static bool no(char why[HF_WHY], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, HF_WHY, format, arguments);
    va_end(arguments);
    return false;
}

/* "3.13.0rc1" of a PY_VERSION_HEX. */
static void say_version(uint32_t version, char ret[24])
{
    static const char *const releases[16] = {[0xa] = "a", [0xb] = "b", [0xc] = "rc"};
    const char *release = releases[version >> 4 & 15];
    int n = snprintf(ret, 24, "%u.%u.%u", version >> 24, version >> 16 & 255, version >> 8 & 255);
    if (release)
        snprintf(ret + n, (size_t)(24 - n), "%s%u", release, version & 15);
}

static const char *name_of(hf_target *t)
{
    const hf_target_info *info = hf_target_describe(t);
    const char *slash = strrchr(info->executable ? info->executable : "", '/');
    return slash ? slash + 1 : info->executable ? info->executable : "?";
}

static bool lies_in_executable(hf_target *t, uint64_t address)
{
    size_t count;
    const hf_mapping *mappings = hf_target_mappings(t, &count);
    const char *executable = hf_target_describe(t)->executable;
    for (size_t i = 0; i < count; i++) {
        if (address < mappings[i].start || address >= mappings[i].end)
            continue;
        /* .bss continues the mapping of the file before it. */
        while (i && !mappings[i].path[0] && mappings[i - 1].end == mappings[i].start)
            i--;
        return executable && !strcmp(mappings[i].path, executable);
    }
    return false;
}

hf_err *hf_runtime_find(hf_target *t, hf_runtime *ret)
{
    hf_runtime r = {0};
    pid_t pid = hf_target_describe(t)->pid;
    r.address = hf_target_symbol(t, "_PyRuntime", &r.size);
    if (!r.address)
        return hf_fail(HF_ERR_NOT_PYTHON,
                       "process %d (%s) runs no CPython: none of its binaries has _PyRuntime",
                       (int)pid, name_of(t));
    r.version = hf_version_find(t, r.address, r.size);
    if (!r.version)
        return hf_fail(
            HF_ERR_UNPROVEN,
            "process %d (%s) runs a CPython older than 3.9, or one just starting: it has "
            "no Py_Version, and no known layout leads to its sys.hexversion (its runtime "
            "has %" PRIu64 " bytes)",
            (int)pid, name_of(t), r.size);
    r.type_type = hf_target_symbol(t, "PyType_Type", NULL);
    r.none = hf_target_symbol(t, "_Py_NoneStruct", NULL);
    r.debug = hf_target_symbol(t, "_Py_NegativeRefcount", NULL) != 0;
    r.free_threaded = hf_target_symbol(t, "_Py_MergeZeroLocalRefcount", NULL) != 0;
    r.static_link = lies_in_executable(t, r.address);
    *ret = r;
    return NULL;
}

/* Lower is better: patches in the row's range first, then the nearest. */
static uint32_t distance(const hf_layout *layout, uint32_t version)
{
    if (version < layout->first_version)
        return layout->first_version - version;
    return version > layout->last_version ? version - layout->last_version : 0;
}

size_t hf_runtime_candidates(const hf_runtime *r, const hf_layout **ret, size_t limit)
{
    size_t count = 0;
    for (size_t i = 0; i < hf_layout_count; i++) {
        const hf_layout *layout = &hf_layouts[i];
        if (layout->first_version >> 16 != r->version >> 16 || layout->debug != r->debug ||
            layout->free_threaded != r->free_threaded)
            continue;
        size_t at = count;
        while (at && distance(ret[at - 1], r->version) > distance(layout, r->version))
            at--;
        if (at >= limit)
            continue;
        if (count < limit)
            count++;
        memmove(ret + at + 1, ret + at, (count - at - 1) * sizeof(*ret));
        ret[at] = layout;
    }
    return count;
}

size_t hf_runtime_interpreters(hf_target *t, const hf_runtime *r, const hf_layout *l,
                               uint64_t ret[HF_INTERPRETERS_MAX])
{
    size_t count = 0;
    uint64_t main = u64_or_0(t, r->address + (uint64_t)l->runtime_interpreters_main);
    uint64_t at = u64_or_0(t, r->address + (uint64_t)l->runtime_interpreters_head);
    bool has_main = false;
    for (; at && count < HF_INTERPRETERS_MAX; count++) {
        ret[count] = at;
        has_main = has_main || at == main;
        if (at == main) {
            ret[count] = ret[0];
            ret[0] = at;
        }
        at = u64_or_0(t, at + (uint64_t)l->interpreter_next);
    }
    return has_main ? count : 0;
}

/* 3.13 and later describe themselves: internal/pycore_runtime.h, struct _Py_DebugOffsets. */
static bool debug_offsets_agree(hf_target *t, const hf_runtime *r, const hf_layout *l,
                                char why[HF_WHY])
{
    if (!HF_HAS(l, runtime_debug_offsets))
        return true;
    uint64_t at = r->address + (uint64_t)l->runtime_debug_offsets;
    char cookie[8];
    if (!hf_target_read(t, at, cookie, 8) || memcmp(cookie, "xdebugpy", 8) != 0)
        return no(why, "no debug offsets where they should be");
    const struct {
        int32_t place, expected;
        const char *name;
    } facts[] = {
        {l->debug_offsets_version, (int32_t)r->version, "version"},
        {l->debug_offsets_free_threaded, l->free_threaded, "free threading"},
        {l->debug_offsets_runtime_size, l->runtime_size, "runtime size"},
        {l->debug_offsets_runtime_interpreters_head, l->runtime_interpreters_head, "interpreters"},
        {l->debug_offsets_interpreter_size, l->interpreter_size, "interpreter size"},
        {l->debug_offsets_interpreter_next, l->interpreter_next, "interpreter next"},
        {l->debug_offsets_interpreter_threads_head, l->interpreter_threads_head, "threads"},
        {l->debug_offsets_interpreter_gc, l->interpreter_gc, "collector"},
        {l->debug_offsets_interpreter_modules, l->interpreter_modules, "modules"},
        {l->debug_offsets_thread_size, l->thread_size, "thread size"},
        {l->debug_offsets_thread_current_frame, l->thread_current_frame, "current frame"},
        {l->debug_offsets_thread_native_thread_id, l->thread_native_thread_id, "thread id"},
        {l->debug_offsets_frame_size, l->iframe_size, "frame size"},
        {l->debug_offsets_code_size, l->code_size, "code size"},
        {l->debug_offsets_type_size, l->type_size, "type size"},
        {l->debug_offsets_gc_size, l->gc_size, "collector size"},
        {l->debug_offsets_gc_collecting, l->gc_collecting, "collecting"},
    };
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        uint64_t found = u64_or_0(t, at + (uint64_t)facts[i].place);
        if (found != (uint64_t)facts[i].expected)
            return no(why, "debug offsets say %s %" PRIu64 ", not %d", facts[i].name, found,
                      facts[i].expected);
    }
    return true;
}

/* PyType_Type is its own type, and the sizes that CPython's compiler put into the types are those
 * of the table. */
static bool types_agree(hf_target *t, const hf_runtime *r, const hf_layout *l, char why[HF_WHY])
{
    if (!r->type_type)
        return no(why, "PyType_Type is not exported");
    if (u64_or_0(t, r->type_type + (uint64_t)l->object_ob_type) != r->type_type)
        return no(why, "type is not its own type");
    uint64_t flags = u64_or_0(t, r->type_type + (uint64_t)l->type_tp_flags);
    if (!(flags & TPFLAGS_READY) || !(flags & TPFLAGS_TYPE_SUBCLASS))
        return no(why, "type has flags %#" PRIx64, flags);
    char name[5] = "";
    uint64_t name_at = u64_or_0(t, r->type_type + (uint64_t)l->type_tp_name);
    if (!hf_target_read(t, name_at, name, 5) || memcmp(name, "type", 5) != 0)
        return no(why, "type is not named so");
    if (u64_or_0(t, r->type_type + (uint64_t)l->type_tp_itemsize) != (uint64_t)l->member_def_size)
        return no(why, "type has another itemsize");
    const struct {
        const char *symbol;
        int32_t size;
    } types[] = {
        {"PyType_Type", l->heap_type_size},    {"PyDict_Type", l->dict_size},
        {"PyList_Type", l->list_size},         {"PySet_Type", l->set_size},
        {"PyFunction_Type", l->function_size}, {"PyModule_Type", l->module_size},
        {"PyCell_Type", l->cell_size},         {"PyMethod_Type", l->method_size},
        {"PyFloat_Type", l->float_size},       {"PyUnicode_Type", l->unicode_legacy_size},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        uint64_t at = hf_target_symbol(t, types[i].symbol, NULL), size;
        if (!at)
            continue;
        if (!read_u64(t, at + (uint64_t)l->type_tp_basicsize, &size) ||
            size != (uint64_t)types[i].size)
            return no(why, "%s has basicsize %" PRIu64 ", not %d", types[i].symbol, size,
                      types[i].size);
    }
    return true;
}

bool hf_runtime_ring_starts(hf_target *t, const hf_layout *l, uint64_t head)
{
    uint64_t next, prev, back, forth;
    return read_u64(t, head + (uint64_t)l->gc_head_next, &next) &&
           read_u64(t, head + (uint64_t)l->gc_head_prev, &prev) && next && prev &&
           read_u64(t, (next & ~3ull) + (uint64_t)l->gc_head_prev, &back) &&
           read_u64(t, (prev & ~3ull) + (uint64_t)l->gc_head_next, &forth) &&
           (back & ~3ull) == head && (forth & ~3ull) == head;
}

static bool collector_agrees(hf_target *t, const hf_layout *l, uint64_t interpreter, bool rings,
                             char why[HF_WHY])
{
    rings = rings && HF_HAS(l, gc_head_next);
    uint64_t gc = interpreter + (uint64_t)l->interpreter_gc;
    uint32_t enabled = u32_or(t, gc + (uint64_t)l->gc_enabled, 2);
    uint32_t collecting = u32_or(t, gc + (uint64_t)l->gc_collecting, 2);
    if (enabled > 1 || collecting > 1)
        return no(why, "collector's switches are %u and %u", enabled, collecting);
    uint64_t generations = gc + (uint64_t)l->gc_generations;
    if (HF_HAS(l, gc_generation0) && u64_or_0(t, gc + (uint64_t)l->gc_generation0) != generations)
        return no(why, "generation 0 is elsewhere");
    for (int i = 0; rings && !collecting && i < GENERATIONS; i++) {
        uint64_t head = generations + (uint64_t)(i * l->gc_generation_size);
        if (!hf_runtime_ring_starts(t, l, head))
            return no(why, "list of generation %d does not close", i);
    }
    if (rings && !hf_runtime_ring_starts(t, l, gc + (uint64_t)l->gc_permanent_generation))
        return no(why, "list of the permanent generation does not close");
    return true;
}

static bool interpreter_agrees(hf_target *t, const hf_runtime *r, const hf_layout *l,
                               uint64_t interpreter, bool rings, char why[HF_WHY])
{
    if (u64_or_0(t, interpreter + (uint64_t)l->interpreter_runtime) != r->address)
        return no(why, "an interpreter does not point back at the runtime");
    uint64_t thread = u64_or_0(t, interpreter + (uint64_t)l->interpreter_threads_head);
    if (thread && u64_or_0(t, thread + (uint64_t)l->thread_interp) != interpreter)
        return no(why, "a thread does not point back at its interpreter");
    uint64_t modules = u64_or_0(t, interpreter + (uint64_t)l->interpreter_modules);
    uint64_t dict_type = hf_target_symbol(t, "PyDict_Type", NULL);
    uint64_t type = modules ? u64_or_0(t, modules + (uint64_t)l->object_ob_type) : 0;
    if (!modules || (dict_type && type != dict_type))
        return no(why, "sys.modules is no dict");
    uint64_t used = u64_or_0(t, modules + (uint64_t)l->dict_ma_used);
    uint64_t keys = u64_or_0(t, modules + (uint64_t)l->dict_ma_keys);
    uint8_t bytes[KEYS_HEADER_MAX];
    hf_keys_header header = {0};
    if (l->dict_keys_size > KEYS_HEADER_MAX ||
        !hf_target_read(t, keys, bytes, (size_t)l->dict_keys_size) ||
        !hf_keys_header_read(l, bytes, &header) || used < 2 || used > header.used ||
        header.used + header.usable != header.capacity)
        return no(why, "sys.modules has %" PRIu64 " of %" PRIu64 " + %" PRIu64 " entries", used,
                  header.used, header.usable);
    return collector_agrees(t, l, interpreter, rings, why);
}

bool hf_runtime_fits(hf_target *t, const hf_runtime *r, const hf_layout *l, bool rings,
                     char why[HF_WHY])
{
    if (r->size && r->size != (uint64_t)l->runtime_size)
        return no(why, "its runtime would have %d bytes", l->runtime_size);
    if (!debug_offsets_agree(t, r, l, why) || !types_agree(t, r, l, why))
        return false;
    if (u32_or(t, r->address + (uint64_t)l->runtime_initialized, 0) != 1)
        return no(why, "the runtime is not initialized: the process is just starting or ending");
    uint64_t interpreters[HF_INTERPRETERS_MAX];
    size_t count = hf_runtime_interpreters(t, r, l, interpreters);
    if (!count)
        return no(why, "the main interpreter is not on the list of interpreters");
    for (size_t i = 0; i < count; i++)
        if (!interpreter_agrees(t, r, l, interpreters[i], rings, why))
            return false;
    return true;
}

bool hf_runtime_runs(hf_target *t, const hf_runtime *r)
{
    const hf_layout *l = r->layout;
    uint64_t interpreters[HF_INTERPRETERS_MAX];
    size_t count = l->free_threaded ? hf_runtime_interpreters(t, r, l, interpreters) : 0;
    int threads = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t state = u64_or_0(t, interpreters[i] + (uint64_t)l->interpreter_threads_head);
        for (; state && threads < THREADS_MAX; threads++) {
            if (u32_or(t, state + (uint64_t)l->thread_state, 0) == (uint32_t)l->thread_attached)
                return true;
            state = u64_or_0(t, state + (uint64_t)l->thread_next);
        }
    }
    return false;
}

void hf_runtime_describe(hf_target *t, const hf_runtime *r, hf_python_info *ret)
{
    const hf_layout *l = r->layout;
    hf_python_info info = {.version_hex = r->version,
                           .static_link = r->static_link,
                           .debug_build = l->debug,
                           .free_threaded = l->free_threaded};
    say_version(r->version, info.version);
    snprintf(info.table, sizeof(info.table), "%s", l->name);
    uint64_t interpreters[HF_INTERPRETERS_MAX];
    info.interpreter_count = (uint32_t)hf_runtime_interpreters(t, r, l, interpreters);
    for (size_t i = 0; i < info.interpreter_count; i++) {
        uint64_t gc = interpreters[i] + (uint64_t)l->interpreter_gc;
        info.gc_collecting |= u32_or(t, gc + (uint64_t)l->gc_collecting, 0) != 0;
    }
    if (info.interpreter_count) {
        uint64_t gc = interpreters[0] + (uint64_t)l->interpreter_gc;
        info.gc_enabled = u32_or(t, gc + (uint64_t)l->gc_enabled, 0) != 0;
        for (int i = 0; i < GENERATIONS; i++) {
            uint64_t generation = gc + (uint64_t)(l->gc_generations + i * l->gc_generation_size);
            info.gc_threshold[i] = u32_or(t, generation + (uint64_t)l->gc_generation_threshold, 0);
            info.gc_count[i] = u32_or(t, generation + (uint64_t)l->gc_generation_count, 0);
        }
        uint64_t garbage = u64_or_0(t, gc + (uint64_t)l->gc_garbage);
        if (garbage)
            info.uncollectable = u64_or_0(t, garbage + (uint64_t)l->var_object_ob_size);
        hf_collector_describe(t, l, gc, &info.collector);
    }
    *ret = info;
}

hf_err *hf_runtime_unproven(hf_target *t, const hf_runtime *r, const char *reasons)
{
    char version[24];
    say_version(r->version, version);
    return hf_fail(HF_ERR_UNPROVEN,
                   "process %d (%s) runs CPython %s%s with a runtime of %" PRIu64
                   " bytes, which no "
                   "known layout fits (%s)",
                   (int)hf_target_describe(t)->pid, name_of(t), version,
                   r->debug           ? " (debug build)"
                   : r->free_threaded ? " (free-threaded)"
                                      : "",
                   r->size, reasons);
}

enum { REST_WORDS = sizeof(((hf_python_probe *)NULL)->rest) / sizeof(hf_rest_word) };

/* A free-threaded interpreter rests when each thread is detached: waiting, or in C code that does
 * not touch objects. During a collection all threads are, but for the one that collects. */
static void find_thread_words(hf_target *t, const hf_layout *l, uint64_t interpreter,
                              hf_python_probe *ret)
{
    uint64_t state = u64_or_0(t, interpreter + (uint64_t)l->interpreter_threads_head);
    for (; state && ret->rest_count < REST_WORDS;
         state = u64_or_0(t, state + (uint64_t)l->thread_next))
        ret->rest[ret->rest_count++] = (hf_rest_word){.address = state + (uint64_t)l->thread_state,
                                                      .size = 4,
                                                      .wanted = (uint64_t)l->thread_detached};
}

void hf_runtime_rest_words(hf_target *t, const hf_runtime *r, hf_python_probe *ret)
{
    const hf_layout *l = r->layout;
    uint64_t interpreters[HF_INTERPRETERS_MAX];
    size_t count = hf_runtime_interpreters(t, r, l, interpreters);
    for (size_t i = 0; i < count && ret->rest_count + 2 <= REST_WORDS; i++) {
        uint64_t gc = interpreters[i] + (uint64_t)l->interpreter_gc, gil = 0;
        ret->rest[ret->rest_count++] = (hf_rest_word){
            .address = gc + (uint64_t)l->gc_collecting, .size = 4, .wanted = 0, .required = true};
        if (l->free_threaded) {
            find_thread_words(t, l, interpreters[i], ret);
        } else if (HF_HAS(l, interpreter_ceval_gil)) {
            gil = u64_or_0(t, interpreters[i] + (uint64_t)l->interpreter_ceval_gil);
            gil = gil ? gil + (uint64_t)l->gil_locked : 0;
        } else if (i == 0) {
            gil = r->address + (uint64_t)l->runtime_gil_locked;
        }
        if (gil)
            ret->rest[ret->rest_count++] = (hf_rest_word){.address = gil, .size = 4, .wanted = 0};
    }
}

/* True where a row says that Python is up: then the copy may tell what no row does. */
static bool is_initialized(hf_target *t, const hf_runtime *r, const hf_layout *const *rows,
                           size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (u32_or(t, r->address + (uint64_t)rows[i]->runtime_initialized, 0) == 1)
            return true;
    return false;
}

hf_err *hf_python_probe_live(hf_target *live, hf_python_probe *ret)
{
    hf_runtime r;
    hf_err *err = hf_runtime_find(live, &r);
    if (err)
        return err;
    const hf_layout *rows[ROWS_MAX];
    size_t count = hf_runtime_candidates(&r, rows, ROWS_MAX);
    char why[HF_WHY] = "";
    /* Lists change under our eyes: at last they are left for the frozen copy to prove. */
    for (int tries = 0; tries < LIVE_TRIES && count; tries++) {
        for (size_t i = 0; i < count; i++) {
            if (!hf_runtime_fits(live, &r, rows[i], tries + 1 < LIVE_TRIES, why))
                continue;
            r.layout = rows[i];
            *ret = (hf_python_probe){0};
            hf_runtime_describe(live, &r, &ret->python);
            hf_runtime_rest_words(live, &r, ret);
            return NULL;
        }
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
    if (is_initialized(live, &r, rows, count)) {
        *ret = (hf_python_probe){.python = {.version_hex = r.version}};
        say_version(r.version, ret->python.version);
        return NULL;
    }
    hf_buf reasons;
    hf_buf_init(&reasons, 4096);
    hf_buf_text(&reasons, count ? "" : "none is known for this version");
    for (size_t i = 0; i < count; i++) {
        hf_runtime_fits(live, &r, rows[i], false, why);
        hf_buf_format(&reasons, "%s%s: %s", i ? "; " : "", rows[i]->name, why);
    }
    err = hf_runtime_unproven(live, &r, hf_buf_string(&reasons));
    hf_buf_deinit(&reasons);
    return err;
}
