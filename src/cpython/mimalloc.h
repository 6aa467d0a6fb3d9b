/* cpython/mimalloc.h - the blocks of mimalloc, which free-threaded builds keep all objects in.
 *
 *     segment   32 MiB, aligned to that: a head that describes its slices, then the slices
 *     slice     64 KiB
 *     page      some slices, cut into blocks of one size; a tag says what for
 *     block     in use, or on one of the page's three lists of free ones
 *
 * From Include/internal/mimalloc/mimalloc/types.h and Objects/mimalloc/segment.c of 3.13, whose
 * collector finds its objects the same way (Python/gc_free_threading.c, gc_visit_heaps). Segments
 * are found by their place and their head, not through the threads that own them, so that those of
 * threads that have ended are there too. Blocks are memory of a stranger: whatever does not add up
 * makes a page that is not `whole`, never a wild read; a thread that was just taking a block from a
 * page leaves that page so for an instant. Memory that was not resident is not looked
 * at: only heads of segments and blocks on lists of free ones are. */
#ifndef HF_CPYTHON_MIMALLOC_H
#define HF_CPYTHON_MIMALLOC_H

#include "cpython/decode.h"

enum { HF_MI_BLOCKS_MAX = 1 << 16 }; /* of a page: their count has 16 bits */

typedef struct hf_mi_page {
    uint64_t segment, descriptor; /* addresses of its segment and of its mi_page_t */
    uint64_t start, bytes;        /* its slices */
    uint64_t heap;                /* mi_heap_t that owns it; 0: the thread has ended */
    uint64_t first;               /* address of block 0 */
    uint64_t block_size;
    uint32_t capacity;    /* blocks that have been given out or could be at once */
    uint32_t in_use;      /* a block that another thread has just freed may still count as in use */
    uint32_t tag;         /* mi_tag_* of the layout, by which CPython keeps kinds of memory apart */
    bool whole;           /* its free blocks are as many as its counts promise */
    const uint64_t *free; /* bit i: block i is free; capacity bits, valid during the call only */
} hf_mi_page;

/* Whether block i of the page is in use. */
static inline bool hf_mi_in_use(const hf_mi_page *page, uint32_t i)
{
    return !(page->free[i >> 6] >> (i & 63) & 1);
}

typedef struct hf_mi_count {
    uint64_t segments, pages;
    uint64_t broken; /* segments whose pages do not fill them, pages that are not whole */
} hf_mi_count;

/* Bytes of the block that a request for n bytes gets (page-queue.c, mi_bin; os.c,
 * _mi_os_good_alloc_size). */
uint64_t hf_mi_block_size(uint64_t n);

/* Calls back for each page that has blocks, in order of address. */
hf_mi_count hf_mi_visit(hf_decode *d, void (*page)(void *context, const hf_mi_page *page),
                        void *context);

#endif
