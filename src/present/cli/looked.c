#include "present/cli/looked.h"

#include "graph/file.h"
#include "present/cli/progress.h"
#include "present/cli/source.h"

#include <stdlib.h>

hf_err *hf_look(hf_session *s, hf_looked *ret)
{
    hf_err *err = hf_source_load(s, s->arguments->operands[0], &ret->graph);
    if (err)
        return err;
    hf_progress_begin("finding who holds what");
    hf_progress_update(0, 0);
    err = hf_dominators_compute(ret->graph, &ret->dominators);
    if (!err)
        err = hf_path_tree_build(ret->graph, &ret->tree);
    hf_progress_clear();
    for (uint32_t i = 0; !err && i < ret->graph->object_count; i++)
        ret->heap_bytes += hf_graph_shallow(ret->graph, i);
    return err;
}

void hf_looked_deinit(hf_looked *l)
{
    hf_path_tree_free(l->tree);
    hf_dominators_free(l->dominators);
    hf_graph_free(l->graph);
}

void hf_texts_deinit(hf_texts *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->text[i]);
    free(t->text);
}
