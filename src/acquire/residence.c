#include "acquire/residence.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, WORD_BITS = 64 };

#define PRESENT        (UINT64_C(1) << 63)
#define FILE_OR_SHARED (UINT64_C(1) << 61)

hf_err *hf_residence_init(hf_residence *r, uint64_t spool_size)
{
    uint64_t pages = spool_size / PAGE;
    /* Address space that was only reserved takes no memory here either: calloc() maps it. */
    uint64_t *bits = calloc((size_t)(pages / WORD_BITS + 1), sizeof(*bits));
    if (!bits)
        return hf_fail_memory();
    hf_residence_deinit(r);
    *r = (hf_residence){.bits = bits, .pages = pages};
    return NULL;
}

void hf_residence_deinit(hf_residence *r)
{
    free(r->bits);
    *r = (hf_residence){0};
}

void hf_residence_note(hf_residence *r, uint64_t page, uint64_t entry)
{
    if ((entry & (PRESENT | FILE_OR_SHARED)) == PRESENT && page < r->pages)
        r->bits[page / WORD_BITS] |= UINT64_C(1) << page % WORD_BITS;
}

uint64_t hf_residence_count(const hf_residence *r, uint64_t first, uint64_t count)
{
    uint64_t found = 0, end = first + count;
    if (!r->bits || end > r->pages)
        return 0;
    for (uint64_t page = first; page < end;) {
        uint64_t in_word = page % WORD_BITS, n = WORD_BITS - in_word;
        n = n < end - page ? n : end - page;
        uint64_t mask = n == WORD_BITS ? UINT64_MAX : (UINT64_C(1) << n) - 1;
        found += (uint64_t)__builtin_popcountll(r->bits[page / WORD_BITS] >> in_word & mask);
        page += n;
    }
    return found;
}

static bool is_zero(const uint8_t *page)
{
    return !page[0] && memcmp(page, page + 1, PAGE - 1) == 0;
}

void hf_residence_trim(hf_residence *r, uint64_t first, uint64_t count, const uint8_t *bytes,
                       uint64_t most)
{
    uint64_t have = hf_residence_count(r, first, count);
    for (uint64_t i = 0; i < count && have > most; i++) {
        uint64_t page = first + i, bit = UINT64_C(1) << page % WORD_BITS;
        if (!(r->bits[page / WORD_BITS] & bit) || !is_zero(bytes + i * PAGE))
            continue;
        r->bits[page / WORD_BITS] &= ~bit;
        have--;
    }
}
