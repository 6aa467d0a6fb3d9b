/* present/cli/traced.c - see present/cli/traced.h. */
#include "present/cli/traced.h"

#include "present/cli/running.h"
#include "present/format.h"

#include <stdlib.h>
#include <string.h>

/* Fails with HF_ERR_USAGE where several measures are named. */
static hf_err *read_selection(const hf_session *s, hf_selection *ret)
{
    const hf_arguments *a = s->arguments;
    bool by_time = a->from > 0 || a->to > 0;
    if (a->peak + a->leaks + a->temporary + a->total + by_time > 1)
        return hf_fail(HF_ERR_USAGE,
                       "%s: one of --peak, --leaks, --temporary, --total and a time (--from, --to)",
                       s->command->name);
    if (a->from > 0 && a->to > 0 && a->from >= a->to)
        return hf_fail(HF_ERR_USAGE, "%s: --from is not before --to", s->command->name);
    *ret = (hf_selection){.measure = by_time        ? HF_MEASURE_HELD
                                     : a->leaks     ? HF_MEASURE_LIVE
                                     : a->temporary ? HF_MEASURE_TEMPORARY
                                     : a->total     ? HF_MEASURE_TOTAL
                                                    : HF_MEASURE_PEAK,
                          .from = (uint64_t)(a->from * 1e9),
                          .to = a->to > 0 ? (uint64_t)(a->to * 1e9) : UINT64_MAX,
                          .pid = (int64_t)a->pid,
                          .function = a->function,
                          .file = a->file};
    return NULL;
}

/* Tables have a column for it. Elsewhere a number would look exact. */
void hf_traced_warn(const hf_session *s, const hf_capture *c)
{
    const char *name = s->command->name;
    static const char *const have[] = {"table", "summary",    "tree",  "lines",
                                       "plot",  "flamegraph", "stats", "diff"};
    if (c->info.mode != HF_TRACE_SAMPLED)
        return;
    for (size_t i = 0; i < sizeof(have) / sizeof(*have); i++)
        if (strcmp(name, have[i]) == 0)
            return;
    hf_note("sampled, one block in %s: the numbers are estimates; `holdfast table` tells each "
            "one's range",
            hf_format_bytes(c->info.sample_bytes).text);
}

hf_err *hf_traced_open(const hf_session *s, const char *operand, hf_capture **ret, int64_t *ret_pid)
{
    int64_t pid = 0;
    hf_err *err = hf_capture_of(operand, ret, &pid);
    if (!err)
        *ret_pid = s->arguments->pid ? (int64_t)s->arguments->pid : pid;
    return err;
}

hf_err *hf_traced_load(hf_session *s, const char *operand, hf_traced *ret)
{
    hf_traced t = {0};
    hf_err *err = read_selection(s, &t.selection);
    if (!err)
        err = hf_traced_open(s, operand, &t.capture, &t.selection.pid);
    if (!err)
        err = hf_select(t.capture, &t.selection, &t.chosen);
    if (err) {
        hf_traced_deinit(&t);
        return err;
    }
    hf_traced_warn(s, t.capture);
    *ret = t;
    return NULL;
}

void hf_traced_deinit(hf_traced *t)
{
    hf_capture_free(t->capture);
    free(t->chosen);
    *t = (hf_traced){0};
}

hf_by hf_traced_by(const hf_arguments *a)
{
    static const char *const words[] = {"line", "function", "file", "stack"};
    for (hf_by by = HF_BY_LINE; a->by && by <= HF_BY_STACK; by++)
        if (strcmp(words[by], a->by) == 0)
            return by;
    return HF_BY_LINE;
}

hf_profile_options hf_traced_frames(const hf_arguments *a)
{
    return (hf_profile_options){.functions = a->functions,
                                .processes = !a->merged,
                                .hide_imports = a->hide_imports,
                                .hide_native = a->hide_native};
}

hf_err *hf_traced_refuse(const hf_session *s)
{
    const hf_arguments *a = s->arguments;
    bool selects = a->peak || a->leaks || a->temporary || a->total || a->from > 0 || a->to > 0;
    bool narrows = a->pid || a->function || a->file || a->by || a->flamegraph;
    bool shapes = a->functions || a->merged || a->hide_imports || a->hide_native || a->inverted;
    if (selects || narrows || shapes)
        return hf_fail(
            HF_ERR_USAGE,
            "%s: '%s' is a heap; --peak, --leaks, --file and their like are for captures",
            s->command->name, a->operands[0]);
    return NULL;
}
