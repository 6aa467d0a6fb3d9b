/* present/show_diagnosis.c - the report of `diagnose`: the verdict first, then what it rests on. */
#include "present/show.h"

#include "base/cleanup.h"
#include "present/name.h"
#include "present/report.h"
#include "present/show_memory.h"
#include "present/show_suspect.h"
#include "present/show_unsharing.h"

#include <string.h>

enum { COMMAND_WIDTH = 200 };

static const hf_graph *newest(const hf_diagnosis_view *view)
{
    return view->graphs[view->graph_count - 1];
}

/* "8.1 ms + 8.0 ms: 16.1 ms in all" */
static void print_pauses(hf_text *t, const hf_diagnosis_view *view)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < view->graph_count; i++)
        sum += view->graphs[i]->info.freeze.pause;
    if (!sum) {
        hf_text_print(t, "; it did not stand still\n");
        return;
    }
    hf_text_print(t, "; it stood still for ");
    for (size_t i = 0; i < view->graph_count && view->graph_count <= 6; i++)
        hf_text_print(t, "%s%s", i ? " + " : "",
                      hf_format_pause(view->graphs[i]->info.freeze.pause).text);
    if (view->graph_count > 1)
        hf_text_print(t, "%s%s in all", view->graph_count <= 6 ? ": " : "",
                      hf_format_pause(sum).text);
    hf_text_print(t, "\n");
}

static void print_consistency(hf_text *t, const hf_diagnosis_view *view)
{
    size_t torn = 0, busy = 0;
    const char *why = "";
    for (size_t i = 0; i < view->graph_count; i++) {
        const hf_freeze_info *freeze = &view->graphs[i]->info.freeze;
        torn += freeze->way == HF_WAY_LIVE;
        busy += !freeze->at_rest;
        if (freeze->why_not_fork && *freeze->why_not_fork)
            why = freeze->why_not_fork;
    }
    const char *each = view->graph_count == 1 ? "the snapshot" : "every snapshot";
    hf_text_print(t, "  consistency   ");
    if (torn)
        hf_text_print(t, "%zu of %zu were read while it ran, and are torn", torn,
                      view->graph_count);
    else
        hf_text_print(t, "%s is one instant (%s)", each,
                      hf_show_way(newest(view)->info.freeze.way));
    if (busy)
        hf_text_print(t, ";\n%*s%zu may lie within a collection", HF_REPORT_LABEL, "", busy);
    else
        hf_text_print(t, ", no collection under way");
    hf_text_print(t, "\n");
    hf_report_field(t, "no fork", why);
}

static void print_looked_at(hf_text *t, const hf_diagnosis_view *view)
{
    const hf_graph *g = newest(view);
    hf_report_section(t, "WHAT WAS LOOKED AT");
    hf_text_print(t, "  process       %d: ", (int)g->info.pid);
    /* Programs given by -c can be long. */
    hf_buf command HF_AUTO(hf_buf_deinit) = {0};
    hf_format_untrusted(&command, g->info.command, strlen(g->info.command), COMMAND_WIDTH);
    hf_text_fill(t, hf_buf_string(&command), HF_REPORT_LABEL, HF_REPORT_WIDTH);
    hf_text_print(t, "  interpreter   CPython %s, layout %s proved%s\n", g->info.python.version,
                  g->info.python.table, g->info.python.gc_enabled ? "" : "; its collector is OFF");
    hf_text_print(t, "  memory        RSS %s, ", hf_format_bytes(g->info.rss).text);
    hf_text_print(t, "%s objects of ", hf_format_count(g->object_count).text);
    hf_text_print(t, "%s\n", hf_format_bytes(view->diagnosis->heap_bytes).text);
    hf_text_print(t, "  snapshots     %zu", view->graph_count);
    if (view->graph_count > 1)
        hf_text_print(t, " in %s", hf_format_seconds(view->diagnosis->seconds).text);
    print_pauses(t, view);
    print_consistency(t, view);
    hf_text_print(t, "  self-check    ");
    hf_show_check_text(t, &g->info.check, HF_REPORT_LABEL);
}

