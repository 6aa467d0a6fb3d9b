/* present/show_objects.c - single objects: lists of them, and the way to one. */
#include "present/show.h"

#include "base/cleanup.h"
#include "present/name.h"
#include "present/show_births.h"

#include <math.h>
#include <string.h>

enum { PATH_WIDTH = 120, VALUE_WIDTH = 40 };

static void add_text(hf_table *table, const hf_buf *text, size_t limit)
{
    hf_table_untrusted(table, text->failed || !text->data ? "" : (const char *)text->data,
                       text->failed ? 0 : text->length, limit);
}

enum { COLUMNS_MOST = 9 };

/* What is known decides which columns there are. */
static size_t columns_of(const hf_graph *g, hf_column *ret)
{
    size_t count = 0;
    ret[count++] = (hf_column){"ADDRESS", false};
    ret[count++] = (hf_column){"RETAINED", true};
    ret[count++] = (hf_column){"BYTES", true};
    ret[count++] = (hf_column){"LENGTH", true};
    if (hf_lines_are_sampled(g))
        ret[count++] = (hf_column){"STANDS FOR", true};
    if (hf_births_known(g))
        ret[count++] = (hf_column){"AGE", true};
    ret[count++] = (hf_column){"TYPE", false};
    if (hf_lines_known(g))
        ret[count++] = (hf_column){"ALLOCATED AT", false};
    ret[count++] = (hf_column){"PATH OR VALUE", false};
    return count;
}

/* How many objects a sample stands for. */
static void weight_cell(hf_table *table, const hf_graph *g, uint32_t object)
{
    if (g->site[object])
        hf_table_cell(table, "%s",
                      hf_format_count((uint64_t)llround(hf_object_weight(g, object))).text);
    else
        hf_table_cell(table, "-");
}

static void age_cell(hf_table *table, const hf_graph *g, uint32_t object)
{
    double age = hf_object_age(g, object);
    hf_table_cell(table, "%s", age < 0 ? "-" : hf_format_seconds(age).text);
}

void hf_show_objects_text(hf_text *t, const hf_objects_view *view)
{
    hf_column columns[COLUMNS_MOST];
    hf_graph *g = view->graph;
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, columns_of(g, columns), 0);
    if (view->born)
        hf_show_born_text(t, view->born);
    for (size_t i = 0; i < view->count; i++) {
        uint32_t o = view->rows[i].object;
        hf_buf line HF_AUTO(hf_buf_deinit) = {0};
        hf_table_cell(&table, "%s", hf_format_address(g->address[o]).text);
        hf_table_cell(&table, "%s", hf_format_bytes(view->dominators->retained[o]).text);
        hf_table_cell(&table, "%s", hf_format_bytes(hf_graph_shallow(g, o)).text);
        hf_table_cell(&table, "%s",
                      hf_graph_length(g, o) ? hf_format_count(hf_graph_length(g, o)).text : "-");
        if (hf_lines_are_sampled(g))
            weight_cell(&table, g, o);
        if (hf_births_known(g))
            age_cell(&table, g, o);
        const char *type = hf_graph_type_name(g, o);
        hf_table_untrusted(&table, type, strlen(type), 48);
        if (hf_lines_known(g))
            hf_show_line_cell(&table, g, o);
        hf_buf value HF_AUTO(hf_buf_deinit) = {0};
        hf_buf_text(&line, view->rows[i].path);
        if (hf_name_is_plain(g, o) && hf_name_value(g, o, &value)) {
            hf_buf_text(&line, line.length ? " = " : "");
            hf_format_untrusted(&line, (const char *)value.data, value.length, VALUE_WIDTH);
        }
        add_text(&table, &line, 0);
    }
    if (view->count)
        hf_table_print(&table, t);
    hf_text_print(t, "%s", hf_format_count(view->count).text);
    hf_text_print(t, " of %s object%s\n", hf_format_count(view->matching).text,
                  view->matching == 1 ? "" : "s");
}

static void object_members(hf_json *j, hf_graph *g, const hf_dominators *dominators, uint32_t o)
{
    hf_json_address(j, "address", g->address[o]);
    hf_json_text(j, "type", hf_graph_type_name(g, o));
    hf_json_uint(j, "retained_bytes", dominators->retained[o]);
    hf_json_uint(j, "size", hf_graph_size(g, o));
    hf_json_uint(j, "block", hf_graph_block(g, o));
    hf_json_uint(j, "external", hf_graph_external(g, o));
    hf_json_uint(j, "length", hf_graph_length(g, o));
    hf_json_int(j, "refcount", hf_graph_refcount(g, o));
    if (hf_object_age(g, o) >= 0)
        hf_json_real(j, "age", hf_object_age(g, o));
    if (hf_lines_are_sampled(g)) {
        hf_json_bool(j, "sampled", g->site[o]);
        hf_json_real(j, "stands_for", g->site[o] ? hf_object_weight(g, o) : 0);
    }
    hf_show_traceback_json(j, g, o);
}

