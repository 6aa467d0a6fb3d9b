#include "analyse/equality.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { DEPTH = 8 };

typedef enum sort { OTHER, TEXT, BYTES, NUMBER, TUPLE, FROZENSET } sort;

static sort sort_of(const char *title)
{
    static const struct {
        const char *title;
        sort sort;
    } sorts[] = {{"str", TEXT},     {"bytes", BYTES}, {"int", NUMBER},
                 {"float", NUMBER}, {"tuple", TUPLE}, {"frozenset", FROZENSET}};
    for (size_t i = 0; i < sizeof(sorts) / sizeof(*sorts); i++)
        if (!strcmp(title, sorts[i].title))
            return sorts[i].sort;
    return OTHER;
}

static uint64_t code_points(const char *text, size_t length)
{
    uint64_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((uint8_t)text[i] & 0xc0) != 0x80;
    return count;
}

/* The whole value is there, and not only its beginning. */
static bool is_whole(const hf_graph *g, uint32_t object, sort s, const char *text, size_t length)
{
    enum { NUMBER_SURE = 60 }; /* digits; longer ones may be cut */
    if (s == TEXT)
        return code_points(text, length) == hf_graph_length(g, object);
    return s == BYTES ? length == hf_graph_length(g, object) : length < NUMBER_SURE;
}

static uint64_t head_of(const hf_graph *g, uint32_t object)
{
    uint64_t head[3] = {g->type[object], hf_graph_size(g, object), hf_graph_length(g, object)};
    return XXH3_64bits(head, sizeof(head));
}

static void look_at_value(hf_graph *g, uint32_t object, sort s, hf_equality *e)
{
    size_t length = 0;
    const char *text = hf_graph_value(g, object, &length);
    if (!text)
        return;
    bool whole = is_whole(g, object, s, text, length);
    e->kinds[object] = whole ? HF_EQUALITY_VALUE : HF_EQUALITY_TOO_LONG;
    if (whole)
        e->hashes[object] = XXH3_64bits_withSeed(text, length, head_of(g, object));
}

static bool is_made_of_members(const hf_graph *g, const uint8_t *sorts, uint32_t object)
{
    return sorts[g->type[object]] == TUPLE || sorts[g->type[object]] == FROZENSET;
}

/* False where a member's own members are not known yet, or not all of them are in the snapshot. */
static bool add_members(const hf_graph *g, const uint8_t *sorts, uint32_t object, hf_equality *e)
{
    bool ordered = sorts[g->type[object]] == TUPLE;
    uint64_t hash = head_of(g, object), count = 0;
    for (uint64_t k = g->edge_start[object]; k < g->edge_start[object + 1]; k++) {
        uint32_t member = g->edge_target[k];
        hf_edge_kind kind = hf_graph_kind(g, k);
        if (kind != HF_EDGE_INDEX && kind != HF_EDGE_MEMBER)
            continue;
        bool known =
            e->kinds[member] == HF_EQUALITY_VALUE || e->kinds[member] == HF_EQUALITY_MEMBERS;
        if (!known && is_made_of_members(g, sorts, member))
            return false;
        uint64_t own = known ? e->hashes[member] : g->address[member] * 0x9e3779b97f4a7c15ull + 1;
        hash = ordered ? XXH3_64bits_withSeed(&own, sizeof(own), hash)
                       : hash + XXH3_64bits(&own, sizeof(own));
        count++;
    }
    if (count != hf_graph_length(g, object))
        return false;
    e->hashes[object] = hash;
    e->kinds[object] = HF_EQUALITY_MEMBERS;
    return true;
}

static void look_at_members(const hf_graph *g, const uint8_t *sorts, hf_equality *e)
{
    bool more = true;
    for (int depth = 0; depth < DEPTH && more; depth++) {
        more = false;
        for (uint32_t i = 0; i < g->object_count; i++)
            if (is_made_of_members(g, sorts, i) && e->kinds[i] == HF_EQUALITY_NONE)
                more |= add_members(g, sorts, i, e);
    }
}

hf_err *hf_equality_compute(hf_graph *g, hf_equality *ret)
{
    hf_equality e = {.kinds = calloc((size_t)g->object_count + 1, 1),
                     .hashes = malloc(((size_t)g->object_count + 1) * sizeof(*e.hashes))};
    uint8_t *sorts = calloc((size_t)g->type_count + 1, 1);
    if (!e.kinds || !e.hashes || !sorts) {
        free(sorts);
        hf_equality_deinit(&e);
        return hf_fail_memory();
    }
    for (uint32_t t = 0; t < g->type_count; t++)
        sorts[t] = (uint8_t)sort_of(hf_graph_type_title(g, t));
    for (uint32_t i = 0; g->info.has_values && i < g->object_count; i++) {
        sort s = (sort)sorts[g->type[i]];
        if (s == TEXT || s == BYTES || s == NUMBER)
            look_at_value(g, i, s, &e);
    }
    if (g->info.has_values)
        look_at_members(g, sorts, &e);
    free(sorts);
    *ret = e;
    return NULL;
}

void hf_equality_deinit(hf_equality *e)
{
    free(e->kinds);
    free(e->hashes);
    *e = (hf_equality){0};
}
