/* present/show_tree_diagnosis.c - see present/show_tree_diagnosis.h. */
#include "present/show_tree_diagnosis.h"

#include "base/cleanup.h"
#include "present/report.h"
#include "present/show_suspect.h"
#include "present/show_unsharing.h"

#include <string.h>

static size_t diagnosed(const hf_tree_diagnosis_view *view)
{
    size_t count = 0;
    for (size_t i = 0; i < view->tree.tree->count; i++)
        count += view->rows[i].diagnosed;
    return count;
}

/* "in 4 of 4 workers", or "in 3 of 5 processes" where the root is one of them. */
static void say_where(const hf_tree_diagnosis_view *view, const hf_common_suspect *s, hf_buf *out)
{
    bool root = s->count && s->processes[0] == 0;
    size_t all = diagnosed(view) - (!root && view->rows[0].diagnosed);
    hf_buf_format(out, "in %zu of %zu %s", s->count, all, root ? "process" : "worker");
    hf_buf_text(out, all == 1 ? "" : root ? "es" : "s");
}

/* What the first of those says that are not sure, and how many others are not. */
static void say_early(const hf_tree_diagnosis_view *view, hf_buf *out)
{
    size_t others = 0;
    bool told = false;
    for (size_t i = 0; i < view->tree.tree->count; i++) {
        if (!view->rows[i].early)
            continue;
        if (told)
            others++;
        else
            hf_buf_format(out, "Process %d: %s", (int)view->tree.tree->rows[i].pid,
                          view->rows[i].early);
        told = true;
    }
    if (others)
        hf_buf_format(out, " Of %zu more it is too early to tell as well.", others);
}

static void say_summary(const hf_tree_diagnosis_view *view, hf_buf *out)
{
    if (view->suspects->count) {
        const hf_common_suspect *s = &view->suspects->rows[0];
        hf_buf_format(out, "%s grows ", s->worst.path);
        say_where(view, s, out);
        hf_buf_format(out, " of process %d: %s, %s in all.", (int)view->tree.tree->rows[0].pid,
                      s->worst.pattern, hf_format_rate(s->bytes_per_second).text);
        return;
    }
    double smallest = 0;
    for (size_t i = 0; i < view->tree.tree->count; i++)
        if (view->rows[i].diagnosed && view->rows[i].smallest_rate > smallest)
            smallest = view->rows[i].smallest_rate;
    size_t count = diagnosed(view);
    if (view->verdict == HF_VERDICT_NO_LEAK)
        hf_buf_format(out,
                      "Nothing keeps growing in %zu process%s; a leak of %s in one of them would "
                      "have been seen.",
                      count, count == 1 ? "" : "es", hf_format_rate(smallest).text);
    else
        say_early(view, out);
}

static void add_process(hf_table *table, const hf_tree_diagnosis_view *view, size_t row)
{
    const hf_tree_diagnosis_row *r = &view->rows[row];
    hf_buf pid HF_AUTO(hf_buf_deinit) = {0};
    hf_show_tree_pid(view->tree.tree, row, &pid);
    hf_table_cell(table, "%s", hf_buf_string(&pid));
    hf_table_cell(table, "%zu", r->snapshots);
    hf_table_cell(table, "%s", r->pause ? hf_format_pause(r->pause).text : "-");
    hf_table_cell(table, "%s", hf_format_bytes_change(r->rss_grown).text);
    hf_table_cell(table, "%s",
                  r->private_known ? hf_format_bytes_change(r->private_grown).text : "-");
    hf_table_cell(table, "%s", hf_format_bytes_change(r->heap_grown).text);
    hf_table_cell(table, "%s", r->diagnosed ? hf_show_verdict(r->verdict)->name : "-");
}

/* Of the worker that unshared most; the others are in the table. */
static void print_unsharing(hf_text *t, const hf_tree_diagnosis_view *view)
{
    const hf_tree_diagnosis_row *most = NULL;
    size_t count = 0, at = 0;
    for (size_t i = 0; i < view->tree.tree->count; i++) {
        const hf_tree_diagnosis_row *r = &view->rows[i];
        if (!r->diagnosed || !r->unsharing.is_cause || !r->unsharing.parent)
            continue; /* what a server no longer shares its workers have unshared */
        count++;
        if (!most || r->unsharing.private_grown > most->unsharing.private_grown) {
            most = r;
            at = i;
        }
    }
    if (!most)
        return;
    hf_text_print(t, "\n");
    hf_text_print(t, "In %zu worker%s that is unsharing, most in %d:\n", count,
                  count == 1 ? "" : "s", (int)view->tree.tree->rows[at].pid);
    hf_show_unsharing_growth_text(t, &most->unsharing, most->seconds);
}

static void print_processes(hf_text *t, const hf_tree_diagnosis_view *view)
{
    static const hf_column columns[] = {
        {"PID", false},    {"SNAPSHOTS", true}, {"STOOD STILL", true}, {"RSS", true},
        {"PRIVATE", true}, {"OBJECTS", true},   {"VERDICT", false}};
    hf_report_section(t, "WHAT GREW, process by process");
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 7, 2);
    for (size_t i = 0; i < view->tree.tree->count; i++)
        if (view->tree.processes[i].python)
            add_process(&table, view, i);
    hf_table_print(&table, t);
    print_unsharing(t, view);
    for (size_t i = 0; i < view->tree.tree->count; i++)
        if (view->rows[i].why) {
            hf_text_print(t, "  note: ");
            hf_text_fill(t, view->rows[i].why, 8, HF_REPORT_WIDTH);
        }
}

