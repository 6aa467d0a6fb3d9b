/* present/show_unsharing.c - see present/show_unsharing.h. */
#include "present/show_unsharing.h"

#include "base/cleanup.h"
#include "present/report.h"

enum { LEAST = 1 << 20, PART = 20 }; /* what is less than 1 MiB, or a 20th, is not worth a cure */

/* All workers together. Bytes, but for the first two. */
typedef struct worker_sum {
    size_t workers, collected;
    hf_unsharing_verdict bytes;
    uint64_t count_words, header_words, other_words, plain, plain_kept;
    bool by_numbers;
} worker_sum;

/* The cure: two lines of Python, and where they go. */
static const char *const freeze_recipe[2] = {
    "import gc; gc.disable()  # in the program that forks: first of all, before it loads anything",
    "gc.freeze()              # there too, right before the fork; gc.enable() in each worker",
};

static void show_recipe(hf_text *t)
{
    for (int i = 0; i < 2; i++)
        hf_text_print(t, "      %s\n", freeze_recipe[i]);
}

static worker_sum sum_of(const hf_unsharing_view *view)
{
    worker_sum sum = {.by_numbers = true};
    for (size_t i = 0; i < view->tree.tree->count; i++) {
        const hf_worker_row *w = &view->workers[i];
        if (!w->compared)
            continue;
        const hf_unsharing_verdict *v = &w->verdict;
        sum.workers++;
        sum.collected += v->collected;
        sum.bytes.common += v->common;
        sum.bytes.others += v->others;
        sum.bytes.fresh += v->fresh;
        sum.bytes.swapped += v->swapped;
        sum.bytes.apart += v->apart;
        sum.bytes.collector += v->collector;
        sum.bytes.counts += v->counts;
        sum.bytes.changed += v->changed;
        sum.bytes.bare += v->bare;
        sum.count_words += w->words.count_words;
        sum.header_words += w->words.header_words;
        sum.other_words += w->words.other_words;
        sum.plain += w->words.plain.common + w->words.plain.kept;
        sum.plain_kept += w->words.plain.kept;
        sum.by_numbers = sum.by_numbers && w->pages.by_numbers;
    }
    return sum;
}

static bool counts_much(uint64_t bytes, const worker_sum *sum)
{
    return bytes >= LEAST && bytes >= (sum->bytes.common + sum->bytes.apart) / PART;
}

static const char *verdict_word(const worker_sum *sum)
{
    if (!sum->workers)
        return "NOTHING FORKED";
    return counts_much(sum->bytes.collector + sum->bytes.counts, sum) ? "UNSHARED" : "SHARED";
}

static void say_who(const worker_sum *sum, hf_buf *out)
{
    hf_buf_format(out, "%zu forked worker%s", sum->workers, sum->workers == 1 ? "" : "s");
}

static void say_summary(const hf_unsharing_view *view, const worker_sum *sum, hf_buf *out)
{
    const hf_unsharing_verdict *b = &sum->bytes;
    if (!sum->workers) {
        hf_buf_format(out,
                      "No process below %d %s forked from a Python above it: there is nothing that "
                      "they could share beside files.",
                      (int)view->tree.tree->rows[0].pid,
                      view->failed ? "could be compared with what it was" : "was");
        return;
    }
    say_who(sum, out);
    if (!counts_much(b->collector + b->counts, sum)) {
        hf_buf_format(out, " still ha%s %s in common with what %s forked from; bookkeeping of ",
                      sum->workers == 1 ? "s" : "ve", hf_format_bytes(b->common).text,
                      sum->workers == 1 ? "it was" : "they were");
        hf_buf_format(out, "CPython has unshared %s.",
                      hf_format_bytes(b->collector + b->counts).text);
        return;
    }
    hf_buf_format(out, " hold%s copies of %s that %s in common at the fork; ",
                  sum->workers == 1 ? "s" : "", hf_format_bytes(b->apart).text,
                  sum->workers == 1 ? "was" : "were");
    hf_buf_format(out, "in %s of that only CPython's bookkeeping was written",
                  hf_format_bytes(b->collector + b->counts).text);
    if (counts_much(b->collector, sum))
        hf_buf_format(out, ": gc.freeze() before the fork would have kept %s shared.",
                      hf_format_bytes(b->collector).text);
    else
        hf_buf_text(out, ", by reference counts, which gc.freeze() does not stop.");
}

