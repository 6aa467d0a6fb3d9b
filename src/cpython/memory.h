/* cpython/memory.h - where the anonymous memory of a frozen Python is, in parts that add up.
 *
 * Each page that was in memory is given to one owner, by what is known of its address: the data
 * of binaries, arenas of pymalloc or segments of mimalloc, heaps of malloc, stacks, large
 * chunks, buffers of objects; what nobody claims is told as unexplained. Within arenas and heaps
 * blocks and chunks are looked at one by one. So no byte is counted twice, and the parts are as
 * much as there is. */
#ifndef HF_CPYTHON_MEMORY_H
#define HF_CPYTHON_MEMORY_H

#include "cpython/heap.h"

/* Part of the snapshot file: add at the end, never renumber. */
typedef enum hf_memory_part {
    /* Blocks of Python's own allocator (pymalloc, mimalloc): */
    HF_MEMORY_OBJECT_BLOCKS = 0, /* objects and tables of objects */
    HF_MEMORY_OTHER_BLOCKS = 1,  /* in use, by the interpreter or an extension */
    HF_MEMORY_FREE_BLOCKS = 2,   /* free, in pools that also have blocks in use */
    HF_MEMORY_FREE_POOLS = 3,    /* of no block in use */
    HF_MEMORY_POOL_OVERHEAD = 4, /* headers, and rests that no block fits into */
    /* Chunks of malloc: */
    HF_MEMORY_MALLOC_OBJECTS = 5, /* objects, tables and buffers of objects */
    HF_MEMORY_MALLOC_NATIVE = 6,  /* in use by C code */
    HF_MEMORY_MALLOC_FREE = 7,    /* kept free: bins and fast bins */
    HF_MEMORY_MALLOC_CACHED = 8,  /* kept free for a thread */
    HF_MEMORY_MALLOC_TOP = 9,     /* kept free at the end of a heap */
    HF_MEMORY_MALLOC_OVERHEAD = 10,
    HF_MEMORY_MALLOC_UNKNOWN = 11, /* its chunks do not add up */
    /* frames of greenlets that wait have mappings, too */
    HF_MEMORY_MAPPED_OBJECTS = 12, /* chunks with a mapping of their own: of objects */
    HF_MEMORY_MAPPED_NATIVE = 13,  /* of C code */
    /* Mappings: */
    HF_MEMORY_BUFFERS = 14, /* of objects, from neither allocator */
    HF_MEMORY_STACKS = 15,
    HF_MEMORY_STACKS_KEPT = 16, /* of threads that have ended */
    HF_MEMORY_DATA = 17,        /* data of binaries that was written to */
    HF_MEMORY_FOREIGN = 18,     /* of another allocator, which is named */
    HF_MEMORY_UNEXPLAINED = 19,
    HF_MEMORY_UNREAD = 20, /* in memory by the kernel's account, but not in the copy */
    HF_MEMORY_PARTS
} hf_memory_part;

/* Rows of tables: members are numbers of 64 bits, so that the file can keep them as such. */

/* One size of blocks of Python's allocator. Numbers of blocks and pools. */
typedef struct hf_memory_class {
    uint64_t block_size, pools, blocks, in_use, objects; /* objects: blocks that objects own */
    uint64_t sparse_pools; /* with at most a quarter of their blocks in use */
    uint64_t sparse_in_use;
} hf_memory_class;

/* What is in use in sparse pools, and so keeps them. */
typedef struct hf_memory_pin {
    uint64_t type; /* number of a type; HF_PIN_TABLE, HF_PIN_OTHER */
    uint64_t blocks, pools;
} hf_memory_pin;

enum { HF_PIN_TABLE = UINT32_MAX, HF_PIN_OTHER = UINT32_MAX - 1 };

/* An arena of pymalloc. */
typedef struct hf_memory_arena {
    uint64_t address, size, resident; /* bytes */
    uint64_t in_use;                  /* blocks */
    uint64_t objects;                 /* of these, blocks with an object */
    uint64_t tables;                  /* of these, tables of objects */
} hf_memory_arena;

/* An arena of malloc; bytes in memory. */
typedef struct hf_memory_heap {
    uint64_t main, found; /* found: its struct malloc_state was */
    uint64_t objects, native, free, cached, top, trim;
} hf_memory_heap;

/* Chunks in use by C code, by size. */
typedef struct hf_memory_native {
    uint64_t largest, chunks, bytes;
} hf_memory_native;

/* Memory of one place: an unexplained mapping, the data of a binary. */
typedef struct hf_memory_place {
    uint64_t address, bytes, name; /* name number; 0: none */
} hf_memory_place;

/* The stack of a thread that runs. */
typedef struct hf_memory_stack {
    uint64_t tid, address, size, resident; /* tid: as the process itself counts; bytes */
} hf_memory_stack;

/* hf_cgroup_account, its texts as names. */
typedef struct hf_memory_cgroup {
    uint64_t version, path, limit, soft, current, anonymous, file, shared, kernel, sockets, swap,
        reclaimable, at_limit, killed, stalled10, stalled60, member_count;
} hf_memory_cgroup;

typedef struct hf_memory_member {
    uint64_t pid, rss, anonymous, name;
} hf_memory_member;

typedef struct hf_memory {
    bool measured;
    hf_account account;
    uint64_t parts[HF_MEMORY_PARTS]; /* bytes */
    uint64_t pools, free_pools, broken_pools, arena_bytes;
    uint64_t stacks, stacks_kept; /* threads */
    uint64_t caches;              /* of threads, that malloc keeps */
    uint64_t mapped_least;        /* bytes of the smallest chunk with a mapping of its own */
    uint64_t foreign;             /* name number of another allocator; 0: none was found */
    hf_memory_class *classes;
    size_t class_count;
    hf_memory_pin *pins; /* most pools first */
    size_t pin_count;
    hf_memory_arena *arenas; /* ascending */
    size_t arena_count;
    hf_memory_heap *heaps;
    size_t heap_count;
    hf_memory_native *natives; /* most bytes first */
    size_t native_count;
    hf_memory_place *unexplained, *data; /* most bytes first */
    size_t unexplained_count, data_count;
    hf_memory_cgroup cgroup;   /* version 0: none */
    hf_memory_member *members; /* of the cgroup, most anonymous memory first */
    size_t member_count;
    hf_memory_stack *stack_rows;
    size_t stack_count;
} hf_memory;

/* Measures a heap that was walked with hf_walk_options.claims. Fails only for want of memory. The
 * caller calls hf_memory_deinit(). */
hf_err *hf_memory_measure(hf_heap *heap, hf_memory *ret);
void hf_memory_deinit(hf_memory *m);

#endif
