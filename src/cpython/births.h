/* cpython/births.h - where objects were created, as far as the agent of `holdfast run` in the
 * process has noted.
 *
 * The agent keeps, in memory that is frozen with the heap, a number of a node for each block
 * (agent/live.h has its form); what the nodes stand for is in its state, which is no memory of the
 * process alone: whoever has read that hands it in. Both are a stranger's. */
#ifndef HF_CPYTHON_BIRTHS_H
#define HF_CPYTHON_BIRTHS_H

#include "cpython/allocations.h"

typedef struct hf_birth {
    uint32_t parent; /* a lower number; 0: none */
    uint32_t file;   /* in hf_births.texts; 0: no place of its own, as native code and the root */
    uint32_t line;
    uint64_t blocks, bytes; /* that live */
} hf_birth;

struct hf_births {
    uint64_t live_map; /* address in the process */
    hf_birth *nodes;   /* by number */
    uint32_t node_count;
    uint64_t start; /* ns since 1970: from when on births are counted */
    uint64_t end;   /* likewise: later nobody told the time, and it is not before start; 0: still */
    uint64_t sample_bytes; /* mean bytes from one block that is noted to the next; 0: all are */
    bool by_block;         /* an object in memory that an earlier one has left is not told of */
    hf_strtab texts;
};

/* Fills *ret, which is empty, as tracemalloc's tables would (cpython/allocations.h). */
hf_err *hf_births_read(hf_heap *heap, const hf_births *births, hf_allocations *ret);

#endif
