/* agent/python_sampled.c - the hooks of CPython's allocators where only a sample of the
 * blocks is noted.
 *
 * What costs is that there is a hook at all: CPython's own allocator is called through a pointer,
 * but a compiler that has seen it run tests for the usual target and goes on without a call. So
 * once the interpreter is up, and where its allocator is pymalloc, frees are not hooked: a small
 * block that is noted is not taken of pymalloc but of malloc(), as pymalloc itself does with larger
 * ones. It gives what is not its own to PyMem_RawFree(), which comes to our free() (native.c). Such
 * samples are said to lie apart. */
#include "agent/live.h"
#include "agent/python.h"
#include "agent/symbols.h"

#include <string.h>

/* Small blocks come from arenas, which the allocator takes of the kernel without a guard. */
typedef struct arenas { /* PyObjectArenaAllocator, the same since 3.4 */
    void *ctx;
    void *(*alloc)(void *ctx, size_t size);
    void (*free)(void *ctx, void *arena, size_t size);
} arenas;

enum { SMALL = 512, EARLY_MOST = 1024 };
static arenas under_arenas;
static void *(*raw_malloc)(size_t size);
static void *(*raw_calloc)(size_t count, size_t size);

/* Small blocks that were noted before samples lay apart. */
static uintptr_t early[EARLY_MOST];
static uint32_t early_count;

static void add_early(void *block, size_t size)
{
    if (HF_UNLIKELY(!hf_hot.settled && size <= SMALL) && early_count++ < EARLY_MOST)
        early[early_count - 1] = (uintptr_t)block;
}

static inline bool lies_apart(size_t size)
{
    return hf_hot.apart && size <= SMALL;
}

static void *ask_apart(size_t count, size_t size, bool clear)
{
    return clear ? raw_calloc(count, size) : raw_malloc(count * size);
}

static void *ask(const hf_allocator *under, void *ctx, size_t count, size_t size, bool clear)
{
    return clear ? under->calloc(ctx, count, size) : under->malloc(ctx, count * size);
}

/* True where a block goes by, which is no sample and does not stand beside one; then it is on its
 * way already. */
static inline __attribute__((always_inline)) bool goes_by(size_t size)
{
    int64_t left = (int64_t)((uint64_t)hf_hot.python.left - size);
    if (HF_UNLIKELY(left < 0))
        return false;
    hf_hot.python.left = left;
    return true;
}

/* A sample: what is small and not to be looked at goes straight on. */
static __attribute__((noinline)) void *sampled_malloc(const hf_allocator *under, void *ctx,
                                                      size_t count, size_t size, bool clear)
{
    size_t bytes = count * size; /* PyMem_Calloc() has seen to it that it is no more */
    if (HF_LIKELY(goes_by(bytes))) {
        hf_busy++;
        void *large = ask(under, ctx, count, size, clear);
        hf_busy--;
        return large;
    }
    bool takes = !hf_busy && hf_is_on() && !hf_is_over();
    bool watched = hf_hot.python.watched; /* before this one is counted */
    takes = takes && hf_sample_takes(&hf_hot.python, bytes);
    int was_busy = hf_busy;
    hf_busy = was_busy ? was_busy : 1;
    void *block = takes && lies_apart(bytes) ? ask_apart(count, size, clear)
                                             : ask(under, ctx, count, size, clear);
    if (block && takes) {
        add_early(block, bytes);
        hf_python_note(block, bytes);
    } else if (!was_busy && watched) {
        hf_python_remember(0);
    }
    hf_busy = was_busy;
    return block;
}

/* Moves a block that is to be noted to where samples lie; false without memory: then it
 * is not noted. */
static bool move_apart(const hf_allocator *under, void *ctx, void **block, size_t size)
{
    if (!lies_apart(size))
        return true;
    void *apart = raw_malloc(size);
    if (!apart)
        return false;
    memcpy(apart, *block, size);
    under->free(ctx, *block);
    *block = apart;
    return true;
}

