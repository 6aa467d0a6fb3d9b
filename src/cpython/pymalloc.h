/* cpython/pymalloc.h - the arenas, pools and blocks of CPython's allocator for small requests.
 *
 *     arena    256 KiB (3.9), 1 MiB (from 3.10 on) or 2 MiB (3.15, huge pages): mapped, cut into
 *              pools
 *     pool     4 KiB (3.9) or 16 KiB, aligned to that: a header of 48 bytes, then blocks of one
 *              size
 *     block    in use, on its pool's list of free ones, or not yet given out
 *
 * From Objects/obmalloc.c, which keeps an array of struct arena_object. No release exports where it
 * is (a static variable up to 3.11, then a member of the runtime's and the interpreters' state), so
 * it is known by its shape: a word of the interpreter's own data that leads to records of which
 * each that has an arena describes mapped memory, whose pools name the record by number. All of it
 * is memory of a stranger: what does not add up makes a pool that is not `whole`, never a wild
 * read. */
#ifndef HF_CPYTHON_PYMALLOC_H
#define HF_CPYTHON_PYMALLOC_H

#include "acquire/target.h"

enum {
    HF_POOL_SMALL = 4 << 10,  /* pools of 3.9, and of builds without a radix tree */
    HF_POOL_LARGE = 16 << 10, /* from 3.10 on */
    HF_POOL_HEADER = 48,
    HF_POOL_CLASSES = 32,        /* sizes: 16, 32, ... 512 */
    HF_POOL_BLOCKS_MAX = 1 << 10 /* 16 KiB in blocks of 16 bytes are 1,021 */
};

typedef struct hf_arena {
    uint64_t address, size;
    uint64_t first_pool, carved; /* pools lie in [first_pool, carved); what follows never was one */
    uint32_t number;             /* of its record */
    uint32_t pool_size;
    uint32_t free_pools; /* as its record counts: given back, and never made */
} hf_arena;

typedef struct hf_arenas {
    hf_arena *items; /* ascending, not overlapping */
    size_t count, capacity;
} hf_arenas;

typedef struct hf_pool {
    const hf_arena *arena;
    uint64_t address;
    uint32_t block_size; /* 0: the pool is free */
    uint32_t capacity;   /* blocks that it has room for */
    uint32_t in_use;
    bool whole;           /* its free blocks are as many as its count promises */
    const uint64_t *free; /* bit i: block i is free; valid during the call only */
} hf_pool;

static inline uint64_t hf_pool_block(const hf_pool *p, uint32_t i)
{
    return p->address + HF_POOL_HEADER + (uint64_t)i * p->block_size;
}

static inline bool hf_pool_in_use(const hf_pool *p, uint32_t i)
{
    return !(p->free[i >> 6] >> (i & 63) & 1);
}

/* Looks through the words of [start, end) for one that leads to an array of arenas, and adds what
 * it describes. pool_size: 4 KiB or 16 KiB, which the shape alone does not tell. indirect: looks
 * also at the word that lies so far behind where a word leads to, for state that is allocated by
 * itself; -1: not. Fails only for want of memory. */
hf_err *hf_arenas_find(hf_arenas *arenas, hf_target *t, uint64_t start, uint64_t end,
                       uint32_t pool_size, int64_t indirect);
void hf_arenas_deinit(hf_arenas *arenas);

/* The arena that holds an address, or NULL. */
const hf_arena *hf_arenas_at(const hf_arenas *arenas, uint64_t address);

/* Calls back for each pool of an arena, free ones too, in order of address. Returns how many
 * were not whole. */
uint64_t hf_pools_visit(const hf_target *t, const hf_arena *arena,
                        void (*pool)(void *context, const hf_pool *pool), void *context);

#endif
