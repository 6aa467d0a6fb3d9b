/* agent/mixed.c - see agent/mixed.h. */
#include "agent/mixed.h"

#include "agent/rules.h"
#include "agent/unwind.h"

/* Sets the anchors of calls from `changed` up: those of an evaluator have its entry frame's. */
static void anchor_by_frames(hf_thread *t, uint32_t changed)
{
    for (uint32_t k = changed; k < t->depth; k++)
        t->anchors[k] = hf_is_on_stack(t, t->levels[k].frame) ? t->levels[k].frame
                        : k                                   ? t->anchors[k - 1]
                                                              : UINTPTR_MAX;
}

static inline void set_anchor(hf_thread *t, uint32_t k, uintptr_t anchor, uint32_t *changed)
{
    if (t->anchors[k] == anchor)
        return;
    t->anchors[k] = anchor;
    *changed = k < *changed ? k : *changed;
}

/* Anchors may be others although the calls are the same: returns the lowest that has changed. */
static uint32_t anchor_by_cframes(hf_thread *t, uintptr_t thread, uint32_t changed)
{
    const hf_frames *f = &hf_hot.frames;
    uintptr_t cframe = thread ? hf_word(thread + f->thread_frame) : 0;
    uint32_t k = t->depth;
    while (k && cframe && hf_is_on_stack(t, cframe)) {
        uintptr_t older = hf_word(cframe + f->cframe_previous);
        uintptr_t end = older ? hf_word(older + f->cframe_frame) : 0;
        for (; k && t->levels[k - 1].frame != end; k--)
            set_anchor(t, k - 1, cframe, &changed);
        cframe = older;
    }
    while (k--)
        set_anchor(t, k, UINTPTR_MAX, &changed);
    return changed;
}

static uint32_t anchor_in_order(hf_thread *t, uint32_t changed)
{
    uint32_t k = t->depth;
    for (uint32_t j = t->return_count; k && j-- > 0;)
        if (t->returns[j].evaluates)
            set_anchor(t, --k, t->returns[j].stack, &changed);
    while (k--)
        set_anchor(t, k, UINTPTR_MAX, &changed);
    return changed;
}

/* How many calls of Python have their anchor at `end` or above: anchors descend. */
static uint32_t levels_below(const hf_thread *t, uint32_t high, uintptr_t end)
{
    if (!high || t->anchors[high - 1] >= end)
        return high;
    uint32_t low = 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (t->anchors[middle] >= end)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t node_of_return(hf_thread *t, uint32_t parent, uintptr_t address)
{
    /* Frames between those of Python may stand at no instruction (3.15), and are noted as such */
    uintptr_t noted = address ? address : UINTPTR_MAX;
    uint32_t node = hf_known_node(t, parent, noted);
    if (HF_UNLIKELY(!node)) {
        node = hf_tree_native(parent, address);
        hf_known_set(t, parent, noted, node);
    }
    return node;
}

/* What is not known is no evaluator, also where no anchor is. */
static bool evaluates(const hf_thread *t, const hf_return *r)
{
    return r->address && r->below < t->depth && t->anchors[r->below] >= r->stack;
}

/* Calls of Python that have no call of C between them are a run, named by its first one. True where
 * those from `at` to `end` were one when they were looked up, and would be now. */
static bool is_run(const hf_thread *t, uint32_t at, uint32_t end, bool after_python)
{
    uint32_t start = after_python ? t->runs[at - 1] : at;
    return t->runs[at] == start && t->runs[end - 1] == start;
}

static void look_up_level(hf_thread *t, uint32_t at, uint32_t parent, bool after_python)
{
    hf_level *level = &t->levels[at];
    level->instruction = hf_frame_instruction(level->frame);
    level->parent = parent;
    level->node = hf_call_node(t, parent, level->frame, level->instruction);
    t->runs[at] = after_python ? t->runs[at - 1] : at;
}

/* Looks nodes up, from the lowest C call `first` and the lowest call of Python `changed` that are
 * not what they were. */
static uint32_t look_up(hf_thread *t, uint32_t first, uint32_t changed)
{
    uint32_t count = t->return_count, depth = t->depth, at = changed;
    for (; first; first--) {
        uint32_t below = t->returns[first - 1].below;
        if (below < changed || (below == changed && changed == depth))
            break;
    }
    for (uint32_t j = count, high = depth; j-- > first;)
        t->returns[j].below = high =
            t->returns[j].address ? levels_below(t, high, hf_return_end(t, j)) : 0;
    if (first < count && t->returns[first].below < at)
        at = t->returns[first].below;
    bool after_python = at && (!first || at - 1 >= t->returns[first - 1].below);
    uint32_t parent = after_python ? t->levels[at - 1].node
                      : first      ? t->returns[first - 1].node
                                   : hf_hot.root;
    while (first < count || at < depth) {
        hf_return *r = first < count ? &t->returns[first] : NULL;
        if (r && r->below <= at) {
            r->node = parent = evaluates(t, r) ? parent : node_of_return(t, parent, r->address);
            first++;
            after_python = false;
            continue;
        }
        uint32_t end = r && r->below < changed ? r->below : changed;
        if (at < end && t->levels[at].parent == parent && is_run(t, at, end, after_python)) {
            parent = t->levels[end - 1].node;
            at = end;
        } else {
            look_up_level(t, at, parent, after_python);
            parent = t->levels[at++].node;
        }
        after_python = true;
    }
    return parent;
}

uint32_t hf_mixed_node(hf_thread *t, uintptr_t thread)
{
    if (HF_UNLIKELY(hf_walk_is_stale(t))) {
        t->return_count = 0;
        hf_walk_forget(t);
    }
    uint32_t first = hf_unwind(t), changed = 0;
    uintptr_t frame = hf_newest_frame(thread);
    if (frame && first != HF_LEVELS_MAX)
        changed = hf_walk_levels(t, frame);
    else
        t->depth = 0;
    if (first == HF_LEVELS_MAX || changed == HF_LEVELS_MAX) {
        t->depth = t->return_count = 0;
        hf_raise_flag(1 << 6); /* HF_TRACED_DEEP */
        return HF_STATE_REST;
    }
    if (hf_hot.frames.anchors == HF_ANCHORS_FRAMES)
        anchor_by_frames(t, changed);
    else if (hf_hot.frames.anchors == HF_ANCHORS_CFRAMES)
        changed = anchor_by_cframes(t, thread, changed);
    else
        changed = anchor_in_order(t, changed);
    return look_up(t, first, changed);
}
