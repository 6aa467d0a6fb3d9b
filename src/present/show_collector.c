/* present/show_collector.c - how the collector does: `gc`. */
#include "present/show_collector.h"

#include "base/cleanup.h"
#include "present/report.h"

#include <string.h>

static const struct {
    const char *word;
    hf_style style;
} verdicts[] = {
    [HF_COLLECTING_WELL] = {"OK", HF_STYLE_GOOD},
    [HF_COLLECTING_OFF] = {"OFF", HF_STYLE_BAD},
    [HF_COLLECTING_OUT_OF_REACH] = {"OUT OF REACH", HF_STYLE_BAD},
    [HF_COLLECTING_SAVE_ALL] = {"SAVES ALL", HF_STYLE_BAD},
    [HF_COLLECTING_UNCOLLECTABLE] = {"UNCOLLECTABLE", HF_STYLE_BAD},
    [HF_COLLECTING_WAITS] = {"WAITS", HF_STYLE_BOLD},
    [HF_COLLECTING_IN_VAIN] = {"IN VAIN", HF_STYLE_BOLD},
};

static const char *const kinds[] = {
    [HF_COLLECTOR_UNKNOWN] = "unknown: the file is of an older version of holdfast",
    [HF_COLLECTOR_GENERATIONS] = "three generations; a full collection also waits until a quarter "
                                 "as much is new as survived the last one",
    [HF_COLLECTOR_INCREMENTAL] = "incremental (3.14.0 to 3.14.4): a part of the old objects with "
                                 "each young collection, never all at once",
    [HF_COLLECTOR_FREE_THREADED] = "free-threaded: one generation, collected when a quarter of "
                                   "what lives is new",
};
static const char *const kind_words[] = {"unknown", "generations", "incremental", "free-threaded"};

static void say_waiting(const hf_collection *c, hf_buf *out)
{
    hf_say_count(out, c->collected + c->follows, "object");
    hf_buf_format(out, " of %s", hf_format_bytes(hf_collection_bytes(c)).text);
}

static void say_verdict(const hf_gc_view *view, hf_buf *out)
{
    const hf_collecting *c = view->collecting;
    const hf_python_info *p = &view->graph->info.python;
    bool many = c->would_free.collected != 1 || c->would_free.follows;
    switch (c->verdict) {
    case HF_COLLECTING_OFF:
        hf_buf_format(out, "The collector is off (%s): ",
                      p->gc_enabled ? "its first threshold is 0" : "gc.disable()");
        say_waiting(&c->would_free, out);
        hf_buf_format(out, " wait%s for it, and cycles made from now on stay.", many ? "" : "s");
        break;
    case HF_COLLECTING_OUT_OF_REACH:
        hf_buf_format(out, "The next collection is %s objects away, more than live now: ",
                      hf_format_count(c->until_young).text);
        say_waiting(&c->would_free, out);
        hf_buf_format(out, " wait%s for it.", many ? "" : "s");
        break;
    case HF_COLLECTING_SAVE_ALL:
        hf_buf_format(out, "DEBUG_SAVEALL keeps everything that is found: %s in gc.garbage.",
                      hf_format_count(p->uncollectable).text);
        break;
    case HF_COLLECTING_UNCOLLECTABLE:
        hf_say_count(out, p->uncollectable, "object");
        hf_buf_format(out, " %s in gc.garbage, and with them all that they hold.",
                      p->uncollectable == 1 ? "stays" : "stay");
        break;
    case HF_COLLECTING_WAITS:
        say_waiting(&c->would_free, out);
        hf_buf_text(out, many ? " wait for a full collection." : " waits for a full collection.");
        break;
    case HF_COLLECTING_IN_VAIN:
        hf_buf_format(out, "%s full collections found ",
                      hf_format_count(p->collector.statistics[2].collections).text);
        hf_say_count(out, p->collector.statistics[2].collected, "object");
        hf_buf_format(out, " in all, each going through %s.",
                      hf_format_count(c->would_free.tracked).text);
        break;
    default:
        hf_buf_text(out, "The collector works: ");
        say_waiting(&c->would_free, out);
        hf_buf_format(out, " wait%s for it.", many ? "" : "s");
    }
}