static __attribute__((noinline)) void *sampled_realloc(const hf_allocator *under, void *ctx,
                                                       void *old, size_t size)
{
    if (hf_busy || !hf_is_on() || hf_is_over())
        return under->realloc(ctx, old, size);
    uint32_t node = 0;
    uint64_t old_size = 0;
    if (old && hf_may_be_known((uintptr_t)old))
        hf_live_take((uintptr_t)old, &node, &old_size);
    bool watched = hf_hot.python.watched;
    bool takes = hf_sample_takes(&hf_hot.python, size);
    hf_busy = 1;
    void *block = under->realloc(ctx, old, size);
    takes = takes && block && move_apart(under, ctx, &block, size);
    if (takes)
        add_early(block, size);
    if (!block) {
        if (node)
            hf_live_set((uintptr_t)old, node, old_size); /* it is still there */
    } else if (node && takes) {
        hf_python_note_change((uintptr_t)old, node, old_size, block, size);
    } else if (node) {
        hf_python_forget(node, old_size, (uintptr_t)old);
    } else if (takes) {
        hf_python_note(block, size);
    }
    if (block && !takes && watched)
        hf_python_remember(0);
    hf_busy = 0;
    return block;
}

/* True where a block goes by that malloc() will not be asked for. */
static inline __attribute__((always_inline)) bool passes(size_t size)
{
    return size <= hf_hot.unguarded && goes_by(size);
}

static __attribute__((noinline)) void sampled_free(const hf_allocator *under, void *ctx,
                                                   void *block)
{
    uint32_t node;
    uint64_t size;
    if (hf_is_on() && !hf_is_over() && hf_live_take((uintptr_t)block, &node, &size))
        hf_python_forget(node, size, (uintptr_t)block);
    under->free(ctx, block);
}

/* What has become small may lie where malloc() gave it, which is then asked to move it: that is no
 * block of C's. */
static inline __attribute__((always_inline)) void *
guarded_realloc(const hf_allocator *under, void *ctx, void *old, size_t size)
{
    hf_busy++;
    void *block = under->realloc(ctx, old, size);
    hf_busy--;
    return block;
}

