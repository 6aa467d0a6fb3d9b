/* present/cli/watch.c - see present/cli/watch.h. */
#include "present/cli/watch.h"

#include "acquire/pause.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "graph/probe.h"
#include "present/cli/children.h"
#include "present/cli/examine.h"
#include "present/cli/progress.h"
#include "present/cli/scratch.h"
#include "present/cli/source.h"
#include "present/cli/watch_plan.h"

#include <stdio.h>
#include <string.h>

enum { TRIES = 3 };

static void note_pauses(const hf_freeze_plan *freeze, const hf_watch_plan *p)
{
    double queue = hf_pause_queue(), each = (double)freeze->predicted_pause * queue;
    HF_AUTO(hf_buf_deinit) hf_buf pause = {0};
    hf_source_say_pause(freeze->predicted_pause, queue, hf_source_way_name(freeze->way), &pause);
    hf_note("%zu snapshots planned over %s, each stops it for about %s, %s in all%s%s",
            p->snapshots, hf_format_seconds(p->seconds).text, hf_buf_string(&pause),
            hf_format_pause((uint64_t)(each * (double)p->snapshots)).text,
            *freeze->why_not_fork ? ": " : "", freeze->why_not_fork);
}

static hf_err *announce(hf_session *s, pid_t pid, const hf_watch_plan *p)
{
    HF_AUTO(hf_target_freep) hf_target *target = NULL;
    hf_err *err = hf_target_open_pid(pid, &target);
    if (err)
        return err;
    hf_python_probe probe;
    err = hf_probe(target, &probe);
    if (err)
        return err;
    hf_snapshot_options options = hf_source_options(s->arguments);
    options.freeze.rest = probe.rest;
    options.freeze.rest_count = probe.rest_count;
    hf_freeze_plan freeze;
    err = hf_freeze_plan_for(target, &options.freeze, &freeze);
    if (err)
        return err;
    const hf_target_info *info = hf_target_describe(target);
    hf_note("process %d runs CPython %s and takes %s: %.120s", (int)pid, probe.python.version,
            hf_format_bytes(info->rss).text, info->command);
    const char *reason = freeze.why_not_fork, *between = *reason ? ": " : "";
    if (freeze.way == HF_WAY_LIVE)
        hf_note("%zu snapshots planned over %s, read while it runs, without a stop%s%s",
                p->snapshots, hf_format_seconds(p->seconds).text, between, reason);
    else if (freeze.way == HF_WAY_STOPPED)
        hf_note("%zu snapshots planned over %s; it is stopped already and stays so", p->snapshots,
                hf_format_seconds(p->seconds).text);
    else
        note_pauses(&freeze, p);
    return NULL;
}

/* A new process under the old pid is not what we watch. */
static hf_err *check_identity(const hf_watch *w, const hf_graph *g)
{
    if (w->count && w->start_time != g->info.start_time)
        return hf_fail(HF_ERR_TARGET_GONE, "process %d has ended, and another has its pid",
                       (int)g->info.pid);
    return NULL;
}

/* Takes the graph over, also on failure. */
static hf_err *add_graph(hf_watch *w, hf_graph *graph)
{
    w->start_time = graph->info.start_time;
    if (w->see) {
        w->count++;
        return w->see(w->context, graph);
    }
    if (!hf_array_next(&w->graphs, w->count)) {
        hf_graph_free(graph);
        return hf_fail_memory();
    }
    w->graphs[w->count++] = graph;
    return NULL;
}

/* Of a snapshot that is to be kept the file is left at `path`. */
static hf_err *take_graph(hf_session *s, pid_t pid, const hf_watch_plan *p, const char *path,
                          hf_graph **ret)
{
    if (!p->keep)
        return hf_source_take_graph(s, pid, path, false, ret);
    hf_err *err = hf_source_take(s, pid, path, false, NULL);
    return err ? err : hf_source_read(s, path, ret);
}

static hf_err *take_one(hf_session *s, pid_t pid, const hf_watch_plan *p, hf_watch *w)
{
    HF_AUTO(hf_freep) char *path = hf_path_join(p->scratch, "snapshot");
    if (!path)
        return hf_fail_memory();
    hf_footprint before;
    bool measured = hf_footprint_of(pid, &before) == 0;
    hf_graph *graph = NULL;
    hf_err *err = take_graph(s, pid, p, path, &graph);
    if (err)
        return err;
    if (measured && !w->measured)
        w->first = before;
    if (measured)
        w->last = before;
    w->measured = w->measured || measured;
    err = check_identity(w, graph);
    if (err)
        hf_graph_free(graph);
    else
        err = add_graph(w, graph);
    return err || !p->keep ? err : hf_watch_keep(p, pid, w->count, path);
}

/* The layout was proved before: where a copy that was read from the running process contradicts it,
 * the process was in the middle of something. */
static hf_err *take_with_retries(hf_session *s, pid_t pid, const hf_watch_plan *p, hf_watch *w)
{
    hf_err *err = take_one(s, pid, p, w);
    for (int i = 1; i < TRIES && err && hf_err_code_of(err) == HF_ERR_UNPROVEN; i++) {
        hf_err_free(err);
        err = take_one(s, pid, p, w);
    }
    return err;
}

static void add_note(hf_watch *w, hf_buf *text)
{
    if (!text->length)
        return;
    hf_buf all HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&all, "%s%s%s", w->note ? w->note : "", w->note ? "; " : "", hf_buf_string(text));
    free(w->note);
    w->note = strdup(hf_buf_string(&all));
}

