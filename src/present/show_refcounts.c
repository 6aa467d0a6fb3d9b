#include "present/show_refcounts.h"

#include "analyse/called_back.h"
#include "analyse/native_store.h"
#include "base/cleanup.h"
#include "present/name.h"
#include "present/report.h"

#include <string.h>

static const char *word_of(const hf_refcounts *r)
{
    if (r->cannot_tell)
        return "CANNOT TELL";
    return r->objects ? "HELD BY C" : "BALANCED";
}

/* Where that may hide something: see cpython/forgotten.c. */
static void say_swapped(const hf_refcounts_view *view, hf_buf *out)
{
    uint64_t swap = view->graph->info.swap;
    if (swap)
        hf_buf_format(
            out,
            " %s are swapped out: objects of 128 KiB and more that only C leads to are not looked "
            "for there.",
            hf_format_bytes(swap).text);
}

static void say_found(const hf_refcounts_view *view, hf_buf *out)
{
    const hf_refcounts *r = view->refcounts;
    if (!r->objects) {
        hf_buf_format(out, "All references that %s objects count are found, or known to be C's.",
                      hf_format_count(r->compared).text);
        return;
    }
    hf_say_count(out, r->objects, "object");
    hf_buf_format(out, " of %s %s ", hf_format_count(r->compared).text,
                  r->objects == 1 ? "counts" : "count");
    hf_say_count(out, r->references, "reference");
    hf_buf_text(out, " that nothing in the heap has");
    if (r->retained)
        hf_buf_format(out, "; %s, %s of the heap, live by nothing else",
                      hf_format_bytes(r->retained).text,
                      hf_format_share(r->retained, view->heap_bytes).text);
    hf_buf_char(out, '.');
}

static void say_verdict(const hf_refcounts_view *view, hf_buf *out)
{
    if (view->refcounts->cannot_tell) {
        hf_buf_text(out, "Counts of this build of Python leave out references of running calls.");
        return;
    }
    say_found(view, out);
    say_swapped(view, out);
}

static const char cure[] =
    "Look for the extension that made them, or was given them: a function of C that takes a "
    "reference and forgets it (Py_INCREF without Py_DECREF, a new reference that is not handed "
    "on). Newer releases of it may have let go; what is held once for each object, and not more "
    "with time, may be a cache of C.";

static void say_cure(const hf_refcounts_view *view, hf_buf *out)
{
    const hf_refcounts *r = view->refcounts;
    const char *binary;
    if (!r->retained)
        return;
    if (!r->count || hf_native_store_in(view->graph, r->rows[0].type, &binary) != HF_STORE_FOUND) {
        hf_buf_text(out, cure);
        return;
    }
    hf_buf_format(out,
                  "Those of type %s are not forgotten: their addresses stand in memory of C code. ",
                  hf_graph_type_title(view->graph, r->rows[0].type));
    hf_say_taking_back(binary, false, out);
}

static void print_explained(hf_text *t, const hf_refcounts_view *view)
{
    const hf_refcounts *r = view->refcounts;
    hf_report_section(t, view->all ? "OF THESE KNOWN TO BE NO MISTAKE"
                                   : "LEFT OUT: known to be no mistake");
    for (size_t i = 0; hf_surplus_reasons[i].reason; i++)
        if (r->reasons[i])
            hf_text_print(t, "  %8s  %s\n", hf_format_count(r->reasons[i]).text,
                          hf_surplus_reasons[i].reason);
    hf_text_print(t, "  %8s  immortal: they keep no count\n", hf_format_count(r->immortal).text);
}

