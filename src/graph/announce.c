/* graph/announce.c - see graph/announce.h. */
#include "graph/announce.h"

static void copy_progress(void *context, uint64_t done, uint64_t total)
{
    const hf_snapshot_options *o = context;
    o->progress(o->context, HF_STAGE_COPY, done, total);
}

hf_err *hf_announce_freeze(hf_target *live, const hf_python_probe *probe,
                           const hf_snapshot_options *options, hf_freeze_options *ret)
{
    hf_freeze_options how = options->freeze;
    how.rest = probe->rest;
    how.rest_count = probe->rest_count;
    if (!how.progress && options->progress) {
        how.progress = copy_progress;
        how.context = (void *)(uintptr_t)options;
    }
    if (options->announce) {
        hf_freeze_plan plan = {0};
        hf_err *err = hf_freeze_plan_for(live, &how, &plan);
        if (err)
            return err;
        options->announce(options->context, &plan);
    }
    *ret = how;
    return NULL;
}
