/* Whether two graphs are the same. */
#ifndef SAME_GRAPH_H
#define SAME_GRAPH_H

#include "graph/graph.h"

#include <string.h>

static bool same_numbers(const hf_graph *a, const hf_graph *b)
{
    for (uint32_t i = 0; i < a->object_count; i++)
        if (hf_graph_refcount(a, i) != hf_graph_refcount(b, i) ||
            hf_graph_size(a, i) != hf_graph_size(b, i) ||
            hf_graph_block(a, i) != hf_graph_block(b, i) ||
            hf_graph_external(a, i) != hf_graph_external(b, i) ||
            hf_graph_length(a, i) != hf_graph_length(b, i))
            return false;
    return true;
}

static bool same_columns(const hf_graph *a, const hf_graph *b)
{
    size_t n = a->object_count, m = a->edge_count;
    return a->object_count == b->object_count && a->edge_count == b->edge_count &&
           a->type_count == b->type_count && a->root_count == b->root_count &&
           a->thread_count == b->thread_count && a->names.count == b->names.count &&
           !memcmp(a->address, b->address, n * sizeof(*a->address)) &&
           !memcmp(a->type, b->type, n * sizeof(*a->type)) &&
           !memcmp(a->flags, b->flags, n * sizeof(*a->flags)) && same_numbers(a, b) &&
           !memcmp(a->edge_start, b->edge_start, (n + 1) * sizeof(*a->edge_start)) &&
           !memcmp(a->edge_target, b->edge_target, m * sizeof(*a->edge_target)) &&
           !memcmp(a->edge_class, b->edge_class, m * sizeof(*a->edge_class)) &&
           !memcmp(a->edge_label, b->edge_label, m * sizeof(*a->edge_label)) &&
           !memcmp(a->roots, b->roots, a->root_count * sizeof(*a->roots));
}

static bool same_values(hf_graph *a, hf_graph *b)
{
    for (uint32_t i = 0; i < a->object_count; i++) {
        size_t x = 0, y = 0;
        const char *s = hf_graph_value(a, i, &x), *t = hf_graph_value(b, i, &y);
        if (!s != !t || x != y || (s && memcmp(s, t, x)))
            return false;
    }
    return true;
}

#endif
