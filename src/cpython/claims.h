/* cpython/claims.h - which allocated blocks belong to objects.
 *
 * While objects are measured, each tells where its own block and those of its tables and buffers
 * are (hf_claim() in decode_read.h); whoever walks an allocator later asks whether anybody has
 * claimed a block. One bit for each 8 bytes of frozen memory, as in marks.h, and a list of buffers
 * that are large enough to have pages of their own. */
#ifndef HF_CPYTHON_CLAIMS_H
#define HF_CPYTHON_CLAIMS_H

#include "cpython/marks.h"

enum { HF_CLAIM_LARGE = 1 << 16 };

typedef struct hf_claim_extent {
    uint64_t address, bytes;
} hf_claim_extent;

typedef struct hf_claims {
    hf_marks bits;
    hf_claim_extent *large; /* in the order in which they were told */
    size_t large_count, large_capacity;
    hf_claim_extent *stacks; /* mappings with the frames of what waits, however small */
    size_t stack_count, stack_capacity;
    bool failed; /* out of memory */
} hf_claims;

/* `segments` as hf_target_segments() tells them; they must outlive the claims. */
hf_err *hf_claims_init(hf_claims *c, const hf_segment *segments, size_t count);
void hf_claims_deinit(hf_claims *c);

/* Somebody owns the block that holds `address`; `bytes` of it are a buffer's, 0: not known. What
 * lies outside of frozen memory is passed over. */
void hf_claims_add(hf_claims *c, uint64_t address, uint64_t bytes);

/* The same for a mapping of its own, in which the frames of something that waits are. */
void hf_claims_add_stack(hf_claims *c, uint64_t address, uint64_t bytes);

/* The first bit of `m` in [start, end), or HF_NO_BIT. */
uint64_t hf_marks_first_in(hf_marks *m, uint64_t start, uint64_t end);

#endif
