/* agent/walk.h - from the stack of the thread that runs to its node in the tree.
 *
 * A thread reads its own chain of calls with plain loads: the chain stands still while the thread is in an
 * allocator. No function of CPython is called and no reference is taken. What was found
 * last time is kept, one level for each call; most of a stack is the same at the next event. So the newest call is
 * looked for among the levels, and from there down each level is verified: the call that it says called
 * it is the level below, and stands at the same instruction. The address of the level below comes from our
 * array, and the load of `previous` only confirms it, so that the loads of many levels overlap and a level costs half a
 * nanosecond. Addresses of calls are used again and again; that is why identity of the newest call
 * proves nothing about its callers.
 *
 * An instruction is an address in its code (3.11 and later). In 3.9 and 3.10 a call has an index:
 * then it is a mix of the code's address and the index. Both are void once a code has died
 * (hf_hot.generation). */
#ifndef HF_AGENT_WALK_H
#define HF_AGENT_WALK_H

#include "agent/agent.h"

/* Verifying costs more the deeper the stack is, and beyond some hundred levels more than anything else. There
 * only the newest levels are verified: the line that allocates is always right, and a caller far below
 * it is wrong only if the calls above it are at the same addresses and instructions as before, and
 * nothing was allocated while it was near the top. The capture says so (HF_TRACED_FAR_CALLERS). */
enum { HF_VERIFIED_WHOLE = 128, HF_VERIFIED_TOP = 32, HF_FAR_CALLERS = 1 << 7 };

enum { HF_BY_INDEX = 31 }; /* bytes of code that cannot be codes of their own: codes are larger */

static inline uintptr_t hf_word(uintptr_t address)
{
    return *(const uintptr_t *)address;
}

static inline uintptr_t hf_frame_instruction(uintptr_t frame)
{
    const hf_frames *f = &hf_hot.frames;
    if (f->by_index)
        return hf_word(frame + f->frame_code) +
               (uintptr_t)(*(const int32_t *)(frame + f->frame_instruction) + 1) *
                   ((uintptr_t)1 << 47 | HF_BY_INDEX);
    return hf_word(frame + f->frame_instruction);
}

static inline uintptr_t hf_frame_previous(uintptr_t frame)
{
    return hf_word(frame + hf_hot.frames.frame_previous);
}

/* The newest call of a thread of CPython; 0: none. */
static inline uintptr_t hf_newest_frame(uintptr_t thread)
{
    const hf_frames *f = &hf_hot.frames;
    if (!thread)
        return 0;
    if (f->by_cframe) {
        uintptr_t cframe = hf_word(thread + f->thread_frame);
        return cframe ? hf_word(cframe + f->cframe_frame) : 0;
    }
    return hf_word(thread + f->thread_frame);
}

static inline uint32_t hf_frame_hash(uintptr_t frame)
{
    return (uint32_t)(frame >> 3 ^ frame >> 13) & (HF_KNOWN_FRAMES - 1);
}

/* Where it may be noted which node an instruction below a node has become: here, or in one of the places beside it in the
 * same cache line. Nodes that are made one after the other are looked for one after the other, too, so what is
 * below a node lies near its number. */
static inline hf_known_call *hf_known_place(hf_thread *t, uint32_t parent, uintptr_t instruction)
{
    enum { NEAR_BITS = 4 };
    uint32_t near = (uint32_t)((instruction * 0x9e3779b97f4a7c15) >> (64 - NEAR_BITS));
    return &t->known[(2 * parent + near) & hf_hot.known_mask];
}

enum { HF_KNOWN_BESIDE = 4 };

static inline hf_known_call *hf_known_beside(hf_known_call *known, uintptr_t way)
{
    return (hf_known_call *)((uintptr_t)known ^ way * sizeof(*known));
}

/* The node that an instruction below a node has become; 0 where it is not known. */
static inline uint32_t hf_known_node(const hf_thread *t, hf_known_call *known, uint32_t parent,
                                     uintptr_t instruction)
{
    uint64_t above = (uint64_t)t->generation << HF_NODE_BITS | parent;
    above &= UINT64_MAX >> HF_NODE_BITS;
    for (uintptr_t way = 0; way < HF_KNOWN_BESIDE; way++) {
        const hf_known_call *k = hf_known_beside(known, way);
        if (HF_LIKELY(k->instruction == instruction && k->where >> HF_NODE_BITS == above))
            return (uint32_t)k->where & ((1u << HF_NODE_BITS) - 1);
    }
    return 0;
}

