/* acquire/priority.h - who is to get a processor at once.
 *
 * The lowest of the priorities that come before all ordinary threads (sched(7), SCHED_RR), for what
 * needs a processor seldom and shortly, and must not wait for one. Needs CAP_SYS_NICE or
 * RLIMIT_RTPRIO, and a control group that has time for such threads. */
#ifndef HF_ACQUIRE_PRIORITY_H
#define HF_ACQUIRE_PRIORITY_H

#include <stdbool.h>
#include <sys/types.h>

/* tid 0: the calling thread. True where it has it by this call, so that hf_priority_lower() is due;
 * false where it is not allowed, or the thread had such a priority already, which it keeps. */
bool hf_priority_raise(pid_t tid);

/* Back to an ordinary thread, with the nice value that it had. */
void hf_priority_lower(pid_t tid);

/* Whether the calling thread may have it; as a rule we may then give it to others, too. */
bool hf_priority_allowed(void);

#endif
