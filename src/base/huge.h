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

/* Blocks of malloc(), for free(). The first is not zeroed. */
void *hf_large_malloc(uint64_t count, size_t size);
void *hf_large_calloc(uint64_t count, size_t size);

/* Says of memory at `p` that it is looked up all over. */
void hf_huge_advise(void *p, size_t bytes);

#endif
