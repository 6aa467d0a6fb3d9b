/* present/cli/cmd_memory.c - memory: all of the memory of a process, in parts that add up. */
#include "base/cleanup.h"
#include "present/cli/memory_tree.h"
#include "present/cli/session.h"
#include "present/cli/source.h"
#include "present/show_memory.h"

hf_err *hf_cmd_memory(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    if (a->whole_tree)
        return hf_memory_tree(s);
    HF_AUTO(hf_graph_freep) hf_graph *graph = NULL;
    HF_AUTO(hf_dominators_freep) hf_dominators *dominators = NULL;
    hf_err *err = hf_source_load(s, a->operands[0], &graph);
    if (err)
        return err;
    if (!graph->memory.measured)
        return hf_fail(HF_ERR_NOT_FOUND,
                       "snapshot '%s' says nothing of memory beside objects: it was taken by an "
                       "earlier version",
                       a->operands[0]);
    err = hf_dominators_compute(graph, &dominators);
    hf_memory_report report HF_AUTO(hf_memory_report_deinit) = {0};
    if (!err)
        err = hf_memory_explain(graph, dominators, &report);
    if (err)
        return err;
    hf_memory_view view = {.graph = graph, .report = &report, .top = a->top ? a->top : 8};
    if (s->text)
        hf_show_memory_text(s->text, &view);
    if (s->json)
        hf_show_memory_json(s->json, &view);
    return NULL;
}