static void say_freeze(const hf_unsharing_view *view, const worker_sum *sum, hf_buf *out)
{
    uint64_t frozen = 0, objects = 0;
    for (size_t i = 0; i < view->origin_count; i++) {
        frozen += view->origins[i].frozen;
        objects += view->origins[i].objects;
    }
    if (frozen)
        hf_buf_format(out, "%s of %s objects are frozen already. ", hf_format_count(frozen).text,
                      hf_format_count(objects).text);
    if (!counts_much(sum->bytes.collector, sum) && counts_much(sum->bytes.counts, sum))
        hf_buf_text(out,
                    "gc.freeze() would not help: what looks at an object counts a reference in it. "
                    "Load less before the fork, look at less of it in workers, or keep bulk data "
                    "in few objects (array, numpy, mmap, a database).");
    else if (counts_much(sum->bytes.collector, sum))
        hf_buf_text(out,
                    "gc.freeze() takes what is loaded by then out of the collector's sight, so "
                    "that it writes to none of it:");
}

static void print_cure(hf_text *t, const hf_unsharing_view *view, const worker_sum *sum)
{
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    say_freeze(view, sum, &text);
    if (!text.length)
        return;
    hf_report_section(t, "CURE");
    hf_text_print(t, "  ");
    hf_text_fill(t, hf_buf_string(&text), 2, HF_REPORT_WIDTH);
    if (!counts_much(sum->bytes.collector, sum))
        return;
    hf_text_print(t, "\n");
    show_recipe(t);
    hf_text_print(t, "\n  ");
    hf_text_fill(t,
                 "With gunicorn that is gunicorn.conf.py: preload_app = True, gc.freeze() in "
                 "pre_fork(), gc.enable() in post_fork(). Workers that run get nothing back: "
                 "restart them.",
                 2, HF_REPORT_WIDTH);
    hf_report_format(t, "keeps shared", "%s in %zu worker%s",
                     hf_format_bytes(sum->bytes.collector).text, sum->workers,
                     sum->workers == 1 ? "" : "s");
    if (sum->bytes.counts)
        hf_report_format(t, "and not", "%s that reference counts unshare",
                         hf_format_bytes(sum->bytes.counts).text);
}

static void add_bytes(hf_table *table, const hf_unsharing_verdict *v)
{
    const uint64_t cells[] = {
        v->common + v->others, v->apart, v->collector, v->counts, v->changed, v->bare, v->fresh};
    for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
        hf_table_cell(table, "%s", cells[i] ? hf_format_bytes(cells[i]).text : "-");
}

static void print_workers(hf_text *t, const hf_unsharing_view *view, const worker_sum *sum)
{
    static const hf_column columns[] = {
        {"WORKER", true}, {"IN COMMON", true}, {"UNSHARED", true},  {"COLLECTOR", true},
        {"COUNTS", true}, {"CHANGED", true},   {"NO OBJECT", true}, {"NEW", true}};
    hf_report_section(t, "SINCE THE FORK");
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 8, 2);
    for (size_t i = 0; i < view->tree.tree->count; i++) {
        if (!view->workers[i].compared)
            continue;
        hf_table_cell(&table, "%d", (int)view->tree.tree->rows[i].pid);
        add_bytes(&table, &view->workers[i].verdict);
    }
    if (sum->workers > 1) {
        hf_table_cell(&table, "all");
        add_bytes(&table, &sum->bytes);
    }
    hf_table_print(&table, t);
    hf_text_print(t, "  ");
    hf_text_fill(t,
                 "UNSHARED is the sum of: COLLECTOR and COUNTS, pages of objects that are as they "
                 "were, but for headers of the collector and reference counts; CHANGED, pages of "
                 "objects that are not; NO OBJECT, buffers, C code, stacks. NEW has no page in the "
                 "process that was forked.",
                 2, HF_REPORT_WIDTH);
}

static void say_collector(const worker_sum *sum, hf_buf *out)
{
    if (!sum->collected) {
        hf_buf_text(out,
                    "no full collection in a worker since its fork: what is unshared without a "
                    "changed header is charged to reference counts");
        return;
    }
    hf_buf_format(out, "full collections in %zu of %zu workers since the fork. ", sum->collected,
                  sum->workers);
    if (sum->plain)
        hf_buf_format(out,
                      "Of pages without an object that it goes through, %s are unshared: so many "
                      "counts alone would take, the rest of the others is charged to it",
                      hf_format_share(sum->plain_kept, sum->plain).text);
    else
        hf_buf_text(out, "There are no pages of which counts alone could tell: at most so much is "
                         "charged to it");
}

