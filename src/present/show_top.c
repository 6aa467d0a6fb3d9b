/* present/show_top.c - see present/show_top.h. */
#include "present/show_top.h"

#include "base/cleanup.h"
#include "present/show_trace.h"

/* "+1.2 MiB/s". */
static void add_rate(hf_table *table, const hf_top_view *view, double rate, bool sign)
{
    bool none = !view->has_rates || (rate < 1 && rate > -1);
    if (none)
        hf_table_cell(table, "-");
    else
        hf_table_cell(table, "%s%s",
                      rate < 0 ? "-"
                      : sign   ? "+"
                               : "",
                      hf_format_rate(rate < 0 ? -rate : rate).text);
}

static void show_head(hf_text *t, const hf_top_view *view)
{
    hf_text_untrusted(t, view->target);
    hf_text_print(t, ": held %s in %s blocks", hf_format_bytes(view->held.bytes).text,
                  hf_format_count(view->held.blocks).text);
    uint64_t margin = hf_capture_margin(view->capture, view->held.bytes);
    if (margin)
        hf_text_print(t, ", give or take %s", hf_format_bytes(margin).text);
    if (view->peak)
        hf_text_print(t, "; at most %s", hf_format_bytes(view->peak).text);
    if (view->resident)
        hf_text_print(t, "; resident %s", hf_format_bytes(view->resident).text);
    hf_text_print(t, "\n");
    if (view->has_rates)
        hf_text_print(t, "allocating %s in %s blocks a second; ", hf_format_rate(view->bytes).text,
                      hf_format_count((uint64_t)view->blocks).text);
    hf_text_print(t, "%zu process%s, %s after the start; by %s\n", view->processes,
                  view->processes == 1 ? "" : "es",
                  hf_format_seconds((double)view->capture->info.length / 1e9).text,
                  view->sorted_by);
}

void hf_show_top_text(hf_text *t, const hf_top_view *view)
{
    static const hf_column columns[] = {{"OWN", true},    {"TOTAL", true},     {"BLOCKS", true},
                                        {"GROWTH", true}, {"ALLOCATES", true}, {"FUNCTION", false}};
    show_head(t, view);
    hf_text_print(t, "\n");
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 6, 0);
    table.cut = true;
    for (size_t i = 0; i < view->count && i < view->shown; i++) {
        const hf_top_row *row = &view->rows[i];
        const hf_site site = {.kind = HF_SITE_LINE, .code = row->code};
        hf_buf name HF_AUTO(hf_buf_deinit) = {0};
        hf_show_site(&name, view->capture, &site, &(hf_sites_options){.by = HF_BY_FUNCTION});
        hf_table_cell(&table, "%s", hf_format_bytes(row->own.bytes).text);
        hf_table_cell(&table, "%s", hf_format_bytes(row->total.bytes).text);
        hf_table_cell(&table, "%s", hf_format_count(row->own.blocks).text);
        add_rate(&table, view, row->growth, true);
        add_rate(&table, view, row->allocated, false);
        hf_table_untrusted(&table, hf_buf_string(&name), name.length, 0);
    }
    hf_table_print(&table, t);
    if (view->keys)
        hf_text_styled(t, HF_STYLE_DIM, "%s\n", view->keys);
}

void hf_show_top_json(hf_json *j, const hf_top_view *view)
{
    hf_json_object(j, NULL);
    hf_json_real(j, "length", (double)view->capture->info.length / 1e9);
    hf_json_uint(j, "processes", view->processes);
    hf_json_count(j, view->capture, "held", view->held);
    hf_json_uint(j, "margin", hf_capture_margin(view->capture, view->held.bytes));
    hf_json_uint(j, "peak", view->peak);
    hf_json_uint(j, "resident", view->resident);
    hf_json_real(j, "bytes_per_second", view->bytes);
    hf_json_real(j, "blocks_per_second", view->blocks);
    hf_json_array(j, "functions");
    for (size_t i = 0; i < view->count && i < view->shown; i++) {
        const hf_top_row *row = &view->rows[i];
        hf_json_object(j, NULL);
        hf_json_place(j, view->capture, row->code, 0);
        hf_json_count(j, view->capture, "own", row->own);
        hf_json_count(j, view->capture, "total", row->total);
        hf_json_real(j, "growth_per_second", row->growth);
        hf_json_real(j, "allocated_per_second", row->allocated);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_uint(j, "functions_in_all", view->count);
    hf_json_end(j);
}
