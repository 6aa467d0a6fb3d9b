/* agent/python.c - the hooks of CPython's own allocators: of objects, and of memory (PyMem).
 *
 * Both are only called by who holds the GIL, so that counters of their blocks need no lock. The raw
 * allocator is malloc, and its blocks are noted there. Whatever allocator is in place is called on:
 * pymalloc, the one with checks of PYTHONMALLOC=debug, or that of another tool. */
#include "agent/python.h"

#include "agent/live.h"
#include "agent/mixed.h"
#include "agent/symbols.h"
#include "agent/walk.h"

#include <sys/uio.h>
#include <unistd.h>

hf_allocator hf_under_mem, hf_under_obj;

static inline uint32_t node_here(void)
{
    if (HF_UNLIKELY(!hf_hot.stacks))
        return HF_STATE_ROOT;
    hf_thread *t = hf_self;
    if (HF_UNLIKELY(!t) && !(t = hf_thread_begin()))
        return HF_STATE_ROOT;
    return hf_stack_node(t, (uintptr_t)hf_hot.frames.current_thread());
}

static inline void note_at(uint32_t node, uintptr_t block, size_t size)
{
    if (HF_UNLIKELY(!hf_live_set(block, node, size))) {
        hf_drop();
        return;
    }
    hf_weight n = hf_weigh(size, block);
    hf_count_allocated(&hf_hot.counters[node], n);
    hf_python_add_live(n.bytes);
    hf_python_remember(block);
    hf_hot.fresh = block;
}

/* Where it is not hf_hot.plain. */
static __attribute__((noinline)) void note_otherwise(void *block, size_t size)
{
    if (HF_UNLIKELY(hf_hot.paused))
        hf_python_remember(0);
    else
        note_at(node_here(), (uintptr_t)block, size);
}

static __attribute__((noinline)) uint32_t plain_node(hf_thread *t, uintptr_t frame)
{
    return hf_walk_from(t, frame);
}

__attribute__((noinline)) void hf_python_note(void *block, size_t size)
{
    hf_thread *t = hf_self;
    if (HF_UNLIKELY(!hf_hot.plain || !t)) {
        note_otherwise(block, size);
        return;
    }
    uintptr_t frame = hf_newest_frame((uintptr_t)hf_hot.frames.current_thread());
    note_at(plain_node(t, frame), (uintptr_t)block, size);
}

static inline __attribute__((always_inline)) void note_free(void *block)
{
    uint32_t node;
    uint64_t size;
    if (!hf_is_over() && hf_live_take((uintptr_t)block, &node, &size))
        hf_python_forget(node, size, (uintptr_t)block);
}

/* A block that was moved or has another size. Growing is one step: there is no moment at which the
 * old block is gone and the new one not there, which would be taken for the end of a peak; nor one
 * at which both are there, which would be taken for a peak. */
void hf_python_note_change(uintptr_t old, uint32_t old_node, uint64_t old_size, void *block,
                           size_t size)
{
    if (size < old_size)
        hf_count_peak();
    hf_python_count_out(old_node, old_size, old);
    hf_python_note(block, size);
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
    if (!hf_slot_is_block(word))
        return;
    hf_busy = 1;
    if (hf_live_take(block, &node, &size)) {
        hf_python_note_change(block, node, size, (void *)block, size);
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
        hf_python_note_change((uintptr_t)old, node, old_size, block, size);
    } else {
        hf_python_note(block, size);
    }
    hf_busy = 0;
    return block;
}