/* In which processes it is; the caller releases *ret_where, which the view leads to. */
static hf_suspect_view suspect_of(const hf_tree_diagnosis_view *view, size_t number,
                                  hf_buf *ret_where)
{
    const hf_common_suspect *s = &view->suspects->rows[number];
    say_where(view, s, ret_where);
    for (size_t i = 0; i < s->count; i++)
        hf_buf_format(ret_where, "%s%d", i ? ", " : ": ",
                      (int)view->tree.tree->rows[s->processes[i]].pid);
    return (hf_suspect_view){.suspect = &s->worst,
                             .finding = s->finding,
                             .where = hf_buf_string(ret_where),
                             .retained = s->retained,
                             .grown = s->grown,
                             .grown_objects = s->grown_objects,
                             .bytes_per_second = s->bytes_per_second,
                             .compared = true};
}

static void print_suspect(hf_text *t, const hf_tree_diagnosis_view *view, size_t number)
{
    hf_buf where HF_AUTO(hf_buf_deinit) = {0};
    const hf_suspect_view suspect = suspect_of(view, number, &where);
    hf_show_suspect_text(t, number, &suspect);
}

void hf_show_tree_diagnosis_text(hf_text *t, const hf_tree_diagnosis_view *view)
{
    hf_buf summary HF_AUTO(hf_buf_deinit) = {0};
    say_summary(view, &summary);
    const hf_verdict_label *verdict = hf_show_verdict(view->verdict);
    hf_report_verdict(t, verdict->style, verdict->word, hf_buf_string(&summary));
    hf_report_note(t, view->note);
    hf_text_print(t, "\n");
    hf_show_tree_text(t, &view->tree);
    print_processes(t, view);
    size_t count = view->suspects->count;
    if (count)
        hf_report_section(t, count > 1 ? "SUSPECTS, worst first" : "SUSPECT");
    for (size_t i = 0; i < count && i < view->top; i++)
        print_suspect(t, view, i);
    if (count > view->top)
        hf_text_print(t, "\n");
    hf_report_more(t, count, view->top, "");
    hf_report_kept(t, view->kept);
}

static void json_process(hf_json *j, const hf_tree_diagnosis_view *view, size_t row)
{
    const hf_tree_diagnosis_row *r = &view->rows[row];
    hf_json_object(j, NULL);
    hf_show_tree_row_members(j, &view->tree, row);
    hf_json_text(j, "why", r->why);
    hf_json_uint(j, "snapshots", r->snapshots);
    if (r->diagnosed) {
        hf_json_text(j, "verdict", hf_show_verdict(r->verdict)->name);
        hf_json_real(j, "seconds", r->seconds);
        hf_json_real(j, "pause_ms", (double)r->pause / 1e6);
        hf_json_uint(j, "suspects", r->suspects);
        hf_json_int(j, "rss_grown_bytes", r->rss_grown);
        hf_json_int(j, "heap_grown_bytes", r->heap_grown);
        if (r->private_known)
            hf_json_int(j, "private_grown_bytes", r->private_grown);
        hf_show_unsharing_growth_json(j, &r->unsharing);
    }
    hf_json_end(j);
}

static void json_suspect(hf_json *j, const hf_tree_diagnosis_view *view, size_t number)
{
    const hf_common_suspect *s = &view->suspects->rows[number];
    hf_buf where HF_AUTO(hf_buf_deinit) = {0};
    const hf_suspect_view suspect = suspect_of(view, number, &where);
    hf_json_object(j, NULL);
    hf_show_suspect_members(j, &suspect);
    hf_json_array(j, "pids");
    for (size_t i = 0; i < s->count; i++)
        hf_json_int(j, NULL, view->tree.tree->rows[s->processes[i]].pid);
    hf_json_end(j);
    hf_json_end(j);
}

void hf_show_tree_diagnosis_json(hf_json *j, const hf_tree_diagnosis_view *view)
{
    hf_buf summary HF_AUTO(hf_buf_deinit) = {0};
    say_summary(view, &summary);
    hf_json_object(j, NULL);
    hf_json_text(j, "verdict", hf_show_verdict(view->verdict)->name);
    hf_json_text(j, "summary", hf_buf_string(&summary));
    hf_json_text(j, "note", view->note);
    hf_json_array(j, "processes");
    for (size_t i = 0; i < view->tree.tree->count; i++)
        json_process(j, view, i);
    hf_json_end(j);
    hf_json_object(j, "tree");
    hf_show_tree_sum_members(j, &view->tree, 0);
    hf_json_end(j);
    hf_json_array(j, "suspects");
    for (size_t i = 0; i < view->suspects->count; i++)
        json_suspect(j, view, i);
    hf_json_end(j);
    hf_json_text(j, "kept_in", view->kept);
    hf_json_end(j);
}