/* "DEBUG_STATS, DEBUG_SAVEALL": Modules/gcmodule.c */
static void say_debug(uint32_t debug, hf_buf *out)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } flags[] = {{1, "DEBUG_STATS"},
                 {2, "DEBUG_COLLECTABLE"},
                 {4, "DEBUG_UNCOLLECTABLE"},
                 {HF_GC_DEBUG_SAVEALL, "DEBUG_SAVEALL"}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
        if (debug & flags[i].bit)
            hf_buf_format(out, "%s%s", out->length ? ", " : "", flags[i].name);
    if (!out->length)
        hf_buf_text(out, "none");
}

static void say_next(const hf_gc_view *view, hf_buf *out)
{
    const hf_collecting *c = view->collecting;
    const hf_collector_info *collector = &view->graph->info.python.collector;
    if (!view->graph->info.python.gc_enabled || !view->graph->info.python.gc_threshold[0]) {
        hf_buf_text(out, "never by itself");
        return;
    }
    hf_buf_format(out, "a young one after %s more objects", hf_format_count(c->until_young).text);
    if (!c->full_is_scheduled) {
        hf_buf_text(out, ", with a part of the old ones");
        return;
    }
    if (collector->kind == HF_COLLECTOR_FREE_THREADED)
        return;
    hf_buf_format(out, ", a full one after %s", hf_format_count(c->until_full).text);
    if (c->survivors_needed)
        hf_buf_format(out,
                      " and only when %s more grow old (a quarter of the %s that survived the last "
                      "one; %s have)",
                      hf_format_count(c->survivors_needed).text,
                      hf_format_count(collector->long_lived_total).text,
                      hf_format_count(collector->long_lived_pending).text);
}

static void print_switches(hf_text *t, const hf_gc_view *view)
{
    const hf_python_info *p = &view->graph->info.python;
    const hf_collection *would = &view->collecting->would_free;
    hf_buf debug HF_AUTO(hf_buf_deinit) = {0}, next HF_AUTO(hf_buf_deinit) = {0};
    say_debug(p->collector.debug, &debug);
    say_next(view, &next);
    hf_report_section(t, "COLLECTOR");
    hf_report_format(t, "interpreter", "CPython %s", p->version);
    hf_report_field(t, "collector", p->gc_enabled ? "on" : "OFF");
    hf_report_field(t, "kind", kinds[p->collector.kind]);
    hf_report_field(t, "next", hf_buf_string(&next));
    hf_report_format(t, "tracked", "%s objects of %s", hf_format_count(would->tracked).text,
                     hf_format_bytes(would->tracked_bytes).text);
    if (would->frozen)
        hf_report_format(t, "frozen", "%s objects of %s are never looked at (gc.freeze)",
                         hf_format_count(would->frozen).text,
                         hf_format_bytes(would->frozen_bytes).text);
    else
        hf_report_field(t, "frozen", "none");
    hf_report_format(t, "gc.garbage", "%s", hf_format_count(p->uncollectable).text);
    hf_report_format(t, "callbacks", "%s", hf_format_count(p->collector.callbacks).text);
    hf_report_field(t, "debug flags", hf_buf_string(&debug));
    if (p->interpreter_count > 1)
        hf_report_format(t, "interpreters",
                         "%u, each with a collector of its own; this is that of the first",
                         p->interpreter_count);
}

static void print_generations(hf_text *t, const hf_python_info *p)
{
    static const hf_column columns[] = {
        {"GENERATION", true},  {"COUNT", true},     {"THRESHOLD", true},    {"OBJECTS", true},
        {"COLLECTIONS", true}, {"COLLECTED", true}, {"UNCOLLECTABLE", true}};
    bool lists = p->collector.kind != HF_COLLECTOR_FREE_THREADED &&
                 p->collector.kind != HF_COLLECTOR_UNKNOWN;
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 7, 2);
    for (int i = 0; i < 3; i++) {
        const hf_collections *s = &p->collector.statistics[i];
        hf_table_cell(&table, "%d", i);
        hf_table_cell(&table, "%s", hf_format_count(p->gc_count[i]).text);
        hf_table_cell(&table, "%s", hf_format_count(p->gc_threshold[i]).text);
        hf_table_cell(&table, "%s", lists ? hf_format_count(p->collector.listed[i]).text : "-");
        hf_table_cell(&table, "%s", hf_format_count(s->collections).text);
        hf_table_cell(&table, "%s", hf_format_count(s->collected).text);
        hf_table_cell(&table, "%s", hf_format_count(s->uncollectable).text);
    }
    hf_report_section(t, "GENERATIONS");
    hf_table_print(&table, t);
}

