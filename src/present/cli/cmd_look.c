/* present/cli/cmd_look.c - info and types: what needs the graph alone. */
#include "analyse/histogram.h"
#include "base/cleanup.h"
#include "present/cli/session.h"
#include "present/cli/source.h"
#include "present/show.h"

static void free_graph(hf_graph **graph)
{
    hf_graph_free(*graph);
}

hf_err *hf_cmd_info(hf_session *s)
{
    HF_AUTO(free_graph) hf_graph *graph = NULL;
    hf_err *err = hf_source_load(s, s->arguments->operands[0], &graph);
    if (err)
        return err;
    if (s->text)
        hf_show_info_text(s->text, graph);
    if (s->json)
        hf_show_info_json(s->json, graph);
    return NULL;
}

hf_err *hf_cmd_types(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    HF_AUTO(free_graph) hf_graph *graph = NULL;
    hf_err *err = hf_source_load(s, a->operands[0], &graph);
    if (err)
        return err;
    hf_histogram all HF_AUTO(hf_histogram_deinit) = {0}, chosen HF_AUTO(hf_histogram_deinit) = {0};
    hf_filter filter = {.type = a->type, .module = a->module};
    err = hf_histogram_compute(graph, NULL, a->by_module, &all);
    if (!err)
        err = hf_histogram_compute(graph, &filter, a->by_module, &chosen);
    if (err)
        return err;
    hf_types_view view = {.histogram = &chosen,
                          .heap = &all.total,
                          .by_module = a->by_module,
                          .filtered = a->type || a->module,
                          .top = a->top ? a->top : 20};
    if (s->text)
        hf_show_types_text(s->text, &view);
    if (s->json)
        hf_show_types_json(s->json, &view);
    return NULL;
}
