/* present/cli/cmd_diff_trace.c - two traced runs compared. */
#include "base/cleanup.h"
#include "present/cli/traced.h"
#include "present/flamegraph.h"
#include "present/show_trace.h"
#include "trace/join.h"

#include <string.h>

/* What each node of the joined capture has of the older run, and what of the newer. */
static hf_err *place(const hf_traced *older, const hf_traced *newer, hf_count **before,
                     hf_count **now)
{
    size_t first = older->capture->node_count, second = newer->capture->node_count;
    *before = calloc(first + second + 1, sizeof(**before));
    *now = calloc(first + second + 1, sizeof(**now));
    if (!*before || !*now)
        return hf_fail_memory();
    memcpy(*before, older->chosen, first * sizeof(**before));
    memcpy(*now + first, newer->chosen, second * sizeof(**now));
    return NULL;
}

/* A process that goes on is compared with what a file says of that process, where it does. */
static hf_err *choose_alike(hf_traced *one, const hf_traced *other)
{
    bool known = false;
    for (size_t i = 0; i < one->capture->process_count; i++)
        known = known || one->capture->processes[i].pid == other->selection.pid;
    if (one->selection.pid || !other->selection.pid || !known)
        return NULL;
    one->selection.pid = other->selection.pid;
    free(hf_take(one->chosen));
    return hf_select(one->capture, &one->selection, &one->chosen);
}

static uint64_t sample_of(const hf_capture *c)
{
    return c->info.mode == HF_TRACE_SAMPLED ? c->info.sample_bytes : 0;
}

static hf_err *write_page(hf_session *s, const hf_flamegraph *f)
{
    const char *path = s->arguments->flamegraph;
    hf_output output HF_AUTO(hf_output_deinit) = {0};
    hf_flamegraph_told told;
    hf_err *err = hf_output_open(path, &output);
    if (!err)
        err = hf_flamegraph_write(f, output.stream, &told);
    if (!err)
        err = hf_output_finish(&output);
    if (!err && strcmp(path, "-") != 0)
        hf_note("%s has the flame graph", path);
    return err;
}

hf_err *hf_diff_captures(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    if (a->type || a->module)
        return hf_fail(HF_ERR_USAGE,
                       "diff: --type and --module are for heaps; runs have --function and --file");
    if (a->flamegraph && strcmp(a->flamegraph, "-") == 0)
        return hf_fail(HF_ERR_USAGE, "diff: --flamegraph needs a file");
    hf_traced older HF_AUTO(hf_traced_deinit) = {0}, newer HF_AUTO(hf_traced_deinit) = {0};
    HF_AUTO(hf_capture_freep) hf_capture *joined = NULL;
    HF_AUTO(hf_freep) hf_count *before = NULL;
    HF_AUTO(hf_freep) hf_count *now = NULL;
    hf_sites sites HF_AUTO(hf_sites_deinit) = {0};
    hf_err *err = hf_traced_load(s, a->operands[0], &older);
    if (!err)
        err = hf_traced_load(s, a->operands[1], &newer);
    if (!err)
        err = choose_alike(&older, &newer);
    if (!err)
        err = choose_alike(&newer, &older);
    if (!err)
        err = hf_capture_join(older.capture, newer.capture, &joined);
    if (!err)
        err = place(&older, &newer, &before, &now);
    if (!err)
        err = hf_sites_compute(joined,
                               &(hf_sites_options){.by = hf_traced_by(a), .order = HF_ORDER_CHANGE},
                               now, before, &sites);
    hf_buf title HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&title, "%s, then %s", a->operands[0], a->operands[1]);
    const hf_flamegraph page = {.capture = joined,
                                .title = hf_buf_string(&title),
                                .selection = newer.selection,
                                .frames = {.functions = hf_traced_by(a) == HF_BY_FUNCTION},
                                .most = 10000,
                                .before = before,
                                .now = now};
    if (!err && a->flamegraph)
        err = write_page(s, &page);
    if (err)
        return err;
    const hf_sites_view view = {.capture = joined,
                                .sites = &sites,
                                .selection = newer.selection,
                                .options = {.by = hf_traced_by(a)},
                                .top = a->top ? a->top : 15,
                                .sample_now = sample_of(newer.capture),
                                .sample_before = sample_of(older.capture)};
    if (s->text)
        hf_show_changes_text(s->text, &view);
    if (s->json)
        hf_show_changes_json(s->json, &view);
    return NULL;
}