static void print_share(hf_text *t, const char *label, uint64_t bytes, uint64_t whole)
{
    hf_text_print(t, "  %-22s %11s  %6s", label, hf_format_bytes(bytes).text,
                  hf_format_share(bytes, whole).text);
    hf_show_bar(t, bytes, whole);
    hf_text_print(t, "\n");
}

static void print_where(hf_text *t, const hf_diagnosis_view *view)
{
    const hf_diagnosis *d = view->diagnosis;
    uint64_t rss = newest(view)->info.rss;
    uint64_t apart = d->garbage_bytes + d->c_held_bytes;
    uint64_t live = d->heap_bytes > apart ? d->heap_bytes - apart : 0;
    hf_report_section(t, "WHERE THE MEMORY IS");
    const hf_memory *memory = &newest(view)->memory;
    if (memory->measured) {
        uint64_t shares[HF_SHARES];
        hf_memory_shares(memory, d->garbage_bytes, d->c_held_bytes, shares);
        hf_show_shares(t, memory, shares);
        return;
    }
    print_share(t, "live objects", live, rss);
    print_share(t, "collectable garbage", d->garbage_bytes, rss);
    print_share(t, "held by C code only", d->c_held_bytes, rss);
    if (rss > d->heap_bytes)
        print_share(t, "not Python objects", rss - d->heap_bytes, rss);
    hf_text_print(t, "  %-22s %11s", "RSS", hf_format_bytes(rss).text);
    hf_text_print(t, "%s\n",
                  rss < d->heap_bytes ? "  less than the objects: some are swapped out or untouched"
                                      : "");
}

/* What grew beside objects, where that is a part of the growth that counts. */
static void print_shares_grown(hf_text *t, const hf_diagnosis_view *view, double seconds)
{
    enum { LEAST = 256 << 10, SHARE = 10 };
    const hf_memory *first = &view->graphs[0]->memory, *last = &newest(view)->memory;
    if (!first->measured || !last->measured || view->graph_count < 2)
        return;
    uint64_t before[HF_SHARES], now[HF_SHARES];
    hf_memory_shares(first, 0, 0, before);
    hf_memory_shares(last, 0, 0, now);
    for (unsigned i = HF_SHARE_INTERPRETER; i < HF_SHARES; i++) {
        int64_t grown = (int64_t)(now[i] - before[i]);
        if (grown < LEAST || grown * SHARE < view->diagnosis->rss_grown)
            continue;
        hf_text_print(t, "  %-22s%8s", hf_share_name((hf_share)i),
                      hf_format_bytes_change(grown).text);
        hf_text_print(t, "  %14s\n", hf_format_rate((double)grown / seconds).text);
    }
}

