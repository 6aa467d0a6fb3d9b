#include "analyse/records.h"

#include "analyse/attributes.h"
#include "analyse/shape.h"
#include "base/cleanup.h"
#include "base/huge.h"

#include <string.h>

/* What a weak reference with a callback refers to, if that is newly born; else HF_NO_OBJECT. */
static uint32_t referent_of(const hf_timeline *t, uint32_t reference)
{
    const hf_graph *g = t->last;
    uint32_t referent = HF_NO_OBJECT;
    bool calls_back = false;
    for (uint64_t e = g->edge_start[reference]; e < g->edge_start[reference + 1]; e++) {
        uint32_t target = g->edge_target[e];
        if (hf_graph_is(g, target, "NoneType"))
            continue;
        if (hf_graph_strength(g, e) == HF_EDGE_WEAK)
            referent = target;
        else
            calls_back |= hf_graph_holds(g, e);
    }
    bool is_new = referent != HF_NO_OBJECT && !hf_timeline_is_old(t, referent);
    return calls_back && is_new ? referent : HF_NO_OBJECT;
}

static bool refers_to(const hf_graph *g, uint32_t from, uint32_t to)
{
    for (uint64_t e = g->edge_start[from]; e < g->edge_start[from + 1]; e++)
        if (g->edge_target[e] == to && hf_graph_holds(g, e))
            return true;
    return false;
}

/* Whether an object has another as an attribute. */
static bool has(const hf_graph *g, uint32_t object, uint32_t other)
{
    uint32_t dict = hf_attribute_dict(g, object);
    return refers_to(g, object, other) || (dict != HF_NO_OBJECT && refers_to(g, dict, other));
}

/* The newly born instance that alone has the weak reference as an attribute, or HF_NO_OBJECT. */
static uint32_t record_with(const hf_timeline *t, const hf_dominators *d, uint32_t reference)
{
    uint32_t record = d->parent[reference];
    if (record < d->count && hf_shape_is_namespace(t->last, record))
        record = d->parent[record];
    return record < d->count && !hf_timeline_is_old(t, record) ? record : HF_NO_OBJECT;
}

uint32_t *hf_records_of(const hf_timeline *t, const hf_dominators *d)
{
    static const char *const references[] = {"weakref.ReferenceType", "weakref"};
    hf_graph *g = t->last;
    HF_AUTO(hf_freep) uint8_t *is_reference = hf_types_named(g, references, 2);
    uint32_t *subject = hf_large_malloc((uint64_t)g->object_count + 1, sizeof(*subject));
    if (!is_reference || !subject) {
        free(subject);
        return NULL;
    }
    memset(subject, 0xff, (size_t)g->object_count * sizeof(*subject));
    for (uint32_t i = 0; i < g->object_count; i++) {
        /* Whether the reference is new does not matter: it may lie where an earlier
         * one was freed. */
        if (!is_reference[g->type[i]])
            continue;
        uint32_t referent = referent_of(t, i), record = record_with(t, d, i);
        if (referent != HF_NO_OBJECT && record != HF_NO_OBJECT && has(g, referent, record))
            subject[record] = referent;
    }
    return subject;
}