static void print_evidence(hf_text *t, const hf_unsharing_view *view, const worker_sum *sum)
{
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    hf_report_section(t, "EVIDENCE");
    hf_report_field(
        t, "frames",
        sum->by_numbers
            ? "numbers of page frames (/proc/PID/pagemap): the same frame is in common"
            : "how often each frame is mapped (/proc/PID/pagemap; its number is told to root "
              "only): more than once counts as in common, be it with another worker");
    hf_buf_format(&text, "in unshared pages %s reference counts, ",
                  hf_format_count(sum->count_words).text);
    hf_buf_format(&text, "%s words of collector headers and ",
                  hf_format_count(sum->header_words).text);
    hf_buf_format(&text, "%s other words are not what the process has that was forked",
                  hf_format_count(sum->other_words).text);
    hf_report_field(t, "words", hf_buf_string(&text));
    hf_buf_clear(&text);
    say_collector(sum, &text);
    hf_report_field(t, "collector", hf_buf_string(&text));
    for (size_t i = 0; i < view->origin_count; i++)
        hf_report_format(t, i ? "" : "looked at",
                         "%s objects of process %d, which stood still for %s; its workers did not",
                         hf_format_count(view->origins[i].objects).text,
                         (int)view->tree.tree->rows[view->origins[i].row].pid,
                         hf_format_pause(view->origins[i].pause).text);
}

void hf_show_unsharing_text(hf_text *t, const hf_unsharing_view *view)
{
    worker_sum sum = sum_of(view);
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    say_summary(view, &sum, &text);
    hf_report_verdict(t, counts_much(sum.bytes.collector, &sum) ? HF_STYLE_BAD : HF_STYLE_BOLD,
                      verdict_word(&sum), hf_buf_string(&text));
    hf_text_print(t, "\n");
    hf_show_tree_text(t, &view->tree);
    if (!sum.workers)
        return;
    print_workers(t, view, &sum);
    print_evidence(t, view, &sum);
    print_cure(t, view, &sum);
}

/* Leaves the object open. */
static void json_bytes(hf_json *j, const char *key, const hf_unsharing_verdict *v)
{
    hf_json_object(j, key);
    hf_json_uint(j, "common_bytes", v->common);
    hf_json_uint(j, "common_with_others_bytes", v->others);
    hf_json_uint(j, "unshared_bytes", v->apart);
    hf_json_uint(j, "collector_bytes", v->collector);
    hf_json_uint(j, "counts_bytes", v->counts);
    hf_json_uint(j, "changed_bytes", v->changed);
    hf_json_uint(j, "no_object_bytes", v->bare);
    hf_json_uint(j, "new_bytes", v->fresh);
    hf_json_uint(j, "swapped_bytes", v->swapped);
    hf_json_uint(j, "freeze_saves_bytes", v->collector);
}

static void json_pages(hf_json *j, const char *key, const hf_unsharing_pages *p)
{
    hf_json_object(j, key);
    hf_json_uint(j, "common", p->common);
    hf_json_uint(j, "kept", p->kept);
    hf_json_uint(j, "recounted", p->recounted);
    hf_json_uint(j, "relinked", p->relinked);
    hf_json_uint(j, "changed", p->changed);
    hf_json_end(j);
}

static void json_worker(hf_json *j, const hf_unsharing_view *view, size_t row)
{
    const hf_worker_row *w = &view->workers[row];
    json_bytes(j, "sharing", &w->verdict);
    hf_json_int(j, "forked_from", view->tree.tree->rows[w->origin].pid);
    hf_json_text(j, "evidence", w->pages.by_numbers ? "frame-numbers" : "map-counts");
    hf_json_bool(j, "collected", w->verdict.collected);
    hf_json_real(j, "touched", w->verdict.touched);
    hf_json_bool(j, "touched_known", w->verdict.touched_known);
    json_pages(j, "tracked_pages", &w->words.tracked);
    json_pages(j, "plain_pages", &w->words.plain);
    hf_json_uint(j, "no_object_pages", w->words.bare);
    hf_json_uint(j, "no_object_pages_alike", w->words.alike);
    hf_json_uint(j, "unread_pages", w->pages.unread);
    hf_json_uint(j, "count_words", w->words.count_words);
    hf_json_uint(j, "header_words", w->words.header_words);
    hf_json_uint(j, "other_words", w->words.other_words);
    hf_json_end(j);
}

