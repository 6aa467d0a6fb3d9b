/* What most commands ask of a graph: dominators, paths from roots, values. */
#ifndef WALKED_GRAPH_H
#define WALKED_GRAPH_H

#include "analyse/dominators.h"
#include "analyse/paths.h"

#include <assert.h>

enum { OBJECTS_SHOWN = 64 };

static void show_object(hf_graph *g, const hf_path_tree *t, uint32_t object)
{
    hf_path p = {0};
    hf_buf text = {0};
    if (!hf_path_to(t, object, &p)) {
        hf_err_free(hf_path_text(g, &p, &text));
        for (size_t i = 0; i < text.length; i++)
            assert(text.data[i] >= 0x20 && text.data[i] != 0x7f);
    }
    hf_path_deinit(&p);
    hf_buf_deinit(&text);
    hf_graph_value(g, object, NULL);
    hf_graph_bound(g, object);
    assert(hf_graph_find(g, g->address[object]) == object);
}

/* The caller frees what it returns. */
static hf_dominators *walk_graph(hf_graph *g)
{
    hf_dominators *d = NULL;
    hf_path_tree *t = NULL;
    hf_err_free(hf_dominators_compute(g, &d));
    hf_err_free(hf_path_tree_build(g, &t));
    assert(d && t);
    for (uint32_t o = 0; o < g->object_count && o < OBJECTS_SHOWN; o++)
        show_object(g, t, o);
    hf_path_tree_free(t);
    return d;
}

#endif
