/* agent/native.c - malloc and its family, in place of the C library's: blocks of extensions, of
 * Python's raw allocator and of what is too large for pymalloc.
 *
 * Any thread calls these at any time, also before we are set up, while the loader works, and in a
 * program without Python: then they only call on. Counters of native nodes have one lock. */
#include "agent/live.h"
#include "agent/mixed.h"
#include "agent/python.h"
#include "agent/symbols.h"
#include "agent/walk.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

static struct {
    void *(*malloc)(size_t size);
    void *(*calloc)(size_t count, size_t size);
    void *(*realloc)(void *block, size_t size);
    void (*free)(void *block);
    int (*posix_memalign)(void **ret, size_t alignment, size_t size);
    void *(*aligned_alloc)(size_t alignment, size_t size);
    void *(*memalign)(size_t alignment, size_t size);
    void *(*valloc)(size_t size);
    void *(*pvalloc)(size_t size);
} under;

#define FIND(name) (*(void **)&under.name = hf_symbol_under(#name))

void hf_native_begin(void)
{
    if (__atomic_load_n(&under.malloc, __ATOMIC_ACQUIRE))
        return;
    FIND(calloc);
    FIND(realloc);
    FIND(free);
    FIND(posix_memalign);
    FIND(aligned_alloc);
    FIND(memalign);
    FIND(valloc);
    FIND(pvalloc);
    void *found = hf_symbol_under("malloc");
    __atomic_store_n((void **)&under.malloc, found,
                     __ATOMIC_RELEASE); /* last: then all are there */
}

/* True where the functions below are known: the first call may be one of the loader's. */
static inline bool is_begun(void)
{
    if (HF_LIKELY(__atomic_load_n(&under.malloc, __ATOMIC_ACQUIRE) != NULL))
        return true;
    hf_native_begin();
    return under.malloc != NULL;
}

/* CPython's thread that calls us, by a key of pthread. current_thread() has it in a thread-local
 * variable of libpython: the loader asks for memory while it makes the table of these anew, and
 * must not be asked for one then. */
static inline uintptr_t own_thread(void)
{
    return (uintptr_t)hf_hot.frames.thread_of_this();
}

/* The node of native blocks (or mappings) of the line that this thread is at. */
uint32_t hf_native_node(hf_state_kind kind)
{
    hf_thread *t = hf_self;
    if (!hf_hot.stacks || (!t && !(t = hf_thread_begin())))
        return hf_tree_kind(HF_STATE_ROOT, kind);
    uint32_t parent = hf_stack_node(t, own_thread());
    uint32_t node = hf_known_node(t, parent, kind);
    if (!node) {
        node = hf_tree_kind(parent, kind);
        hf_known_set(t, parent, kind, node);
    }
    return node;
}

void hf_native_note(uint32_t node, void *block, size_t size)
{
    hf_state_header *h = hf_hot.header;
    if (!hf_live_set((uintptr_t)block, node, size)) {
        hf_drop();
        return;
    }
    hf_weight n = hf_weigh(size, (uintptr_t)block);
    hf_lock(&h->native_lock);
    hf_count_allocated(&hf_hot.counters[node], n);
    __atomic_store_n(&h->native_live, h->native_live + n.bytes, __ATOMIC_RELAXED);
    hf_unlock(&h->native_lock);
    hf_thread *t = hf_self;
    if (t) {
        t->newest[1] = t->newest[0];
        t->newest[0] = (uintptr_t)block;
    }
}

bool hf_native_takes(size_t size)
{
    if (!hf_hot.sample)
        return true;
    hf_thread *t = hf_self;
    if (!t && !(t = hf_thread_begin()))
        return false;
    if (hf_native_left) /* some have gone by */
        t->native.left = hf_native_left - 1;
    bool takes = hf_sample_takes(&t->native, size);
    hf_native_left = hf_hot.settled ? t->native.left + 1 : 0; /* until then all are looked at */
    if (!takes) {
        t->newest[1] = t->newest[0];
        t->newest[0] = 0;
    }
    return takes;
}

static __attribute__((noinline)) void note(void *block, size_t size)
{
    int saved = errno;
    hf_busy = 1;
    if (HF_UNLIKELY(!hf_hot.settled))
        hf_settle();
    if (hf_native_takes(size))
        hf_native_note(hf_native_node(HF_STATE_NATIVE), block, size);
    hf_busy = 0;
    errno = saved;
}

/* True where only a sample is noted, and a block of this thread is none and does not stand beside
 * one. */
static inline __attribute__((always_inline)) bool goes_by(size_t size)
{
    int64_t left = hf_native_left; /* never negative */
    if (HF_UNLIKELY(size >= (uint64_t)left || hf_busy))
        return false;
    hf_native_left = left - (int64_t)size;
    return true;
}

