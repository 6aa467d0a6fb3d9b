#include "acquire/stacks.h"

#include "base/bytes.h"
#include "base/page.h"

enum {
    PAGE = HF_PAGE_SIZE,
    ALIGNED = 64,     /* struct pthread is */
    SELF = 16,        /* of its header: tcb, dtv, self */
    THREAD_ID = 720,  /* struct pthread.tid: behind a header of 704 bytes and a list of two words */
    BLOCK_FROM = 512, /* where its note of the block may be */
    BLOCK_TO = 2304,
    BEHIND_MAX = 16 * PAGE, /* from struct pthread to the end of the block */
};

#define STACK_MAX (UINT64_C(1) << 36)

/* The block that a struct pthread notes, which ends not far behind the struct. */
static bool read_block(hf_target *t, uint64_t thread, hf_stack *ret)
{
    const uint8_t *p = hf_target_view(t, thread, BLOCK_TO);
    for (unsigned i = BLOCK_FROM; p && i + 16 <= BLOCK_TO; i += 8) {
        uint64_t block = hf_load_u64(p + i), size = hf_load_u64(p + i + 8);
        uint64_t before = thread - block;
        if (!block || block % PAGE || size % PAGE || block >= thread || size > STACK_MAX ||
            size <= before || size - before > BEHIND_MAX)
            continue;
        uint32_t tid = hf_load_u32(p + THREAD_ID);
        *ret = (hf_stack){.start = block, .end = block + size, .tid = tid, .kept = !tid};
        return true;
    }
    return false;
}

bool hf_stack_in(hf_target *t, uint64_t page, hf_stack *ret)
{
    const uint8_t *bytes = hf_target_view(t, page, PAGE);
    for (unsigned at = 0; bytes && at + SELF + 8 <= PAGE; at += ALIGNED)
        if (hf_load_u64(bytes + at) == page + at && hf_load_u64(bytes + at + SELF) == page + at &&
            read_block(t, page + at, ret))
            return true;
    return false;
}
