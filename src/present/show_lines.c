/* present/show_lines.c - where memory was allocated, line by line. */
#include "present/show.h"

#include "base/cleanup.h"

#include <math.h>
#include <string.h>

enum { PLACE_WIDTH = 48 };

static void add_line(hf_table *table, const hf_graph *g, uint32_t file, uint32_t line)
{
    hf_buf place HF_AUTO(hf_buf_deinit) = {0};
    hf_line_text(g, file, line, true, &place);
    hf_table_untrusted(table, hf_buf_string(&place), place.length, 0);
}

static uint64_t bytes_of(const hf_line *row, bool filtered)
{
    return filtered ? row->object_bytes : row->bytes;
}

static void add_counts(hf_table *table, const hf_lines_view *view, const hf_line *row, bool share)
{
    uint64_t bytes = bytes_of(row, view->filtered);
    uint64_t all = bytes_of(&view->lines->total, view->filtered);
    if (!view->filtered)
        hf_table_cell(table, "%s", hf_format_count(row->blocks).text);
    hf_table_cell(table, "%s", hf_format_bytes(bytes).text);
    hf_table_cell(table, "%s", share ? hf_format_share(bytes, all).text : "");
    hf_table_cell(table, "%s", hf_format_count(row->objects).text);
}

void hf_show_lines_text(hf_text *t, const hf_lines_view *view)
{
    static const hf_column columns[] = {{"BLOCKS", true},
                                        {"BYTES", true},
                                        {"SHARE", true},
                                        {"OBJECTS", true},
                                        {"ALLOCATED AT", false}};
    const hf_lines *l = view->lines;
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, view->filtered ? columns + 1 : columns, view->filtered ? 4 : 5, 0);
    hf_line rest = l->total;
    size_t shown = l->count < view->top ? l->count : view->top;
    for (size_t i = 0; i < shown; i++) {
        const hf_line *row = &l->rows[i];
        add_counts(&table, view, row, true);
        add_line(&table, view->graph, row->file, row->line);
        rest.blocks -= row->blocks;
        rest.bytes -= row->bytes;
        rest.objects -= row->objects;
        rest.object_bytes -= row->object_bytes;
    }
    if (shown < l->count) {
        add_counts(&table, view, &rest, true);
        hf_table_cell(&table, "(%s other lines)", hf_format_count(l->count - shown).text);
    }
    add_counts(&table, view, &l->total, true);
    hf_table_cell(&table, view->filtered ? "(all that was noted of them)" : "(all that was noted)");
    hf_table_print(&table, t);
    if (hf_lines_are_sampled(view->graph)) {
        hf_text_print(t, "estimates from a sample: of each %s one block is noted\n",
                      hf_format_bytes(view->graph->info.check.sample_bytes).text);
    } else if (l->unknown.objects) {
        hf_text_print(t, "%s objects of ", hf_format_count(l->unknown.objects).text);
        hf_text_print(t, "%s it has not noted: they are older, or static\n",
                      hf_format_bytes(l->unknown.object_bytes).text);
    }
}

static void json_place(hf_json *j, const hf_graph *g, uint32_t file, uint32_t line)
{
    const char *path = hf_strtab_get(&g->names, file);
    hf_json_text(j, "file", *path ? path : NULL);
    hf_json_uint(j, "line", line);
}

static void json_counts(hf_json *j, const hf_lines_view *view, const hf_line *row)
{
    if (!view->filtered) {
        hf_json_uint(j, "blocks", row->blocks);
        hf_json_uint(j, "bytes", row->bytes);
    }
    hf_json_uint(j, "objects", row->objects);
    hf_json_uint(j, "object_bytes", row->object_bytes);
}

