/* present/show_types.c - how many objects of which type or module. */
#include "present/show.h"

#include "base/cleanup.h"

#include <string.h>

void hf_show_type_rows(hf_text *t, const hf_histogram_row *rows, size_t count)
{
    static const hf_column columns[] = {{"BYTES", true}, {"OBJECTS", true}, {"TYPE", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 3, 2);
    for (size_t i = 0; i < count; i++) {
        hf_table_cell(&table, "%s", hf_format_bytes(hf_histogram_bytes(&rows[i])).text);
        hf_table_cell(&table, "%s", hf_format_count(rows[i].objects).text);
        hf_table_untrusted(&table, rows[i].title, strlen(rows[i].title), 100);
    }
    hf_table_print(&table, t);
}

void hf_show_type_rows_json(hf_json *j, const hf_histogram_row *rows, size_t count)
{
    hf_json_array(j, "types");
    for (size_t i = 0; i < count; i++) {
        hf_json_object(j, NULL);
        hf_json_text(j, "type", rows[i].title);
        hf_json_uint(j, "objects", rows[i].objects);
        hf_json_uint(j, "bytes", hf_histogram_bytes(&rows[i]));
        hf_json_end(j);
    }
    hf_json_end(j);
}

static void add_row(hf_table *table, const hf_histogram_row *row, const hf_types_view *view)
{
    hf_table_cell(table, "%s", hf_format_count(row->objects).text);
    hf_table_cell(table, "%s", hf_format_bytes(hf_histogram_bytes(row)).text);
    hf_table_cell(table, "%s",
                  hf_format_share(hf_histogram_bytes(row), hf_histogram_bytes(view->heap)).text);
}

void hf_show_types_text(hf_text *t, const hf_types_view *view)
{
    const hf_histogram *h = view->histogram;
    const char *noun = view->by_module ? "module" : "type";
    const hf_column columns[] = {{"OBJECTS", true},
                                 {"BYTES", true},
                                 {"SHARE", true},
                                 {view->by_module ? "MODULE" : "TYPE", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 4, 0);
    size_t shown = h->count < view->top ? h->count : view->top;
    hf_histogram_row sum = {0};
    for (size_t i = 0; i < shown; i++) {
        add_row(&table, &h->rows[i], view);
        hf_table_untrusted(&table, h->rows[i].title, strlen(h->rows[i].title), 0);
        sum.objects += h->rows[i].objects;
        sum.block += hf_histogram_bytes(&h->rows[i]);
    }
    if (shown < h->count) {
        sum = (hf_histogram_row){.objects = h->total.objects - sum.objects,
                                 .block = hf_histogram_bytes(&h->total) - sum.block};
        add_row(&table, &sum, view);
        hf_table_cell(&table, "(%s other %ss)", hf_format_count(h->count - shown).text, noun);
    }
    if (view->filtered) {
        add_row(&table, &h->total, view);
        hf_table_cell(&table, "(all that match)");
    }
    add_row(&table, view->heap, view);
    hf_table_cell(&table, "(all objects)");
    hf_table_print(&table, t);
}

static void json_counts(hf_json *j, const hf_histogram_row *row)
{
    hf_json_uint(j, "objects", row->objects);
    hf_json_uint(j, "bytes", hf_histogram_bytes(row));
    hf_json_uint(j, "size", row->size);
    hf_json_uint(j, "block", row->block);
    hf_json_uint(j, "external", row->external);
}

void hf_show_types_json(hf_json *j, const hf_types_view *view)
{
    const hf_histogram *h = view->histogram;
    hf_json_object(j, NULL);
    hf_json_array(j, view->by_module ? "modules" : "types");
    for (size_t i = 0; i < h->count && i < view->top; i++) {
        hf_json_object(j, NULL);
        hf_json_text(j, view->by_module ? "module" : "type", h->rows[i].title);
        json_counts(j, &h->rows[i]);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_uint(j, "rows_in_all", h->count);
    hf_json_object(j, "matching");
    json_counts(j, &h->total);
    hf_json_end(j);
    hf_json_object(j, "all");
    json_counts(j, view->heap);
    hf_json_end(j);
    hf_json_end(j);
}
