/* present/cli/cmd_diagnose.c - what leaks, what holds it, what to do. */
#include "base/cleanup.h"
#include "present/cli/changes.h"
#include "present/cli/diagnose_tree.h"
#include "present/cli/examine.h"
#include "present/cli/progress.h"
#include "present/cli/session.h"
#include "present/cli/watch.h"
#include "present/show.h"

enum { SUSPECTS_SHOWN = 5, GROWING_SHOWN = 5 };

/* What grew between the oldest and the newest; nothing for one graph alone. */
static hf_err *compare(const hf_watch *w, hf_changes *ret)
{
    if (w->count < 2)
        return NULL;
    const hf_dominators *oldest = NULL, *newest = NULL;
    hf_graph *first = w->graphs[0], *last = w->graphs[w->count - 1];
    hf_err *err = hf_dominators_of(first, &oldest);
    if (!err)
        err = hf_dominators_of(last, &newest);
    hf_changes_options options = {.top = GROWING_SHOWN, .grown_only = true};
    return err ? err : hf_changes_compute(first, oldest, last, newest, &options, ret);
}

hf_err *hf_cmd_diagnose(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    if (a->whole_tree)
        return hf_diagnose_tree(s);
    if (a->verify && !hf_signature_is_one(a->verify))
        return hf_fail(HF_ERR_USAGE,
                       "diagnose: '%s' is no signature; one has %d hexadecimal digits and stands "
                       "below each suspect",
                       a->verify, HF_SIGNATURE_LENGTH);
    hf_watch watch HF_AUTO(hf_watch_deinit) = {0};
    pid_t pid = 0;
    hf_err *err = hf_watch_operands(s, "diagnose", &watch, &pid);
    if (err)
        return err;
    hf_progress_begin("finding what grows");
    hf_progress_update(0, 0);
    hf_examination found HF_AUTO(hf_examination_deinit) = {0};
    hf_changes changes HF_AUTO(hf_changes_deinit) = {0};
    err = hf_examine(&watch, pid, &found);
    if (!err)
        err = compare(&watch, &changes);
    hf_progress_clear();
    if (err)
        return err;
    hf_diagnosis_view view = {.diagnosis = found.diagnosis,
                              .graphs = watch.graphs,
                              .graph_count = watch.count,
                              .difference = watch.count > 1 ? &changes.view : NULL,
                              .top = a->top ? a->top : SUSPECTS_SHOWN,
                              .kept = a->keep,
                              .note = watch.note,
                              .unsharing = &found.unsharing,
                              .verify = a->verify,
                              .findings = found.findings};
    static const hf_status verified[] = {HF_STATUS_OK, HF_STATUS_SUSPECTS, HF_STATUS_TOO_EARLY};
    s->status = (hf_status)found.diagnosis->verdict;
    if (a->verify) {
        view.verified = hf_signature_verify(found.diagnosis, watch.count, a->verify);
        s->status = verified[view.verified];
    }
    if (s->text)
        hf_show_diagnosis_text(s->text, &view);
    if (s->json)
        hf_show_diagnosis_json(s->json, &view);
    return NULL;
}
