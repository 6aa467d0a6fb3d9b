/* present/cli/diagnose_tree.c - see present/cli/diagnose_tree.h. */
#include "present/cli/diagnose_tree.h"

#include "acquire/pause.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "graph/probe.h"
#include "present/cli/examine.h"
#include "present/cli/progress.h"
#include "present/cli/scratch.h"
#include "present/cli/source.h"
#include "present/cli/tree.h"
#include "present/cli/watch.h"
#include "present/cli/watch_plan.h"
#include "present/show_tree_diagnosis.h"

#include <string.h>

enum { TRIES = 3, SUSPECTS_SHOWN = 5 };

/* What is there of one process. */
typedef struct watched {
    bool wanted; /* is to be taken in the next round */
    char **paths;
    size_t count;
    uint64_t objects; /* of the last of them */
    char *why;        /* it is not wanted any more, or NULL */
    hf_footprint first, last;
    bool measured;
} watched;

typedef struct work {
    hf_session *session;
    hf_family family;
    watched *watched;            /* of each row */
    hf_tree_diagnosis_row *rows; /* the same */
    hf_watch_plan plan;
    hf_common_suspects suspects;
    hf_buf note; /* what went otherwise than asked; empty */
} work;

static void work_deinit(work *w)
{
    for (size_t i = 0; w->watched && i < w->family.tree.count; i++) {
        for (size_t k = 0; k < w->watched[i].count; k++)
            free(w->watched[i].paths[k]);
        free(w->watched[i].paths);
        free(w->watched[i].why);
    }
    free(w->watched);
    for (size_t i = 0; w->rows && i < w->family.tree.count; i++)
        free(w->rows[i].early);
    free(w->rows);
    hf_common_suspects_deinit(&w->suspects);
    hf_buf_deinit(&w->note);
    hf_family_deinit(&w->family);
    if (w->plan.scratch)
        hf_scratch_remove_folder(w->plan.scratch);
}

static hf_err *take(work *w, size_t row, const char *path)
{
    const hf_tree_row *r = &w->family.tree.rows[row];
    hf_snapshot_info info;
    hf_err *err = hf_source_take(w->session, r->pid, path, false, &info);
    /* The layout was proved before: it was in the middle of something. */
    for (int i = 1; i < TRIES && err && hf_err_code_of(err) == HF_ERR_UNPROVEN; i++) {
        hf_err_free(err);
        err = hf_source_take(w->session, r->pid, path, false, &info);
    }
    if (!err && info.start_time != r->start_time) {
        unlink(path);
        return hf_fail(HF_ERR_TARGET_GONE, "process %d has ended, and another has its pid",
                       (int)r->pid);
    }
    if (!err)
        w->watched[row].objects = info.check.objects;
    return err;
}

static void measure(work *w, size_t row)
{
    watched *x = &w->watched[row];
    hf_footprint now;
    if (hf_footprint_of(w->family.tree.rows[row].pid, &now))
        return;
    if (!x->measured)
        x->first = now;
    x->last = now;
    x->measured = true;
}

/* One more snapshot of one process; what fails there is told, and stops no other. */
static hf_err *look_at(work *w, size_t row)
{
    watched *x = &w->watched[row];
    hf_buf path HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&path, "%s/%d-%zu.hfheap", w->plan.scratch, (int)w->family.tree.rows[row].pid,
                  x->count + 1);
    char *name = hf_array_next(&x->paths, x->count) ? strdup(hf_buf_string(&path)) : NULL;
    if (!name)
        return hf_fail_memory();
    measure(w, row);
    hf_err *err = take(w, row, name);
    if (!err) {
        x->paths[x->count++] = name;
        return NULL;
    }
    free(name);
    hf_err_code code = hf_err_code_of(err);
    if (code == HF_ERR_NO_MEMORY || code == HF_ERR_INTERRUPTED)
        return err;
    x->wanted = false;
    x->why = strdup(hf_err_message(err));
    hf_err_free(err);
    return x->why ? NULL : hf_fail_memory();
}

