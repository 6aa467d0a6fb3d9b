/* agent/walk.h - from the stack of the thread that runs to its node in the tree.
 *
 * A thread reads its own chain of calls with plain loads: the chain stands still while the thread
 * is in an allocator. No function of CPython is called and no reference is taken. What was found
 * last time is kept, one level for each call; most of a stack is the same at the next event. So the
 * newest call is looked for among the levels, and from there down each level is verified: the call
 * that it says called it is the level below, and stands at the same instruction. The address of the
 * level below comes from our array, and the load of `previous` only confirms it, so that the loads
 * of many levels overlap and a level costs half a nanosecond. Addresses of calls are used again and
 * again; that is why identity of the newest call proves nothing about its callers.
 *
 * An instruction is an address in its code (3.11 and later). In 3.9 and 3.10 a call has an index:
 * then it is a mix of the code's address and the index. Both are void once a code has died
 * (hf_hot.generation). */
#ifndef HF_AGENT_WALK_H
#define HF_AGENT_WALK_H

#include "agent/agent.h"

/* Verifying costs more the deeper the stack is, and beyond some hundred levels more than
 * anything else. There only the newest levels are verified: the line that allocates is always
 * right, and a caller far below it is wrong only if the calls above it are at the same addresses
 * and instructions as before, and nothing was allocated while it was near the top. The capture
 * says so (HF_TRACED_FAR_CALLERS). */
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

/* Where it may be noted which node an instruction below a node has become: at its place, or in one
 * of those beside it in the same cache line. Nodes that are made one after the other are looked for
 * one after the other, too, so what is below a node lies near its number. Where that is crowded, as
 * below a node that calls everything, it lies further away. */
static inline hf_known_call *hf_known_place(hf_thread *t, uint32_t parent, uintptr_t instruction,
                                            bool second)
{
    enum { NEAR_BITS = 6, FAR_BITS = 11 }; /* a function may have dozens of lines that allocate */
    uint64_t mixed = instruction * 0x9e3779b97f4a7c15;
    uint32_t away = second ? (uint32_t)(mixed >> 32) & ((1U << FAR_BITS) - 1)
                           : (uint32_t)(mixed >> (64 - NEAR_BITS));
    return &t->known[(2 * parent + away) & ((1U << HF_KNOWN_BITS) - 1)];
}

enum { HF_KNOWN_BESIDE = 4 };

static inline hf_known_call *hf_known_beside(hf_known_call *place, uintptr_t way)
{
    return (hf_known_call *)((uintptr_t)place ^ way * sizeof(*place));
}

/* hf_known_call.where, with node 0 */
static inline uint64_t hf_known_where(const hf_thread *t, uint32_t parent)
{
    return (uint64_t)t->generation << 2 * HF_NODE_BITS | (uint64_t)parent << HF_NODE_BITS;
}

static inline uint32_t hf_known_at(hf_known_call *place, uint64_t where, uintptr_t instruction)
{
#pragma GCC unroll 4
    for (uintptr_t way = 0; way < HF_KNOWN_BESIDE; way++) {
        const hf_known_call *k = hf_known_beside(place, way);
        uint64_t node = k->where ^ where;
        if (k->instruction == instruction && HF_LIKELY(node >> HF_NODE_BITS == 0))
            return (uint32_t)node;
    }
    return 0;
}

/* The node that an instruction below a node has become; 0 where it is not known. */
static inline uint32_t hf_known_node(hf_thread *t, uint32_t parent, uintptr_t instruction)
{
    uint64_t where = hf_known_where(t, parent);
    uint32_t node = hf_known_at(hf_known_place(t, parent, instruction, false), where, instruction);
    if (HF_LIKELY(node))
        return node;
    return hf_known_at(hf_known_place(t, parent, instruction, true), where, instruction);
}

/* Notes a node at its first place. What has to leave that line goes to its own second place, and
 * what has to leave that is given up. */
void hf_known_set(hf_thread *t, uint32_t parent, uintptr_t instruction, uint32_t node);

static inline uint32_t hf_call_node(hf_thread *t, uint32_t parent, uintptr_t frame,
                                    uintptr_t instruction)
{
    uint32_t node = hf_known_node(t, parent, instruction);
    if (HF_UNLIKELY(!node)) {
        node = hf_tree_call(parent, frame, instruction);
        hf_known_set(t, parent, instruction, node);
    }
    return node;
}

/* What the paths that are rarely taken do; in walk.c. The first returns as hf_walk_levels() does,
 * the others as hf_walk_from(). */
uint32_t hf_walk_new_calls(hf_thread *t, uintptr_t frame);
uint32_t hf_walk_anew(hf_thread *t, uintptr_t frame);
uint32_t hf_walk_renewed(hf_thread *t, const hf_level *lowest);
void hf_walk_forget(hf_thread *t);

