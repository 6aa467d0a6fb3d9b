/* present/cli/cmd_collector.c - gc, garbage and cycles. */
#include "base/cleanup.h"
#include "graph/file.h"
#include "present/cli/looked.h"
#include "present/cli/progress.h"
#include "present/cli/source.h"
#include "present/show_collector.h"

hf_err *hf_cmd_gc(hf_session *s)
{
    HF_AUTO(hf_graph_freep) hf_graph *graph = NULL;
    hf_collecting collecting HF_AUTO(hf_collecting_deinit) = {0};
    hf_err *err = hf_source_load(s, s->arguments->operands[0], &graph);
    if (!err)
        err = hf_collecting_judge(graph, &collecting);
    if (err)
        return err;
    hf_gc_view view = {.graph = graph, .collecting = &collecting};
    if (s->text)
        hf_show_gc_text(s->text, &view);
    if (s->json)
        hf_show_gc_json(s->json, &view);
    return NULL;
}

static uint64_t top_of(const hf_session *s)
{
    return s->arguments->top ? s->arguments->top : 10;
}

hf_err *hf_cmd_garbage(hf_session *s)
{
    HF_AUTO(hf_looked_deinit) hf_looked l = {0};
    hf_collecting collecting HF_AUTO(hf_collecting_deinit) = {0};
    hf_cycles cycles HF_AUTO(hf_cycles_deinit) = {0};
    hf_histogram types HF_AUTO(hf_histogram_deinit) = {0};
    hf_err *err = hf_look(s, &l);
    if (!err)
        err = hf_collecting_judge(l.graph, &collecting);
    if (!err)
        err = hf_cycles_find(l.graph, l.dominators, &collecting.would_free, false, &cycles);
    if (!err)
        err = hf_histogram_of(l.graph, collecting.would_free.fate, &types);
    if (err)
        return err;
    hf_garbage_view view = {.graph = l.graph,
                            .collecting = &collecting,
                            .cycles = &cycles,
                            .types = types.rows,
                            .type_count = types.count,
                            .top = top_of(s)};
    if (s->text)
        hf_show_garbage_text(s->text, &view);
    if (s->json)
        hf_show_garbage_json(s->json, &view);
    return NULL;
}

hf_err *hf_cmd_cycles(hf_session *s)
{
    HF_AUTO(hf_looked_deinit) hf_looked l = {0};
    hf_collection collection HF_AUTO(hf_collection_deinit) = {0};
    hf_cycles cycles HF_AUTO(hf_cycles_deinit) = {0};
    hf_err *err = hf_look(s, &l);
    if (!err)
        err = hf_collection_predict(l.graph, &collection);
    if (!err)
        err = hf_cycles_find(l.graph, l.dominators, &collection, true, &cycles);
    if (err)
        return err;
    size_t shown = cycles.count < top_of(s) ? cycles.count : (size_t)top_of(s);
    HF_AUTO(hf_texts_deinit) hf_texts paths = {.text = calloc(shown + 1, sizeof(*paths.text))};
    if (!paths.text)
        return hf_fail_memory();
    for (; paths.count < shown && !err; paths.count++)
        err = hf_path_string(l.graph, l.tree, cycles.rows[paths.count].example,
                             &paths.text[paths.count]);
    if (err)
        return err;
    hf_cycles_view view = {.graph = l.graph,
                           .cycles = &cycles,
                           .paths = paths.text,
                           .heap_bytes = l.heap_bytes,
                           .top = top_of(s)};
    if (s->text)
        hf_show_cycles_text(s->text, &view);
    if (s->json)
        hf_show_cycles_json(s->json, &view);
    return NULL;
}
