/* analyse/memory.h - where the memory of a process is, whose fault that is, and what would give it
 * back. */
#ifndef HF_ANALYSE_MEMORY_H
#define HF_ANALYSE_MEMORY_H

#include "analyse/dominators.h"

/* The parts of anonymous memory as people ask for them: bytes, each byte once. */
typedef enum hf_share {
    HF_SHARE_LIVE,        /* objects that something reaches */
    HF_SHARE_GARBAGE,     /* objects that wait for the collector */
    HF_SHARE_C_HELD,      /* objects that only C code keeps */
    HF_SHARE_INTERPRETER, /* blocks of Python's allocator that are no object's */
    HF_SHARE_PYTHON_FREE, /* what Python's allocator keeps without use */
    HF_SHARE_NATIVE,      /* what C code has from malloc or another allocator */
    HF_SHARE_MALLOC_FREE, /* what malloc keeps without use */
    HF_SHARE_STACKS,
    HF_SHARE_DATA, /* data of binaries */
    HF_SHARE_UNEXPLAINED,
    HF_SHARES
} hf_share;

typedef struct hf_memory_report {
    uint64_t shares[HF_SHARES];
    uint64_t total; /* of the shares: the anonymous memory, as the kernel counts it */
    hf_share largest;
    uint64_t rss; /* anonymous, file and shared pages */
    /* What would give memory back, bytes: */
    uint64_t collect_frees; /* a full collection, to the allocators */
    /* of that, to the system: buffers with mappings of their own, and arenas that hold nothing
     * else */
    uint64_t collect_returns;
    uint64_t trim;          /* malloc_trim(0) */
    uint64_t arena_free;    /* what malloc's arenas of threads keep without use, at most what fewer
                                 of them (MALLOC_ARENA_MAX) would save */
    uint64_t thread_arenas; /* their number */
    /* Python's allocator: */
    uint64_t sparse_pools, sparse_free,
        sparse_in_use;   /* pools at most a quarter full; bytes; blocks */
    const char *verdict; /* one or two sentences, owned */
} hf_memory_report;

/* What each share is; garbage, c_held: bytes of such objects, as dominators know them. Returns the
 * sum. */
uint64_t hf_memory_shares(const hf_memory *m, uint64_t garbage, uint64_t c_held,
                          uint64_t ret[HF_SHARES]);

/* g->memory.measured must be set. The caller calls hf_memory_report_deinit(). */
hf_err *hf_memory_explain(const hf_graph *g, const hf_dominators *d, hf_memory_report *ret);
void hf_memory_report_deinit(hf_memory_report *r);

/* "live objects", "malloc keeps free": for tables and sentences. */
const char *hf_share_name(hf_share share);

#endif
