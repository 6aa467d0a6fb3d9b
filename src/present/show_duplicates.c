#include "present/show_duplicates.h"

#include "base/cleanup.h"
#include "present/name.h"
#include "present/report.h"

#include <string.h>

static const char *word_of(const hf_duplicates_view *view)
{
    if (!view->graph->info.has_values)
        return "CANNOT TELL";
    return view->duplicates->count ? "DUPLICATES" : "NONE";
}

static void say_verdict(const hf_duplicates_view *view, hf_buf *out)
{
    const hf_duplicates *d = view->duplicates;
    if (!view->graph->info.has_values) {
        hf_buf_text(out, "The snapshot has no values (--no-values), so that none can be compared.");
        return;
    }
    if (!d->count) {
        hf_buf_text(out, "No str, bytes, int, float, tuple or frozenset is kept more than once.");
        return;
    }
    hf_say_count(out, d->objects, "object");
    hf_buf_format(out, " of %s %s others, %s of the heap.", hf_format_bytes(d->saved).text,
                  d->objects == 1 ? "equals" : "equal",
                  hf_format_share(d->saved, view->heap_bytes).text);
}

enum { MEMBERS_SHOWN = 6 };

/* The value, or of a tuple or frozenset the first of its members: (1, 'EUR', ...) */
static void say_value(hf_graph *g, uint32_t object, hf_buf *out)
{
    if (hf_name_value(g, object, out))
        return;
    uint64_t shown = 0;
    hf_buf_char(out, '(');
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
        if (hf_graph_kind(g, e) != HF_EDGE_INDEX && hf_graph_kind(g, e) != HF_EDGE_MEMBER)
            continue;
        hf_buf_text(out, shown ? ", " : "");
        if (++shown > MEMBERS_SHOWN) {
            hf_buf_text(out, "...");
            break;
        }
        if (!hf_name_value(g, g->edge_target[e], out))
            hf_buf_text(out, hf_graph_type_name(g, g->edge_target[e]));
    }
    hf_buf_char(out, ')');
}

static void show_members(hf_json *j, hf_graph *g, uint32_t object)
{
    hf_buf value HF_AUTO(hf_buf_deinit) = {0};
    say_value(g, object, &value);
    hf_json_text(j, "value", hf_buf_string(&value));
}

static const char cure[] =
    "Keep one of each: sys.intern() for strings of few kinds, a dict of known values where they "
    "are read (known.setdefault(value, value)), or read columns instead of rows.";

void hf_show_duplicates_text(hf_text *t, const hf_duplicates_view *view)
{
    static const hf_column columns[] = {
        {"SAVES", true}, {"COPIES", true}, {"TYPE", false}, {"VALUE", false}, {"ONE IS", false}};
    const hf_duplicates *d = view->duplicates;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_verdict(t, d->count ? HF_STYLE_BOLD : HF_STYLE_GOOD, word_of(view),
                      hf_buf_string(&verdict));
    if (d->too_long)
        hf_text_print(t, "note: %s more of %s are too long to be compared\n",
                      hf_format_count(d->too_long).text, hf_format_bytes(d->too_long_bytes).text);
    if (!d->count)
        return;
    hf_report_section(t, "VALUES, most saved first");
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 5, 2);
    for (size_t i = 0; i < d->count && i < view->top; i++) {
        const hf_duplicate *row = &d->rows[i];
        const char *type = hf_graph_type_name(view->graph, row->example);
        hf_buf value HF_AUTO(hf_buf_deinit) = {0};
        say_value(view->graph, row->example, &value);
        hf_table_cell(&table, "%s", hf_format_bytes(row->saved).text);
        hf_table_cell(&table, "%s", hf_format_count(row->copies).text);
        hf_table_cell(&table, "%s", type);
        hf_table_untrusted(&table, hf_buf_string(&value), value.length, 40);
        hf_table_untrusted(&table, view->paths[i], strlen(view->paths[i]), 80);
    }
    hf_table_print(&table, t);
    hf_report_more(t, d->count, view->top, "values");
    hf_report_cure(t, cure, d->saved);
}

void hf_show_duplicates_json(hf_json *j, const hf_duplicates_view *view)
{
    const hf_duplicates *d = view->duplicates;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_begin_json(j, word_of(view), hf_buf_string(&verdict));
    hf_json_uint(j, "objects", d->objects);
    hf_json_uint(j, "saved_bytes", d->saved);
    hf_json_uint(j, "compared", d->compared);
    hf_json_uint(j, "too_long", d->too_long);
    hf_json_uint(j, "too_long_bytes", d->too_long_bytes);
    hf_json_array(j, "values");
    for (size_t i = 0; i < d->count && i < view->top; i++) {
        const hf_duplicate *row = &d->rows[i];
        size_t length = 0;
        hf_json_object(j, NULL);
        hf_json_text(j, "type", hf_graph_type_name(view->graph, row->example));
        const char *value = hf_graph_value(view->graph, row->example, &length);
        if (value)
            hf_json_text_n(j, "value", value, length);
        else
            show_members(j, view->graph, row->example);
        hf_json_uint(j, "copies", row->copies);
        hf_json_uint(j, "saved_bytes", row->saved);
        hf_json_address(j, "example", view->graph->address[row->example]);
        hf_json_text(j, "path", *view->paths[i] ? view->paths[i] : NULL);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_text(j, "cure", d->count ? cure : NULL);
    hf_json_uint(j, "cure_frees_bytes", d->saved);
    hf_json_end(j);
}