void hf_show_lines_json(hf_json *j, const hf_lines_view *view)
{
    const hf_lines *l = view->lines;
    hf_json_object(j, NULL);
    hf_json_array(j, "lines");
    for (size_t i = 0; i < l->count && i < view->top; i++) {
        hf_json_object(j, NULL);
        json_place(j, view->graph, l->rows[i].file, l->rows[i].line);
        json_counts(j, view, &l->rows[i]);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_uint(j, "rows_in_all", l->count);
    hf_json_object(j, "all");
    json_counts(j, view, &l->total);
    hf_json_end(j);
    hf_json_object(j, "not_noted");
    hf_json_uint(j, "objects", l->unknown.objects);
    hf_json_uint(j, "object_bytes", l->unknown.object_bytes);
    hf_json_end(j);
    hf_json_end(j);
}

static const hf_graph *graph_of(const hf_difference_view *view, const hf_line_change *row)
{
    return row->gone ? view->old_graph : view->new_graph;
}

void hf_show_line_changes(hf_text *t, const hf_difference_view *view, size_t indent)
{
    static const hf_column columns[] = {
        {"BYTES", true}, {"BLOCKS", true}, {"NOW", true}, {"ALLOCATED AT", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 4, indent);
    for (size_t i = 0; i < view->line_count; i++) {
        const hf_line_change *row = &view->lines[i];
        hf_table_cell(&table, "%s", hf_format_bytes_change(row->bytes).text);
        hf_table_cell(&table, "%s", hf_format_count_change(row->blocks).text);
        hf_table_cell(&table, "%s", hf_format_bytes(row->bytes_now).text);
        add_line(&table, graph_of(view, row), row->file, row->line);
    }
    hf_table_print(&table, t);
}

void hf_show_line_changes_json(hf_json *j, const hf_difference_view *view)
{
    hf_json_array(j, "lines");
    for (size_t i = 0; i < view->line_count; i++) {
        const hf_line_change *row = &view->lines[i];
        hf_json_object(j, NULL);
        json_place(j, graph_of(view, row), row->file, row->line);
        hf_json_int(j, "bytes", row->bytes);
        hf_json_int(j, "blocks", row->blocks);
        hf_json_uint(j, "bytes_now", row->bytes_now);
        hf_json_uint(j, "blocks_now", row->blocks_now);
        hf_json_end(j);
    }
    hf_json_end(j);
}

void hf_show_line_cell(hf_table *table, const hf_graph *g, uint32_t object)
{
    const hf_site_frame *frame = hf_allocated_at(g, object);
    hf_buf place HF_AUTO(hf_buf_deinit) = {0};
    if (frame)
        hf_line_text(g, frame->file, frame->line, false, &place);
    else
        hf_buf_text(&place, hf_lines_are_sampled(g) ? "(not sampled)" : "-");
    hf_table_untrusted(table, hf_buf_string(&place), place.length, PLACE_WIDTH);
}

void hf_show_traceback(hf_text *t, const hf_graph *g, uint32_t object)
{
    uint32_t site = g->site ? g->site[object] : 0;
    hf_format_label mean = hf_format_bytes(g->info.check.sample_bytes);
    if (!site && hf_lines_are_sampled(g))
        hf_text_print(t, "\nallocated at   not sampled: of each %s one block is\n", mean.text);
    else if (hf_lines_are_sampled(g))
        hf_text_print(t, "\nsampled        of each %s one block: this object stands for %s\n",
                      mean.text,
                      hf_format_count((uint64_t)llround(hf_object_weight(g, object))).text);
    for (uint32_t i = 0; site && i < g->sites[site - 1].frame_count; i++) {
        hf_buf place HF_AUTO(hf_buf_deinit) = {0};
        const hf_site_frame *frame = &hf_graph_frames(g, site)[i];
        hf_line_text(g, frame->file, frame->line, true, &place);
        hf_text_print(t, i ? "  called from  " : "\nallocated at   ");
        hf_text_untrusted(t, hf_buf_string(&place));
        hf_text_print(t, "\n");
    }
}

void hf_show_traceback_json(hf_json *j, const hf_graph *g, uint32_t object)
{
    if (!hf_lines_known(g))
        return;
    uint32_t site = g->site[object];
    hf_json_array(j, "allocated_at"); /* empty: not noted */
    for (uint32_t i = 0; site && i < g->sites[site - 1].frame_count; i++) {
        const hf_site_frame *frame = &hf_graph_frames(g, site)[i];
        hf_json_object(j, NULL);
        json_place(j, g, frame->file, frame->line);
        hf_json_end(j);
    }
    hf_json_end(j);
}
