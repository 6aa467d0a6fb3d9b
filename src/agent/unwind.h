/* agent/unwind.h - the C calls of the thread that runs, by the rules of rules.h.
 *
 * As with calls of Python (walk.h), what was found last time is kept, and mostly confirmed: a call
 * that stands at the same address with the same registers has the same caller as then if the words
 * that tell the caller still say the same. That is one or two loads for a call, and no rule is
 * looked up but for calls that are new.
 *
 * Nothing is read but the thread's own stack, from where it is up, and only pages that the kernel
 * has said are there: what a compiler wrote down may be wrong, and code that is made at run time
 * has nothing written down. */
#ifndef HF_AGENT_UNWIND_H
#define HF_AGENT_UNWIND_H

#include "agent/agent.h"

/* Which addresses are ours, so that our own calls are left out. */
void hf_unwind_begin(void);

/* Makes t->returns those of the caller's stack. Returns the lowest of them that is new,
 * t->return_count if none; HF_LEVELS_MAX where the stack is too deep. */
uint32_t hf_unwind(hf_thread *t);

/* Whether an address lies in the part of the stack that was looked at. */
static inline bool hf_is_on_stack(const hf_thread *t, uintptr_t address)
{
    return address - t->readable < t->readable_end - t->readable;
}

/* Where the frame of a call ends; where it begins, if that is not known. */
static inline uintptr_t hf_return_end(const hf_thread *t, uint32_t at)
{
    const hf_return *older = at ? &t->returns[at - 1] : NULL;
    return !older ? UINTPTR_MAX : older->address ? older->stack : t->returns[at].stack;
}

#endif