/* The snapshots that there are of one process. */
static hf_err *load(work *w, size_t row, hf_watch *ret)
{
    const watched *x = &w->watched[row];
    ret->first = x->first;
    ret->last = x->last;
    ret->measured = x->measured;
    return hf_watch_files(w->session, x->paths, x->count, ret);
}

/* Whether looking longer would tell more of none: culprits are proved, and nothing else
 * grows. Of many and large processes the answer may take longer than it saves: it is given up
 * when it is `due`. */
static hf_err *is_settled(work *w, double due, bool *ret)
{
    bool culprit = false;
    for (size_t i = 0; i < w->family.tree.count; i++) {
        if (!w->watched[i].count)
            continue;
        if (hf_watch_now() > due)
            return NULL; /* *ret stays false */
        hf_watch watch HF_AUTO(hf_watch_deinit) = {0};
        hf_err *err = load(w, i, &watch);
        if (err)
            return err;
        hf_interim_verdict unknown = {0};
        hf_certainty certainty = hf_certainty_of(watch.graphs, watch.count, false, &unknown);
        if (certainty == HF_CERTAINTY_NONE && w->watched[i].wanted)
            return NULL;
        culprit = culprit || certainty == HF_CERTAINTY_CULPRIT;
    }
    *ret = culprit;
    return NULL;
}

static void note(work *w, const char *text)
{
    hf_buf_text(&w->note, w->note.length ? "; " : "");
    hf_buf_text(&w->note, text);
}

static void note_early_end(work *w, const char *what, double seconds, const char *why)
{
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&text, "%s after %s; %s", what, hf_format_seconds(seconds).text, why);
    note(w, hf_buf_string(&text));
}

static uint64_t objects_of_all(const work *w)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < w->family.tree.count; i++)
        sum += w->watched[i].objects;
    return sum;
}

static hf_err *look_at_each(work *w, size_t *ret_wanted)
{
    *ret_wanted = 0;
    for (size_t i = 0; i < w->family.tree.count; i++) {
        hf_err *err = w->watched[i].wanted ? look_at(w, i) : NULL;
        if (err)
            return err;
        *ret_wanted += w->watched[i].wanted;
    }
    return NULL;
}

static hf_err *watch_all(work *w)
{
    hf_watch_plan *p = &w->plan;
    double begun = hf_watch_now();
    for (size_t k = 0; k < p->snapshots; k++) {
        if (k)
            hf_watch_wait(begun + p->seconds * (double)k / (double)(p->snapshots - 1), begun,
                          p->seconds, NULL);
        size_t wanted = 0;
        bool settled = false;
        hf_err *err = look_at_each(w, &wanted);
        double elapsed = hf_watch_now() - begun;
        if (!err && !k)
            hf_watch_plan_for_heap(p, objects_of_all(w));
        if (!err && wanted && hf_watch_may_end(p, k + 1, objects_of_all(w), elapsed))
            err = is_settled(w, begun + p->seconds, &settled);
        if (err)
            return err;
        if (settled)
            note_early_end(
                w, "ended", elapsed,
                "two looks in a row have proved the same culprits, and nothing else grows");
        else if (k + 1 < p->snapshots && hf_scratch_was_interrupted())
            note_early_end(w, "interrupted", elapsed, "this is what was seen until then");
        if (!wanted || settled || hf_scratch_was_interrupted())
            return NULL;
    }
    return NULL;
}

static bool is_known(const work *w, const hf_tree_row *row)
{
    const hf_process_tree *tree = &w->family.tree;
    for (size_t i = 0; i < tree->count; i++)
        if (tree->rows[i].pid == row->pid && tree->rows[i].start_time == row->start_time)
            return true;
    return false;
}

