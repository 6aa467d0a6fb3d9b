#include "analyse/diagnose.h"

#include "analyse/accumulation.h"
#include "analyse/calls.h"
#include "analyse/drafts.h"
#include "analyse/importing.h"
#include "analyse/native_growth.h"
#include "base/cleanup.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { RISE_THAT_SHOWS = 4 }; /* times what is told of one holder */

typedef struct owned_diagnosis {
    hf_diagnosis public;
    char *summary;
} owned_diagnosis;

static void case_deinit(hf_case *c)
{
    hf_growth_deinit(&c->growth);
    free(c->passing);
    free(c->species);
    free(c->held_first);
    free(c->held_last);
    hf_known_free(c->known);
    hf_timeline_free((hf_timeline *)c->timeline);
}

static bool is_opinion(const hf_case *c)
{
    return c->twice[0] != NULL;
}

/* Timeline, dominators and species. */
static hf_err *look_at_graphs(hf_graph *const *graphs, size_t count, hf_case *c)
{
    hf_timeline *timeline = NULL;
    if (count == 1)
        c->twice[0] = c->twice[1] = graphs[0];
    hf_err *err =
        hf_timeline_build(count == 1 ? c->twice : graphs, count == 1 ? 2 : count, &timeline);
    if (err)
        return err;
    c->timeline = timeline;
    c->seconds = hf_timeline_seconds(timeline);
    c->species = hf_species_of_types(timeline->last);
    err = c->species ? hf_dominators_of(graphs[0], &c->first) : hf_fail_memory();
    if (graphs[0] != timeline->last)
        hf_graph_forget_sources(graphs[0]); /* nobody asks who refers to what is over */
    if (!err)
        err = hf_dominators_of(timeline->last, &c->last);
    return err || count > 1 ? err : hf_accumulation_mark(timeline, c->last, c->species);
}

/* By type: objects that roots reach. The caller frees it; NULL without memory. */
static uint64_t *count_held(const hf_graph *g, const hf_dominators *d)
{
    uint64_t *held = calloc((size_t)g->type_count + 1, sizeof(*held));
    for (uint32_t i = 0; held && i < g->object_count; i++)
        held[g->type[i]] += d->reach[i] == HF_REACH_ROOT;
    return held;
}

static hf_err *open_case(hf_graph *const *graphs, size_t count, hf_case *c)
{
    hf_err *err = look_at_graphs(graphs, count, c);
    if (err)
        return err;
    err = hf_growth_compute(c->timeline, c->first, c->last, &c->growth);
    if (err)
        return err;
    c->held_first = count_held(c->timeline->graphs[0], c->first);
    c->held_last = count_held(c->timeline->last, c->last);
    if (!c->held_first || !c->held_last)
        return hf_fail_memory();
    c->passing = hf_calls_passing(c->timeline);
    err = c->passing ? hf_path_tree_of(c->timeline->last, c->passing, &c->paths) : hf_fail_memory();
    return err ? err : hf_known_find(c->timeline->last, &c->known);
}

/* Several times as long as we looked, in words of the command line. */
static const char *longer(double seconds)
{
    static const struct {
        double seconds;
        const char *words;
    } spans[] = {{12, "30s"}, {25, "1m"}, {50, "2m"}, {100, "5m"}, {400, "20m"}, {1200, "1h"}};
    for (size_t k = 0; k < sizeof(spans) / sizeof(*spans); k++)
        if (seconds <= spans[k].seconds)
            return spans[k].words;
    return "3h";
}

/* "module jobs.cache grew by 1.2 MB in 8.0 s" */
static void say_grown(const hf_case *c, const hf_early *what, hf_buf *out)
{
    hf_buf_format(out, "%s grew by ", what->path);
    hf_say_bytes(out, what->grown);
    hf_buf_format(out, " in %s", hf_format_seconds(c->seconds).text);
}

/* "985 of 2,000 entries" */
static void say_fill(const hf_early *what, hf_buf *out)
{
    hf_buf_format(out, "%s of ", hf_format_count(what->length).text);
    hf_say_count(out, what->bound, "entry");
}

/* early: what grew most of what is not accused. It may be a leak all the same, and is named. */
static void say_importing(const hf_case *c, const hf_early *early, hf_buf *importing, hf_buf *out)
{
    hf_buf_format(out, "The program still imports modules (%s), and ", hf_buf_string(importing));
    say_grown(c, early, out);
    hf_buf_text(out, ", which may come with them: look again when it has started.");
}

static void say_early(const hf_case *c, const hf_early *early, hf_buf *out)
{
    say_grown(c, early, out);
    if (early->bound) {
        hf_buf_text(out, " and stops at its bound, has ");
        say_fill(early, out);
    } else if (early->young) {
        hf_buf_text(out, " and holds what came in a small part of the time that the process has "
                         "run, as what is emptied now and then does");
    } else if (hf_fits_into_freed(c->timeline, early->grown)) {
        hf_buf_text(out,
                    " into memory that was free already, as what is emptied now and then does");
    } else {
        hf_buf_text(out, " and may level off");
    }
    hf_buf_format(out, ": look longer, --for %s.", longer(c->seconds));
}