static inline void hf_known_set(const hf_thread *t, hf_known_call *known, uint32_t parent,
                                uintptr_t instruction, uint32_t node)
{
    uint64_t above = (uint64_t)t->generation << HF_NODE_BITS | parent;
    uint64_t now = above >> HF_NODE_BITS << 2 * HF_NODE_BITS;
    uintptr_t last = 0; /* the first that is free or void: what lies there is given up */
    while (last < HF_KNOWN_BESIDE - 1 &&
           hf_known_beside(known, last)->where >> 2 * HF_NODE_BITS == now >> 2 * HF_NODE_BITS)
        last++;
    for (uintptr_t way = last; way; way--)
        *hf_known_beside(known, way) = *hf_known_beside(known, way - 1);
    *known = (hf_known_call){instruction, above << HF_NODE_BITS | node};
}

static inline uint32_t hf_call_node(hf_thread *t, uint32_t parent, uintptr_t frame,
                                    uintptr_t instruction)
{
    hf_known_call *known = hf_known_place(t, parent, instruction);
    uint32_t node = hf_known_node(t, known, parent, instruction);
    if (HF_UNLIKELY(!node)) {
        node = hf_tree_call(parent, frame, instruction);
        hf_known_set(t, known, parent, instruction, node);
    }
    return node;
}

/* What the paths that are rarely taken do; in walk.c. Returns as hf_walk_levels() does. */
uint32_t hf_walk_new_calls(hf_thread *t, uintptr_t frame);
void hf_walk_forget(hf_thread *t);

/* Verifies the levels from `at` down. Returns the lowest level that stands at another instruction,
 * at + 1 if none does; HF_LEVELS_MAX if the chain is another one. */
static inline uint32_t hf_walk_verify(const hf_thread *t, uint32_t at)
{
    const hf_level *level = &t->levels[at];
    uint32_t lowest = at + 1, last = HF_LIKELY(at < HF_VERIFIED_WHOLE) ? 0 : at - HF_VERIFIED_TOP;
    for (uint32_t k = at;; k--, level--) {
        if (HF_UNLIKELY(hf_frame_instruction(level->frame) != level->instruction))
            lowest = k;
        uintptr_t previous = hf_frame_previous(level->frame);
        if (k == last)
            return HF_LIKELY(previous == (k ? level[-1].frame : 0)) ? lowest : HF_LEVELS_MAX;
        if (HF_UNLIKELY(previous != level[-1].frame))
            return HF_LEVELS_MAX;
    }
}

/* Looks up the levels lowest ... at again. */
static inline void hf_walk_renew(hf_thread *t, uint32_t lowest, uint32_t at)
{
    for (uint32_t k = lowest; k <= at; k++) {
        hf_level *level = &t->levels[k];
        level->instruction = hf_frame_instruction(level->frame);
        level->node =
            hf_call_node(t, k ? level[-1].node : hf_hot.root, level->frame, level->instruction);
    }
}

static inline bool hf_walk_is_stale(const hf_thread *t)
{
    return t->generation != __atomic_load_n(&hf_hot.generation, __ATOMIC_RELAXED) ||
           t->header != hf_hot.header;
}

/* Makes t->levels those of the stack whose newest call is `frame`. Returns the lowest whose node is to be looked
 * up, t->depth if none; HF_LEVELS_MAX where the stack is too deep. */
static inline uint32_t hf_walk_levels(hf_thread *t, uintptr_t frame)
{
    if (HF_UNLIKELY(hf_walk_is_stale(t)))
        hf_walk_forget(t);
    uint32_t at = t->depth - 1;
    if (!t->depth || t->levels[at].frame != frame) {
        at = t->level_of[hf_frame_hash(frame)];
        if (at >= t->depth || t->levels[at].frame != frame)
            return hf_walk_new_calls(t, frame);
    }
    uint32_t lowest = hf_walk_verify(t, at);
    if (HF_UNLIKELY(lowest == HF_LEVELS_MAX)) {
        t->depth = 0;
        return hf_walk_new_calls(t, frame);
    }
    t->depth = at + 1;
    return lowest;
}

/* The node of the stack whose newest call is `frame`. */
static inline uint32_t hf_walk_from(hf_thread *t, uintptr_t frame)
{
    if (!frame)
        return HF_STATE_ROOT;
    uint32_t lowest = hf_walk_levels(t, frame);
    if (HF_UNLIKELY(lowest == HF_LEVELS_MAX))
        return HF_STATE_REST;
    uint32_t at = t->depth - 1;
    if (lowest <= at)
        hf_walk_renew(t, lowest, at);
    return t->levels[at].node;
}

#endif
