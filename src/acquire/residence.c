#include "acquire/residence.h"

#include <stdlib.h>

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
    if ((entry & (PRESENT | FILE_OR_SHARED)) == PRESENT)
        hf_residence_add(r, page);
}

void hf_residence_add(hf_residence *r, uint64_t page)
{
    if (page < r->pages)
        r->bits[page / WORD_BITS] |= UINT64_C(1) << page % WORD_BITS;
}

bool hf_residence_has(const hf_residence *r, uint64_t page)
{
    return page < r->pages && r->bits[page / WORD_BITS] >> page % WORD_BITS & 1;
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

void hf_residence_trim(hf_residence *r, uint64_t first, uint64_t count, uint64_t most,
                       bool (*is_zero)(const void *context, uint64_t page), const void *context)
{
    uint64_t have = hf_residence_count(r, first, count);
    for (uint64_t page = first; page < first + count && have > most; page++) {
        if (!hf_residence_has(r, page) || !is_zero(context, page))
            continue;
        r->bits[page / WORD_BITS] &= ~(UINT64_C(1) << page % WORD_BITS);
        have--;
    }
}
