#include "present/show_slots.h"

#include "base/cleanup.h"
#include "present/report.h"

#include <string.h>

enum { DETAILS = 5, LINE_NAMES = 16 };

static bool saves(const hf_slots_row *row)
{
    return row->saved > 0 && !row->many_names && row->name_count;
}

static size_t saving_rows(const hf_slots *s, uint64_t top)
{
    size_t count = 0;
    while (count < s->count && count < top && saves(&s->rows[count]))
        count++;
    return count;
}

static const char *word_of(const hf_slots_view *view)
{
    return saving_rows(view->slots, 1) ? "SLOTS" : "NONE";
}

static void say_verdict(const hf_slots_view *view, hf_buf *out)
{
    const hf_slots *s = view->slots;
    if (!saving_rows(s, 1)) {
        hf_buf_text(out, "No class with many instances would take less with __slots__.");
        return;
    }
    size_t rows = saving_rows(s, UINT64_MAX);
    hf_buf_format(out, "%s class%s with __slots__ would take %s less, %s of the heap.",
                  hf_format_count(rows).text, rows == 1 ? "" : "es",
                  hf_format_bytes((uint64_t)s->saved).text,
                  hf_format_share((uint64_t)s->saved, view->heap_bytes).text);
}

/* __slots__ = ("sku", "lines", ) */
static void say_line(const hf_slots_row *row, hf_buf *out)
{
    hf_buf_text(out, "__slots__ = (");
    for (size_t i = 0; i < row->name_count && i < LINE_NAMES; i++)
        hf_buf_format(out, "%s\"%s\"", i ? ", " : "", row->names[i].name);
    if (row->name_count > LINE_NAMES)
        hf_buf_format(out, ", … %zu more", row->name_count - LINE_NAMES);
    if (row->weakrefs)
        hf_buf_text(out, ", \"__weakref__\"");
    hf_buf_text(out, row->name_count + row->weakrefs == 1 ? ",)" : ")");
}

static void say_sparse(const hf_slots_row *row, hf_buf *out)
{
    for (size_t i = 0; i < row->name_count && row->sparse; i++)
        if (row->names[i].instances * 2 < row->instances)
            hf_buf_format(out, "%s%s (%s of instances)", out->length ? ", " : "",
                          row->names[i].name,
                          hf_format_share(row->names[i].instances, row->instances).text);
    if (out->length)
        hf_buf_text(out, ": most do without; a slot is taken all the same");
}

static void print_detail(hf_text *t, const hf_slots_view *view, size_t number)
{
    const hf_slots_row *row = &view->slots->rows[number];
    hf_buf line HF_AUTO(hf_buf_deinit) = {0}, sparse HF_AUTO(hf_buf_deinit) = {0};
    say_line(row, &line);
    say_sparse(row, &sparse);
    hf_report_item(t, number, hf_graph_type_title(view->graph, row->type));
    hf_report_field(t, "   add", hf_buf_string(&line));
    hf_report_format(t, "   each takes", "%s now, %s with slots",
                     hf_format_bytes(row->bytes / row->instances).text,
                     hf_format_bytes(row->slotted_bytes / row->instances).text);
    hf_report_field(t, "   sparse", hf_buf_string(&sparse));
    if (row->bases_too)
        hf_report_field(t, "   bases",
                        "a base class has a dict as well, and needs __slots__ first");
    hf_report_format(t, "   frees", "%s", hf_format_bytes((uint64_t)row->saved).text);
}

void hf_show_slots_text(hf_text *t, const hf_slots_view *view)
{
    static const hf_column columns[] = {{"SAVES", true}, {"BYTES", true},      {"INSTANCES", true},
                                        {"DICTS", true}, {"ATTRIBUTES", true}, {"CLASS", false}};
    const hf_slots *s = view->slots;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    size_t shown = saving_rows(s, view->top);
    hf_report_verdict(t, shown ? HF_STYLE_BOLD : HF_STYLE_GOOD, word_of(view),
                      hf_buf_string(&verdict));
    if (!shown)
        return;
    hf_report_section(t, "CLASSES, most saved first");
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 6, 2);
    for (size_t i = 0; i < shown; i++) {
        const hf_slots_row *row = &s->rows[i];
        const char *title = hf_graph_type_title(view->graph, row->type);
        hf_table_cell(&table, "%s", hf_format_bytes((uint64_t)row->saved).text);
        hf_table_cell(&table, "%s", hf_format_bytes(row->bytes).text);
        hf_table_cell(&table, "%s", hf_format_count(row->instances).text);
        hf_table_cell(&table, "%s", hf_format_count(row->with_dict).text);
        hf_table_cell(&table, "%zu", row->name_count);
        hf_table_untrusted(&table, title, strlen(title), 60);
    }
    hf_table_print(&table, t);
    for (size_t i = 0; i < shown && i < DETAILS; i++)
        print_detail(t, view, i);
    hf_report_cure(t,
                   "Name the attributes in __slots__ (of a dataclass: slots=True, from 3.10 on). "
                   "Attributes with other names can no longer be set, and a class attribute of the "
                   "same name must go.",
                   (uint64_t)s->saved);
}

void hf_show_slots_json(hf_json *j, const hf_slots_view *view)
{
    const hf_slots *s = view->slots;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_begin_json(j, word_of(view), hf_buf_string(&verdict));
    hf_json_uint(j, "instances", s->instances);
    hf_json_int(j, "saved_bytes", s->saved);
    hf_json_array(j, "classes");
    for (size_t i = 0; i < s->count && i < view->top; i++) {
        const hf_slots_row *row = &s->rows[i];
        hf_buf line HF_AUTO(hf_buf_deinit) = {0};
        say_line(row, &line);
        hf_json_object(j, NULL);
        hf_json_text(j, "class", hf_graph_type_title(view->graph, row->type));
        hf_json_uint(j, "instances", row->instances);
        hf_json_uint(j, "dicts", row->with_dict);
        hf_json_uint(j, "bytes", row->bytes);
        hf_json_uint(j, "slotted_bytes", row->slotted_bytes);
        hf_json_int(j, "saved_bytes", row->saved);
        hf_json_text(j, "line", hf_buf_string(&line));
        hf_json_bool(j, "weak_references", row->weakrefs);
        hf_json_bool(j, "bases_too", row->bases_too);
        hf_json_bool(j, "too_many_names", row->many_names);
        hf_json_array(j, "attributes");
        for (size_t k = 0; k < row->name_count; k++) {
            hf_json_object(j, NULL);
            hf_json_text(j, "name", row->names[k].name);
            hf_json_uint(j, "instances", row->names[k].instances);
            hf_json_end(j);
        }
        hf_json_end(j);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_end(j);
}
