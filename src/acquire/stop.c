/* The rung of stop and copy: every thread is stopped by ptrace, and the memory copied meanwhile. */
#include "acquire/halt.h"
#include "acquire/ladder.h"
#include "acquire/rest.h"

#include <time.h>

#define REST_LIMIT UINT64_C(100000000) /* nanoseconds */

hf_err *hf_freeze_by_stop(hf_freezing *f)
{
    hf_halt halt;
    hf_rest_wait(f->process, &f->options, REST_LIMIT);
    hf_err *err = hf_halt_all(f->process, &halt);
    if (!err) {
        f->info.way = HF_WAY_STOP;
        f->info.attempts = 1;
        f->info.taken_at = hf_now(CLOCK_REALTIME);
        err = hf_freezing_copy(f, f->process, NULL, NULL);
    }
    f->info.pause += hf_halt_end(&halt);
    return err;
}
