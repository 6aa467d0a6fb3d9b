#include "acquire/freeze.h"

hf_err *hf_freeze(hf_target *live, const hf_freeze_options *options, hf_target **ret)
{
    (void)live, (void)options, (void)ret;
    return hf_fail(HF_ERR_REFUSED, "freezing is not possible here");
}

hf_err *hf_freeze_plan_for(hf_target *live, const hf_freeze_options *options, hf_freeze_plan *ret)
{
    (void)live, (void)options, (void)ret;
    return hf_fail(HF_ERR_REFUSED, "freezing is not possible here");
}
