/* present/cli/examine.c - see present/cli/examine.h. */
#include "present/cli/examine.h"

#include "base/cleanup.h"
#include "base/huge.h"
#include "present/cli/watch_plan.h"
#include "present/cli/worker.h"

#ifdef HF_WITH_LINT
#include "present/lint_heap.h"
#endif

#define PROOF 0.9 /* confidence above which a culprit counts as proved */

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

static hf_err *ask(hf_graph *const *graphs, size_t count, hf_interim_verdict *ret)
{
    HF_AUTO(hf_diagnosis_freep) hf_diagnosis *d = NULL;
    hf_err *err = hf_diagnose(graphs, count, &d);
    if (err)
        return err;
    bool proved = d->suspect_count && d->suspects[0].confidence >= PROOF;
    *ret = (hf_interim_verdict){
        .count = count, .verdict = d->verdict, .proved = proved ? d->suspects[0].address : 0};
    return NULL;
}

/* Whether another look might agree with it. */
static bool may_be_certain(const hf_interim_verdict *j)
{
    return j->verdict == HF_VERDICT_NO_LEAK || (j->verdict == HF_VERDICT_SUSPECTS && j->proved);
}

/* Fills *before, where it is not known, if it can matter. */
static hf_err *ask_twice(hf_graph *const *graphs, size_t count, bool culprits_only,
                         hf_interim_verdict *before, hf_interim_verdict *now)
{
    hf_err *err = ask(graphs, count, now);
    bool matters = !err && may_be_certain(now) && (now->proved || !culprits_only);
    if (!matters || before->count == count - 1)
        return err;
    err = ask(graphs, count - 1, before);
    hf_graph_forget(graphs[count - 2]);
    return err;
}

static hf_certainty compare(const hf_interim_verdict *before, const hf_interim_verdict *now)
{
    if (!may_be_certain(now) || !before->count || now->verdict != before->verdict)
        return HF_CERTAINTY_NONE;
    if (now->verdict == HF_VERDICT_NO_LEAK)
        return HF_CERTAINTY_HEALTHY;
    return now->proved == before->proved ? HF_CERTAINTY_CULPRIT : HF_CERTAINTY_NONE;
}

hf_certainty hf_certainty_of(hf_graph *const *graphs, size_t count, bool culprits_only,
                             hf_interim_verdict *last)
{
    if (count < HF_WATCH_LEAST)
        return HF_CERTAINTY_NONE;
    hf_interim_verdict before = *last, now = {0};
    hf_err *err = ask_twice(graphs, count, culprits_only, &before, &now);
    hf_certainty certainty = err ? HF_CERTAINTY_NONE : compare(&before, &now);
    hf_err_free(err); /* the final look will tell it */
    *last = now;
    if (certainty != HF_CERTAINTY_CULPRIT)
        hf_graph_forget(graphs[count - 1]);
    hf_large_give_back(); /* the next look comes first */
    return certainty;
}
