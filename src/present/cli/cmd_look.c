/* present/cli/cmd_look.c - info and types: what needs the graph alone. */
#include "analyse/histogram.h"
#include "base/cleanup.h"
#include "present/cli/session.h"
#include "present/cli/source.h"
#include "present/cli/track.h"
#include "present/show.h"

hf_err *hf_cmd_info(hf_session *s)
{
    HF_AUTO(hf_graph_freep) hf_graph *graph = NULL;
    hf_err *err = hf_source_load(s, s->arguments->operands[0], &graph);
    if (err)
        return err;
    if (s->text)
        hf_show_info_text(s->text, graph);
    if (s->json)
        hf_show_info_json(s->json, graph);
    return NULL;
}

static hf_err *types_by_site(hf_session *s, const hf_graph *graph)
{
    const hf_arguments *a = s->arguments;
    if (graph->info.check.tracing == HF_TRACING_HIDDEN)
        return hf_fail(HF_ERR_NOT_FOUND,
                       "tracemalloc was on in process %d, but its tables were not found in that "
                       "build of CPython",
                       (int)graph->info.pid);
    if (!hf_lines_known(graph))
        return hf_fail(HF_ERR_NOT_FOUND,
                       "process %d did not note where it allocates: that takes 'holdfast run', or "
                       "tracemalloc.start() in it, or PYTHONTRACEMALLOC=1 when it is started",
                       (int)graph->info.pid);
    hf_lines lines HF_AUTO(hf_lines_deinit) = {0};
    hf_filter filter = {.type = a->type, .module = a->module};
    bool filtered = a->type || a->module;
    hf_err *err = hf_lines_compute(graph, filtered ? &filter : NULL, &lines);
    if (err)
        return err;
    hf_lines_view view = {
        .graph = graph, .lines = &lines, .filtered = filtered, .top = a->top ? a->top : 20};
    if (s->text)
        hf_show_lines_text(s->text, &view);
    if (s->json)
        hf_show_lines_json(s->json, &view);
    return NULL;
}

hf_err *hf_cmd_types(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    if (a->by_site && a->by_module)
        return hf_fail(HF_ERR_USAGE, "types takes either --by-site or --by-module");
    if (hf_track_is_asked(a))
        return hf_track(s);
    HF_AUTO(hf_graph_freep) hf_graph *graph = NULL;
    hf_err *err = hf_source_load(s, a->operands[0], &graph);
    if (!err && a->by_site)
        return types_by_site(s, graph);
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
