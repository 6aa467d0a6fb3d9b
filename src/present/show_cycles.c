/* present/show_cycles.c - cycles of references: those that wait for a collection (`garbage`) and
 * those that live (`cycles`). */
#include "base/cleanup.h"
#include "present/report.h"
#include "present/show.h"
#include "present/show_collector.h"

#include <string.h>

static const char *const kind_words[] = {
    [HF_CYCLE_PLAIN] = "plain",         [HF_CYCLE_EXCEPTION] = "exception",
    [HF_CYCLE_FUNCTION] = "function",   [HF_CYCLE_METHOD] = "method",
    [HF_CYCLE_CONTAINER] = "container", [HF_CYCLE_SELF] = "self",
};

/* What to do about a cycle. */
static void say_cure(const hf_cycle_row *row, hf_buf *out)
{
    switch (row->kind) {
    case HF_CYCLE_EXCEPTION:
        hf_buf_text(out, row->error_fix
                             ? row->error_fix
                             : "A local variable keeps an exception whose traceback keeps its "
                               "frame: 'del' it at the end, or store error.with_traceback(None).");
        break;
    case HF_CYCLE_FUNCTION:
        hf_buf_text(out, "A function is held by its own closure: pass it as an argument, or set "
                         "the variable to None at the end.");
        break;
    case HF_CYCLE_METHOD:
        hf_buf_text(out, "An object keeps a bound method of itself: keep weakref.WeakMethod() of "
                         "it, or its name.");
        break;
    case HF_CYCLE_CONTAINER:
        hf_buf_format(out,
                      "No weak reference can lead to built-in containers: take %s out when it is "
                      "no longer needed.",
                      row->weaken);
        break;
    case HF_CYCLE_SELF:
        hf_buf_format(out, "An object refers to itself: set %s to None at its end, or do without.",
                      row->weaken);
        break;
    default:
        hf_buf_format(out, "Make %s a weakref.ref%s.", row->weaken,
                      row->breaks ? "" : "; other references close cycles here, too");
    }
}

static void add_row(hf_table *table, const hf_cycle_row *row)
{
    hf_table_cell(table, "%s", hf_format_bytes(row->retained).text);
    hf_table_cell(table, "%s", hf_format_count(row->objects).text);
    hf_table_cell(table, "%s", hf_format_count(row->cycles).text);
    hf_table_untrusted(table, row->text, strlen(row->text), 120);
}

