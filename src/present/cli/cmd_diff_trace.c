/* present/cli/cmd_diff_trace.c - two traced runs compared. */
#include "base/cleanup.h"
#include "present/cli/traced.h"
#include "present/flamegraph.h"
#include "present/show_trace.h"
#include "trace/join.h"

#include <string.h>

/* Two runs, and one capture of both. */
typedef struct comparison {
    hf_traced older, newer;
    hf_capture *joined;
    hf_count *before, *now; /* what each of its nodes has of the older run, and of the newer */
    hf_sites sites;
} comparison;

static void comparison_deinit(comparison *c)
{
    hf_traced_deinit(&c->older);
    hf_traced_deinit(&c->newer);
    hf_capture_free(c->joined);
    free(c->before);
    free(c->now);
    hf_sites_deinit(&c->sites);
}

static hf_err *place(comparison *c)
{
    size_t first = c->older.capture->node_count, second = c->newer.capture->node_count;
    c->before = calloc(first + second + 1, sizeof(*c->before));
    c->now = calloc(first + second + 1, sizeof(*c->now));
    if (!c->before || !c->now)
        return hf_fail_memory();
    memcpy(c->before, c->older.chosen, first * sizeof(*c->before));
    memcpy(c->now + first, c->newer.chosen, second * sizeof(*c->now));
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

static hf_err *compare(hf_session *s, comparison *c)
{
    const hf_arguments *a = s->arguments;
    hf_err *err = hf_traced_load(s, a->operands[0], &c->older);
    if (!err)
        err = hf_traced_load(s, a->operands[1], &c->newer);
    if (!err)
        err = choose_alike(&c->older, &c->newer);
    if (!err)
        err = choose_alike(&c->newer, &c->older);
    if (!err)
        err = hf_capture_join(c->older.capture, c->newer.capture, &c->joined);
    if (!err)
        err = place(c);
    const hf_sites_options options = {.by = hf_traced_by(a), .order = HF_ORDER_CHANGE};
    return err ? err : hf_sites_compute(c->joined, &options, c->now, c->before, &c->sites);
}

static hf_err *write_page(hf_session *s, const comparison *c)
{
    enum { PLACES_MOST = 10000 };
    const hf_arguments *a = s->arguments;
    const char *path = a->flamegraph;
    hf_buf title HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&title, "%s, then %s", a->operands[0], a->operands[1]);
    const hf_flamegraph page = {.capture = c->joined,
                                .title = hf_buf_string(&title),
                                .selection = c->newer.selection,
                                .frames = {.functions = hf_traced_by(a) == HF_BY_FUNCTION},
                                .most = PLACES_MOST,
                                .before = c->before,
                                .now = c->now};
    hf_output output HF_AUTO(hf_output_deinit) = {0};
    hf_flamegraph_told told;
    hf_err *err = hf_output_open(path, &output);
    if (!err)
        err = hf_flamegraph_write(&page, output.stream, &told);
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
    HF_AUTO(comparison_deinit) comparison c = {0};
    hf_err *err = compare(s, &c);
    if (!err && a->flamegraph)
        err = write_page(s, &c);
    if (err)
        return err;
    const hf_sites_view view = {.capture = c.joined,
                                .sites = &c.sites,
                                .selection = c.newer.selection,
                                .options = {.by = hf_traced_by(a)},
                                .top = a->top ? a->top : 15,
                                .sample_now = sample_of(c.newer.capture),
                                .sample_before = sample_of(c.older.capture)};
    if (s->text)
        hf_show_changes_text(s->text, &view);
    if (s->json)
        hf_show_changes_json(s->json, &view);
    return NULL;
}