#define SAMPLING_HOOKS(domain)                                                 \
    static void *domain##_sampled_malloc(void *ctx, size_t size)               \
    {                                                                          \
        if (HF_LIKELY(passes(size)))                                           \
            return hf_under_##domain.malloc(ctx, size);                        \
        return sampled_malloc(&hf_under_##domain, ctx, 1, size, false);        \
    }                                                                          \
    static void *domain##_sampled_calloc(void *ctx, size_t count, size_t size) \
    {                                                                          \
        if (HF_LIKELY(passes(count * size)))                                   \
            return hf_under_##domain.calloc(ctx, count, size);                 \
        return sampled_malloc(&hf_under_##domain, ctx, count, size, true);     \
    }                                                                          \
    static void *domain##_sampled_realloc(void *ctx, void *old, size_t size)   \
    {                                                                          \
        if (HF_LIKELY(!hf_may_be_known((uintptr_t)old) && goes_by(size)))      \
            return guarded_realloc(&hf_under_##domain, ctx, old, size);        \
        return sampled_realloc(&hf_under_##domain, ctx, old, size);            \
    }                                                                          \
    static void domain##_sampled_free(void *ctx, void *block)                  \
    {                                                                          \
        if (HF_UNLIKELY(hf_may_be_known((uintptr_t)block)))                    \
            sampled_free(&hf_under_##domain, ctx, block);                      \
        else                                                                   \
            hf_under_##domain.free(ctx, block);                                \
    }

SAMPLING_HOOKS(mem)
SAMPLING_HOOKS(obj)

const hf_allocator hf_hooks_of_samples[2] = {
    {NULL, mem_sampled_malloc, mem_sampled_calloc, mem_sampled_realloc, mem_sampled_free},
    {NULL, obj_sampled_malloc, obj_sampled_calloc, obj_sampled_realloc, obj_sampled_free},
};

/* The same where samples lie apart: then frees are not hooked, and what malloc() will not be asked
 * for is known while this is compiled. All that such a block costs is a comparison, a subtraction
 * and a jump through a pointer. */
static void *(*mem_malloc)(void *ctx, size_t size), *(*obj_malloc)(void *ctx, size_t size);

static __attribute__((noinline)) void *apart_malloc(const hf_allocator *under, void *ctx,
                                                    size_t size)
{
    hf_hot.python.left += size <= SMALL ? (int64_t)size : 0; /* it is counted below */
    return sampled_malloc(under, ctx, 1, size, false);
}

static inline __attribute__((always_inline)) bool passes_small(size_t size)
{
    return HF_LIKELY(size <= SMALL) && HF_LIKELY((hf_hot.python.left -= (int64_t)size) >= 0);
}

#define APART_MALLOC(domain)                                   \
    static void *domain##_apart_malloc(void *ctx, size_t size) \
    {                                                          \
        if (passes_small(size))                                \
            return domain##_malloc(ctx, size);                 \
        return apart_malloc(&hf_under_##domain, ctx, size);    \
    }

APART_MALLOC(mem)
APART_MALLOC(obj)

const hf_allocator hf_hooks_of_samples_apart[2] = {
    {NULL, mem_apart_malloc, mem_sampled_calloc, mem_sampled_realloc, NULL},
    {NULL, obj_apart_malloc, obj_sampled_calloc, obj_sampled_realloc, NULL},
};

static void *arena_alloc(void *ctx, size_t size)
{
    hf_busy++;
    void *arena = under_arenas.alloc(ctx, size);
    hf_busy--;
    return arena;
}

static void arena_free(void *ctx, void *arena, size_t size)
{
    hf_busy++;
    under_arenas.free(ctx, arena, size);
    hf_busy--;
}

/* True where a block of this size comes from our malloc(). */
static bool is_malloc(const hf_allocator *a, size_t size)
{
    hf_native_called = false;
    void *block = a->malloc(a->ctx, size);
    if (block)
        a->free(a->ctx, block);
    return hf_native_called;
}

/* Whether somebody has put himself before CPython's own allocators, whose context is NULL. He
 * cannot be asked for memory: we may be in the midst of his malloc(), as in that of tracemalloc,
 * which holds its lock then (tracemalloc_add_trace() of Python/tracemalloc.c, 3.11). */
static bool others_allocate(void)
{
    hf_access_allocator *get;
    *(void **)&get = hf_symbol("PyMem_GetAllocator");
    hf_allocator raw = {0};
    if (get)
        get(HF_DOMAIN_RAW, &raw);
    return raw.ctx || hf_under_obj.ctx || hf_under_mem.ctx;
}

/* True where small blocks come from pymalloc: not where PYTHONMALLOC or -X dev, or how CPython was
 * built, have them come from somewhere else. */
static bool has_pymalloc(void)
{
    static const size_t sizes[] = {1, 200, SMALL};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        if (is_malloc(&hf_under_obj, sizes[i]) || is_malloc(&hf_under_mem, sizes[i]))
            return false;
    const char *told = hf_environment("PYTHONMALLOC");
    return !told || !*told || strcmp(told, "pymalloc") == 0;
}

/* Small blocks that were noted lie in pymalloc, where nobody will see that they are freed. They are
 * those of the interpreter's start, and count as held until the end. */
static void leave_early(void)
{
    uint32_t node;
    uint64_t size;
    for (uint32_t i = 0; i < early_count; i++)
        hf_live_take(early[i], &node, &size);
}

/* Hooks frees no longer, where nobody has put himself before our hooks. */
static void lay_apart(void)
{
    hf_access_allocator *get, *set;
    *(void **)&get = hf_symbol("PyMem_GetAllocator");
    *(void **)&set = hf_symbol("PyMem_SetAllocator");
    *(void **)&raw_malloc = hf_symbol("PyMem_RawMalloc");
    *(void **)&raw_calloc = hf_symbol("PyMem_RawCalloc");
    if (!get || !set || !raw_malloc || !raw_calloc || early_count > EARLY_MOST ||
        !is_malloc(&hf_under_obj, SMALL + 1))
        return;
    hf_allocator mem = {0}, obj = {0};
    get(HF_DOMAIN_MEM, &mem);
    get(HF_DOMAIN_OBJ, &obj);
    if (mem.free != mem_sampled_free || obj.free != obj_sampled_free)
        return;
    mem = hf_hooks_of_samples_apart[0];
    obj = hf_hooks_of_samples_apart[1];
    mem_malloc = hf_under_mem.malloc;
    obj_malloc = hf_under_obj.malloc;
    mem.free = hf_under_mem.free;
    obj.free = hf_under_obj.free;
    leave_early();
    hf_hot.apart = true;
    set(HF_DOMAIN_MEM, &mem);
    set(HF_DOMAIN_OBJ, &obj);
}

void hf_python_settle(void)
{
    void (*get)(arenas *), (*set)(arenas *);
    *(void **)&get = hf_symbol("PyObject_GetArenaAllocator");
    *(void **)&set = hf_symbol("PyObject_SetArenaAllocator");
    if (!hf_hot.sample || !get || !set || others_allocate() || !has_pymalloc())
        return;
    get(&under_arenas);
    if (!under_arenas.alloc || !under_arenas.free)
        return;
    arenas ours = {under_arenas.ctx, arena_alloc, arena_free};
    set(&ours);
    hf_hot.unguarded = SMALL;
    lay_apart();
}
