#include "present/show_what_if.h"

#include "base/cleanup.h"
#include "present/name.h"
#include "present/report.h"
#include "present/show.h"

static const char *word_of(const hf_what_if_view *view)
{
    return view->result->objects ? "FREES" : "FREES NOTHING";
}

static void say_verdict(const hf_what_if_view *view, hf_buf *out)
{
    const hf_what_if *r = view->result;
    if (!r->objects) {
        hf_buf_text(out, "Everything that is cut off is held in another way, too.");
        return;
    }
    hf_buf_format(out, "%s in ", hf_format_bytes(r->bytes).text);
    hf_say_count(out, r->objects, "object");
    hf_buf_format(out, ", %s of the heap.", hf_format_share(r->bytes, view->heap_bytes).text);
}

static size_t types_shown(const hf_what_if_view *view)
{
    size_t count = view->result->types.count;
    return count < view->top ? count : (size_t)view->top;
}

static void print_row(hf_text *t, const hf_what_if_view *view, const hf_cut_row *row)
{
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    hf_text_print(t, "  ");
    hf_text_untrusted(t, row->asked);
    hf_text_print(t, "\n");
    if (row->object == HF_NO_OBJECT) {
        hf_report_format(t, "   is", "%s objects of such types, with all references to them",
                         hf_format_count(row->references).text);
        return;
    }
    hf_say_count(&text, row->references, "reference");
    hf_buf_text(&text, row->references == 1 ? " to " : ", one of them to ");
    hf_name_object(view->graph, row->object, &text);
    hf_report_field(t, "   is", hf_buf_string(&text));
    hf_report_field(t, "   afterwards",
                    view->result->freed[row->object] ? "it is gone" : "it stays");
    for (size_t i = 0; i < HF_OTHER_PATHS && row->others[i]; i++)
        hf_report_field(t, i ? "" : "   held by", row->others[i]);
    if (!view->result->freed[row->object] && !row->others[0])
        hf_report_field(t, "   held by",
                        "C code: a reference that nothing in the heap accounts for");
}

void hf_show_what_if_text(hf_text *t, const hf_what_if_view *view)
{
    const hf_what_if *r = view->result;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_verdict(t, r->objects ? HF_STYLE_GOOD : HF_STYLE_BAD, word_of(view),
                      hf_buf_string(&verdict));
    if (r->held_by_c)
        hf_text_print(t,
                      "note: %s of these %s references that nothing in the heap accounts for, and "
                      "may stay\n",
                      hf_format_count(r->held_by_c).text, r->held_by_c == 1 ? "has" : "have");
    hf_report_section(t, view->count == 1 ? "CUT" : "CUTS, all at once");
    for (size_t i = 0; i < view->count; i++)
        print_row(t, view, &view->rows[i]);
    if (!r->objects)
        return;
    hf_report_section(t, "WHAT WOULD GO");
    hf_show_type_rows(t, r->types.rows, types_shown(view));
    hf_report_more(t, r->types.count, view->top, "types");
}

void hf_show_what_if_json(hf_json *j, const hf_what_if_view *view)
{
    const hf_what_if *r = view->result;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_begin_json(j, word_of(view), hf_buf_string(&verdict));
    hf_json_uint(j, "freed_bytes", r->bytes);
    hf_json_uint(j, "freed_objects", r->objects);
    hf_json_uint(j, "heap_bytes", view->heap_bytes);
    hf_json_uint(j, "held_by_c_too", r->held_by_c);
    hf_json_array(j, "cuts");
    for (size_t i = 0; i < view->count; i++) {
        const hf_cut_row *row = &view->rows[i];
        bool one = row->object != HF_NO_OBJECT;
        hf_json_object(j, NULL);
        hf_json_text(j, "cut", row->asked);
        hf_json_uint(j, one ? "references" : "objects", row->references);
        hf_json_address(j, "object", one ? view->graph->address[row->object] : 0);
        hf_json_bool(j, "freed", one ? view->result->freed[row->object] : r->objects > 0);
        hf_json_array(j, "held_by");
        for (size_t k = 0; k < HF_OTHER_PATHS && row->others[k]; k++)
            hf_json_text(j, NULL, row->others[k]);
        hf_json_end(j);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_show_type_rows_json(j, r->types.rows, types_shown(view));
    hf_json_end(j);
}
