/* cpython/marks.h - which addresses of frozen memory are objects, and their numbers.
 *
 * One bit for each 8 bytes of each segment (static objects are only 8-aligned), all segments in
 * one row. When marking is over, a directory of counts, one a word of bits, turns an address into
 * its number in order of address with one look-up and one population count: no hash table. The
 * bits take 1/64 of the frozen bytes, the directory half of that; only pages that are touched cost
 * memory. */
#ifndef HF_CPYTHON_MARKS_H
#define HF_CPYTHON_MARKS_H

#include "acquire/target.h"

enum { HF_MARKS_CACHE = 256 };

typedef struct hf_span {
    uint64_t start, end; /* addresses */
    uint64_t first_bit;  /* a multiple of 64 */
    const uint8_t *bytes;
} hf_span;

typedef struct hf_marks {
    hf_span *spans;
    size_t span_count;
    uint64_t *words;
    uint64_t word_count;
    uint32_t *ranks;                /* bits set before each word */
    uint64_t count;                 /* bits set */
    uint32_t cache[HF_MARKS_CACHE]; /* span last used for an address, by its 1 MiB granule */
} hf_marks;

#define HF_NO_BIT UINT64_MAX

/* `segments` as hf_target_segments() tells them; they must outlive the marks. */
hf_err *hf_marks_init(hf_marks *m, const hf_segment *segments, size_t count);
void hf_marks_deinit(hf_marks *m);
void hf_marks_clear(hf_marks *m);

/* The span that holds `address`, or NULL. */
const hf_span *hf_marks_search(hf_marks *m, uint64_t address);

static inline const hf_span *hf_marks_span(hf_marks *m, uint64_t address)
{
    const hf_span *s = &m->spans[m->cache[(address >> 20) % HF_MARKS_CACHE]];
    return address - s->start < s->end - s->start ? s : hf_marks_search(m, address);
}

/* The bit of an address, HF_NO_BIT where it is not frozen memory or not 8-aligned. */
static inline uint64_t hf_marks_bit(hf_marks *m, uint64_t address)
{
    if (address & 7)
        return HF_NO_BIT;
    const hf_span *s = hf_marks_span(m, address);
    return s ? s->first_bit + ((address - s->start) >> 3) : HF_NO_BIT;
}

static inline bool hf_marks_test(const hf_marks *m, uint64_t bit)
{
    return m->words[bit >> 6] >> (bit & 63) & 1;
}

/* Sets the bit; true where it was not set. */
static inline bool hf_marks_set(hf_marks *m, uint64_t bit)
{
    uint64_t mask = 1ull << (bit & 63);
    if (m->words[bit >> 6] & mask)
        return false;
    m->words[bit >> 6] |= mask;
    m->count++;
    return true;
}

static inline void hf_marks_unset(hf_marks *m, uint64_t bit)
{
    m->words[bit >> 6] &= ~(1ull << (bit & 63));
    m->count--;
}

/* Makes the directory; call again after each hf_marks_set(). Fails where more than 2^32 - 2 bits
 * are set. */
hf_err *hf_marks_rank(hf_marks *m);

/* Bits set in a word. Without -mpopcnt, which not every x86-64 has, the compiler
 * would call a function with a table; this is four steps of adding neighbours (Warren,
 * Hacker's Delight, 5-1). */
static inline uint32_t hf_popcount(uint64_t w)
{
    w -= w >> 1 & 0x5555555555555555ull;
    w = (w & 0x3333333333333333ull) + (w >> 2 & 0x3333333333333333ull);
    w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0full;
    return (uint32_t)(w * 0x0101010101010101ull >> 56);
}

/* The number of a bit that is set: how many are set before it. */
static inline uint32_t hf_marks_number(const hf_marks *m, uint64_t bit)
{
    uint64_t before = m->words[bit >> 6] & ((1ull << (bit & 63)) - 1);
    return m->ranks[bit >> 6] + hf_popcount(before);
}

/* The first set bit at or after `bit`, or HF_NO_BIT. Bits that are set while a caller goes through
 * are found if they lie ahead. */
static inline uint64_t hf_bits_next(const uint64_t *words, uint64_t word_count, uint64_t bit)
{
    uint64_t w = bit >> 6;
    if (w >= word_count)
        return HF_NO_BIT;
    uint64_t word = words[w] & (~0ull << (bit & 63));
    while (!word) {
        if (++w >= word_count)
            return HF_NO_BIT;
        word = words[w];
    }
    return w * 64 + (uint64_t)__builtin_ctzll(word);
}

static inline uint64_t hf_marks_next(const hf_marks *m, uint64_t bit)
{
    return hf_bits_next(m->words, m->word_count, bit);
}

/* Whether one of `count` bits from `bit` on is set. */
static inline bool hf_bits_any(const uint64_t *words, uint64_t bit, uint64_t count)
{
    for (uint64_t end = bit + count; bit < end;) {
        uint64_t in_word = bit & 63, n = 64 - in_word < end - bit ? 64 - in_word : end - bit;
        uint64_t mask = n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
        if (words[bit >> 6] >> in_word & mask)
            return true;
        bit += n;
    }
    return false;
}

/* From bits, in ascending order, to addresses: keeps the span of the last one. */
typedef struct hf_marks_cursor {
    const hf_marks *marks;
    size_t span;
} hf_marks_cursor;

static inline uint64_t hf_marks_address(hf_marks_cursor *c, uint64_t bit)
{
    const hf_marks *m = c->marks;
    if (bit < m->spans[c->span].first_bit)
        c->span = 0;
    while (c->span + 1 < m->span_count && bit >= m->spans[c->span + 1].first_bit)
        c->span++;
    return m->spans[c->span].start + (bit - m->spans[c->span].first_bit) * 8;
}

#endif
