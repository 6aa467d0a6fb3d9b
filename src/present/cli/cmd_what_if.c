/* present/cli/cmd_what_if.c - what would be freed if these references were cut. */
#include "analyse/what_if.h"
#include "base/cleanup.h"
#include "graph/file.h"
#include "present/cli/session.h"
#include "present/cli/source.h"
#include "present/show_what_if.h"

typedef struct cut_rows {
    hf_cut_row rows[HF_WORDS_MAX * 2];
    size_t count;
} cut_rows;

static void free_rows(cut_rows *r)
{
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < HF_OTHER_PATHS; k++)
            free(r->rows[i].others[k]);
}

static hf_err *cut_path(hf_graph *g, const char *path, hf_cuts *cuts, cut_rows *rows)
{
    hf_found_list found HF_AUTO(hf_found_list_deinit) = {0};
    hf_err *err = hf_path_find(g, path, &found);
    if (err)
        return err;
    for (size_t i = 0; i < found.count; i++)
        hf_cuts_add(cuts, &found.rows[i]);
    rows->rows[rows->count++] =
        (hf_cut_row){.asked = path, .references = found.count, .object = found.rows[0].object};
    return NULL;
}

static hf_err *cut_type(hf_graph *g, const char *pattern, hf_cuts *cuts, cut_rows *rows)
{
    uint64_t before = cuts->object_count;
    hf_filter filter = {.type = pattern};
    hf_cuts_add_types(g, cuts, &filter);
    if (cuts->object_count == before)
        return hf_fail(HF_ERR_NOT_FOUND, "no object is of a type that matches '%s'", pattern);
    rows->rows[rows->count++] = (hf_cut_row){
        .asked = pattern, .references = cuts->object_count - before, .object = HF_NO_OBJECT};
    return NULL;
}

static hf_err *cut_all(const hf_arguments *a, hf_graph *g, hf_cuts *cuts, cut_rows *rows)
{
    hf_err *err = NULL;
    for (size_t i = 0; i < a->cut.count && !err; i++)
        err = cut_path(g, a->cut.words[i], cuts, rows);
    for (size_t i = 0; i < a->cut_type.count && !err; i++)
        err = cut_type(g, a->cut_type.words[i], cuts, rows);
    return err;
}

/* What else holds that which stays. */
static hf_err *find_others(hf_graph *g, hf_cuts *cuts, const hf_what_if *result, cut_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        hf_cut_row *row = &rows->rows[i];
        if (row->object == HF_NO_OBJECT || result->freed[row->object])
            continue;
        for (size_t k = 0; k < HF_OTHER_PATHS; k++) {
            hf_err *err = hf_what_if_other_path(g, cuts, row->object, &row->others[k]);
            if (err)
                return err;
            if (*row->others[k])
                continue;
            free(hf_take(row->others[k]));
            break;
        }
    }
    return NULL;
}

hf_err *hf_cmd_what_if(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    if (!a->cut.count && !a->cut_type.count)
        return hf_fail(HF_ERR_USAGE, "what-if needs --cut PATH or --cut-type PATTERN: what is to "
                                     "be gone");
    HF_AUTO(hf_graph_freep) hf_graph *graph = NULL;
    hf_cuts cuts HF_AUTO(hf_cuts_deinit) = {0};
    hf_what_if result HF_AUTO(hf_what_if_deinit) = {0};
    HF_AUTO(free_rows) cut_rows rows = {.count = 0};
    hf_err *err = hf_source_load(s, a->operands[0], &graph);
    if (!err)
        err = hf_cuts_init(graph, &cuts);
    if (!err)
        err = cut_all(a, graph, &cuts, &rows);
    if (!err)
        err = hf_what_if_compute(graph, &cuts, &result);
    if (!err)
        err = find_others(graph, &cuts, &result, &rows);
    if (err)
        return err;
    hf_what_if_view view = {.graph = graph,
                            .result = &result,
                            .rows = rows.rows,
                            .count = rows.count,
                            .top = a->top ? a->top : 10};
    for (uint32_t i = 0; i < graph->object_count; i++)
        view.heap_bytes += hf_graph_shallow(graph, i);
    if (s->text)
        hf_show_what_if_text(s->text, &view);
    if (s->json)
        hf_show_what_if_json(s->json, &view);
    return NULL;
}
