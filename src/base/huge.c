#include "base/huge.h"

#include "base/cleanup.h"

#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21, LARGE = 2 * HUGE_PAGE, KEPT_MOST = 8 };

/* Blocks that hf_large_free() was given. */
static struct {
    pthread_mutex_t lock;
    void *blocks[KEPT_MOST]; /* or NULL */
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Whole huge pages; *ret_small where a block of malloc() does as well. False: more than
 * there can be. */
static bool bytes_of(uint64_t count, size_t size, size_t *ret, bool *ret_small)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return false;
    *ret_small = bytes < LARGE;
    *ret = (bytes + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
    return true;
}

void *hf_huge_calloc(uint64_t count, size_t size)
{
    size_t bytes;
    bool small;
    if (!bytes_of(count, size, &bytes, &small))
        return NULL;
    if (small)
        return calloc(count ? count : 1, size);
    /* One page more, of which what is not needed for the alignment goes back. */
    uint8_t *p = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    size_t before = (size_t)(-(uintptr_t)p & (HUGE_PAGE - 1));
    if (before)
        munmap(p, before);
    munmap(p + before + bytes, HUGE_PAGE - before);
    madvise(p + before, bytes, MADV_HUGEPAGE); /* advice: the result does not matter */
    return p + before;
}

void hf_huge_free(void *p, uint64_t count, size_t size)
{
    size_t bytes;
    bool small;
    if (!p || !bytes_of(count, size, &bytes, &small))
        return;
    if (small)
        free(p);
    else
        munmap(p, bytes);
}

void hf_huge_advise(void *p, size_t bytes)
{
    if (bytes < LARGE)
        return;
    size_t before = (size_t)(-(uintptr_t)p & (HUGE_PAGE - 1));
    madvise((uint8_t *)p + before, (bytes - before) & ~(size_t)(HUGE_PAGE - 1), MADV_HUGEPAGE);
}

/* The smallest of the kept blocks that suits, which is kept no more; or NULL. One that is far too
 * large would be held for nothing. */
static void *take_kept(size_t bytes)
{
    void **best = NULL;
    for (size_t i = 0; i < KEPT_MOST; i++) {
        size_t room = kept.blocks[i] ? malloc_usable_size(kept.blocks[i]) : 0;
        if (room >= bytes && room - bytes <= bytes / 2 &&
            (!best || room < malloc_usable_size(*best)))
            best = &kept.blocks[i];
    }
    void *p = best ? *best : NULL;
    if (best)
        *best = NULL;
    return p;
}

static void free_kept(void)
{
    for (size_t i = 0; i < KEPT_MOST; i++) {
        free(kept.blocks[i]);
        kept.blocks[i] = NULL;
    }
}

void hf_large_give_back(void)
{
    pthread_mutex_lock(&kept.lock);
    free_kept();
    pthread_mutex_unlock(&kept.lock);
}

/* Up to an eighth more, which nobody touches: blocks for heaps that have grown a little are mostly
 * alike. */
static size_t with_room(size_t bytes)
{
    size_t eighth = (size_t)1 << (60 - __builtin_clzll(bytes));
    return (bytes + eighth - 1) & ~(eighth - 1);
}

static void *large_block(size_t bytes)
{
    pthread_mutex_lock(&kept.lock);
    void *p = take_kept(bytes);
    if (!p)
        free_kept();
    pthread_mutex_unlock(&kept.lock);
    if (p)
        return p;
    p = malloc(with_room(bytes));
    if (p)
        hf_huge_advise(p, bytes);
    return p;
}

void hf_large_free(void *p)
{
    if (p && malloc_usable_size(p) >= LARGE) {
        pthread_mutex_lock(&kept.lock);
        for (size_t i = 0; i < KEPT_MOST && p; i++)
            if (!kept.blocks[i])
                kept.blocks[i] = hf_take(p);
        pthread_mutex_unlock(&kept.lock);
    }
    free(p);
}

void *hf_large_malloc(uint64_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    return bytes < LARGE ? malloc(bytes ? bytes : 1) : large_block(bytes);
}

void *hf_large_calloc(uint64_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL; /* AddressSanitizer's calloc() would end the program */
    if (bytes >= LARGE)
        hf_large_give_back();
    void *p = calloc(bytes ? bytes : 1, 1);
    if (p)
        hf_huge_advise(p, bytes);
    return p;
}
