#include "analyse/turnover.h"

#include "base/cleanup.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    MEMBERS_COMPARED = 1 << 16, /* of larger containers a sample by identity */
    TUPLE_ITEMS = 6,
    /* tp_flags of CPython's Include/object.h */
    TYPE_LONG = 1 << 24,
    TYPE_TUPLE = 1 << 26,
    TYPE_BYTES = 1 << 27,
    TYPE_STR = 1 << 28,
};

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
            return XXH3_64bits_withSeed(text, length, hash ^ g->length[object]);
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

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Identities of the members whose hash falls into the sample, sorted. */
static uint64_t *members(hf_graph *g, uint32_t object, uint64_t every, size_t *ret_count)
{
    uint64_t start = g->edge_start[object], end = g->edge_start[object + 1];
    uint64_t *ids = malloc((size_t)(end - start + 1) * sizeof(*ids));
    if (!ids)
        return NULL;
    size_t count = 0;
    for (uint64_t e = start; e < end; e++) {
        if (!is_item(hf_graph_kind(g, e)))
            continue;
        uint64_t id = identity(g, g->edge_target[e], 2);
        if ((id >> 20) % every == 0)
            ids[count++] = id;
    }
    qsort(ids, count, sizeof(*ids), by_value);
    *ret_count = count;
    return ids;
}

double hf_turnover_kept(hf_graph *old_graph, uint32_t before, hf_graph *new_graph, uint32_t now)
{
    uint64_t every = 1 + old_graph->length[before] / MEMBERS_COMPARED;
    size_t old_count = 0, new_count = 0;
    HF_AUTO(hf_freep) uint64_t *old_ids = members(old_graph, before, every, &old_count);
    HF_AUTO(hf_freep) uint64_t *new_ids = members(new_graph, now, every, &new_count);
    if (!old_ids || !new_ids)
        return -1;
    if (old_count == 0)
        return 1;
    size_t kept = 0;
    for (size_t i = 0, j = 0; i < old_count; i++) {
        while (j < new_count && new_ids[j] < old_ids[i])
            j++;
        if (j < new_count && new_ids[j] == old_ids[i]) {
            kept++;
            j++;
        }
    }
    return (double)kept / (double)old_count;
}