#define HOOKS(domain)                                                   \
    static void *domain##_malloc(void *ctx, size_t size)                \
    {                                                                   \
        if (HF_UNLIKELY(hf_busy || !hf_is_on()))                        \
            return hf_under_##domain.malloc(ctx, size);                 \
        hf_busy = 1;                                                    \
        void *block = hf_under_##domain.malloc(ctx, size);              \
        if (HF_LIKELY(block != NULL))                                   \
            hf_python_note(block, size);                                \
        hf_busy = 0;                                                    \
        return block;                                                   \
    }                                                                   \
    static void *domain##_calloc(void *ctx, size_t count, size_t size)  \
    {                                                                   \
        if (HF_UNLIKELY(hf_busy || !hf_is_on()))                        \
            return hf_under_##domain.calloc(ctx, count, size);          \
        hf_busy = 1;                                                    \
        void *block = hf_under_##domain.calloc(ctx, count, size);       \
        if (HF_LIKELY(block != NULL))                                   \
            hf_python_note(block, count *size);                         \
        hf_busy = 0;                                                    \
        return block;                                                   \
    }                                                                   \
    static void *domain##_realloc(void *ctx, void *block, size_t size)  \
    {                                                                   \
        return reallocate(hf_under_##domain.realloc, ctx, block, size); \
    }                                                                   \
    static void domain##_free(void *ctx, void *block)                   \
    {                                                                   \
        if (HF_LIKELY(block && hf_is_on()))                             \
            note_free(block);                                           \
        hf_under_##domain.free(ctx, block);                             \
    }

HOOKS(mem)
HOOKS(obj)

/* With calls of C, our own of them are left out: these hooks tell where the program called
 * them, so that only its calls are followed. Told while the thread is busy, for the one block
 * that is noted then. */
static inline __attribute__((always_inline)) void note_called_from(const uintptr_t *base,
                                                                   void *block, size_t size)
{
    hf_thread *t = hf_self;
    if (HF_LIKELY(t != NULL))
        t->entry = (struct hf_entry){base[1], (uintptr_t)(base + 2), base[0]};
    hf_python_note(block, size);
    if (HF_LIKELY(t != NULL))
        t->entry.address = 0;
}

#define NATIVE_HOOKS(domain)                                                  \
    static void *domain##_native_malloc(void *ctx, size_t size)               \
    {                                                                         \
        if (HF_UNLIKELY(hf_busy || !hf_is_on()))                              \
            return hf_under_##domain.malloc(ctx, size);                       \
        hf_busy = 1;                                                          \
        void *block = hf_under_##domain.malloc(ctx, size);                    \
        if (HF_LIKELY(block != NULL))                                         \
            note_called_from(__builtin_frame_address(0), block, size);        \
        hf_busy = 0;                                                          \
        return block;                                                         \
    }                                                                         \
    static void *domain##_native_calloc(void *ctx, size_t count, size_t size) \
    {                                                                         \
        if (HF_UNLIKELY(hf_busy || !hf_is_on()))                              \
            return hf_under_##domain.calloc(ctx, count, size);                \
        hf_busy = 1;                                                          \
        void *block = hf_under_##domain.calloc(ctx, count, size);             \
        if (HF_LIKELY(block != NULL))                                         \
            note_called_from(__builtin_frame_address(0), block, count *size); \
        hf_busy = 0;                                                          \
        return block;                                                         \
    }

NATIVE_HOOKS(mem)
NATIVE_HOOKS(obj)

static bool hook(int domain, hf_allocator *under, const hf_allocator *ours)
{
    hf_access_allocator *get, *set;
    *(void **)&get = hf_symbol("PyMem_GetAllocator");
    *(void **)&set = hf_symbol("PyMem_SetAllocator");
    if (!get || !set)
        return false;
    hf_allocator there = {0};
    get(domain, &there);
    if (!there.malloc || !there.calloc || !there.realloc || !there.free)
        return false;
    if (there.malloc == ours->malloc)
        return true;
    *under = there;
    hf_allocator hooked = *ours;
    hooked.ctx = there.ctx; /* kept: callers load it and the function one after the other */
    set(domain, &hooked);
    return true;
}

static const hf_allocator hooks_of_all[] = {
    {NULL, mem_malloc, mem_calloc, mem_realloc, mem_free},
    {NULL, obj_malloc, obj_calloc, obj_realloc, obj_free},
};
static const hf_allocator hooks_of_native[] = {
    {NULL, mem_native_malloc, mem_native_calloc, mem_realloc, mem_free},
    {NULL, obj_native_malloc, obj_native_calloc, obj_realloc, obj_free},
};
static const hf_allocator *hooks(void)
{
    return hf_hot.apart    ? hf_hooks_of_samples_apart
           : hf_hot.sample ? hf_hooks_of_samples
           : hf_hot.native ? hooks_of_native
                           : hooks_of_all;
}

bool hf_python_install(void)
{
    return hook(HF_DOMAIN_MEM, &hf_under_mem, &hooks()[0]) &&
           hook(HF_DOMAIN_OBJ, &hf_under_obj, &hooks()[1]);
}

/* True where calls come to us: we are in place, or stand behind who is. Others that wrap an
 * allocator keep it where their context points to (tracemalloc, the checks of PYTHONMALLOC=debug);
 * memory that we know nothing of is read by the kernel, which does not crash. */
static bool reaches(const hf_allocator *there, void *(*ours)(void *, size_t))
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
    hf_access_allocator *get;
    *(void **)&get = hf_symbol("PyMem_GetAllocator");
    if (!get)
        return false;
    hf_allocator mem = {0}, obj = {0};
    get(HF_DOMAIN_MEM, &mem);
    get(HF_DOMAIN_OBJ, &obj);
    return reaches(&mem, hooks()[0].malloc) && reaches(&obj, hooks()[1].malloc);
}
