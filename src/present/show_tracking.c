/* present/show_tracking.c - how objects became more over several snapshots: see
 * present/show_births.h. */
#include "present/show_births.h"

#include "base/cleanup.h"

#include <string.h>

/* Looks that a line has room for; more are thinned out, JSON has all. */
enum { LOOKS_SHOWN = 7 };

static double seconds_of(const hf_tracking *t, size_t look)
{
    return (double)(t->taken_at[look] - t->taken_at[0]) / 1e9;
}

/* The look that column i of `shown` stands for: the first, the last, and others evenly between. */
static size_t look_of(const hf_tracking *t, size_t i, size_t shown)
{
    return shown > 1 ? i * (t->look_count - 1) / (shown - 1) : 0;
}

static void add_row(hf_table *table, const hf_tracking *t, const hf_track_row *row, bool bytes)
{
    size_t shown = t->look_count < LOOKS_SHOWN ? t->look_count : LOOKS_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        const hf_track_count *look = &row->looks[look_of(t, i, shown)];
        hf_table_cell(table, "%s",
                      bytes ? hf_format_bytes(look->bytes).text
                            : hf_format_count(look->objects).text);
    }
    int64_t change = hf_track_change(t, row, bytes);
    hf_table_cell(table, "%s",
                  bytes ? hf_format_bytes_change(change).text
                        : hf_format_count_change(change).text);
}

static void show_table(hf_text *out, const hf_tracking_view *view, bool bytes)
{
    const hf_tracking *t = view->tracking;
    size_t shown = t->look_count < LOOKS_SHOWN ? t->look_count : LOOKS_SHOWN;
    hf_format_label titles[LOOKS_SHOWN];
    hf_column columns[LOOKS_SHOWN + 2];
    for (size_t i = 0; i < shown; i++) {
        titles[i] = hf_format_seconds(seconds_of(t, look_of(t, i, shown)));
        columns[i] = (hf_column){titles[i].text, true};
    }
    columns[shown] = (hf_column){"CHANGE", true};
    columns[shown + 1] = (hf_column){view->by_module ? "MODULE" : "TYPE", false};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, shown + 2, 2);
    size_t rows = t->row_count < view->top ? t->row_count : view->top;
    for (size_t i = 0; i < rows; i++) {
        add_row(&table, t, &t->rows[i], bytes);
        const char *title = hf_strtab_get(&t->titles, t->rows[i].title);
        hf_table_untrusted(&table, title, strlen(title), 0);
    }
    add_row(&table, t, &t->total, bytes);
    if (rows < t->row_count)
        hf_table_cell(&table, "(all, also %s that are not shown)",
                      hf_format_count(t->row_count - rows).text);
    else
        hf_table_cell(&table, "(all of them)");
    hf_text_print(out, bytes ? "\nBYTES\n" : "OBJECTS\n");
    hf_table_print(&table, out);
}

void hf_show_tracking_text(hf_text *t, const hf_tracking_view *view)
{
    show_table(t, view, false);
    show_table(t, view, true);
    if (view->born && view->born->total.objects) {
        hf_text_print(t, "\nNEW SINCE THE FIRST LOOK\n");
        hf_show_birth_rows_text(t, view->last, view->born, view->top, 2);
    }
    if (view->note) {
        hf_text_print(t, "\n");
        hf_text_untrusted(t, view->note);
        hf_text_print(t, "\n");
    }
}

static void json_counts(hf_json *j, const hf_tracking *t, const hf_track_row *row)
{
    hf_json_array(j, "objects");
    for (size_t i = 0; i < t->look_count; i++)
        hf_json_uint(j, NULL, row->looks[i].objects);
    hf_json_end(j);
    hf_json_array(j, "bytes");
    for (size_t i = 0; i < t->look_count; i++)
        hf_json_uint(j, NULL, row->looks[i].bytes);
    hf_json_end(j);
}

void hf_show_tracking_json(hf_json *j, const hf_tracking_view *view)
{
    const hf_tracking *t = view->tracking;
    hf_json_object(j, NULL);
    hf_json_array(j, "looks");
    for (size_t i = 0; i < t->look_count; i++) {
        hf_json_object(j, NULL);
        hf_json_real(j, "seconds", seconds_of(t, i));
        hf_json_uint(j, "taken_at_ms", t->taken_at[i] / 1000000);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_array(j, view->by_module ? "modules" : "types");
    for (size_t i = 0; i < t->row_count && i < view->top; i++) {
        hf_json_object(j, NULL);
        hf_json_text(j, view->by_module ? "module" : "type",
                     hf_strtab_get(&t->titles, t->rows[i].title));
        json_counts(j, t, &t->rows[i]);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_uint(j, "rows_in_all", t->row_count);
    hf_json_object(j, "all");
    json_counts(j, t, &t->total);
    hf_json_end(j);
    if (view->born) {
        hf_json_object(j, "new");
        hf_json_uint(j, "objects", view->born->total.objects);
        hf_json_uint(j, "bytes", view->born->total.bytes);
        hf_show_birth_rows_json(j, view->last, view->born, view->top);
        hf_json_end(j);
    }
    hf_json_text(j, "note", view->note);
    hf_json_end(j);
}
