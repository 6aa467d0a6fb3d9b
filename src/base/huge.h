/* base/huge.h - memory for large tables that are looked up all over.
 *
 * In pages of 2 MiB where the kernel has some: a look-up in small pages costs a miss of the
 * translation cache more (a tenth of the time of marking a heap). Only what is touched costs
 * memory. */
#ifndef HF_BASE_HUGE_H
#define HF_BASE_HUGE_H

#include <stddef.h>
#include <stdint.h>

/* `count` elements of `size` bytes, zeroed; NULL where there is no memory. Given back with
 * the same numbers. */
void *hf_huge_calloc(uint64_t count, size_t size);
void hf_huge_free(void *p, uint64_t count, size_t size); /* NULL is fine */

/* Blocks of malloc(), for free() or hf_large_free(). The first is not zeroed. */
void *hf_large_malloc(uint64_t count, size_t size);
void *hf_large_calloc(uint64_t count, size_t size);

/* As free(), but that a large block is kept for an hf_large_malloc() that it suits: the kernel has
 * to clear memory that is new, and the host of a virtual machine to bring what nobody had for long.
 * All that is kept is given back before any is taken anew. A block that is used again may be half
 * as large again as was asked for, a new one an eighth, of which nobody touches the rest. */
void hf_large_free(void *p); /* NULL is fine */
void hf_large_give_back(void);

static inline void hf_large_freep(void *pointer)
{
    hf_large_free(*(void **)pointer);
}

/* Says of memory at `p` that it is looked up all over. */
void hf_huge_advise(void *p, size_t bytes);

#endif
