/* acquire/preflight.h - all that is checked before anything is injected. */
#ifndef HF_ACQUIRE_PREFLIGHT_H
#define HF_ACQUIRE_PREFLIGHT_H

#include "acquire/freeze.h"
#include "acquire/process.h"

enum { HF_WHY_SIZE = sizeof(((hf_freeze_plan *)0)->why_not_fork) };

typedef struct hf_preflight {
    char why_not[HF_WHY_SIZE]; /* why no fork may be injected; "" when it may */
    uint64_t predicted_pause;  /* nanoseconds that the fork would take */
} hf_preflight;

/* Reads only. Fails only when the process ended. */
hf_err *hf_preflight_check(const hf_process *p, const hf_freeze_options *options,
                           hf_preflight *ret);

#endif
