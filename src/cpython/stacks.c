/* cpython/stacks.c - evaluation stacks of calls that run, of which only a register knows the depth.
 *
 * The list that a `for` goes through, the arguments of a call of C that waits: they are there and
 * nowhere else. Every word of the room for the stack may be one of its own, or one of a value that
 * has left it. What tells is the count: an object that counts a reference more than were found, and
 * lies in such a room, is held from there. So the words are noted with the frames, what they point
 * at is reached, and once all references have been counted those roots are told that the counts
 * have a place for, from the bottom up. The first word without one has left the stack, and so have
 * all above it: one of those may well be counted by somebody else whom nobody knows. */
#include "base/array.h"
#include "cpython/heap_inside.h"

#include <stdlib.h>

/* Far more than threads in their calls can have; a damaged heap may have any number of frames. */
enum { NOTED_MAX = 1 << 20 };

static void note(hf_heap *heap, const hf_stack_word *word)
{
    if (heap->stack_count == NOTED_MAX)
        return;
    if (!hf_array_room(&heap->stacks, heap->stack_count, &heap->stack_capacity)) {
        heap->failed = true;
        return;
    }
    heap->stacks[heap->stack_count++] = *word;
}

typedef struct {
    hf_visitor visitor;
    hf_heap *heap;
    hf_stack_word word;
} lister;

static void note_word(hf_visitor *v, const hf_raw_edge *edge)
{
    lister *l = (lister *)v;
    l->word.root.target = edge->target;
    if (edge->strength != HF_EDGE_WEAK)
        note(l->heap, &l->word);
}

void hf_stacks_note(hf_heap *heap, uint64_t frame, const hf_found_root *root)
{
    lister l = {{note_word}, heap, {*root, frame}};
    l.word.root.name = hf_name(heap, "evaluation stack");
    hf_decode_frame_room(&heap->decode, frame, &l.visitor);
}

void hf_stacks_reach(hf_heap *heap)
{
    for (size_t i = 0; i < heap->stack_count; i++)
        if (!hf_reach(heap, heap->stacks[i].root.target, false))
            heap->stacks[i].root.target = 0;
}
