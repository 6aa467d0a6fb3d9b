/* cpython/allocations.h - where memory was allocated, as far as the target notes that itself.
 *
 * While tracemalloc is on, CPython keeps for each block of its allocators how many bytes were asked
 * for and the frames that ran then. From 3.12 on its tables hang in _PyRuntime; before, in file
 * statics that have no symbol in a stripped binary, and are found by what they look like: a word in
 * the data of the binary that leads to a hash table all of whose entries lead to a size and to
 * frames that name files. */
#ifndef HF_CPYTHON_ALLOCATIONS_H
#define HF_CPYTHON_ALLOCATIONS_H

#include "cpython/heap_inside.h"

/* A traceback that blocks have in common. */
typedef struct hf_allocation_site {
    uint64_t first_frame; /* in frames */
    uint32_t frame_count;
    uint64_t blocks, bytes;
} hf_allocation_site;

typedef struct hf_allocations { /* from tracemalloc, or from births.h */
    hf_tracing tracing;
    hf_allocation_site *sites; /* number n at n - 1 */
    uint32_t site_count, site_capacity;
    hf_site_frame *frames;
    uint64_t frame_count, frame_capacity;
    uint32_t *site_of; /* by number of object: of a site, 0: none; NULL unless HF_TRACING_READ */
    uint32_t *born, *asked;          /* likewise: of hf_object, or NULL */
    const hf_births *births;         /* where they come from */
    uint64_t blocks, bytes, objects; /* all that was noted; of the blocks, those that are objects */
    uint64_t lost;                   /* entries of the tables that could not be read */
} hf_allocations;

/* Reads them; all objects must have numbers. births: NULL, or what is known where
 * tracemalloc is off. Without either this is one word. The caller calls
 * hf_allocations_deinit(), after a failure too. */
hf_err *hf_allocations_read(hf_heap *heap, const hf_births *births, hf_allocations *ret);
void hf_allocations_deinit(hf_allocations *a);

/* A hash table of CPython's (pycore_hashtable.h); entries are reached through visit, which ends the
 * walk by false. Chains that run in circles end. (allocation_tables.c) */
typedef struct hf_table_walk {
    hf_heap *heap;
    bool (*visit)(struct hf_table_walk *w, uint64_t key, uint64_t value);
    void *context;
    bool sampling; /* only some thousands of buckets, spread over the table */
    uint64_t visited, unreadable;
} hf_table_walk;

/* False where no table is at `address`. */
bool hf_table_each(hf_table_walk *w, uint64_t address);

/* Where the tables are: of blocks, and of tables of blocks by domain (0 where there is none). False
 * where they cannot be found. */
bool hf_allocations_find(hf_heap *heap, uint64_t *ret_traces, uint64_t *ret_domains);

/* Whether tracemalloc is on. */
bool hf_allocations_traced(hf_heap *heap);

#endif