static void print_rows(hf_text *t, const hf_refcounts_view *view)
{
    static const hf_column columns[] = {
        {"RETAINED", true},          {"OBJECTS", true}, {"ALONE", true},
        {"REFERENCES", true},        {"MOST", true},    {"TYPE", false},
        {"THE ONE WITH MOST", false}};
    const hf_refcounts *r = view->refcounts;
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 7, 2);
    for (size_t i = 0; i < r->count && i < view->top; i++) {
        const hf_surplus_row *row = &r->rows[i];
        const char *title = hf_graph_type_title(view->graph, row->type);
        hf_buf one HF_AUTO(hf_buf_deinit) = {0};
        hf_buf_format(&one, "%s %s", hf_format_address(view->graph->address[row->example]).text,
                      view->paths[i]);
        hf_table_cell(&table, "%s", hf_format_bytes(row->retained).text);
        hf_table_cell(&table, "%s", hf_format_count(row->objects).text);
        hf_table_cell(&table, "%s", hf_format_count(row->alone).text);
        hf_table_cell(&table, "%s", hf_format_count(row->references).text);
        hf_table_cell(&table, "%s", hf_format_count(row->most).text);
        hf_table_untrusted(&table, title, strlen(title), 40);
        hf_table_untrusted(&table, hf_buf_string(&one), one.length, 80);
    }
    hf_table_print(&table, t);
    hf_report_more(t, r->count, view->top, "");
}

void hf_show_refcounts_text(hf_text *t, const hf_refcounts_view *view)
{
    const hf_refcounts *r = view->refcounts;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_verdict(t, r->retained ? HF_STYLE_BOLD : HF_STYLE_GOOD, word_of(r),
                      hf_buf_string(&verdict));
    if (r->cannot_tell)
        return;
    if (r->count) {
        hf_report_section(t, "REFERENCES WITHOUT AN OWNER, by type; most retained first");
        print_rows(t, view);
    }
    print_explained(t, view);
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    say_cure(view, &text);
    hf_report_cure(t, hf_buf_string(&text), r->retained);
}

