/* present/cli/examine.c - see present/cli/examine.h. */
#include "present/cli/examine.h"

#include "base/cleanup.h"
#include "present/cli/watch_plan.h"
#include "present/cli/worker.h"

#ifdef HF_WITH_LINT
#include "present/lint_heap.h"
#endif

#define PROOF 0.9 /* confidence above which a culprit counts as proved */

static void free_diagnosis(hf_diagnosis **diagnosis)
{
    hf_diagnosis_free(*diagnosis);
}

static hf_err *look_at_source(hf_graph *newest, pid_t pid, hf_examination *e)
{
    e->findings = calloc(e->diagnosis->suspect_count + 1, sizeof(*e->findings));
    if (!e->findings)
        return hf_fail_memory();
#ifdef HF_WITH_LINT
    for (size_t i = 0; i < e->diagnosis->suspect_count; i++) {
        hf_err *err = hf_lint_suspect(newest, &e->diagnosis->suspects[i], pid, &e->findings[i]);
        if (err)
            return err;
    }
#else
    (void)newest;
    (void)pid;
#endif
    return NULL;
}

hf_err *hf_examine(const hf_watch *w, pid_t pid, hf_examination *ret)
{
    hf_examination e = {0};
    hf_graph *newest = w->graphs[w->count - 1];
    hf_err *err = hf_diagnose(w->graphs, w->count, &e.diagnosis);
    if (!err)
        err = look_at_source(newest, pid, &e);
    if (err) {
        hf_examination_deinit(&e);
        return err;
    }
    if (pid && w->measured) {
        e.unsharing = hf_unsharing_growth_of(&w->first, &w->last, e.diagnosis->heap_grown);
        hf_worker_explain(pid, newest, &e.unsharing);
    }
    *ret = e;
    return NULL;
}

void hf_examination_deinit(hf_examination *e)
{
    for (size_t i = 0; e->findings && i < e->diagnosis->suspect_count; i++)
        free(e->findings[i]);
    free(e->findings);
    hf_diagnosis_free(e->diagnosis);
    *e = (hf_examination){0};
}

/* Whether another look might agree with it. */
static bool may_be_certain(const hf_diagnosis *d)
{
    return d->verdict == HF_VERDICT_NO_LEAK ||
           (d->verdict == HF_VERDICT_SUSPECTS && d->suspect_count &&
            d->suspects[0].confidence >= PROOF && d->suspects[0].address);
}

static bool name_the_same(const hf_diagnosis *a, const hf_diagnosis *b)
{
    return a->suspect_count && b->suspect_count && a->suspects[0].confidence >= PROOF &&
           b->suspects[0].confidence >= PROOF && a->suspects[0].address &&
           a->suspects[0].address == b->suspects[0].address;
}

hf_certainty hf_certainty_of(hf_graph *const *graphs, size_t count)
{
    HF_AUTO(free_diagnosis) hf_diagnosis *last = NULL, *before = NULL;
    if (count < HF_WATCH_LEAST)
        return HF_CERTAINTY_NONE;
    hf_err *err = hf_diagnose(graphs, count, &last);
    if (!err && !may_be_certain(last))
        return HF_CERTAINTY_NONE;
    if (!err)
        err = hf_diagnose(graphs, count - 1, &before);
    if (err) {
        hf_err_free(err); /* the final look will tell it */
        return HF_CERTAINTY_NONE;
    }
    if (last->verdict != before->verdict)
        return HF_CERTAINTY_NONE;
    if (last->verdict == HF_VERDICT_SUSPECTS && name_the_same(last, before))
        return HF_CERTAINTY_CULPRIT;
    return last->verdict == HF_VERDICT_NO_LEAK ? HF_CERTAINTY_HEALTHY : HF_CERTAINTY_NONE;
}
