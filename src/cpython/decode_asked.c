/* cpython/decode_asked.c - the references of an object that has told them itself.
 *
 * What a decoder or the scan finds says where a reference stands, which is the better label; what
 * the object told says that it owns one. So each edge that was found is held against what was told:
 * a scanned word that leads where a reference was told is exact, and what was told and not found
 * stands in memory that only the extension knows. A word that was not told stays what it was: a
 * type need not tell the collector of a str. */
#include "base/array.h"
#include "cpython/asked.h"
#include "cpython/decode_read.h"

#include <stdlib.h>

typedef struct hf_told {
    uint64_t target;
    uint32_t number; /* in the order of telling */
    bool found;
} told;

typedef struct matcher {
    hf_visitor visitor;
    hf_visitor *to;
    told *told; /* by target, then number */
    size_t count;
} matcher;

static int compare_told(const void *left, const void *right)
{
    const told *a = left, *b = right;
    if (a->target != b->target)
        return a->target < b->target ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* Crosses off one reference to the target; false where there is none left. Of equal ones the found
 * are always the first; the first that is not is looked for by halving as well. */
static bool cross_off(matcher *m, uint64_t target)
{
    size_t low = 0, high = m->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const told *t = &m->told[middle];
        if (t->target < target || (t->target == target && t->found))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == m->count || m->told[low].target != target)
        return false;
    m->told[low].found = true;
    return true;
}

static void match(hf_visitor *v, const hf_raw_edge *edge)
{
    matcher *m = (matcher *)v;
    hf_raw_edge exact = *edge;
    if (cross_off(m, edge->target))
        exact.strength = HF_EDGE_STRONG;
    m->to->edge(m->to, &exact);
}

static int compare_numbers(const void *left, const void *right)
{
    const told *a = left, *b = right;
    return a->number < b->number ? -1 : a->number > b->number;
}

static told *room_for(hf_asked *a, size_t count)
{
    if (hf_array_reserve(&a->scratch, count, &a->scratch_capacity))
        return a->scratch;
    a->failed = true;
    return NULL;
}

bool hf_tell_asked(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    uint64_t count = 0;
    const uint64_t *words = hf_asked_words(d->asked, address, &count);
    matcher m = {{match}, v, words ? room_for(d->asked, count) : NULL, count};
    if (!words || (count && !m.told))
        return false;
    for (size_t i = 0; i < count; i++)
        m.told[i] = (told){words[i], (uint32_t)i, false};
    if (count)
        qsort(m.told, count, sizeof(told), compare_told);
    hf_decode_found_edges(d, type, address, &m.visitor);
    size_t left = 0;
    for (size_t i = 0; i < count; i++)
        if (!m.told[i].found)
            m.told[left++] = m.told[i];
    if (left)
        qsort(m.told, left, sizeof(told), compare_numbers);
    for (size_t i = 0; i < left; i++)
        hf_tell(v, m.told[i].target, HF_EDGE_TOLD, HF_EDGE_STRONG, m.told[i].number);
    return true;
}