static void print_table(hf_text *t, const hf_cycles *cycles, uint64_t top)
{
    static const hf_column columns[] = {
        {"RETAINED", true}, {"OBJECTS", true}, {"CYCLES", true}, {"IS ITSELF AGAIN", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 4, 2);
    for (size_t i = 0; i < cycles->count && i < top; i++)
        add_row(&table, &cycles->rows[i]);
    hf_table_print(&table, t);
    hf_report_more(t, cycles->count, top, "kinds");
}

/* The largest kinds, each with its cure. */
static void print_details(hf_text *t, const hf_cycles *cycles, char *const *paths, uint64_t top)
{
    enum { DETAILS = 5 };
    for (size_t i = 0; i < cycles->count && i < top && i < DETAILS; i++) {
        const hf_cycle_row *row = &cycles->rows[i];
        hf_buf cure HF_AUTO(hf_buf_deinit) = {0};
        say_cure(row, &cure);
        hf_report_item(t, i, row->text);
        if (paths)
            hf_report_field(t, "   for example", paths[i]);
        if (row->finalizers)
            hf_report_format(t, "   finalizers", "%s with a __del__, of %s",
                             hf_format_count(row->finalizers).text, row->finalizer);
        hf_report_field(t, "   cure", hf_buf_string(&cure));
    }
}

static void json_rows(hf_json *j, const hf_graph *g, const hf_cycles *cycles, char *const *paths,
                      uint64_t top)
{
    hf_json_array(j, "cycles");
    for (size_t i = 0; i < cycles->count && i < top; i++) {
        const hf_cycle_row *row = &cycles->rows[i];
        hf_buf cure HF_AUTO(hf_buf_deinit) = {0};
        say_cure(row, &cure);
        hf_json_object(j, NULL);
        hf_json_text(j, "kind", kind_words[row->kind]);
        hf_json_text(j, "cycle", row->text);
        hf_json_uint(j, "cycles", row->cycles);
        hf_json_uint(j, "objects", row->objects);
        hf_json_uint(j, "retained_bytes", row->retained);
        hf_json_address(j, "example", g->address[row->example]);
        if (paths)
            hf_json_text(j, "path", *paths[i] ? paths[i] : NULL);
        hf_json_text(j, "weaken", row->weaken);
        hf_json_bool(j, "weakening_breaks_it", row->breaks);
        hf_json_uint(j, "finalizers", row->finalizers);
        hf_json_text(j, "finalizer", row->finalizer);
        hf_json_text(j, "cure", hf_buf_string(&cure));
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_uint(j, "kinds", cycles->count);
}

/* ---- garbage ---- */

/* Why it is still there. */
static void say_why(const hf_garbage_view *view, hf_buf *out)
{
    const hf_python_info *p = &view->graph->info.python;
    const hf_collecting *c = view->collecting;
    if (!p->gc_enabled)
        hf_buf_text(out, "the collector is off (gc.disable())");
    else if (!p->gc_threshold[0])
        hf_buf_text(out, "the collector's first threshold is 0, so that it never runs");
    else if (c->verdict == HF_COLLECTING_OUT_OF_REACH)
        hf_buf_format(out, "the next collection is %s objects away",
                      hf_format_count(c->until_young).text);
    else if (c->survivors_needed)
        hf_buf_format(out,
                      "what has grown old waits for a full collection, which needs %s more "
                      "survivors",
                      hf_format_count(c->survivors_needed).text);
    else
        hf_buf_format(out, "the next full collection is some %s objects away",
                      hf_format_count(c->until_full).text);
}

static void say_garbage(const hf_garbage_view *view, hf_buf *out)
{
    const hf_collection *c = &view->collecting->would_free;
    if (!c->collected) {
        hf_buf_text(out, "No garbage waits for the collector.");
        return;
    }
    hf_say_count(out, c->collected + c->follows, "object");
    hf_buf_format(out, " of %s in ", hf_format_bytes(hf_collection_bytes(c)).text);
    hf_say_count(out, view->cycles->cycles, "cycle");
    hf_buf_format(out, " wait%s for the collector: ", c->collected + c->follows == 1 ? "s" : "");
    say_why(view, out);
    hf_buf_char(out, '.');
}

static const char *garbage_word(const hf_garbage_view *view)
{
    return view->collecting->would_free.collected ? "GARBAGE" : "CLEAN";
}

static const char *garbage_cure(const hf_garbage_view *view)
{
    if (!view->collecting->would_free.collected)
        return "";
    if (*view->collecting->cure)
        return view->collecting->cure;
    return "None is needed now: it will be collected. Cycles that are broken by themselves (above) "
           "never wait.";
}

void hf_show_garbage_text(hf_text *t, const hf_garbage_view *view)
{
    enum { TYPES = 8 };
    const hf_collection *c = &view->collecting->would_free;
    uint64_t uncollectable = view->graph->info.python.uncollectable;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_garbage(view, &verdict);
    hf_report_verdict(t, c->collected ? HF_STYLE_BAD : HF_STYLE_GOOD, garbage_word(view),
                      hf_buf_string(&verdict));
    if (uncollectable)
        hf_text_print(t, "note: %s more in gc.garbage, which lives: see 'holdfast gc'\n",
                      hf_format_count(uncollectable).text);
    if (c->frozen)
        hf_text_print(t, "note: %s frozen objects (gc.freeze) are never looked at\n",
                      hf_format_count(c->frozen).text);
    if (!c->collected)
        return;
    hf_report_section(t, "CYCLES, most bytes first");
    print_table(t, view->cycles, view->top);
    print_details(t, view->cycles, NULL, view->top);
    hf_report_section(t, "TYPES");
    hf_show_type_rows(t, view->types, view->type_count < TYPES ? view->type_count : TYPES);
    hf_report_cure(t, garbage_cure(view), hf_collection_bytes(c));
}

void hf_show_garbage_json(hf_json *j, const hf_garbage_view *view)
{
    const hf_collection *c = &view->collecting->would_free;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0}, why HF_AUTO(hf_buf_deinit) = {0};
    say_garbage(view, &verdict);
    say_why(view, &why);
    hf_report_begin_json(j, garbage_word(view), hf_buf_string(&verdict));
    hf_json_uint(j, "collected", c->collected);
    hf_json_uint(j, "with_them", c->follows);
    hf_json_uint(j, "bytes", hf_collection_bytes(c));
    hf_json_uint(j, "finalizers", c->finalizers);
    hf_json_uint(j, "frozen", c->frozen);
    hf_json_uint(j, "uncollectable", view->graph->info.python.uncollectable);
    hf_json_text(j, "why_it_waits", hf_buf_string(&why));
    json_rows(j, view->graph, view->cycles, NULL, view->top);
    hf_show_type_rows_json(j, view->types, view->type_count);
    hf_json_text(j, "cure", *garbage_cure(view) ? garbage_cure(view) : NULL);
    hf_json_uint(j, "cure_frees_bytes", hf_collection_bytes(c));
    hf_json_end(j);
}

/* ---- cycles ---- */

static void say_cycles(const hf_cycles_view *view, hf_buf *out)
{
    const hf_cycles *c = view->cycles;
    if (!c->count) {
        hf_buf_text(out, "No live objects hold each other in a cycle, but for modules, classes and "
                         "their functions.");
        return;
    }
    hf_say_count(out, c->cycles, "cycle");
    hf_buf_format(out, " of live objects keep%s %s, %s of all: ", c->cycles == 1 ? "s" : "",
                  hf_format_bytes(c->retained).text,
                  hf_format_share(c->retained, view->heap_bytes).text);
    hf_buf_text(out, "when they are dropped, only the collector can free them.");
}

void hf_show_cycles_text(hf_text *t, const hf_cycles_view *view)
{
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_cycles(view, &verdict);
    bool some = view->cycles->count;
    hf_report_verdict(t, some ? HF_STYLE_BOLD : HF_STYLE_GOOD, some ? "CYCLES" : "NONE",
                      hf_buf_string(&verdict));
    if (!some)
        return;
    hf_report_section(t, "CYCLES, most retained first");
    print_table(t, view->cycles, view->top);
    print_details(t, view->cycles, view->paths, view->top);
}

void hf_show_cycles_json(hf_json *j, const hf_cycles_view *view)
{
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_cycles(view, &verdict);
    hf_report_begin_json(j, view->cycles->count ? "CYCLES" : "NONE", hf_buf_string(&verdict));
    hf_json_uint(j, "cycles_in_all", view->cycles->cycles);
    hf_json_uint(j, "objects", view->cycles->objects);
    hf_json_uint(j, "retained_bytes", view->cycles->retained);
    json_rows(j, view->graph, view->cycles, view->paths, view->top);
    hf_json_end(j);
}
