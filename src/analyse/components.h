/* analyse/components.h - cycles of references: the strongly connected components of a graph, as far
 * as an edge filter lets it be seen (Tarjan 1972, without recursion). */
#ifndef HF_ANALYSE_COMPONENTS_H
#define HF_ANALYSE_COMPONENTS_H

#include "graph/graph.h"

#define HF_NO_COMPONENT UINT32_MAX

/* Whether an edge from `source` is part of the graph that is looked at. */
typedef struct hf_edge_filter {
    bool (*accepts)(const struct hf_edge_filter *filter, uint32_t source, uint64_t edge);
    const hf_graph *graph;
} hf_edge_filter;

/* Components in which there is a cycle of edges that hold: of several objects, or one that
 * refers to itself. */
typedef struct hf_components {
    uint32_t count;
    uint32_t *of;      /* by object: its component, or HF_NO_COMPONENT */
    uint32_t *members; /* objects, by component, ascending */
    uint32_t *start;   /* count + 1 places in members */
} hf_components;

hf_err *hf_components_find(const hf_graph *g, const hf_edge_filter *filter, hf_components *ret);
void hf_components_deinit(hf_components *c);

/* Whether a component falls apart, with no cycle left in it, when the filter takes edges away. */
hf_err *hf_component_is_broken(const hf_graph *g, const hf_components *c, uint32_t component,
                               const hf_edge_filter *filter, bool *ret);

#endif