void hf_show_refcounts_json(hf_json *j, const hf_refcounts_view *view)
{
    const hf_refcounts *r = view->refcounts;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_begin_json(j, word_of(r), hf_buf_string(&verdict));
    hf_json_uint(j, "compared", r->compared);
    hf_json_uint(j, "immortal", r->immortal);
    hf_json_uint(j, "objects", r->objects);
    hf_json_uint(j, "references", r->references);
    hf_json_uint(j, "retained_bytes", r->retained);
    hf_json_uint(j, "explained_objects", r->explained);
    hf_json_uint(j, "explained_references", r->explained_references);
    hf_json_array(j, "explained");
    for (size_t i = 0; hf_surplus_reasons[i].reason; i++) {
        hf_json_object(j, NULL);
        hf_json_text(j, "reason", hf_surplus_reasons[i].reason);
        hf_json_uint(j, "objects", r->reasons[i]);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_array(j, "types");
    for (size_t i = 0; i < r->count && i < view->top; i++) {
        const hf_surplus_row *row = &r->rows[i];
        hf_json_object(j, NULL);
        hf_json_text(j, "type", hf_graph_type_title(view->graph, row->type));
        hf_json_uint(j, "objects", row->objects);
        hf_json_uint(j, "alone", row->alone);
        hf_json_uint(j, "references", row->references);
        hf_json_uint(j, "most", row->most);
        hf_json_uint(j, "retained_bytes", row->retained);
        hf_json_address(j, "example", view->graph->address[row->example]);
        hf_json_text(j, "path", *view->paths[i] ? view->paths[i] : NULL);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    say_cure(view, &text);
    hf_json_text(j, "cure", text.length ? hf_buf_string(&text) : NULL);
    hf_json_uint(j, "cure_frees_bytes", r->retained);
    hf_json_end(j);
}

static const char *balance_word(const hf_refcount_balance *b)
{
    if (!b->compared)
        return b->counted < 0 ? "IMMORTAL" : "CANNOT TELL";
    return b->surplus ? "HELD BY C" : "BALANCED";
}

static void say_balance(const hf_refcount_view *view, hf_buf *out)
{
    const hf_refcount_balance *b = view->balance;
    hf_name_object(view->graph, view->object, out);
    if (!b->compared) {
        hf_buf_text(out, b->counted < 0 ? " keeps no count."
                                        : " keeps a count that cannot be compared.");
        return;
    }
    hf_buf_text(out, " counts ");
    hf_say_count(out, (uint64_t)b->counted, "reference");
    hf_buf_format(
        out, ": %s of objects, %s of calls and the interpreter, %s that nothing in the heap has.",
        hf_format_count(b->from_objects).text, hf_format_count(b->from_roots).text,
        hf_format_count(b->surplus).text);
}

void hf_show_refcount_text(hf_text *t, const hf_refcount_view *view)
{
    static const hf_column columns[] = {{"AS", false}, {"KIND", false}, {"OF", false}};
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_balance(view, &verdict);
    hf_report_verdict(t, view->balance->surplus ? HF_STYLE_BOLD : HF_STYLE_GOOD,
                      balance_word(view->balance), hf_buf_string(&verdict));
    if (view->balance->reason)
        hf_text_print(t, "note: that is usual: %s\n", view->balance->reason->reason);
    if (!view->count)
        return;
    hf_report_section(t, "REFERENCES FOUND");
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 3, 2);
    for (size_t i = 0; i < view->count; i++) {
        const hf_holder *h = &view->holders[i];
        hf_buf as HF_AUTO(hf_buf_deinit) = {0}, of HF_AUTO(hf_buf_deinit) = {0};
        if (h->source == HF_NO_OBJECT) {
            hf_buf_text(&as, "-");
            hf_name_root(view->graph, h->root, &of);
        } else {
            hf_name_edge(view->graph, h->edge, &as);
            hf_name_object(view->graph, h->source, &of);
            if (*h->path)
                hf_buf_format(&of, ", %s", h->path);
        }
        hf_table_untrusted(&table, hf_buf_string(&as), as.length, 40);
        hf_table_cell(&table, "%s",
                      h->source == HF_NO_OBJECT ? "root" : hf_name_edge_kind(view->graph, h->edge));
        hf_table_untrusted(&table, hf_buf_string(&of), of.length, 120);
    }
    hf_table_print(&table, t);
    hf_report_more(t, view->all, view->count, "");
}

void hf_show_refcount_json(hf_json *j, const hf_refcount_view *view)
{
    const hf_refcount_balance *b = view->balance;
    hf_graph *g = view->graph;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_balance(view, &verdict);
    hf_report_begin_json(j, balance_word(b), hf_buf_string(&verdict));
    hf_json_address(j, "address", g->address[view->object]);
    hf_json_text(j, "type", hf_graph_type_name(g, view->object));
    hf_json_int(j, "counted", b->counted);
    hf_json_uint(j, "from_objects", b->from_objects);
    hf_json_uint(j, "from_roots", b->from_roots);
    hf_json_uint(j, "surplus", b->surplus);
    hf_json_text(j, "explained", b->reason ? b->reason->reason : NULL);
    hf_json_array(j, "references");
    for (size_t i = 0; i < view->count; i++) {
        const hf_holder *h = &view->holders[i];
        hf_buf as HF_AUTO(hf_buf_deinit) = {0};
        hf_json_object(j, NULL);
        if (h->source == HF_NO_OBJECT) {
            hf_name_root(g, h->root, &as);
            hf_json_text(j, "kind", "root");
            hf_json_text_n(j, "root", hf_buf_string(&as), as.length);
        } else {
            hf_name_edge(g, h->edge, &as);
            hf_json_text(j, "kind", hf_name_edge_kind(g, h->edge));
            hf_json_text_n(j, "as", hf_buf_string(&as), as.length);
            hf_json_address(j, "source", g->address[h->source]);
            hf_json_text(j, "type", hf_graph_type_name(g, h->source));
            hf_json_text(j, "path", *h->path ? h->path : NULL);
        }
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_end(j);
}