/* Whether the heap rises in most of the time between snapshots and never falls, by more than what
 * may be chance: what is done now and then has a pause in one of these. What rises and is kept
 * by nothing that grows may be one large object in the making, or work that is not done yet. */
static bool rises(const hf_case *c, int64_t grown)
{
    const hf_timeline *t = c->timeline;
    if (grown < RISE_THAT_SHOWS * c->growth.least)
        return false;
    int64_t before = hf_heap_bytes(t->graphs[0]), least = grown / (4 * (int64_t)(t->count - 1));
    size_t rising = 0, counted = hf_timeline_intervals(t);
    for (size_t k = 1; k < t->count; k++) {
        int64_t more = hf_heap_bytes(t->graphs[k]) - before;
        if (more < -least)
            return false;
        rising += more >= least && hf_timeline_counts(t, k);
        before += more;
    }
    return rising * 2 > counted && (rising > 1 || counted == 1);
}

/* The most by which the heap fell from one snapshot to the next. */
static int64_t largest_fall(const hf_case *c)
{
    const hf_timeline *t = c->timeline;
    int64_t largest = 0, before = hf_heap_bytes(t->graphs[0]);
    for (size_t k = 1; k < t->count; k++) {
        int64_t now = hf_heap_bytes(t->graphs[k]);
        largest = before - now > largest ? before - now : largest;
        before = now;
    }
    return largest;
}

static void say_rising(const hf_case *c, int64_t grown, hf_buf *out)
{
    hf_buf_text(out, "All objects together grew by ");
    hf_say_bytes(out, grown);
    hf_buf_format(out, " in %s, but nothing that keeps them did: look longer, --for %s.",
                  hf_format_seconds(c->seconds).text, longer(c->seconds));
}

/* What the allocators keep free more than at first. */
static int64_t kept_free(const hf_case *c)
{
    int64_t before = hf_kept_free(c->timeline->graphs[0]), now = hf_kept_free(c->timeline->last);
    return before < 0 || now < 0 ? 0 : now - before;
}

/* Memory that the allocators keep is the process's and nobody's: it needs another cure
 * than a leak. */
static void say_kept_free(const hf_case *c, const hf_diagnosis *d, hf_buf *out)
{
    enum { WORTH_A_WORD = 1 << 20 };
    int64_t more = kept_free(c);
    if (d->rss_grown < WORTH_A_WORD || more * 2 < d->rss_grown)
        return;
    hf_buf_text(out, " The process took ");
    hf_say_bytes(out, d->rss_grown);
    hf_buf_text(out, " more all the same, and the allocators keep ");
    hf_say_bytes(out, more);
    hf_buf_text(out, " more free: `holdfast memory` says what gives it back.");
}

/* Bytes of growth for which nothing was blamed: of all objects, of what the process took and does
 * not keep free, or of what C code has, where Python's objects went back by as much.
 * `filling`: what stops at its bound. */
static int64_t growth_of_nobody(const hf_case *c, const hf_diagnosis *d, int64_t filling)
{
    int64_t taken = hf_anonymous_bytes(c->timeline->last) -
                    hf_anonymous_bytes(c->timeline->graphs[0]) - kept_free(c);
    int64_t most = taken > d->heap_grown ? taken : d->heap_grown;
    int64_t native = hf_native_grown(c->timeline);
    most = native > most ? native : most;
    return most > filling ? most - filling : 0;
}

/* A leak that is no larger than what grew and was not blamed could be part of that; where the heap
 * fell in between, of what it would be without that. */
static double rate_seen_for_sure(const hf_case *c, int64_t growth)
{
    int64_t least = c->growth.least;
    if (growth > least)
        least += growth + largest_fall(c);
    return c->seconds > 0 ? (double)least / c->seconds : 0;
}

static void say_no_leak(const hf_case *c, const hf_early *filling, const hf_diagnosis *d,
                        int64_t growth, hf_buf *out)
{
    if (filling->path) {
        say_grown(c, filling, out);
        hf_buf_text(out, " and stops at its bound (");
        say_fill(filling, out);
        hf_buf_text(out, "), nothing else does");
    } else {
        bool grew = growth >= c->growth.least || d->rss_grown >= c->growth.least;
        hf_buf_text(out, grew ? "Nothing keeps growing" : "Nothing grows");
    }
    hf_buf_text(out, "; a leak of ");
    hf_say_bytes(out, (int64_t)d->smallest_rate);
    hf_buf_text(out, " per second or more would have been seen.");
    say_kept_free(c, d, out);
}

