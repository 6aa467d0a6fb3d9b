#include "acquire/priority.h"

#include <sched.h>

static bool has_priority(pid_t tid)
{
    int policy = sched_getscheduler(tid) & ~SCHED_RESET_ON_FORK;
    return policy == SCHED_RR || policy == SCHED_FIFO || policy == SCHED_DEADLINE;
}

bool hf_priority_raise(pid_t tid)
{
    const struct sched_param lowest = {.sched_priority = 1};
    return !has_priority(tid) &&
           sched_setscheduler(tid, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) == 0;
}

void hf_priority_lower(pid_t tid)
{
    sched_setscheduler(tid, SCHED_OTHER, &(struct sched_param){0}); /* keeps the nice value */
}

bool hf_priority_allowed(void)
{
    if (has_priority(0))
        return true;
    bool allowed = hf_priority_raise(0);
    if (allowed)
        hf_priority_lower(0);
    return allowed;
}
