/* present/cli/memory_tree.c - see present/cli/memory_tree.h. */
#include "present/cli/memory_tree.h"

#include "acquire/inherited.h"
#include "base/cleanup.h"
#include "present/cli/progress.h"
#include "present/cli/source.h"
#include "present/cli/tree.h"
#include "present/cli/worker.h"
#include "present/show_unsharing.h"

#include <stdio.h>
#include <string.h>

/* The work on one tree. */
typedef struct work {
    hf_session *session;
    hf_family family;
    hf_worker_row *workers; /* of each row */
    hf_origin_row *origins;
    size_t origin_count, failed;
} work;

static void work_deinit(work *w)
{
    hf_family_deinit(&w->family);
    free(w->workers);
    free(w->origins);
}

/* Opens the very process of a row, not one that has got its number since. */
static hf_err *open_row(const work *w, size_t row, hf_process *ret)
{
    const hf_tree_row *r = &w->family.tree.rows[row];
    hf_err *err = hf_process_open(r->pid, ret);
    if (!err && ret->start_time != r->start_time) {
        hf_process_close(ret);
        return hf_fail(HF_ERR_TARGET_GONE, "process %d has ended, and another has its pid",
                       (int)r->pid);
    }
    return err;
}

static bool is_forked_from(const work *w, size_t ancestor, const hf_process *child)
{
    hf_process parent HF_AUTO(hf_process_close) = {.pidfd = -1, .memory = -1};
    hf_err *err = open_row(w, ancestor, &parent);
    bool same = !err && hf_process_same_image(&parent, child);
    hf_err_free(err);
    return same;
}

/* Which process each was forked from: the nearest ancestor that runs the same image. */
static void find_origins(work *w)
{
    const hf_process_tree *tree = &w->family.tree;
    for (size_t i = 0; i < tree->count; i++) {
        w->workers[i].origin = HF_NO_ROW;
        hf_process child HF_AUTO(hf_process_close) = {.pidfd = -1, .memory = -1};
        if (!*w->family.processes[i].version || tree->rows[i].parent == HF_NO_ROW)
            continue;
        hf_err *err = open_row(w, i, &child);
        if (err) {
            hf_err_free(err);
            continue;
        }
        for (size_t at = tree->rows[i].parent; at != HF_NO_ROW; at = tree->rows[at].parent)
            if (*w->family.processes[at].version && is_forked_from(w, at, &child)) {
                w->workers[i].origin = at;
                break;
            }
    }
}

static hf_err *compare(work *w, size_t row, hf_graph *origin)
{
    hf_worker_row *worker = &w->workers[row];
    hf_process parent HF_AUTO(hf_process_close) = {.pidfd = -1, .memory = -1};
    hf_process child HF_AUTO(hf_process_close) = {.pidfd = -1, .memory = -1};
    hf_collector_info collector;
    hf_err *err = open_row(w, worker->origin, &parent);
    if (!err)
        err = open_row(w, row, &child);
    if (!err)
        err = hf_worker_collector(child.pid, &collector);
    const hf_worker_collectors collectors = {&origin->info.python.collector, &collector};
    if (!err)
        err = hf_worker_compare(&parent, &child, origin, &collectors, worker);
    if (err)
        return err;
    worker->compared = true;
    return NULL;
}

static void note_origin(work *w, size_t row, const hf_graph *graph)
{
    hf_origin_row *o = &w->origins[w->origin_count++];
    *o = (hf_origin_row){
        .row = row, .objects = graph->object_count, .pause = graph->info.freeze.pause};
    snprintf(o->version, sizeof(o->version), "%s", graph->info.python.version);
    for (uint32_t i = 0; i < graph->object_count; i++)
        o->frozen += (graph->flags[i] & HF_OBJECT_FROZEN) != 0;
}

/* A worker that ends or may not be looked at is no reason to say nothing of the others. */
static void tell_failure(work *w, hf_err *err)
{
    hf_note("%s", hf_err_message(err));
    hf_err_free(err);
    w->failed++;
}

static hf_err *look_below(work *w, size_t row)
{
    HF_AUTO(hf_graph_freep) hf_graph *graph = NULL;
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", (int)w->family.tree.rows[row].pid);
    hf_err *err = hf_source_load(w->session, pid, &graph);
    if (err)
        return err;
    if (graph->info.start_time != w->family.tree.rows[row].start_time)
        return hf_fail(HF_ERR_TARGET_GONE, "process %s has ended, and another has its pid", pid);
    note_origin(w, row, graph);
    hf_progress_begin("comparing pages");
    for (size_t i = 0; i < w->family.tree.count; i++) {
        hf_progress_update(i, w->family.tree.count);
        if (w->workers[i].origin != row)
            continue;
        err = compare(w, i, graph);
        if (err && hf_err_code_of(err) == HF_ERR_NO_MEMORY)
            return err;
        if (err)
            tell_failure(w, err);
    }
    hf_progress_clear();
    return NULL;
}

static bool has_workers(const work *w, size_t row)
{
    for (size_t i = 0; i < w->family.tree.count; i++)
        if (w->workers[i].origin == row)
            return true;
    return false;
}

static hf_err *look_at_all(work *w)
{
    w->workers = calloc(w->family.tree.count, sizeof(*w->workers));
    w->origins = calloc(w->family.tree.count, sizeof(*w->origins));
    if (!w->workers || !w->origins)
        return hf_fail_memory();
    find_origins(w);
    for (size_t i = 0; i < w->family.tree.count; i++) {
        hf_err *err = has_workers(w, i) ? look_below(w, i) : NULL;
        if (err && (!i || hf_err_code_of(err) == HF_ERR_NO_MEMORY))
            return err;
        if (err)
            tell_failure(w, err);
    }
    return NULL;
}

hf_err *hf_memory_tree(hf_session *s)
{
    work w HF_AUTO(work_deinit) = {.session = s};
    hf_source source;
    hf_err *err = hf_source_resolve(s->arguments->operands[0], &source);
    if (!err && !source.pid)
        err = hf_fail(HF_ERR_USAGE, "memory --tree looks at processes that run, and '%s' is a file",
                      source.path);
    if (!err)
        err = hf_family_read(source.pid, &w.family);
    if (!err)
        err = look_at_all(&w);
    if (err)
        return err;
    hf_unsharing_view view = {.tree = hf_family_view(&w.family),
                              .workers = w.workers,
                              .origins = w.origins,
                              .origin_count = w.origin_count,
                              .failed = w.failed};
    if (s->text)
        hf_show_unsharing_text(s->text, &view);
    if (s->json)
        hf_show_unsharing_json(s->json, &view);
    if (w.failed)
        s->status = HF_STATUS_FAILED;
    return NULL;
}