/* Servers replace workers that have ended; the new ones were not watched. */
static void note_newcomers(work *w)
{
    enum { NAMED = 8 };
    hf_process_tree now HF_AUTO(hf_process_tree_deinit) = {0};
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    size_t count = 0;
    hf_err *err = hf_process_tree_read(w->family.tree.rows[0].pid, &now);
    hf_err_free(err); /* its rows say that it has ended */
    for (size_t i = 0; i < now.count; i++)
        if (!is_known(w, &now.rows[i]) && count++ < NAMED)
            hf_buf_format(&text, "%s%d", count > 1 ? ", " : "", (int)now.rows[i].pid);
    if (!count)
        return;
    hf_buf whole HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&whole, "%zu process%s begun meanwhile and %s not looked at: %s%s", count,
                  count == 1 ? " has" : "es have", count == 1 ? "was" : "were",
                  hf_buf_string(&text), count > NAMED ? ", ..." : "");
    note(w, hf_buf_string(&whole));
}

static hf_err *keep_files(work *w, size_t row)
{
    const watched *x = &w->watched[row];
    hf_err *err = NULL;
    for (size_t k = 0; w->plan.keep && !err && k < x->count; k++)
        err = hf_watch_keep(&w->plan, w->family.tree.rows[row].pid, k + 1, x->paths[k]);
    return err;
}

static hf_err *diagnose_row(work *w, size_t row)
{
    hf_tree_diagnosis_row *r = &w->rows[row];
    hf_watch watch HF_AUTO(hf_watch_deinit) = {0};
    hf_examination found HF_AUTO(hf_examination_deinit) = {0};
    hf_err *err = load(w, row, &watch);
    if (!err)
        err = hf_examine(&watch, w->family.tree.rows[row].pid, &found);
    if (!err)
        err = hf_common_suspects_add(&w->suspects, found.diagnosis, found.findings, row);
    if (err)
        return err;
    const hf_diagnosis *d = found.diagnosis;
    r->diagnosed = true;
    r->verdict = d->verdict;
    if (d->verdict == HF_VERDICT_TOO_EARLY && !(r->early = strdup(d->summary)))
        return hf_fail_memory();
    r->suspects = d->suspect_count;
    r->seconds = d->seconds;
    r->smallest_rate = d->smallest_rate;
    r->rss_grown = d->rss_grown;
    r->heap_grown = d->heap_grown;
    r->unsharing = found.unsharing;
    for (size_t k = 0; k < watch.count; k++)
        r->pause += watch.graphs[k]->info.freeze.pause;
    return NULL;
}

static hf_err *diagnose_all(work *w, hf_verdict *ret)
{
    *ret = HF_VERDICT_NO_LEAK;
    for (size_t i = 0; i < w->family.tree.count; i++) {
        watched *x = &w->watched[i];
        hf_tree_diagnosis_row *r = &w->rows[i];
        r->snapshots = x->count;
        r->why = x->why;
        r->private_known = x->measured;
        if (x->measured)
            w->family.processes[i].footprint = x->last;
        r->private_grown =
            (int64_t)(hf_footprint_private(&x->last) - hf_footprint_private(&x->first));
        hf_err *err = x->count ? diagnose_row(w, i) : NULL;
        if (!err)
            err = keep_files(w, i);
        if (err)
            return err;
        if (r->diagnosed && *ret != HF_VERDICT_SUSPECTS && r->verdict != HF_VERDICT_NO_LEAK)
            *ret = r->verdict;
    }
    hf_common_suspects_rank(&w->suspects);
    return NULL;
}

/* For how long one process will stand still for one snapshot; 0 where it does not, or where that
 * will be told when it is taken. */
static uint64_t predicted_pause(const work *w, size_t row)
{
    HF_AUTO(hf_target_freep) hf_target *target = NULL;
    hf_python_probe probe;
    hf_freeze_plan plan = {.way = HF_WAY_LIVE};
    hf_err *err = hf_target_open_pid(w->family.tree.rows[row].pid, &target);
    if (!err)
        err = hf_probe(target, &probe);
    if (!err) {
        hf_snapshot_options options = hf_source_options(w->session->arguments);
        options.freeze.rest = probe.rest;
        options.freeze.rest_count = probe.rest_count;
        err = hf_freeze_plan_for(target, &options.freeze, &plan);
    }
    hf_err_free(err);
    return plan.way == HF_WAY_FORK || plan.way == HF_WAY_STOP ? plan.predicted_pause : 0;
}

