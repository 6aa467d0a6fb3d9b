#include "cpython/marks.h"

#include "base/huge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

hf_err *hf_marks_init(hf_marks *m, const hf_segment *segments, size_t count)
{
    *m = (hf_marks){.span_count = count};
    m->spans = calloc(count + 1, sizeof(*m->spans)); /* the spare one is empty and never matches */
    if (!m->spans)
        return hf_fail_memory();
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        /* Segments are whole pages; should one not be, its ends are left out. */
        uint64_t start = (segments[i].start + 7) & ~7ull;
        m->spans[i] = (hf_span){.start = start,
                                .end = segments[i].end,
                                .first_bit = bits,
                                .bytes = segments[i].bytes + (start - segments[i].start)};
        if (m->spans[i].end > start)
            bits += ((m->spans[i].end - start + 7) / 8 + 63) & ~63ull;
    }
    m->word_count = bits / 64;
    m->words = hf_huge_calloc(m->word_count + 1, sizeof(*m->words));
    if (!m->words) {
        hf_marks_deinit(m);
        return hf_fail_memory();
    }
    return NULL;
}

void hf_marks_deinit(hf_marks *m)
{
    free(m->spans);
    hf_huge_free(m->words, m->word_count + 1, sizeof(*m->words));
    hf_huge_free(m->ranks, m->word_count + 1, sizeof(*m->ranks));
    *m = (hf_marks){0};
}

void hf_marks_clear(hf_marks *m)
{
    for (uint64_t w = 0; w < m->word_count; w++)
        if (m->words[w])
            m->words[w] = 0;
    m->count = 0;
}

const hf_span *hf_marks_search(hf_marks *m, uint64_t address)
{
    size_t low = 0, high = m->span_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->spans[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == m->span_count || address < m->spans[low].start)
        return NULL;
    m->cache[(address >> 20) % HF_MARKS_CACHE] = (uint32_t)low;
    return &m->spans[low];
}

hf_err *hf_marks_rank(hf_marks *m)
{
    if (m->count >= UINT32_MAX)
        return hf_fail(HF_ERR_REFUSED, "%llu objects: more than a snapshot can number",
                       (unsigned long long)m->count);
    hf_huge_free(m->ranks, m->word_count + 1, sizeof(*m->ranks));
    m->ranks = hf_huge_calloc(m->word_count + 1, sizeof(*m->ranks));
    if (!m->ranks)
        return hf_fail_memory();
    uint32_t n = 0;
    for (uint64_t w = 0; w < m->word_count; w++) {
        m->ranks[w] = n;
        n += hf_popcount(m->words[w]);
    }
    assert(n == m->count);
    return NULL;
}
