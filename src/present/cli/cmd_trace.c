/* present/cli/cmd_trace.c - reports of a traced run: summary, table, tree and stats. */
#include "base/cleanup.h"
#include "present/cli/traced.h"
#include "present/show_trace.h"
#include "trace/native_askers.h"

#include <string.h>

static hf_err *report_sites(hf_session *s, bool summary, uint64_t top)
{
    const hf_arguments *a = s->arguments;
    hf_traced t HF_AUTO(hf_traced_deinit) = {0};
    hf_sites sites HF_AUTO(hf_sites_deinit) = {0};
    hf_sites_options options = {.by = hf_traced_by(a), .hide_imports = a->hide_imports};
    hf_err *err = hf_traced_load(s, a->operands[0], &t);
    if (a->sort && strcmp(a->sort, "blocks") == 0)
        options.order = HF_ORDER_BLOCKS;
    if (!err) {
        options.native = !summary && !a->hide_native && hf_has_native_calls(t.capture);
        err = hf_sites_compute(t.capture, &options, t.chosen, NULL, &sites);
    }
    if (err)
        return err;
    const hf_sites_view view = {.capture = t.capture,
                                .sites = &sites,
                                .selection = t.selection,
                                .options = options,
                                .top = a->top ? a->top : top};
    if (s->text && summary)
        hf_show_summary_text(s->text, a->operands[0], &view);
    else if (s->text)
        hf_show_sites_text(s->text, &view);
    if (s->text && !summary &&
        hf_capture_flags(t.capture) & (HF_TRACED_CUT_OFF | HF_TRACED_RUNNING)) {
        hf_text_print(s->text, "\n");
        hf_show_endings(s->text, t.capture);
    }
    if (s->json && summary)
        hf_show_summary_json(s->json, &view);
    else if (s->json)
        hf_show_sites_json(s->json, &view);
    return NULL;
}

hf_err *hf_cmd_summary(hf_session *s)
{
    return report_sites(s, true, 10);
}

hf_err *hf_cmd_table(hf_session *s)
{
    return report_sites(s, false, 30);
}

static hf_err *choose(const hf_profile *p, const hf_profile_sums *sums, size_t most,
                      hf_profile_choice *ret)
{
    HF_AUTO(hf_freep) double *weights = malloc(p->node_count * sizeof(*weights));
    if (!weights)
        return hf_fail_memory();
    for (size_t i = 0; i < p->node_count; i++)
        weights[i] = (double)sums->total[i].bytes;
    return hf_profile_choose(p, weights, most, ret);
}

hf_err *hf_cmd_tree(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    const hf_profile_options options = hf_traced_frames(a);
    size_t most = a->top ? a->top : 40;
    hf_traced t HF_AUTO(hf_traced_deinit) = {0};
    hf_profile profile HF_AUTO(hf_profile_deinit) = {0};
    hf_profile_sums sums HF_AUTO(hf_profile_sums_deinit) = {0};
    hf_profile_choice choice HF_AUTO(hf_profile_choice_deinit) = {0};
    hf_err *err = hf_traced_load(s, a->operands[0], &t);
    if (!err && a->inverted)
        err = hf_profile_invert(t.capture, &options, t.chosen, most, &profile);
    else if (!err)
        err = hf_profile_compute(t.capture, &options, &profile);
    if (!err)
        err = hf_profile_add_up(&profile, t.chosen, &sums);
    if (!err)
        err = choose(&profile, &sums, most + 1, &choice); /* the whole run is one of them */
    if (err)
        return err;
    const hf_calls_view view = {t.capture, &profile, &sums, &choice, t.selection, a->inverted};
    if (s->text)
        hf_show_calls_text(s->text, &view);
    if (s->json)
        hf_show_calls_json(s->json, &view);
    return NULL;
}

typedef struct ranks {
    hf_sites by[HF_STATS_RANKS];
} ranks;

static void free_ranks(ranks *r)
{
    for (size_t i = 0; i < HF_STATS_RANKS; i++)
        hf_sites_deinit(&r->by[i]);
}

hf_err *hf_cmd_stats(hf_session *s)
{
    static const hf_order orders[] = {HF_ORDER_BYTES, HF_ORDER_BLOCKS, HF_ORDER_BYTES};
    const hf_arguments *a = s->arguments;
    hf_traced t HF_AUTO(hf_traced_deinit) = {0};
    ranks found HF_AUTO(free_ranks) = {0};
    hf_stats stats;
    hf_err *err = hf_traced_open(s, a->operands[0], &t.capture, &t.selection.pid);
    if (!err)
        err = hf_select(t.capture,
                        &(hf_selection){.measure = HF_MEASURE_TOTAL, .pid = t.selection.pid},
                        &t.chosen);
    if (!err)
        err = hf_stats_compute(t.capture, t.selection.pid, &stats);
    for (hf_stats_rank i = HF_STATS_BYTES; i < HF_STATS_RANKS && !err; i++)
        err = hf_sites_compute(
            t.capture,
            &(hf_sites_options){.by = i == HF_STATS_FILES ? HF_BY_FILE : HF_BY_LINE,
                                .order = orders[i]},
            t.chosen, NULL, &found.by[i]);
    if (err)
        return err;
    hf_traced_warn(s, t.capture);
    const hf_stats_view view = {
        t.capture, &stats, {&found.by[0], &found.by[1], &found.by[2]}, a->top ? a->top : 5};
    if (s->text)
        hf_show_stats_text(s->text, a->operands[0], &view);
    if (s->json)
        hf_show_stats_json(s->json, &view);
    return NULL;
}
