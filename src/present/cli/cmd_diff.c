/* present/cli/cmd_diff.c - two snapshots compared. */
#include "base/cleanup.h"
#include "present/cli/changes.h"
#include "present/cli/progress.h"
#include "present/cli/running.h"
#include "present/cli/session.h"
#include "present/cli/source.h"
#include "present/cli/traced.h"

static hf_err *read_one(hf_session *s, const char *operand, hf_graph **ret)
{
    hf_source source;
    hf_err *err = hf_source_resolve(operand, &source);
    if (!err && source.pid)
        return hf_fail(HF_ERR_USAGE, "diff compares files; take one with 'holdfast snapshot %s'",
                       operand);
    return err ? err : hf_source_read(s, source.path, ret);
}

/* What is not there is told as that, and not as no capture. */
static hf_err *refuse_both_kinds(const char *capture, const char *other)
{
    hf_source source;
    hf_err *absent = hf_source_resolve(other, &source);
    return absent ? absent
                  : hf_fail(HF_ERR_USAGE, "diff: '%s' is a capture, '%s' is none", capture, other);
}

static hf_err *diff_heaps(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    HF_AUTO(hf_graph_freep) hf_graph *older = NULL, *newer = NULL;
    HF_AUTO(hf_dominators_freep) hf_dominators *older_dominators = NULL, *newer_dominators = NULL;
    hf_err *err = read_one(s, a->operands[0], &older);
    if (!err)
        err = read_one(s, a->operands[1], &newer);
    if (err)
        return err;
    hf_progress_begin("comparing");
    hf_progress_update(0, 0);
    err = hf_dominators_compute(older, &older_dominators);
    if (!err)
        err = hf_dominators_compute(newer, &newer_dominators);
    hf_changes changes HF_AUTO(hf_changes_deinit) = {0};
    hf_changes_options options = {.filter = {.type = a->type, .module = a->module},
                                  .top = a->top ? a->top : 15};
    if (!err)
        err = hf_changes_compute(older, older_dominators, newer, newer_dominators, &options,
                                 &changes);
    hf_progress_clear();
    if (err)
        return err;
    if (s->text)
        hf_show_difference_text(s->text, &changes.view);
    if (s->json)
        hf_show_difference_json(s->json, &changes.view);
    return NULL;
}

hf_err *hf_cmd_diff(hf_session *s)
{
    const char *older = s->arguments->operands[0], *newer = s->arguments->operands[1];
    bool first = hf_is_traced(older), second = hf_is_traced(newer);
    if (first && second)
        return hf_diff_captures(s);
    if (first || second)
        return first ? refuse_both_kinds(older, newer) : refuse_both_kinds(newer, older);
    hf_err *refused = hf_traced_refuse(s);
    return refused ? refused : diff_heaps(s);
}
