/* cpython/memory_inside.h - what the files share that measure memory.
 *
 *     memory.c        gives each page to an owner, and adds up
 *     memory_pages.c  the pages and their owners
 *     memory_blocks.c blocks of pymalloc and of mimalloc */
#ifndef HF_CPYTHON_MEMORY_INSIDE_H
#define HF_CPYTHON_MEMORY_INSIDE_H

#include "cpython/heap_inside.h"
#include "cpython/memory.h"

/* Who has a page. */
typedef enum hf_page_owner {
    HF_PAGE_NOBODY = 0,
    HF_PAGE_DATA,
    HF_PAGE_BLOCKS, /* of Python's allocator */
    HF_PAGE_HEAP,   /* of malloc */
    HF_PAGE_MAPPED_OBJECTS,
    HF_PAGE_MAPPED_NATIVE,
    HF_PAGE_BUFFER,
    HF_PAGE_STACK,
    HF_PAGE_STACK_KEPT,
    HF_PAGE_OWNERS
} hf_page_owner;

typedef struct hf_pages_map {
    const hf_target *target;
    const hf_segment *segments;
    size_t segment_count;
    /* of each page of each segment; address space that nobody touches costs none */
    uint8_t **owners;
} hf_pages_map;

hf_err *hf_pages_map_init(hf_pages_map *p, const hf_target *t);
void hf_pages_map_deinit(hf_pages_map *p);

/* Gives the pages of [start, end) that nobody has to `owner`; what is not in a segment is passed
 * over. */
void hf_pages_give(hf_pages_map *p, uint64_t start, uint64_t end, hf_page_owner owner);

/* Calls back for each run of pages in memory of one owner within a segment, ascending. */
void hf_pages_visit(const hf_pages_map *p,
                    void (*run)(void *context, uint64_t start, uint64_t end, hf_page_owner owner),
                    void *context);

/* What the measuring has in hand. */
typedef struct hf_measuring {
    hf_heap *heap;
    hf_memory *memory;
    hf_pages_map pages;
    bool failed; /* out of memory while in a callback */
} hf_measuring;

/* Adds up blocks, and gives their pages to HF_PAGE_BLOCKS. */
hf_err *hf_measure_blocks(hf_measuring *m);

/* Whether an object, or a table of one, lies in [start, end). */
bool hf_measure_claimed(hf_measuring *m, uint64_t start, uint64_t end);

#endif
