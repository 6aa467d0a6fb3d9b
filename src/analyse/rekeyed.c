#include "analyse/rekeyed.h"

#include "analyse/attributes.h"
#include "base/cleanup.h"
#include "base/huge.h"

#include <string.h>

enum {
    MOST_PARTS = 64,      /* an object with more has other traits */
    MOST_ASKED = 1 << 16, /* of so many entries values are read: about half a second */
    SEVERAL = UINT32_MAX - 1
};

hf_entry_of *hf_entries_of(const hf_graph *g)
{
    hf_entry_of *at = hf_large_malloc((uint64_t)g->object_count + 1, sizeof(*at));
    if (!at)
        return NULL;
    memset(at, 0xff, ((size_t)g->object_count + 1) * sizeof(*at)); /* HF_NO_OBJECT */
    for (uint32_t i = 0; i < g->object_count; i++) {
        for (uint64_t e = g->edge_start[i]; e < g->edge_start[i + 1]; e++) {
            uint32_t key = hf_graph_key(g, e);
            if (key == HF_NO_OBJECT)
                continue;
            hf_entry_of *entry = &at[g->edge_target[e]];
            *entry = entry->dict == HF_NO_OBJECT ? (hf_entry_of){i, key}
                                                 : (hf_entry_of){SEVERAL, SEVERAL};
        }
    }
    return at;
}

/* Whether both have a value that is known, and which is not the same. */
static bool differ(hf_graph *a, uint32_t i, hf_graph *b, uint32_t j)
{
    size_t x = 0, y = 0;
    const char *first = hf_graph_value(a, i, &x), *second = hf_graph_value(b, j, &y);
    return first && second && (x != y || memcmp(first, second, x) != 0);
}

/* Two keys: what is made anew of the same value is the same key. */
static bool is_other_key(hf_graph *a, uint32_t i, hf_graph *b, uint32_t j)
{
    size_t x = 0, y = 0;
    if (hf_graph_value(a, i, &x) && hf_graph_value(b, j, &y))
        return differ(a, i, b, j);
    return a->address[i] != b->address[j];
}

/* What nobody else has, and is not empty: an empty list at a reused address is like any other. */
static bool is_part(hf_graph *g, uint64_t e)
{
    uint32_t part = g->edge_target[e];
    if (!hf_graph_holds(g, e) || hf_graph_kind(g, e) == HF_EDGE_KEY ||
        hf_graph_refcount(g, part) != 1)
        return false;
    size_t length = 0;
    return g->edge_start[part] < g->edge_start[part + 1] || hf_graph_length(g, part) ||
           hf_graph_external(g, part) || hf_graph_value(g, part, &length);
}

typedef struct comparison {
    hf_graph *then, *now;
    const uint32_t *was;
} comparison;

/* Whether an object has parts; *ret_kept: whether one of them was a part of `then` already, not
 * another one at its address, as far as value and size tell. */
static bool has_parts(const comparison *c, uint32_t then, uint32_t now, bool *ret_kept)
{
    bool had = false, has = false;
    hf_graph *a = c->then, *b = c->now;
    for (uint64_t e = a->edge_start[then]; e < a->edge_start[then + 1]; e++)
        had |= is_part(a, e);
    for (uint64_t e = b->edge_start[now]; e < b->edge_start[now + 1]; e++) {
        uint32_t part = b->edge_target[e], old = c->was[part];
        if (!is_part(b, e))
            continue;
        has = true;
        bool alike = old != HF_NO_OBJECT && (b->edge_start[part] < b->edge_start[part + 1] ||
                                             hf_graph_shallow(a, old) == hf_graph_shallow(b, part));
        *ret_kept |= alike && !differ(c->then, old, c->now, part);
    }
    return had && has;
}

/* The dict of attributes of an object, which has them for itself; the object without one. */
static uint32_t where_parts_are(const hf_graph *g, uint32_t object)
{
    uint32_t dict = hf_attribute_dict(g, object);
    return dict == HF_NO_OBJECT ? object : dict;
}

static bool few_references(const hf_graph *g, uint32_t object)
{
    return g->edge_start[object + 1] - g->edge_start[object] <= MOST_PARTS;
}

/* Whether the object of `now` has nothing of what the one of `then` at its address had. */
static bool has_other_parts(const comparison *c, uint32_t then, uint32_t now)
{
    bool kept = false;
    uint32_t before = where_parts_are(c->then, then), after = where_parts_are(c->now, now);
    return few_references(c->then, before) && few_references(c->now, after) &&
           has_parts(c, before, after, &kept) && !kept;
}

/* Whether something that nobody else has is new, or has another size. Of what stands where it
 * stood, with its key, no values are asked: they are packed, and dear to read. */
static bool has_new_parts(const comparison *c, uint32_t now)
{
    uint32_t owner = where_parts_are(c->now, now);
    for (uint64_t e = c->now->edge_start[owner]; e < c->now->edge_start[owner + 1]; e++) {
        uint32_t part = c->now->edge_target[e], old = c->was[part];
        if (hf_graph_holds(c->now, e) && hf_graph_refcount(c->now, part) == 1 &&
            (old == HF_NO_OBJECT ||
             hf_graph_shallow(c->then, old) != hf_graph_shallow(c->now, part)))
            return true;
    }
    return false;
}

static void forget(uint32_t object, uint32_t *was, uint32_t *back)
{
    if (back && was[object] != HF_NO_OBJECT)
        back[was[object]] = HF_NO_OBJECT;
    was[object] = HF_NO_OBJECT;
}

hf_err *hf_forget_rekeyed(hf_graph *then, hf_graph *now, const hf_entry_of *now_at, uint32_t *was,
                          uint32_t *back)
{
    HF_AUTO(hf_large_freep) hf_entry_of *then_at = hf_entries_of(then);
    if (!then_at)
        return hf_fail_memory();
    comparison c = {then, now, was};
    uint32_t asked = 0;
    for (uint32_t i = 0; i < now->object_count && asked < MOST_ASKED; i++) {
        uint32_t old = was[i], dict = now_at[i].dict;
        if (old == HF_NO_OBJECT || dict >= now->object_count || was[dict] == HF_NO_OBJECT ||
            then_at[old].dict != was[dict])
            continue;
        const hf_type *type = &now->types[now->type[i]];
        if (!type->heap_type || (was[now_at[i].key] == then_at[old].key && !has_new_parts(&c, i)))
            continue;
        asked++;
        if (!is_other_key(then, then_at[old].key, now, now_at[i].key) ||
            !has_other_parts(&c, old, i))
            continue;
        uint32_t attributes = hf_attribute_dict(now, i);
        if (attributes != HF_NO_OBJECT)
            forget(attributes, was, back);
        forget(i, was, back);
    }
    return NULL;
}
