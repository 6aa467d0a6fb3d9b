#include "acquire/ladder.h"

hf_err *hf_freeze_by_fork(hf_freezing *f)
{
    (void)f;
    return hf_fail(HF_ERR_REFUSED, "no fork");
}
hf_err *hf_freeze_by_stop(hf_freezing *f)
{
    (void)f;
    return hf_fail(HF_ERR_REFUSED, "no stop");
}