static void say_opinion(const hf_drafts *drafts, const hf_diagnosis *d, hf_buf *out)
{
    hf_buf_text(out, "One snapshot does not show growth: compare it with a later one.");
    if (drafts->count == d->harmless_count)
        return;
    const hf_suspect *s = &drafts->rows[0];
    hf_buf_format(out, " An opinion: if it grows, look first at %s (%s, ", s->path, s->pattern);
    hf_say_bytes(out, (int64_t)s->retained);
    hf_buf_text(out, ").");
}

/* importing: what hf_importing() said; empty where it is none. */
static void sum_up(const hf_case *c, hf_drafts *drafts, hf_buf *importing, hf_diagnosis *d,
                   hf_buf *summary)
{
    const hf_timeline *t = c->timeline;
    d->seconds = c->seconds;
    for (size_t k = 0; k < drafts->count; k++)
        d->harmless_count += drafts->rows[k].harmless;
    d->smallest_rate = rate_seen_for_sure(c, 0);
    d->heap_bytes = (uint64_t)hf_heap_bytes(t->last);
    d->heap_grown = (int64_t)d->heap_bytes - hf_heap_bytes(t->graphs[0]);
    d->rss_grown = (int64_t)t->last->info.rss - (int64_t)t->graphs[0]->info.rss;
    d->garbage_bytes = c->last->garbage_bytes;
    d->c_held_bytes = c->last->c_held_bytes;
    if (is_opinion(c)) {
        d->verdict = HF_VERDICT_TOO_EARLY;
        say_opinion(drafts, d, summary);
    } else if (drafts->count > d->harmless_count) {
        d->verdict = HF_VERDICT_SUSPECTS;
        const hf_suspect *s = &drafts->rows[0];
        hf_buf_format(summary, "%s grows: %s, ", s->path, s->pattern);
        hf_say_bytes(summary, (int64_t)s->bytes_per_second);
        hf_buf_text(summary, " per second.");
    } else if (drafts->early.path) {
        d->verdict = HF_VERDICT_TOO_EARLY;
        if (importing->length)
            say_importing(c, &drafts->early, importing, summary);
        else
            say_early(c, &drafts->early, summary);
    } else if (rises(c, d->heap_grown - drafts->filling.grown)) {
        d->verdict = HF_VERDICT_TOO_EARLY;
        say_rising(c, d->heap_grown, summary);
    } else {
        d->verdict = HF_VERDICT_NO_LEAK;
        int64_t growth = growth_of_nobody(c, d, drafts->filling.grown);
        d->smallest_rate = rate_seen_for_sure(c, growth);
        say_no_leak(c, &drafts->filling, d, growth, summary);
    }
}

hf_err *hf_diagnose(hf_graph *const *graphs, size_t count, hf_diagnosis **ret)
{
    assert(count > 0);
    HF_AUTO(case_deinit) hf_case c = {0};
    HF_AUTO(hf_drafts_deinit) hf_drafts drafts = {0};
    HF_AUTO(hf_buf_deinit) hf_buf importing = {0};
    hf_err *err = open_case(graphs, count, &c);
    if (!err && count > 1) {
        c.importing = hf_importing(c.timeline, c.species, &importing);
        err = hf_suspects_unheld(&c, &drafts);
        err = err ? err : hf_suspects_held(&c, &drafts);
        err = err ? err : hf_suspects_native(&c, &drafts);
        if (!err && c.importing)
            hf_drafts_acquit_imported(&drafts);
    } else if (!err) {
        err = hf_suspects_unheld(&c, &drafts);
        err = err ? err : hf_opinions_native(&c, &drafts);
        err = err ? err : hf_opinions(&c, &drafts);
    }
    if (err)
        return err;
    hf_drafts_rank(&drafts);
    HF_AUTO(hf_buf_deinit) hf_buf summary = {0};
    owned_diagnosis *d = calloc(1, sizeof(*d));
    if (!d)
        return hf_fail_memory();
    sum_up(&c, &drafts, &importing, &d->public, &summary);
    d->summary = strdup(hf_buf_string(&summary));
    if (!d->summary || summary.failed || importing.failed || drafts.failed) {
        free(d->summary);
        free(d);
        return hf_fail_memory();
    }
    d->public.summary = d->summary;
    d->public.suspects = hf_take(drafts.rows);
    d->public.suspect_count = drafts.count - d->public.harmless_count;
    drafts.count = 0;
    *ret = &d->public;
    return NULL;
}

void hf_diagnosis_free(hf_diagnosis *d)
{
    if (!d)
        return;
    owned_diagnosis *owned = (owned_diagnosis *)d;
    hf_drafts rows = {.rows = d->suspects, .count = d->suspect_count + d->harmless_count};
    hf_drafts_deinit(&rows);
    free(owned->summary);
    free(owned);
}