static inline __attribute__((always_inline)) uintptr_t
hf_walk_instruction(uintptr_t frame, uintptr_t instruction_at, bool by_index)
{
    return by_index ? hf_frame_instruction(frame) : hf_word(frame + instruction_at);
}

/* The lowest level from `last` up that stands at another instruction, if it is below `newest`. */
static inline const hf_level *hf_walk_lowest(const hf_level *last, const hf_level *newest,
                                             bool by_index)
{
    const uintptr_t instruction_at = hf_hot.frames.frame_instruction;
    while (last < newest &&
           hf_walk_instruction(last->frame, instruction_at, by_index) == last->instruction)
        last++;
    return last;
}

/* Verifies the newest levels from this one down, likewise. */
const hf_level *hf_walk_verify_top(const hf_level *newest);

/* Verifies this level and those below. Returns the lowest level that stands at another instruction,
 * the one above this one if none does; NULL if the chain is another one. A frame is only read once
 * the one above it says that it is there. Mostly it is only the newest call that stands elsewhere,
 * so the others are asked all at once. */
static inline __attribute__((always_inline)) const hf_level *
hf_walk_verify_from(const hf_thread *t, const hf_level *newest, bool by_index)
{
    const uintptr_t previous_at = hf_hot.frames.frame_previous;
    const uintptr_t instruction_at = hf_hot.frames.frame_instruction;
    if (HF_UNLIKELY(newest >= t->levels + HF_VERIFIED_WHOLE))
        return hf_walk_verify_top(newest);
    uintptr_t frame = newest->frame, differs = 0;
    bool stays = hf_walk_instruction(frame, instruction_at, by_index) == newest->instruction;
    for (const hf_level *level = newest; level != t->levels;) {
        uintptr_t below = level[-1].frame;
        if (HF_UNLIKELY(hf_word(frame + previous_at) != below))
            return NULL;
        level--;
        frame = below;
        differs |= hf_walk_instruction(frame, instruction_at, by_index) ^ level->instruction;
    }
    if (HF_UNLIKELY(hf_word(frame + previous_at)))
        return NULL;
    return HF_UNLIKELY(differs) ? hf_walk_lowest(t->levels, newest, by_index)
           : stays              ? newest + 1
                                : newest;
}

/* The same by numbers: at + 1 if none does, HF_LEVELS_MAX if the chain is another one. */
static inline uint32_t hf_walk_verify(const hf_thread *t, uint32_t at)
{
    const hf_level *lowest = hf_hot.frames.by_index ? hf_walk_verify_from(t, &t->levels[at], true)
                                                    : hf_walk_verify_from(t, &t->levels[at], false);
    return HF_LIKELY(lowest != NULL) ? (uint32_t)(lowest - t->levels) : HF_LEVELS_MAX;
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
    return t->generation != __atomic_load_n(&hf_hot.generation, __ATOMIC_RELAXED);
}

/* Makes t->levels those of the stack whose newest call is `frame`. Returns the lowest whose node is
 * to be looked up, t->depth if none; HF_LEVELS_MAX where the stack is too deep. */
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

/* The node of the stack whose newest call is `frame`. This is where most time is spent; all that it
 * calls it ends with, so that it saves no registers. */
static inline __attribute__((always_inline)) uint32_t hf_walk_from(hf_thread *t, uintptr_t frame)
{
    if (HF_UNLIKELY(!frame))
        return HF_STATE_ROOT;
    uint32_t at = t->depth - 1;
    if (at >= HF_LEVELS_MAX || t->levels[at].frame != frame) {
        at = t->level_of[hf_frame_hash(frame)];
        if (at >= t->depth || t->levels[at].frame != frame)
            return hf_walk_anew(t, frame);
    }
    if (HF_UNLIKELY(hf_walk_is_stale(t) || hf_hot.frames.by_index))
        return hf_walk_anew(t, frame);
    hf_level *level = &t->levels[at];
    const hf_level *lowest = hf_walk_verify_from(t, level, false);
    if (HF_UNLIKELY(!lowest))
        return hf_walk_anew(t, frame);
    t->depth = at + 1;
    if (lowest > level)
        return level->node;
    if (lowest < level || !at)
        return hf_walk_renewed(t, lowest);
    uint32_t parent = level[-1].node;
    uintptr_t instruction = hf_word(frame + hf_hot.frames.frame_instruction);
    uint32_t node = hf_known_at(hf_known_place(t, parent, instruction, false),
                                hf_known_where(t, parent), instruction);
    if (HF_UNLIKELY(!node))
        return hf_walk_renewed(t, lowest);
    level->instruction = instruction;
    return level->node = node;
}

#endif
