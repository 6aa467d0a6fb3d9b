/* agent/python.c - the hooks of CPython's own allocators: of objects, and of memory (PyMem).
 *
 * Both are only called by who holds the GIL, so that counters of their blocks need no lock. The raw
 * allocator is malloc, and its blocks are noted there. Whatever allocator is in place is called on: pymalloc, the
 * one with checks of PYTHONMALLOC=debug, or that of another tool. */
#include "agent/count.h"
#include "agent/live.h"
#include "agent/mixed.h"
#include "agent/symbols.h"
#include "agent/walk.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

typedef struct allocator { /* PyMemAllocatorEx, the same since 3.5 */
    void *ctx;
    void *(*malloc)(void *ctx, size_t size);
    void *(*calloc)(void *ctx, size_t count, size_t size);
    void *(*realloc)(void *ctx, void *block, size_t size);
    void (*free)(void *ctx, void *block);
} allocator;

enum { DOMAIN_MEM = 1, DOMAIN_OBJ = 2 };
typedef void access_allocator(int domain, allocator *a);

static allocator under_mem, under_obj; /* what was there before */

static inline uint32_t node_here(void)
{
    if (HF_UNLIKELY(!hf_hot.stacks))
        return HF_STATE_ROOT;
    hf_thread *t = hf_self;
    if (HF_UNLIKELY(!t) && !(t = hf_thread_begin()))
        return HF_STATE_ROOT;
    return hf_stack_node(t, (uintptr_t)hf_hot.frames.current_thread());
}

/* Others read it meanwhile, and nobody else writes it. */
static inline void add_live(uint64_t size)
{
    uint64_t *live = &hf_hot.header->python_live;
    __atomic_store_n(live, *live + size, __ATOMIC_RELAXED);
}

static inline void count_out(uint32_t node, uint64_t size, uintptr_t block, bool temporary)
{
    hf_weight n = hf_weigh(size, block);
    hf_count_freed(&hf_hot.counters[node], n, temporary);
    add_live(-n.bytes);
}

static inline void remember(uintptr_t block)
{
    hf_hot.newest[1] = hf_hot.newest[0];
    hf_hot.newest[0] = block;
}

static inline void note_at(uint32_t node, uintptr_t block, size_t size)
{
    if (HF_UNLIKELY(!hf_live_set(block, node, size))) {
        hf_drop();
        return;
    }
    hf_weight n = hf_weigh(size, block);
    hf_count_allocated(&hf_hot.counters[node], n);
    add_live(n.bytes);
    remember(block);
    hf_hot.fresh = block;
}

/* Where it is not hf_hot.plain. */
static __attribute__((noinline)) void note_otherwise(void *block, size_t size)
{
    if (HF_UNLIKELY(hf_hot.paused))
        remember(0);
    else
        note_at(node_here(), (uintptr_t)block, size);
}

static __attribute__((noinline)) uint32_t plain_node(hf_thread *t, uintptr_t frame)
{
    return hf_walk_from(t, frame);
}

/* Notes a block that is new. */
static __attribute__((noinline)) void note(void *block, size_t size)
{
    hf_thread *t = hf_self;
    if (HF_UNLIKELY(!hf_hot.plain || !t)) {
        note_otherwise(block, size);
        return;
    }
    uintptr_t frame = hf_newest_frame((uintptr_t)hf_hot.frames.current_thread());
    note_at(plain_node(t, frame), (uintptr_t)block, size);
}

static inline bool is_new(uintptr_t block)
{
    return block == hf_hot.newest[0] || block == hf_hot.newest[1];
}

static inline __attribute__((always_inline)) void note_free(void *block)
{
    uint32_t node;
    uint64_t size;
    if (hf_is_over() || !hf_live_take((uintptr_t)block, &node, &size) || HF_UNLIKELY(!node))
        return;
    hf_count_peak();
    count_out(node, size, (uintptr_t)block, is_new((uintptr_t)block));
}

/* A block that was moved or has another size. Growing is one step: there is no moment at which the
 * old block is gone and the new one not there, which would be taken for the end of a peak; nor one at which
 * both are there, which would be taken for a peak. */
static void note_change(uintptr_t old, uint32_t old_node, uint64_t old_size, void *block,
                        size_t size)
{
    if (size < old_size)
        hf_count_peak();
    count_out(old_node, old_size, old, is_new(old));
    note(block, size);
}