static void note_early_end(hf_watch *w, const char *what, double seconds, const char *why)
{
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&text, "%s after %s; %s", what, hf_format_seconds(seconds).text, why);
    add_note(w, &text);
}

static void note_children(hf_watch *w, pid_t pid)
{
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    hf_children_tell(pid, &text);
    add_note(w, &text);
}

static bool is_gone(hf_err *err)
{
    return hf_err_code_of(err) == HF_ERR_TARGET_GONE || hf_err_code_of(err) == HF_ERR_NO_PROCESS;
}

static hf_err *take_all(hf_session *s, pid_t pid, hf_watch_plan *p, hf_watch *w)
{
    double begun = hf_watch_now();
    hf_interim_verdict interim = {0};
    hf_process process HF_AUTO(hf_process_close) = {.pidfd = -1, .memory = -1};
    hf_err *opened = hf_process_open(pid, &process);
    if (opened)
        return opened;
    for (size_t i = 0; i < p->snapshots; i++) {
        if (i)
            hf_watch_wait(begun + p->seconds * (double)i / (double)(p->snapshots - 1), begun,
                          p->seconds, &process);
        hf_err *err = take_with_retries(s, pid, p, w);
        double elapsed = hf_watch_now() - begun;
        if (err && w->count >= 2 && is_gone(err)) {
            note_early_end(w, "the process ended", elapsed, "this is what was seen until then");
            hf_err_free(err);
            return NULL;
        }
        if (err)
            return err;
        if (!i && !w->see)
            hf_watch_plan_for_heap(p, w->graphs[0]->object_count);
        if (i + 1 < p->snapshots && hf_scratch_was_interrupted()) {
            note_early_end(w, "interrupted", elapsed, "this is what was seen until then");
            return NULL;
        }
        if (!w->see && hf_watch_may_end(p, i + 1, w->graphs[w->count - 1]->object_count, elapsed) &&
            hf_certainty_of(w->graphs, w->count, true, &interim) == HF_CERTAINTY_CULPRIT) {
            note_early_end(w, "ended", elapsed, "two looks in a row have proved the same culprit");
            return NULL;
        }
    }
    return NULL;
}

/* Says on stderr what will happen and how long the process will stand still, then takes the
 * snapshots that --for and --every ask for. A process that ends meanwhile is no failure once there
 * are two snapshots to compare. The caller releases *ret, also on failure. */
static hf_err *watch_process(hf_session *s, pid_t pid, hf_watch *ret)
{
    hf_watch_plan p = {0};
    hf_err *err = hf_watch_plan_make(s->arguments, &p);
    if (!err)
        err = announce(s, pid, &p);
    if (!err)
        err = take_all(s, pid, &p, ret);
    if (!err)
        note_children(ret, pid);
    if (p.scratch)
        hf_scratch_remove_folder(p.scratch);
    return err;
}

static int by_time(const void *a, const void *b)
{
    const hf_graph *const *first = a, *const *second = b;
    uint64_t x = (*first)->info.freeze.taken_at, y = (*second)->info.freeze.taken_at;
    return (x > y) - (x < y);
}

/* Whether a snapshot is of the process of the first one. */
static bool is_of(const hf_watch *w, const hf_graph *g)
{
    return w->pid == g->info.pid && w->start_time == g->info.start_time &&
           strncmp(w->host, g->info.host, sizeof(w->host) - 1) == 0;
}

hf_err *hf_watch_files(hf_session *s, char *const *paths, size_t count, hf_watch *ret)
{
    for (size_t i = 0; i < count; i++) {
        hf_graph *graph = NULL;
        hf_err *err = hf_source_read(s, paths[i], &graph);
        if (!err && i && !is_of(ret, graph)) {
            hf_graph_free(graph);
            return hf_fail(HF_ERR_USAGE, "%s: '%s' and '%s' are of different processes",
                           s->command->name, paths[0], paths[i]);
        }
        if (!err && !i) {
            ret->pid = graph->info.pid;
            snprintf(ret->host, sizeof(ret->host), "%s", graph->info.host);
        }
        if (!err)
            err = add_graph(ret, graph);
        if (err)
            return err;
    }
    if (ret->graphs)
        qsort(ret->graphs, ret->count, sizeof(hf_graph *), by_time);
    return NULL;
}

hf_err *hf_watch_operands(hf_session *s, const char *command, hf_watch *ret, pid_t *ret_pid)
{
    const hf_arguments *a = s->arguments;
    hf_source source = {0};
    for (size_t i = 0; i < a->operand_count; i++) {
        hf_err *err = hf_source_resolve(a->operands[i], &source);
        if (err)
            return err;
        if (source.pid && a->operand_count > 1)
            return hf_fail(HF_ERR_USAGE,
                           "%s takes one process or several files, not '%s' with others", command,
                           a->operands[i]);
    }
    if (ret_pid)
        *ret_pid = source.pid;
    if (source.pid)
        return watch_process(s, source.pid, ret);
    if (a->watch > 0 || a->every > 0 || a->keep)
        return hf_fail(HF_ERR_USAGE,
                       "%s: --for, --every and --keep are for a process, not for files", command);
    return hf_watch_files(s, a->operands, a->operand_count, ret);
}

void hf_watch_deinit(hf_watch *w)
{
    for (size_t i = 0; i < w->count && w->graphs; i++)
        hf_graph_free(w->graphs[i]);
    free(w->graphs);
    free(w->note);
    *w = (hf_watch){0};
}
