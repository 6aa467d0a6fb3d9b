/* agent/python.c - the hooks of CPython's own allocators: of objects, and of memory (PyMem).
 *
 * Both are only called by who holds the GIL, so that counters of their blocks need no lock. The raw
 * allocator is malloc, and its blocks are noted there. Whatever allocator is in place is called on: pymalloc, the
 * one with checks of PYTHONMALLOC=debug, or that of another tool. */
#include "agent/count.h"
#include "agent/live.h"
#include "agent/symbols.h"
#include "agent/walk.h"

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
    return hf_walk_from(t, hf_newest_frame((uintptr_t)hf_hot.frames.current_thread()));
}

/* Others read it meanwhile, and nobody else writes it. */
static inline void add_live(uint64_t size)
{
    uint64_t *live = &hf_hot.header->python_live;
    __atomic_store_n(live, *live + size, __ATOMIC_RELAXED);
}

static inline void note(void *block, size_t size)
{
    uint32_t node = node_here();
    if (HF_UNLIKELY(!hf_live_set((uintptr_t)block, node, size))) {
        hf_drop();
        return;
    }
    hf_count_allocated(&hf_hot.counters[node], size);
    add_live(size);
    hf_hot.newest[1] = hf_hot.newest[0];
    hf_hot.newest[0] = (uintptr_t)block;
}

static inline bool is_new(uintptr_t block)
{
    return block == hf_hot.newest[0] || block == hf_hot.newest[1];
}

static inline void note_free(void *block)
{
    uint32_t node;
    uint64_t size;
    if (hf_is_over() || !hf_live_take((uintptr_t)block, &node, &size) || HF_UNLIKELY(!node))
        return;
    hf_count_peak();
    hf_count_freed(&hf_hot.counters[node], size, is_new((uintptr_t)block));
    add_live(-size);
}

/* A block that was moved or has another size. Growing is one step: there is no moment at which the
 * old block is gone and the new one not there, which would be taken for the end of a peak. */
static void note_change(uintptr_t old, uint32_t old_node, uint64_t old_size, void *block,
                        size_t size)
{
    uint32_t node = node_here();
    if (size < old_size)
        hf_count_peak();
    hf_count_freed(&hf_hot.counters[old_node], old_size, is_new(old));
    if (hf_live_set((uintptr_t)block, node, size)) {
        hf_count_allocated(&hf_hot.counters[node], size);
        add_live(size - old_size);
        hf_hot.newest[1] = hf_hot.newest[0];
        hf_hot.newest[0] = (uintptr_t)block;
    } else {
        add_live(-old_size);
        hf_drop();
    }
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

bool hf_python_install(void)
{
    const allocator mem = {NULL, mem_malloc, mem_calloc, mem_realloc, mem_free};
    const allocator obj = {NULL, obj_malloc, obj_calloc, obj_realloc, obj_free};
    return hook(DOMAIN_MEM, &under_mem, &mem) && hook(DOMAIN_OBJ, &under_obj, &obj);
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
    return reaches(&mem, mem_malloc) && reaches(&obj, obj_malloc);
}
