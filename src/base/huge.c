#include "base/huge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21 };

/* Whole huge pages; *ret_small where a block of malloc() does as well. False: more than
 * there can be. */
static bool bytes_of(uint64_t count, size_t size, size_t *ret, bool *ret_small)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return false;
    *ret_small = bytes < 2 * HUGE_PAGE;
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
    if (bytes < 2 * HUGE_PAGE)
        return;
    size_t before = (size_t)(-(uintptr_t)p & (HUGE_PAGE - 1));
    madvise((uint8_t *)p + before, (bytes - before) & ~(size_t)(HUGE_PAGE - 1), MADV_HUGEPAGE);
}

void *hf_large_malloc(uint64_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    void *p = malloc(bytes ? bytes : 1);
    if (p)
        hf_huge_advise(p, bytes);
    return p;
}

void *hf_large_calloc(uint64_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL; /* AddressSanitizer's calloc() would end the program */
    void *p = calloc(bytes ? bytes : 1, 1);
    if (p)
        hf_huge_advise(p, bytes);
    return p;
}
