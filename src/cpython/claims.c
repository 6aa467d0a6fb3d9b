#include "cpython/claims.h"

#include "base/array.h"

#include <stdlib.h>

hf_err *hf_claims_init(hf_claims *c, const hf_segment *segments, size_t count)
{
    *c = (hf_claims){0};
    return hf_marks_init(&c->bits, segments, count);
}

void hf_claims_deinit(hf_claims *c)
{
    hf_marks_deinit(&c->bits);
    free(c->large);
    free(c->stacks);
    *c = (hf_claims){0};
}

static void add_large(hf_claims *c, uint64_t address, uint64_t bytes)
{
    if (!hf_array_room(&c->large, c->large_count, &c->large_capacity)) {
        c->failed = true;
        return;
    }
    c->large[c->large_count++] = (hf_claim_extent){address, bytes};
}

void hf_claims_add(hf_claims *c, uint64_t address, uint64_t bytes)
{
    uint64_t bit = hf_marks_bit(&c->bits, address & ~UINT64_C(7));
    if (bit == HF_NO_BIT)
        return;
    /* An address that was claimed before is told again by whoever shares it. */
    if (hf_marks_set(&c->bits, bit) && bytes >= HF_CLAIM_LARGE)
        add_large(c, address, bytes);
}

void hf_claims_add_stack(hf_claims *c, uint64_t address, uint64_t bytes)
{
    uint64_t bit = hf_marks_bit(&c->bits, address & ~UINT64_C(7));
    if (bit == HF_NO_BIT || !hf_marks_set(&c->bits, bit))
        return;
    if (hf_array_room(&c->stacks, c->stack_count, &c->stack_capacity))
        c->stacks[c->stack_count++] = (hf_claim_extent){address, bytes};
    else
        c->failed = true;
}

uint64_t hf_marks_first_in(hf_marks *m, uint64_t start, uint64_t end)
{
    const hf_span *s = hf_marks_span(m, start);
    if (!s || start >= end)
        return HF_NO_BIT;
    end = end < s->end ? end : s->end;
    uint64_t bit = s->first_bit + ((start - s->start + 7) >> 3);
    uint64_t stop = s->first_bit + ((end - s->start + 7) >> 3);
    while (bit < stop) {
        uint64_t word = m->words[bit >> 6] >> (bit & 63);
        if (word) {
            bit += (uint64_t)__builtin_ctzll(word);
            return bit < stop ? bit : HF_NO_BIT;
        }
        bit = (bit | 63) + 1;
    }
    return HF_NO_BIT;
}
