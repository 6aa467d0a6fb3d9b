/* present/cli/cmd_trace.c - reports of a traced run: summary and table. */
#include "base/cleanup.h"
#include "present/cli/session.h"
#include "present/show_trace.h"

static void free_capture(hf_capture **c)
{
    hf_capture_free(*c);
}

static hf_measure measure_of(const hf_arguments *a)
{
    return a->leaks       ? HF_MEASURE_LIVE
           : a->temporary ? HF_MEASURE_TEMPORARY
           : a->total     ? HF_MEASURE_TOTAL
                          : HF_MEASURE_PEAK;
}

static hf_err *report(hf_session *s, bool summary, uint64_t top)
{
    const hf_arguments *a = s->arguments;
    if (a->peak + a->leaks + a->temporary + a->total > 1)
        return hf_fail(HF_ERR_USAGE, "%s: one of --peak, --leaks, --temporary and --total",
                       s->command->name);
    HF_AUTO(free_capture) hf_capture *c = NULL;
    hf_sites sites HF_AUTO(hf_sites_deinit) = {0};
    hf_err *err = hf_capture_read(a->operands[0], &c);
    if (!err)
        err = hf_sites_compute(c, measure_of(a), &sites);
    if (err)
        return err;
    const hf_sites_view view = {c, &sites, measure_of(a), a->top ? a->top : top};
    if (s->text && summary)
        hf_show_summary_text(s->text, a->operands[0], &view);
    else if (s->text)
        hf_show_sites_text(s->text, &view);
    if (s->json && summary)
        hf_show_summary_json(s->json, &view);
    else if (s->json)
        hf_show_sites_json(s->json, &view);
    return NULL;
}

hf_err *hf_cmd_summary(hf_session *s)
{
    return report(s, true, 10);
}

hf_err *hf_cmd_table(hf_session *s)
{
    return report(s, false, 30);
}