static void print_prediction(hf_text *t, const hf_collection *c)
{
    hf_report_section(t, "WHAT gc.collect() WOULD FREE NOW");
    hf_report_format(t, "collected", "%s objects of %s (what it would return)",
                     hf_format_count(c->collected).text, hf_format_bytes(c->collected_bytes).text);
    hf_report_format(t, "with them", "%s objects of %s that only those hold",
                     hf_format_count(c->follows).text, hf_format_bytes(c->follows_bytes).text);
    if (c->finalizers)
        hf_report_format(t, "finalizers",
                         "%s of these have a __del__ that would run, and may keep some",
                         hf_format_count(c->finalizers).text);
}

void hf_show_gc_text(hf_text *t, const hf_gc_view *view)
{
    const hf_collecting *c = view->collecting;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0}, cure HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_verdict(t, verdicts[c->verdict].style, verdicts[c->verdict].word,
                      hf_buf_string(&verdict));
    print_switches(t, view);
    print_generations(t, &view->graph->info.python);
    print_prediction(t, &c->would_free);
    hf_buf_text(&cure, c->cure);
    if (c->suggested[0])
        hf_buf_format(&cure, " gc.set_threshold(%u, %u, %u) would suit.", c->suggested[0],
                      c->suggested[1], c->suggested[2]);
    hf_report_cure(t, hf_buf_string(&cure), hf_collection_bytes(&c->would_free));
}

static void json_numbers(hf_json *j, const char *key, const uint32_t numbers[3])
{
    hf_json_array(j, key);
    for (int i = 0; i < 3; i++)
        hf_json_uint(j, NULL, numbers[i]);
    hf_json_end(j);
}

static void json_prediction(hf_json *j, const hf_collection *c)
{
    hf_json_object(j, "would_free");
    hf_json_uint(j, "collected", c->collected);
    hf_json_uint(j, "collected_bytes", c->collected_bytes);
    hf_json_uint(j, "with_them", c->follows);
    hf_json_uint(j, "with_them_bytes", c->follows_bytes);
    hf_json_uint(j, "finalizers", c->finalizers);
    hf_json_end(j);
}

void hf_show_gc_json(hf_json *j, const hf_gc_view *view)
{
    const hf_collecting *c = view->collecting;
    const hf_python_info *p = &view->graph->info.python;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_begin_json(j, verdicts[c->verdict].word, hf_buf_string(&verdict));
    hf_json_text(j, "python", p->version);
    hf_json_text(j, "kind", kind_words[p->collector.kind]);
    hf_json_bool(j, "enabled", p->gc_enabled);
    json_numbers(j, "thresholds", p->gc_threshold);
    json_numbers(j, "counts", p->gc_count);
    hf_json_uint(j, "debug", p->collector.debug);
    hf_json_uint(j, "garbage", p->uncollectable);
    hf_json_uint(j, "callbacks", p->collector.callbacks);
    hf_json_uint(j, "tracked", c->would_free.tracked);
    hf_json_uint(j, "tracked_bytes", c->would_free.tracked_bytes);
    hf_json_uint(j, "frozen", c->would_free.frozen);
    hf_json_uint(j, "frozen_bytes", c->would_free.frozen_bytes);
    hf_json_uint(j, "long_lived_total", p->collector.long_lived_total);
    hf_json_uint(j, "long_lived_pending", p->collector.long_lived_pending);
    hf_json_array(j, "generations");
    for (int i = 0; i < 3; i++) {
        hf_json_object(j, NULL);
        hf_json_uint(j, "objects", p->collector.listed[i]);
        hf_json_uint(j, "collections", p->collector.statistics[i].collections);
        hf_json_uint(j, "collected", p->collector.statistics[i].collected);
        hf_json_uint(j, "uncollectable", p->collector.statistics[i].uncollectable);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_object(j, "next");
    hf_json_uint(j, "allocations_until_young", c->until_young);
    hf_json_bool(j, "full_is_scheduled", c->full_is_scheduled);
    hf_json_uint(j, "allocations_until_full", c->until_full);
    hf_json_uint(j, "survivors_needed", c->survivors_needed);
    hf_json_end(j);
    json_prediction(j, &c->would_free);
    if (c->suggested[0])
        json_numbers(j, "suggested_thresholds", c->suggested);
    hf_json_text(j, "cure", *c->cure ? c->cure : NULL);
    hf_json_uint(j, "cure_frees_bytes", *c->cure ? hf_collection_bytes(&c->would_free) : 0);
    hf_json_end(j);
}