void hf_show_unsharing_json(hf_json *j, const hf_unsharing_view *view)
{
    worker_sum sum = sum_of(view);
    hf_buf text HF_AUTO(hf_buf_deinit) = {0}, cure HF_AUTO(hf_buf_deinit) = {0};
    say_summary(view, &sum, &text);
    hf_report_begin_json(j, verdict_word(&sum), hf_buf_string(&text));
    hf_json_array(j, "processes");
    for (size_t i = 0; i < view->tree.tree->count; i++) {
        hf_json_object(j, NULL);
        hf_show_tree_row_members(j, &view->tree, i);
        if (view->workers[i].compared)
            json_worker(j, view, i);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_object(j, "tree");
    hf_show_tree_sum_members(j, &view->tree, 0);
    hf_json_end(j);
    json_bytes(j, "all", &sum.bytes);
    hf_json_end(j);
    hf_json_uint(j, "workers", sum.workers);
    hf_json_uint(j, "failed", view->failed);
    say_freeze(view, &sum, &cure);
    hf_json_text(j, "cure", hf_buf_string(&cure));
    hf_json_array(j, "recipe");
    for (int i = 0; i < 2 && counts_much(sum.bytes.collector, &sum); i++)
        hf_json_text(j, NULL, freeze_recipe[i]);
    hf_json_end(j);
    hf_json_end(j);
}

static void say_growth(const hf_unsharing_growth *g, double seconds, hf_buf *out)
{
    hf_buf_format(out, "Private memory grew by %s in %s",
                  hf_format_bytes((uint64_t)g->private_grown).text,
                  hf_format_seconds(seconds).text);
    hf_buf_format(out, " in place of %s that was shared, while objects grew by %s",
                  hf_format_bytes((uint64_t)g->shared_lost).text,
                  hf_format_bytes_change(g->heap_grown).text);
    if (!g->parent) {
        hf_buf_text(out,
                    ": pages that a fork had given to several processes were written to, here or "
                    "in another of them, or another has ended. 'holdfast memory --tree' of the "
                    "server tells which, and why.");
        return;
    }
    hf_buf_text(out,
                ": pages from the fork were written to and so copied (copy-on-write), nothing was "
                "added.");
    hf_buf_format(out, " Of what this worker had in common with process %d at its fork ",
                  (int)g->parent);
    hf_buf_format(out, "%s is unshared: %s by the collector, ",
                  hf_format_bytes(g->pages.apart).text, hf_format_bytes(g->pages.collector).text);
    hf_buf_format(out, "%s by reference counts, ", hf_format_bytes(g->pages.counts).text);
    hf_buf_format(out, "%s by data.", hf_format_bytes(g->pages.changed + g->pages.bare).text);
    if (g->pages.collector >= LEAST)
        hf_buf_format(out, " gc.freeze() before the fork would have kept %s shared:",
                      hf_format_bytes(g->pages.collector).text);
    else if (g->pages.counts >= LEAST)
        hf_buf_text(out, " gc.freeze() would not help: looking at an object writes its count.");
}

void hf_show_unsharing_growth_text(hf_text *t, const hf_unsharing_growth *growth, double seconds)
{
    if (!growth->is_cause)
        return;
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    say_growth(growth, seconds, &text);
    hf_report_verdict(t, HF_STYLE_BAD, "UNSHARED", hf_buf_string(&text));
    if (growth->pages.collector >= LEAST)
        show_recipe(t);
}

void hf_show_unsharing_growth_json(hf_json *j, const hf_unsharing_growth *growth)
{
    if (!growth->is_cause)
        return;
    hf_json_object(j, "unsharing");
    hf_json_text(j, "cause", "copy-on-write");
    hf_json_int(j, "private_grown_bytes", growth->private_grown);
    hf_json_int(j, "shared_lost_bytes", growth->shared_lost);
    hf_json_int(j, "heap_grown_bytes", growth->heap_grown);
    if (growth->parent) {
        hf_json_int(j, "forked_from", growth->parent);
        json_bytes(j, "since_fork", &growth->pages);
        hf_json_end(j);
    }
    hf_json_array(j, "recipe");
    for (int i = 0; i < 2 && growth->pages.collector >= LEAST; i++)
        hf_json_text(j, NULL, freeze_recipe[i]);
    hf_json_end(j);
    hf_json_end(j);
}
