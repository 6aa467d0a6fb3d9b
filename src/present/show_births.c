/* present/show_births.c - see present/show_births.h. */
#include "present/show_births.h"

#include "analyse/lines.h"
#include "base/cleanup.h"

#include <string.h>

enum { TYPE_WIDTH = 48, PLACE_WIDTH = 0 };

static void add_counts(hf_table *table, const hf_birth_row *row, bool sampled)
{
    hf_table_cell(table, "%s", hf_format_count(row->objects).text);
    hf_table_cell(table, "%s", hf_format_bytes(row->bytes).text);
    if (!sampled)
        return;
    hf_table_cell(table, "%s", hf_format_bytes(hf_birth_margin(row)).text);
    hf_table_cell(table, "%s", hf_format_count(row->sampled).text);
}

static void take_out(hf_birth_row *rest, const hf_birth_row *row)
{
    rest->objects -= row->objects;
    rest->bytes -= row->bytes;
    rest->sampled -= row->sampled;
    rest->variance -= row->variance < rest->variance ? row->variance : rest->variance;
}

void hf_show_birth_rows_text(hf_text *t, const hf_graph *g, const hf_birth_rows *rows, uint64_t top,
                             size_t indent)
{
    static const hf_column exact[] = {
        {"OBJECTS", true}, {"BYTES", true}, {"TYPE", false}, {"ALLOCATED AT", false}};
    static const hf_column estimates[] = {{"OBJECTS", true},      {"BYTES", true},
                                          {"GIVE OR TAKE", true}, {"SAMPLED", true},
                                          {"TYPE", false},        {"ALLOCATED AT", false}};
    bool sampled = hf_lines_are_sampled(g);
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, sampled ? estimates : exact, sampled ? 6 : 4, indent);
    hf_birth_row rest = rows->total;
    size_t shown = rows->count < top ? rows->count : top;
    for (size_t i = 0; i < shown; i++) {
        const hf_birth_row *row = &rows->rows[i];
        add_counts(&table, row, sampled);
        const char *type = hf_graph_type_title(g, row->type);
        hf_table_untrusted(&table, type, strlen(type), TYPE_WIDTH);
        hf_buf place HF_AUTO(hf_buf_deinit) = {0};
        if (row->line)
            hf_line_text(g, row->file, row->line, false, &place);
        else
            hf_buf_char(&place, '-');
        hf_table_untrusted(&table, hf_buf_string(&place), place.length, PLACE_WIDTH);
        take_out(&rest, row);
    }
    if (shown < rows->count) {
        add_counts(&table, &rest, sampled);
        hf_table_cell(&table, "(%s other rows)", hf_format_count(rows->count - shown).text);
        hf_table_cell(&table, "%s", "");
    }
    add_counts(&table, &rows->total, sampled);
    hf_table_cell(&table, "(all of them)");
    hf_table_cell(&table, "%s", "");
    hf_table_print(&table, t);
}

void hf_show_birth_rows_json(hf_json *j, const hf_graph *g, const hf_birth_rows *rows, uint64_t top)
{
    hf_json_array(j, "by_line");
    for (size_t i = 0; i < rows->count && i < top; i++) {
        const hf_birth_row *row = &rows->rows[i];
        hf_json_object(j, NULL);
        hf_json_text(j, "type", hf_graph_type_title(g, row->type));
        hf_json_text(j, "file", row->line ? hf_strtab_get(&g->names, row->file) : NULL);
        hf_json_uint(j, "line", row->line);
        hf_json_uint(j, "objects", row->objects);
        hf_json_uint(j, "bytes", row->bytes);
        if (hf_lines_are_sampled(g)) {
            hf_json_uint(j, "margin", hf_birth_margin(row));
            hf_json_uint(j, "sampled", row->sampled);
        }
        hf_json_end(j);
    }
    hf_json_end(j);
}

void hf_show_born_text(hf_text *t, const hf_born_view *view)
{
    const hf_walk_check *check = &view->graph->info.check;
    const hf_birth_row *all = &view->born->by_line.total, *unknown = &view->born->unknown;
    hf_text_print(t, "born in the last %s: ", hf_format_seconds(view->seconds).text);
    bool sampled = hf_lines_are_sampled(view->graph);
    hf_text_print(t, "%s%s objects, ", sampled ? "about " : "", hf_format_count(all->objects).text);
    hf_text_print(t, "%s", hf_format_bytes(all->bytes).text);
    if (sampled)
        hf_text_print(t, " give or take %s; the list below has those that were sampled",
                      hf_format_bytes(hf_birth_margin(all)).text);
    hf_text_print(t, "\n");
    if (unknown->objects)
        hf_text_print(t, "not known of %s objects more: %s\n",
                      hf_format_count(unknown->objects).text,
                      check->births_end ? "'holdfast run', which watched the process, has ended"
                                        : "so small that there is no room for it");
    if (check->births_by_block)
        hf_text_print(t,
                      "An object in memory that an earlier one has left counts from when that was "
                      "asked for: 'holdfast run --creators' tells them apart.\n");
    if (!all->objects)
        return;
    hf_text_print(t, "\n");
    hf_show_birth_rows_text(t, view->graph, &view->born->by_line, view->top, 0);
    hf_text_print(t, "\n");
}

void hf_show_born_json(hf_json *j, const hf_born_view *view)
{
    const hf_birth_rows *rows = &view->born->by_line;
    hf_json_object(j, "born");
    hf_json_real(j, "seconds", view->seconds);
    hf_json_uint(j, "objects", rows->total.objects);
    hf_json_uint(j, "bytes", rows->total.bytes);
    if (hf_lines_are_sampled(view->graph))
        hf_json_uint(j, "margin", hf_birth_margin(&rows->total));
    hf_json_uint(j, "not_known", view->born->unknown.objects);
    hf_json_bool(j, "by_block", view->graph->info.check.births_by_block);
    hf_show_birth_rows_json(j, view->graph, rows, view->top);
    hf_json_end(j);
}
