#include "acquire/preflight.h"

#include <stdio.h>

hf_err *hf_preflight_check(const hf_process *p, const hf_freeze_options *options, hf_preflight *ret)
{
    (void)p, (void)options;
    *ret = (hf_preflight){0};
    snprintf(ret->why_not, sizeof(ret->why_not), "a fork cannot be injected yet");
    return NULL;
}