/* An object that is made of memory that an earlier one has left counts as a block of its own. */
void hf_python_created(uintptr_t block)
{
    if (block == hf_hot.fresh) { /* it was asked for just now, for this object */
        hf_hot.fresh = 0;
        return;
    }
    uint32_t node;
    uint64_t size;
    if (hf_busy || hf_is_over() || (hf_hot.sample && !hf_may_be_known(block)))
        return;
    const uint32_t *slot = hf_slot_of(block);
    uint32_t word = slot ? hf_slot_word(slot) : 0;
    if (word >> HF_SLOT_NODE_SHIFT == 0 || word & HF_SLOT_CODE)
        return;
    hf_busy = 1;
    if (hf_live_take(block, &node, &size)) {
        note_change(block, node, size, (void *)block, size);
        hf_hot.fresh = 0;
    }
    hf_busy = 0;
}

static inline __attribute__((always_inline)) void *
reallocate(void *(*under)(void *, void *, size_t), void *ctx, void *old, size_t size)
{
    if (HF_UNLIKELY(hf_busy || !hf_is_on() || hf_is_over()))
        return under(ctx, old, size);
    uint32_t node = 0;
    uint64_t old_size = 0;
    hf_busy = 1;
    if (old)
        hf_live_take((uintptr_t)old, &node, &old_size);
    void *block = under(ctx, old, size);
    if (HF_UNLIKELY(!block)) {
        if (node)
            hf_live_set((uintptr_t)old, node, old_size); /* it is still there */
    } else if (node) {
        note_change((uintptr_t)old, node, old_size, block, size);
    } else {
        note(block, size);
    }
    hf_busy = 0;
    return block;
}

#define HOOKS(domain)                                                  \
    static void *domain##_malloc(void *ctx, size_t size)               \
    {                                                                  \
        if (HF_UNLIKELY(hf_busy || !hf_is_on()))                       \
            return under_##domain.malloc(ctx, size);                   \
        hf_busy = 1;                                                   \
        void *block = under_##domain.malloc(ctx, size);                \
        if (HF_LIKELY(block != NULL))                                  \
            note(block, size);                                         \
        hf_busy = 0;                                                   \
        return block;                                                  \
    }                                                                  \
    static void *domain##_calloc(void *ctx, size_t count, size_t size) \
    {                                                                  \
        if (HF_UNLIKELY(hf_busy || !hf_is_on()))                       \
            return under_##domain.calloc(ctx, count, size);            \
        hf_busy = 1;                                                   \
        void *block = under_##domain.calloc(ctx, count, size);         \
        if (HF_LIKELY(block != NULL))                                  \
            note(block, count *size);                                  \
        hf_busy = 0;                                                   \
        return block;                                                  \
    }                                                                  \
    static void *domain##_realloc(void *ctx, void *block, size_t size) \
    {                                                                  \
        return reallocate(under_##domain.realloc, ctx, block, size);   \
    }                                                                  \
    static void domain##_free(void *ctx, void *block)                  \
    {                                                                  \
        if (HF_LIKELY(block && hf_is_on()))                            \
            note_free(block);                                          \
        under_##domain.free(ctx, block);                               \
    }

HOOKS(mem)
HOOKS(obj)

/* With calls of C, our own of them are left out: these hooks tell where the program called them, so that only its calls
 * are followed. Told while the thread is busy, for the one block that is noted then. */
static inline __attribute__((always_inline)) void note_called_from(const uintptr_t *base,
                                                                   void *block, size_t size)
{
    hf_thread *t = hf_self;
    if (HF_LIKELY(t != NULL))
        t->entry = (struct hf_entry){base[1], (uintptr_t)(base + 2), base[0]};
    note(block, size);
    if (HF_LIKELY(t != NULL))
        t->entry.address = 0;
}

#define NATIVE_HOOKS(domain)                                                  \
    static void *domain##_native_malloc(void *ctx, size_t size)               \
    {                                                                         \
        if (HF_UNLIKELY(hf_busy || !hf_is_on()))                              \
            return under_##domain.malloc(ctx, size);                          \
        hf_busy = 1;                                                          \
        void *block = under_##domain.malloc(ctx, size);                       \
        if (HF_LIKELY(block != NULL))                                         \
            note_called_from(__builtin_frame_address(0), block, size);        \
        hf_busy = 0;                                                          \
        return block;                                                         \
    }                                                                         \
    static void *domain##_native_calloc(void *ctx, size_t count, size_t size) \
    {                                                                         \
        if (HF_UNLIKELY(hf_busy || !hf_is_on()))                              \
            return under_##domain.calloc(ctx, count, size);                   \
        hf_busy = 1;                                                          \
        void *block = under_##domain.calloc(ctx, count, size);                \
        if (HF_LIKELY(block != NULL))                                         \
            note_called_from(__builtin_frame_address(0), block, count *size); \
        hf_busy = 0;                                                          \
        return block;                                                         \
    }

NATIVE_HOOKS(mem)
NATIVE_HOOKS(obj)

/* A sample: what is small and not to be looked at goes straight on. */
static __attribute__((noinline)) void *sampled_malloc(const allocator *under, void *ctx,
                                                      size_t count, size_t size, bool clear)
{
    size_t bytes = count * size; /* PyMem_Calloc() has seen to it that it is no more */
    bool takes = !hf_busy && hf_is_on() && !hf_is_over();
    bool watched = hf_hot.python.watched; /* before this one is counted */
    takes = takes && hf_sample_takes(&hf_hot.python, bytes);
    int was_busy = hf_busy;
    hf_busy = was_busy ? was_busy : 1;
    void *block = clear ? under->calloc(ctx, count, size) : under->malloc(ctx, bytes);
    if (block && takes)
        note(block, bytes);
    else if (!was_busy && watched)
        remember(0);
    hf_busy = was_busy;
    return block;
}

static __attribute__((noinline)) void *sampled_realloc(const allocator *under, void *ctx, void *old,
                                                       size_t size)
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
    if (!block) {
        if (node)
            hf_live_set((uintptr_t)old, node, old_size); /* it is still there */
    } else if (node && takes) {
        note_change((uintptr_t)old, node, old_size, block, size);
    } else if (node) {
        hf_count_peak();
        count_out(node, old_size, (uintptr_t)old, is_new((uintptr_t)old));
    } else if (takes) {
        note(block, size);
    }
    if (block && !takes && watched)
        remember(0);
    hf_busy = 0;
    return block;
}

