/* present/cli/cmd_export_trace.c - a traced run in formats that other programs read. */
#include "base/cleanup.h"
#include "present/cli/running.h"
#include "present/cli/traced.h"
#include "present/export_trace.h"
#include "present/show_trace.h"

#include <string.h>

typedef hf_err *writer(const hf_trace_export *e, FILE *out);

static writer *writer_of(const char *format)
{
    static const struct {
        const char *name;
        writer *write;
    } writers[] = {{"csv", hf_export_nodes_csv},
                   {"json", hf_export_nodes_json},
                   {"pprof", hf_export_pprof},
                   {"speedscope", hf_export_speedscope},
                   {"folded", hf_export_folded}};
    for (size_t i = 0; i < sizeof(writers) / sizeof(*writers); i++)
        if (strcmp(writers[i].name, format) == 0)
            return writers[i].write;
    return NULL;
}

static void free_sums(hf_trace_export *e)
{
    for (size_t i = 0; i < HF_EXPORT_MEASURES; i++)
        hf_profile_sums_deinit(&e->sums[i]);
}

static hf_err *add_up_all(hf_trace_export *e, hf_selection selection)
{
    hf_err *err = NULL;
    for (size_t i = 0; i < e->measure_count && !err; i++) {
        HF_AUTO(hf_freep) hf_count *chosen = NULL;
        selection.measure = e->measures[i];
        hf_profile_sums_deinit(&e->sums[i]);
        err = hf_select(e->capture, &selection, &chosen);
        if (!err)
            err = hf_profile_add_up(e->profile, chosen, &e->sums[i]);
    }
    return err;
}

static hf_err *write_export(hf_session *s, const hf_trace_export *e)
{
    const hf_arguments *a = s->arguments;
    hf_output output HF_AUTO(hf_output_deinit) = {0};
    hf_err *err = hf_output_open(a->output, &output);
    if (!err)
        err = writer_of(a->format)(e, output.stream);
    if (!err)
        err = hf_output_finish(&output);
    if (err || strcmp(a->output, "-") == 0)
        return err;
    if (s->text) {
        hf_text_untrusted(s->text, a->output);
        hf_text_print(s->text, ": %s places of %s\n", hf_format_count(e->profile->node_count).text,
                      hf_format_bytes(e->sums[0].total[0].bytes).text);
    }
    if (s->json) {
        hf_json_object(s->json, NULL);
        hf_json_text(s->json, "path", a->output);
        hf_json_uint(s->json, "nodes", e->profile->node_count);
        hf_json_end(s->json);
    }
    return NULL;
}

/* The run as it is, or as it is so far: nothing is selected. */
static hf_err *write_capture(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    HF_AUTO(hf_capture_freep) hf_capture *c = NULL;
    int64_t pid = 0;
    if (strcmp(a->output, "-") == 0)
        return hf_fail(HF_ERR_USAGE, "export: --format hftrace needs a file");
    hf_err *err = a->block ? hf_running_block(a->operands[0], (uint32_t)a->block, &c)
                           : hf_traced_open(s, a->operands[0], &c, &pid);
    if (!err)
        err = hf_capture_write(c, a->output);
    if (err)
        return err;
    if (s->text) {
        hf_text_untrusted(s->text, a->output);
        hf_text_print(s->text, ": %s stacks of %zu process%s\n",
                      hf_format_count(c->node_count).text, c->process_count,
                      c->process_count == 1 ? "" : "es");
    }
    if (s->json) {
        hf_json_object(s->json, NULL);
        hf_json_text(s->json, "path", a->output);
        hf_json_uint(s->json, "nodes", c->node_count);
        hf_json_end(s->json);
    }
    return NULL;
}

hf_err *hf_export_capture(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    if (!a->format)
        return hf_fail(HF_ERR_USAGE,
                       "export of a capture needs --format csv, json, pprof, speedscope, folded or "
                       "hftrace");
    if (!a->output)
        return hf_fail(HF_ERR_USAGE, "export needs --output FILE");
    if (s->json && strcmp(a->output, "-") == 0 && !s->text)
        return hf_fail(HF_ERR_USAGE, "export: one of --output and --json may be '-'");
    if (strcmp(a->format, "hftrace") == 0)
        return write_capture(s);
    const hf_profile_options frames = hf_traced_frames(a);
    hf_traced t HF_AUTO(hf_traced_deinit) = {0};
    hf_profile profile HF_AUTO(hf_profile_deinit) = {0};
    hf_err *err = hf_traced_load(s, a->operands[0], &t);
    if (!err)
        err = hf_profile_compute(t.capture, &frames, &profile);
    if (err)
        return err;
    bool one = a->peak || t.selection.measure != HF_MEASURE_PEAK;
    hf_trace_export e HF_AUTO(free_sums) = {
        .capture = t.capture,
        .profile = &profile,
        .measures = {one ? t.selection.measure : HF_MEASURE_PEAK, HF_MEASURE_LIVE, HF_MEASURE_TOTAL,
                     HF_MEASURE_TEMPORARY},
        .measure_count = one ? 1 : HF_EXPORT_MEASURES};
    HF_AUTO(hf_profile_choice_deinit) hf_profile_choice cut = {0};
    err = add_up_all(&e, t.selection);
    if (!err && a->top) {
        err = hf_profile_cut(&profile, e.sums, e.measure_count, a->top + 1, &cut);
        if (!err)
            err = add_up_all(&e, t.selection);
    }
    return err ? err : write_export(s, &e);
}