static void print_containers(hf_text *t, const hf_difference_view *v)
{
    static const hf_column columns[] = {{"RETAINED", true}, {"LENGTH", true}, {"CONTAINER", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 3, 2);
    for (size_t i = 0; i < v->container_count; i++) {
        const hf_container_row *row = &v->difference->containers[v->containers[i]];
        hf_table_cell(&table, "%s", hf_format_bytes_change(row->retained).text);
        hf_table_cell(&table, "%s", hf_format_count_change(row->length).text);
        hf_table_path(&table, v->container_paths[i], 100);
    }
    hf_table_print(&table, t);
}

static void print_types(hf_text *t, const hf_difference_view *v)
{
    static const hf_column columns[] = {{"BYTES", true}, {"OBJECTS", true}, {"TYPE", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 3, 2);
    for (size_t i = 0; i < v->type_count; i++) {
        const hf_difference_row *row = &v->difference->types[v->types[i]];
        hf_table_cell(&table, "%s", hf_format_bytes_change(row->bytes).text);
        hf_table_cell(&table, "%s", hf_format_count_change(row->objects).text);
        hf_table_untrusted(&table, row->title, strlen(row->title), 100);
    }
    hf_table_print(&table, t);
}

static void print_growth(hf_text *t, const hf_diagnosis_view *view)
{
    const hf_diagnosis *d = view->diagnosis;
    double seconds = d->seconds > 0 ? d->seconds : 1;
    hf_report_section(t, "WHAT GROWS");
    hf_text_print(t, "  RSS             %14s", hf_format_bytes_change(d->rss_grown).text);
    hf_text_print(t, "  %14s\n", hf_format_rate((double)d->rss_grown / seconds).text);
    hf_text_print(t, "  Python objects  %14s", hf_format_bytes_change(d->heap_grown).text);
    hf_text_print(t, "  %14s\n", hf_format_rate((double)d->heap_grown / seconds).text);
    print_shares_grown(t, view, seconds);
    const hf_difference_view *v = view->difference;
    if (!v)
        return;
    if (v->container_count)
        print_containers(t, v);
    if (v->type_count)
        print_types(t, v);
    if (v->line_count)
        hf_show_line_changes(t, v, 2);
}

/* The linter has looked at suspects only. */
static const char *finding_of(const hf_diagnosis_view *view, size_t number)
{
    return view->findings && number < view->diagnosis->suspect_count ? view->findings[number]
                                                                     : NULL;
}

static hf_suspect_view suspect_of(const hf_diagnosis_view *view, size_t number)
{
    const hf_suspect *s = &view->diagnosis->suspects[number];
    return (hf_suspect_view){.suspect = s,
                             .finding = finding_of(view, number),
                             .retained = s->retained,
                             .grown = s->grown,
                             .grown_objects = s->grown_objects,
                             .bytes_per_second = s->bytes_per_second,
                             .heap_bytes = view->diagnosis->heap_bytes,
                             .compared = view->graph_count > 1,
                             .seconds = view->diagnosis->seconds};
}

static const hf_verdict_label verified_labels[] = {
    [HF_VERIFIED_GONE] = {"GONE", "gone", HF_STYLE_GOOD},
    [HF_VERIFIED_STILL_THERE] = {"STILL THERE", "still-there", HF_STYLE_BAD},
    [HF_VERIFIED_TOO_EARLY] = {"TOO EARLY TO TELL", "too-early", HF_STYLE_BOLD},
};

/* Whether the leak that was asked about is gone. */
static void say_verified(const hf_diagnosis_view *view, hf_buf *out)
{
    const hf_diagnosis *d = view->diagnosis;
    hf_buf_format(out, "The leak %s ", view->verify);
    switch (view->verified) {
    case HF_VERIFIED_STILL_THERE:
        hf_buf_format(out, "grows as before; seen in %s.", hf_format_seconds(d->seconds).text);
        break;
    case HF_VERIFIED_TOO_EARLY:
        hf_buf_text(out, "may be gone or not: watch longer, or give files that lie further apart.");
        break;
    default:
        hf_buf_format(out, "was not seen in %s", hf_format_seconds(d->seconds).text);
        if (d->smallest_rate > 0)
            hf_buf_format(out, "; it would have been from %s on",
                          hf_format_rate(d->smallest_rate).text);
        hf_buf_text(out, d->suspect_count ? ". Something else grows:" : ".");
    }
}

static void print_verified(hf_text *t, const hf_diagnosis_view *view)
{
    const hf_verdict_label *label = &verified_labels[view->verified];
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    say_verified(view, &text);
    hf_report_verdict(t, label->style, label->word, hf_buf_string(&text));
    hf_text_print(t, "\n");
}

static const char *title_of_suspects(const hf_diagnosis_view *view)
{
    if (view->graph_count == 1)
        return "OPINION, and no finding: where memory has come together";
    return view->diagnosis->suspect_count > 1 ? "SUSPECTS, worst first" : "SUSPECT";
}

/* Those from `first` on, `count` or as many as are to be shown. */
static void print_suspects(hf_text *t, const hf_diagnosis_view *view, const char *title,
                           size_t first, size_t count)
{
    if (!count)
        return;
    hf_report_section(t, title);
    for (size_t i = 0; i < count && i < view->top; i++) {
        const hf_suspect_view suspect = suspect_of(view, first + i);
        hf_show_suspect_text(t, i, &suspect);
    }
}

void hf_show_diagnosis_text(hf_text *t, const hf_diagnosis_view *view)
{
    const hf_diagnosis *d = view->diagnosis;
    const hf_verdict_label *verdict = hf_show_verdict(d->verdict);
    if (view->verify)
        print_verified(t, view);
    hf_report_verdict(t, verdict->style, verdict->word, d->summary);
    hf_report_note(t, view->note);
    if (view->unsharing)
        hf_show_unsharing_growth_text(t, view->unsharing, d->seconds);
    print_looked_at(t, view);
    print_where(t, view);
    if (view->graph_count > 1)
        print_growth(t, view);
    print_suspects(t, view, title_of_suspects(view), 0, d->suspect_count);
    if (d->suspect_count > view->top)
        hf_text_print(t, "\n");
    hf_report_more(t, d->suspect_count, view->top, "");
    print_suspects(t, view, "BOUNDED: no leak", d->suspect_count, d->harmless_count);
    hf_report_kept(t, view->kept);
}

static void json_verified(hf_json *j, const hf_diagnosis_view *view)
{
    hf_json_object(j, "verified");
    hf_json_text(j, "signature", view->verify);
    hf_json_text(j, "verdict", verified_labels[view->verified].name);
    hf_json_end(j);
}

static void json_memory(hf_json *j, const hf_diagnosis_view *view)
{
    const hf_diagnosis *d = view->diagnosis;
    const hf_graph *g = newest(view);
    hf_json_object(j, "memory");
    hf_json_uint(j, "rss_bytes", g->info.rss);
    hf_json_uint(j, "heap_bytes", d->heap_bytes);
    hf_json_uint(j, "garbage_bytes", d->garbage_bytes);
    hf_json_uint(j, "c_held_bytes", d->c_held_bytes);
    hf_json_int(j, "rss_grown_bytes", d->rss_grown);
    hf_json_int(j, "heap_grown_bytes", d->heap_grown);
    if (g->memory.measured) {
        uint64_t shares[HF_SHARES];
        hf_memory_shares(&g->memory, d->garbage_bytes, d->c_held_bytes, shares);
        hf_json_object(j, "shares");
        hf_show_shares_json(j, shares);
        hf_json_end(j);
    }
    hf_json_end(j);
}

void hf_show_diagnosis_json(hf_json *j, const hf_diagnosis_view *view)
{
    const hf_diagnosis *d = view->diagnosis;
    hf_json_object(j, NULL);
    hf_json_text(j, "verdict", hf_show_verdict(d->verdict)->name);
    hf_json_text(j, "summary", d->summary);
    if (view->verify)
        json_verified(j, view);
    hf_json_text(j, "note", view->note);
    hf_json_real(j, "seconds", d->seconds);
    hf_json_real(j, "smallest_rate", d->smallest_rate);
    hf_json_text(j, "command", newest(view)->info.command);
    json_memory(j, view);
    if (view->unsharing)
        hf_show_unsharing_growth_json(j, view->unsharing);
    hf_json_array(j, "snapshots");
    for (size_t i = 0; i < view->graph_count; i++) {
        hf_json_object(j, NULL);
        hf_json_uint(j, "objects", view->graphs[i]->object_count);
        hf_show_info_members(j, &view->graphs[i]->info);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_array(j, "suspects");
    for (size_t i = 0; i < d->suspect_count + d->harmless_count; i++) {
        const hf_suspect_view suspect = suspect_of(view, i);
        hf_json_object(j, NULL);
        hf_show_suspect_members(j, &suspect);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_text(j, "kept_in", view->kept);
    hf_json_end(j);
}