static inline void *noted(void *block, size_t size)
{
    if (HF_UNLIKELY(hf_busy)) {
        hf_native_called = true;
        return block;
    }
    if (block && hf_is_on() && !goes_by(size))
        note(block, size);
    return block;
}

/* With the lock held, so that a signal handler that frees while we hold it must not come here: it
 * interrupts a busy thread, and what it frees is counted by the thread that is not. */
void hf_native_forget(uint32_t node, uint64_t size, uintptr_t block)
{
    hf_state_header *h = hf_hot.header;
    const hf_thread *t = hf_self;
    bool temporary = t && (block == t->newest[0] || block == t->newest[1]);
    int was_busy = hf_busy;
    if (was_busy > 1) {
        hf_drop();
        return;
    }
    hf_busy = 2;
    hf_weight n = hf_weigh(size, block);
    hf_lock(&h->native_lock);
    hf_count_peak();
    hf_count_freed(&hf_hot.counters[node], n, temporary);
    __atomic_store_n(&h->native_live, h->native_live - n.bytes, __ATOMIC_RELAXED);
    hf_unlock(&h->native_lock);
    hf_busy = was_busy;
}

/* Samples of Python's blocks lie here, too: they are freed by who holds the GIL
 * (python_sampled.c). */
static void forget(uint32_t node, uint64_t size, uintptr_t block)
{
    uint32_t kind = hf_hot.apart ? hf_hot.nodes[node].kind : HF_STATE_NATIVE;
    if (kind == HF_STATE_NATIVE || kind == HF_STATE_MAPPING || node == HF_STATE_REST_NATIVE)
        hf_native_forget(node, size, block);
    else
        hf_python_forget(node, size, block);
}

static inline void note_free(void *block)
{
    uint32_t node;
    uint64_t size;
    if (!hf_is_over() && hf_live_take((uintptr_t)block, &node, &size))
        forget(node, size, (uintptr_t)block);
}

static __attribute__((noinline)) void *malloc_otherwise(size_t size)
{
    void *block = is_begun() ? under.malloc(size) : NULL;
    if (HF_UNLIKELY(hf_busy))
        hf_native_called = true;
    else if (block && hf_is_on())
        note(block, size);
    return block;
}

/* What goes by, and what is not known, is handed on at once: a thread at which something may go by
 * has found malloc(), and whoever takes samples has found free(). */
EXPORT void *malloc(size_t size)
{
    return goes_by(size) ? under.malloc(size) : malloc_otherwise(size);
}

static __attribute__((noinline)) void free_otherwise(void *block)
{
    if (!block || !is_begun())
        return;
    if (hf_is_on())
        note_free(block);
    under.free(block);
}

EXPORT void free(void *block)
{
    if (hf_hot.sample && HF_LIKELY(!hf_may_be_known((uintptr_t)block)))
        under.free(block);
    else
        free_otherwise(block);
}

EXPORT void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return is_begun() ? noted(under.calloc(count, size), bytes) : NULL;
}

EXPORT void *realloc(void *block, size_t size)
{
    if (!block)
        return malloc(size);
    if (!is_begun())
        return NULL;
    uint32_t node = 0;
    uint64_t old_size = 0;
    bool known = !(hf_hot.sample && HF_LIKELY(!hf_may_be_known((uintptr_t)block))) && hf_is_on() &&
                 !hf_is_over() && hf_live_take((uintptr_t)block, &node, &old_size);
    void *moved = under.realloc(block, size);
    if (!known)
        return noted(moved, size);
    if (!moved && size) {
        hf_live_set((uintptr_t)block, node, old_size); /* it is still there */
        return NULL;
    }
    if (moved) /* first what is new, so that no moment looks like the end of a peak */
        noted(moved, size);
    forget(node, old_size, (uintptr_t)block);
    return moved;
}

EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, bytes);
}

EXPORT int posix_memalign(void **ret, size_t alignment, size_t size)
{
    if (!is_begun() || !under.posix_memalign)
        return ENOMEM;
    int status = under.posix_memalign(ret, alignment, size);
    if (status == 0)
        noted(*ret, size);
    return status;
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return is_begun() && under.aligned_alloc ? noted(under.aligned_alloc(alignment, size), size)
                                             : NULL;
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    return is_begun() && under.memalign ? noted(under.memalign(alignment, size), size) : NULL;
}

EXPORT void *valloc(size_t size)
{
    return is_begun() && under.valloc ? noted(under.valloc(size), size) : NULL;
}

EXPORT void *pvalloc(size_t size)
{
    return is_begun() && under.pvalloc ? noted(under.pvalloc(size), size) : NULL;
}