/* True where a block goes by; then it is on its way already. */
static inline __attribute__((always_inline)) bool passes(size_t size)
{
    int64_t left = (int64_t)((uint64_t)hf_hot.python.left - size);
    bool well = left > 0 && size <= hf_hot.unguarded;
    if (HF_LIKELY(well))
        hf_hot.python.left = left;
    return well;
}

#define SAMPLING_HOOKS(domain)                                                 \
    static void *domain##_sampled_malloc(void *ctx, size_t size)               \
    {                                                                          \
        if (HF_LIKELY(passes(size)))                                           \
            return under_##domain.malloc(ctx, size);                           \
        return sampled_malloc(&under_##domain, ctx, 1, size, false);           \
    }                                                                          \
    static void *domain##_sampled_calloc(void *ctx, size_t count, size_t size) \
    {                                                                          \
        if (HF_LIKELY(passes(count * size)))                                   \
            return under_##domain.calloc(ctx, count, size);                    \
        return sampled_malloc(&under_##domain, ctx, count, size, true);        \
    }                                                                          \
    static void *domain##_sampled_realloc(void *ctx, void *old, size_t size)   \
    {                                                                          \
        if (HF_LIKELY(!hf_may_be_known((uintptr_t)old) && passes(size)))       \
            return under_##domain.realloc(ctx, old, size);                     \
        return sampled_realloc(&under_##domain, ctx, old, size);               \
    }                                                                          \
    static void domain##_sampled_free(void *ctx, void *block)                  \
    {                                                                          \
        if (HF_UNLIKELY(hf_may_be_known((uintptr_t)block) && hf_is_on()))      \
            note_free(block);                                                  \
        under_##domain.free(ctx, block);                                       \
    }

SAMPLING_HOOKS(mem)
SAMPLING_HOOKS(obj)

/* Small blocks come from arenas, which the allocator takes of the kernel without a guard. */
typedef struct arenas { /* PyObjectArenaAllocator, the same since 3.4 */
    void *ctx;
    void *(*alloc)(void *ctx, size_t size);
    void (*free)(void *ctx, void *arena, size_t size);
} arenas;

enum { SMALL = 512 };
static arenas under_arenas;

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

/* True where PYTHONMALLOC or -X dev, or how it was built, made malloc() what gives small blocks. */
static bool is_malloc(const allocator *a)
{
    static const int sizes[] = {1, 200, SMALL};
    bool called = false;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        hf_native_called = false;
        void *block = a->malloc(a->ctx, (size_t)sizes[i]);
        called = called || hf_native_called;
        if (block)
            a->free(a->ctx, block);
    }
    return called;
}

void hf_python_settle(void)
{
    void (*get)(arenas *), (*set)(arenas *);
    *(void **)&get = hf_symbol("PyObject_GetArenaAllocator");
    *(void **)&set = hf_symbol("PyObject_SetArenaAllocator");
    if (!hf_hot.sample || !get || !set || is_malloc(&under_obj) || is_malloc(&under_mem))
        return;
    const char *told = hf_environment("PYTHONMALLOC");
    if (told && *told && strcmp(told, "pymalloc") != 0)
        return;
    get(&under_arenas);
    if (!under_arenas.alloc || !under_arenas.free)
        return;
    arenas ours = {under_arenas.ctx, arena_alloc, arena_free};
    set(&ours);
    hf_hot.unguarded = SMALL;
}

static bool hook(int domain, allocator *under, const allocator *ours)
{
    access_allocator *get, *set;
    *(void **)&get = hf_symbol("PyMem_GetAllocator");
    *(void **)&set = hf_symbol("PyMem_SetAllocator");
    if (!get || !set)
        return false;
    allocator there = {0};
    get(domain, &there);
    if (!there.malloc || !there.calloc || !there.realloc || !there.free)
        return false;
    if (there.malloc == ours->malloc)
        return true;
    *under = there;
    allocator hooked = *ours;
    hooked.ctx = there.ctx; /* kept: callers load it and the function one after the other */
    set(domain, &hooked);
    return true;
}

static const allocator hooks_of_all[] = {
    {NULL, mem_malloc, mem_calloc, mem_realloc, mem_free},
    {NULL, obj_malloc, obj_calloc, obj_realloc, obj_free},
};
static const allocator hooks_of_native[] = {
    {NULL, mem_native_malloc, mem_native_calloc, mem_realloc, mem_free},
    {NULL, obj_native_malloc, obj_native_calloc, obj_realloc, obj_free},
};
static const allocator hooks_of_samples[] = {
    {NULL, mem_sampled_malloc, mem_sampled_calloc, mem_sampled_realloc, mem_sampled_free},
    {NULL, obj_sampled_malloc, obj_sampled_calloc, obj_sampled_realloc, obj_sampled_free},
};

static const allocator *hooks(void)
{
    return hf_hot.sample ? hooks_of_samples : hf_hot.native ? hooks_of_native : hooks_of_all;
}

bool hf_python_install(void)
{
    return hook(DOMAIN_MEM, &under_mem, &hooks()[0]) && hook(DOMAIN_OBJ, &under_obj, &hooks()[1]);
}

/* True where calls come to us: we are in place, or stand behind who is. Others that wrap an allocator keep it
 * where their context points to (tracemalloc, the checks of PYTHONMALLOC=debug); memory that
 * we know nothing of is read by the kernel, which does not crash. */
static bool reaches(const allocator *there, void *(*ours)(void *, size_t))
{
    uintptr_t words[8] = {0};
    if (there->malloc == ours)
        return true;
    struct iovec to = {words, sizeof(words)}, from = {there->ctx, sizeof(words)};
    process_vm_readv(getpid(), &to, 1, &from, 1, 0);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (words[i] == (uintptr_t)ours)
            return true;
    return false;
}

bool hf_python_is_hooked(void)
{
    access_allocator *get;
    *(void **)&get = hf_symbol("PyMem_GetAllocator");
    if (!get)
        return false;
    allocator mem = {0}, obj = {0};
    get(DOMAIN_MEM, &mem);
    get(DOMAIN_OBJ, &obj);
    return reaches(&mem, hooks()[0].malloc) && reaches(&obj, hooks()[1].malloc);
}