static void announce(const work *w, size_t wanted)
{
    uint64_t longest = 0, sum = 0;
    for (size_t i = 0; i < w->family.tree.count; i++) {
        uint64_t pause = w->watched[i].wanted ? predicted_pause(w, i) : 0;
        longest = pause > longest ? pause : longest;
        sum += pause;
    }
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    if (wanted == 1)
        hf_buf_format(&text, "%zu snapshots of one process, planned over %s; ", w->plan.snapshots,
                      hf_format_seconds(w->plan.seconds).text);
    else
        hf_buf_format(&text,
                      "%zu snapshots of each of %zu processes, planned over %s, one after the "
                      "other; ",
                      w->plan.snapshots, wanted, hf_format_seconds(w->plan.seconds).text);
    if (longest) {
        double queue = hf_pause_queue(), all = (double)(sum * w->plan.snapshots);
        hf_buf_text(&text, "each snapshot stops its process for about ");
        hf_source_say_pause(longest, queue, NULL, &text);
        hf_buf_format(&text, "%s, %s in all", wanted == 1 ? "" : " or less",
                      hf_format_pause((uint64_t)(all * queue)).text);
    } else {
        hf_buf_text(&text, "none of them is stopped");
    }
    hf_note("%s", hf_buf_string(&text));
}

static hf_err *begin(work *w, pid_t root)
{
    hf_err *err = hf_family_read(root, &w->family);
    if (!err)
        err = hf_watch_plan_make(w->session->arguments, &w->plan);
    if (err)
        return err;
    w->watched = calloc(w->family.tree.count, sizeof(*w->watched));
    w->rows = calloc(w->family.tree.count, sizeof(*w->rows));
    if (!w->watched || !w->rows)
        return hf_fail_memory();
    size_t wanted = 0;
    for (size_t i = 0; i < w->family.tree.count; i++)
        wanted += w->watched[i].wanted = *w->family.processes[i].version != 0;
    announce(w, wanted);
    return NULL;
}

/* Why there is nothing at all: what the first process said. */
static hf_err *nothing_seen(const work *w)
{
    for (size_t i = 0; i < w->family.tree.count; i++)
        if (w->watched[i].count)
            return NULL;
    return hf_fail(HF_ERR_TARGET_GONE, "no process of the tree could be looked at: %s",
                   w->watched[0].why ? w->watched[0].why : "none runs Python");
}

hf_err *hf_diagnose_tree(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    work w HF_AUTO(work_deinit) = {.session = s};
    hf_source source = {0};
    hf_verdict verdict;
    if (a->operand_count > 1 || a->verify)
        return hf_fail(HF_ERR_USAGE, "diagnose --tree takes one process, and no --verify");
    hf_err *err = hf_source_resolve(a->operands[0], &source);
    if (!err && !source.pid)
        err =
            hf_fail(HF_ERR_USAGE, "diagnose --tree looks at processes that run, and '%s' is a file",
                    source.path);
    if (!err)
        err = begin(&w, source.pid);
    if (!err)
        err = watch_all(&w);
    if (!err)
        err = nothing_seen(&w);
    if (!err)
        note_newcomers(&w);
    hf_progress_begin("finding what grows");
    if (!err)
        err = diagnose_all(&w, &verdict);
    hf_progress_clear();
    if (err)
        return err;
    const hf_tree_diagnosis_view view = {.tree = hf_family_view(&w.family),
                                         .rows = w.rows,
                                         .suspects = &w.suspects,
                                         .verdict = verdict,
                                         .top = a->top ? a->top : SUSPECTS_SHOWN,
                                         .kept = a->keep,
                                         .note = w.note.length ? hf_buf_string(&w.note) : NULL};
    s->status = (hf_status)verdict;
    if (s->text)
        hf_show_tree_diagnosis_text(s->text, &view);
    if (s->json)
        hf_show_tree_diagnosis_json(s->json, &view);
    return NULL;
}
