#include "analyse/turnover.h"

#include "base/cleanup.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    MEMBERS_COMPARED = 1 << 16, /* of larger containers a sample by identity */
    TUPLE_ITEMS = 6,
    FEW_MEMBERS = 8, /* of which one cannot say that they were replaced together */
    /* tp_flags of CPython's Include/object.h */
    TYPE_LONG = 1 << 24,
    TYPE_LIST = 1 << 25,
    TYPE_TUPLE = 1 << 26,
    TYPE_BYTES = 1 << 27,
    TYPE_STR = 1 << 28,
};

/* Whether members of such an object keep their order as long as they stay. */
static bool keeps_order(const hf_graph *g, uint32_t object)
{
    const hf_type *type = &g->types[g->type[object]];
    return (type->flags & TYPE_LIST) || hf_graph_is(g, object, "collections.deque");
}

static bool is_item(hf_edge_kind kind)
{
    return kind == HF_EDGE_KEY || kind == HF_EDGE_INDEX || kind == HF_EDGE_MEMBER;
}

static uint64_t identity(hf_graph *g, uint32_t object, int depth)
{
    const hf_type *type = &g->types[g->type[object]];
    uint64_t hash = type->address * 0x9e3779b97f4a7c15ull;
    if (type->flags & (TYPE_LONG | TYPE_STR | TYPE_BYTES)) {
        size_t length = 0;
        const char *text = hf_graph_value(g, object, &length);
        if (text)
            return XXH3_64bits_withSeed(text, length, hash ^ hf_graph_length(g, object));
    }
    if ((type->flags & TYPE_TUPLE) && depth > 0) {
        uint64_t end = g->edge_start[object + 1];
        for (uint64_t e = g->edge_start[object], items = 0; e < end && items < TUPLE_ITEMS; e++) {
            if (hf_graph_kind(g, e) != HF_EDGE_INDEX)
                continue;
            hash = (hash ^ identity(g, g->edge_target[e], depth - 1)) * 0xff51afd7ed558ccdull;
            items++;
        }
        return hash;
    }
    uint64_t words[2] = {g->address[object], hash};
    return XXH3_64bits(words, sizeof(words));
}

typedef struct member {
    uint64_t id;
    uint32_t place; /* among the members of its container */
} member;

static int by_id_and_place(const void *a, const void *b)
{
    const member *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* The members as objects, in the order of their addresses: a set has them in the order of chance,
 * and values are unpacked many at a time with those of objects that lie beside. */
static member *members_by_address(const hf_graph *g, uint32_t object, size_t *ret_count)
{
    uint64_t start = g->edge_start[object], end = g->edge_start[object + 1];
    member *found = malloc((size_t)(end - start + 1) * sizeof(*found));
    if (!found)
        return NULL;
    size_t count = 0;
    bool sorted = true;
    for (uint64_t e = start; e < end; e++) {
        if (!is_item(hf_graph_kind(g, e)))
            continue;
        found[count] = (member){g->edge_target[e], (uint32_t)(e - start)};
        sorted = sorted && (!count || found[count - 1].id <= found[count].id);
        count++;
    }
    if (!sorted)
        qsort(found, count, sizeof(*found), by_id_and_place);
    *ret_count = count;
    return found;
}

/* The members whose hash falls into the sample, sorted by identity. */
static member *members(hf_graph *g, uint32_t object, uint64_t every, size_t *ret_count)
{
    size_t all = 0, count = 0;
    member *found = members_by_address(g, object, &all);
    if (!found)
        return NULL;
    for (size_t i = 0; i < all; i++) {
        uint64_t id = identity(g, (uint32_t)found[i].id, 2);
        if ((id >> 20) % every == 0)
            found[count++] = (member){id, found[i].place};
    }
    if (count)
        qsort(found, count, sizeof(*found), by_id_and_place);
    *ret_count = count;
    return found;
}

static int by_place(const void *a, const void *b)
{
    const member *x = a, *y = b;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* Length of the longest subsequence of rising numbers. Overwrites them (patience sorting: after
 * each step numbers[k] is the least end of a rising subsequence of length k + 1). */
static size_t longest_rise(uint64_t *numbers, size_t count)
{
    size_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t number = numbers[i];
        size_t low = 0, high = longest;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (numbers[middle] < number)
                low = middle + 1;
            else
                high = middle;
        }
        numbers[low] = number;
        longest += low == longest;
    }
    return longest;
}

/* The pairs (place before, place now) of what both have, in order of the place before: pairs[].id
 * becomes the place now. */
static size_t pair_up(member *pairs, size_t old_count, const member *now, size_t new_count)
{
    size_t count = 0;
    for (size_t i = 0, j = 0; i < old_count; i++) {
        while (j < new_count && now[j].id < pairs[i].id)
            j++;
        if (j == new_count || now[j].id != pairs[i].id)
            continue;
        pairs[count++] = (member){now[j].place, pairs[i].place};
        j++;
    }
    return count;
}

/* Survivors of a list stand in the order in which they stood, and so do those of a deque. One that
 * was emptied and filled anew has members at the addresses of freed ones, in another order: those
 * are not survivors. */
static bool survivors_in_order(member *pairs, size_t count, size_t *ret)
{
    HF_AUTO(hf_freep) uint64_t *places = malloc((count + 1) * sizeof(*places));
    if (!places)
        return false;
    if (count)
        qsort(pairs, count, sizeof(*pairs), by_place);
    for (size_t i = 0; i < count; i++)
        places[i] = pairs[i].id;
    *ret = longest_rise(places, count);
    return true;
}

double hf_turnover_kept(hf_graph *old_graph, uint32_t before, hf_graph *new_graph, uint32_t now)
{
    uint64_t every = 1 + hf_graph_length(old_graph, before) / MEMBERS_COMPARED;
    size_t old_count = 0, new_count = 0;
    HF_AUTO(hf_freep) member *old_members = members(old_graph, before, every, &old_count);
    HF_AUTO(hf_freep) member *new_members = members(new_graph, now, every, &new_count);
    if (!old_members || !new_members)
        return -1;
    if (old_count == 0)
        return 1;
    size_t kept = pair_up(old_members, old_count, new_members, new_count);
    if (keeps_order(old_graph, before) && !survivors_in_order(old_members, kept, &kept))
        return -1;
    return (double)kept / (double)old_count;
}

/* From the snapshot before number `k` to that one; 1 where too few were there to say anything. */
static double kept_until(const hf_timeline *t, size_t k, uint32_t object)
{
    uint32_t before = t->was[k - 1][object], now = t->was[k][object];
    if (before == HF_NO_OBJECT || now == HF_NO_OBJECT ||
        hf_graph_length(t->graphs[k - 1], before) < FEW_MEMBERS)
        return 1;
    return hf_turnover_kept(t->graphs[k - 1], before, t->graphs[k], now);
}

double hf_turnover_kept_least(const hf_timeline *t, uint32_t object)
{
    double least = 1;
    for (size_t k = 1; k < t->count && least >= 0; k++) {
        double kept = kept_until(t, k, object);
        least = kept < least ? kept : least;
    }
    return least;
}

double hf_turnover_kept_last(const hf_timeline *t, uint32_t object)
{
    return t->count > 1 ? kept_until(t, t->count - 1, object) : 1;
}
