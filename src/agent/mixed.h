/* agent/mixed.h - stacks of Python's calls and C's in one, as they called each other.
 *
 * A call of Python runs within a call of C that evaluates it, and has no other trace on the C
 * stack. Which evaluates which is told by an address on the stack that belongs to the calls of one
 * evaluation, their anchor:
 *
 *   3.12 and later  the entry frame, a local variable of the evaluator, stands in the chain of
 *                   frames
 *   3.11            likewise the evaluator's _PyCFrame, in a chain of its own
 *   3.9, 3.10       each evaluator runs one call: they are matched in order, the newest first; it
 *                   is known by its function
 *
 * A C call that has an anchor in its frame is an evaluator; in its place stand the calls of Python
 * that it runs. */
#ifndef HF_AGENT_MIXED_H
#define HF_AGENT_MIXED_H

#include "agent/walk.h"

/* The node of the stack of this thread; `thread` is CPython's, 0 for one that it does not know. */
uint32_t hf_mixed_node(hf_thread *t, uintptr_t thread);

/* The node of the stack, mixed or not. What the thread knows is then of this process, also where
 * there is no call to be looked up: a child's numbers of nodes are not its parent's. */
static inline uint32_t hf_stack_node(hf_thread *t, uintptr_t thread)
{
    if (HF_UNLIKELY(hf_hot.native))
        return hf_mixed_node(t, thread);
    if (HF_UNLIKELY(hf_walk_is_stale(t)))
        hf_walk_forget(t);
    return hf_walk_from(t, hf_newest_frame(thread));
}

#endif