void hf_show_objects_json(hf_json *j, const hf_objects_view *view)
{
    hf_graph *g = view->graph;
    hf_json_object(j, NULL);
    if (view->born)
        hf_show_born_json(j, view->born);
    hf_json_array(j, "objects");
    for (size_t i = 0; i < view->count; i++) {
        uint32_t o = view->rows[i].object;
        hf_json_object(j, NULL);
        object_members(j, g, view->dominators, o);
        hf_buf flags HF_AUTO(hf_buf_deinit) = {0};
        hf_name_flags(g->flags[o], &flags);
        hf_json_text(j, "flags", hf_buf_string(&flags));
        hf_json_text(j, "path", *view->rows[i].path ? view->rows[i].path : NULL);
        size_t length = 0;
        const char *value = g->info.has_values ? hf_graph_value(g, o, &length) : NULL;
        hf_json_text_n(j, "value", value, length);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_uint(j, "matching", view->matching);
    hf_json_end(j);
}

/* What a step of a path is called. */
static void name_step(const hf_path_view *view, size_t step, hf_buf *out)
{
    if (view->path->steps[step].edge == UINT64_MAX && view->path->held_by_c)
        hf_buf_text(out, HF_PATH_HELD_BY_C);
    else if (view->path->steps[step].edge == UINT64_MAX)
        hf_name_root(view->graph, view->path->root, out);
    else
        hf_name_edge(view->graph, view->path->steps[step].edge, out);
}

void hf_show_path_text(hf_text *t, const hf_path_view *view)
{
    static const hf_column columns[] = {
        {"RETAINED", true}, {"BYTES", true}, {"STEP", false}, {"OBJECT", false}};
    hf_graph *g = view->graph;
    if (!view->path->count) {
        hf_buf name HF_AUTO(hf_buf_deinit) = {0};
        hf_name_object(g, view->object, &name);
        hf_text_untrusted(t, hf_buf_string(&name));
        static const char *const why[] = {"is reached by no strong path", "is held by C code only",
                                          "is garbage: nothing reaches it"};
        hf_text_print(t, " %s\n", why[view->dominators->reach[view->object] % 3]);
        hf_show_traceback(t, g, view->object);
        return;
    }
    hf_text_untrusted(t, view->text);
    hf_text_print(t, "\n\n");
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 4, 0);
    for (size_t i = 0; i < view->path->count; i++) {
        uint32_t o = view->path->steps[i].object;
        hf_buf step HF_AUTO(hf_buf_deinit) = {0}, name HF_AUTO(hf_buf_deinit) = {0};
        name_step(view, i, &step);
        hf_name_object(g, o, &name);
        hf_table_cell(&table, "%s", hf_format_bytes(view->dominators->retained[o]).text);
        hf_table_cell(&table, "%s", hf_format_bytes(hf_graph_shallow(g, o)).text);
        add_text(&table, &step, 48);
        add_text(&table, &name, 0);
    }
    hf_table_print(&table, t);
    hf_show_traceback(t, g, view->object);
}

void hf_show_path_json(hf_json *j, const hf_path_view *view)
{
    hf_json_object(j, NULL);
    hf_json_address(j, "address", view->graph->address[view->object]);
    hf_json_text(j, "path", view->path->count ? view->text : NULL);
    hf_json_array(j, "steps");
    for (size_t i = 0; i < view->path->count; i++) {
        hf_buf step HF_AUTO(hf_buf_deinit) = {0};
        name_step(view, i, &step);
        hf_json_object(j, NULL);
        hf_json_text(j, "step", hf_buf_string(&step));
        object_members(j, view->graph, view->dominators, view->path->steps[i].object);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_end(j);
}

void hf_show_retained_text(hf_text *t, const hf_retained_view *view)
{
    static const hf_column columns[] = {
        {"RETAINED", true}, {"SHARE", true}, {"OWN", true}, {"TYPE", false}, {"HOLDER", false}};
    static const hf_column with_line[] = {{"RETAINED", true},      {"SHARE", true},
                                          {"OWN", true},           {"TYPE", false},
                                          {"ALLOCATED AT", false}, {"HOLDER", false}};
    hf_graph *g = view->graph;
    bool lines = hf_lines_known(g);
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, lines ? with_line : columns, lines ? 6 : 5, 0);
    for (size_t i = 0; i < view->count; i++) {
        const hf_holder_row *row = &view->rows[i];
        uint64_t retained = view->dominators->retained[row->object];
        hf_table_cell(&table, "%s", hf_format_bytes(retained).text);
        hf_table_cell(&table, "%s", hf_format_share(retained, view->heap_bytes).text);
        hf_table_cell(&table, "%s", hf_format_bytes(hf_graph_shallow(g, row->object)).text);
        const char *type = hf_graph_type_name(g, row->object);
        hf_table_untrusted(&table, type, strlen(type), 40);
        if (lines)
            hf_show_line_cell(&table, g, row->object);
        hf_buf holder HF_AUTO(hf_buf_deinit) = {0};
        hf_buf_format(&holder, "%*s%s", (int)(2 * row->depth), "", row->path);
        if (!*row->path)
            hf_buf_text(&holder, hf_format_address(g->address[row->object]).text);
        add_text(&table, &holder, row->depth ? PATH_WIDTH : 0);
    }
    hf_table_print(&table, t);
    hf_text_print(t, "all objects together: %s\n", hf_format_bytes(view->heap_bytes).text);
}

void hf_show_retained_json(hf_json *j, const hf_retained_view *view)
{
    hf_json_object(j, NULL);
    hf_json_uint(j, "heap_bytes", view->heap_bytes);
    hf_json_array(j, "holders");
    for (size_t i = 0; i < view->count; i++) {
        hf_json_object(j, NULL);
        hf_json_uint(j, "depth", view->rows[i].depth);
        hf_json_text(j, "path", *view->rows[i].path ? view->rows[i].path : NULL);
        object_members(j, view->graph, view->dominators, view->rows[i].object);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_end(j);
}
