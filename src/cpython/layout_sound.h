/* cpython/layout_sound.h - whether a row could have come from a C compiler at all.
 *
 * Members are aligned, lie in their struct behind what it begins with, and share no byte unless a
 * union says so. That holds of every build, so a row against it is wrong for all of them. */
#ifndef HF_CPYTHON_LAYOUT_SOUND_H
#define HF_CPYTHON_LAYOUT_SOUND_H

#include "cpython/layout_entries.h"

/* False where not; `why` (of `size` bytes) then names the members. */
bool hf_layout_is_sound(const hf_layout *layout, char *why, size_t size);

/* The bytes to which the compiler aligns a member, and how many it has; 0 where these are more than
 * one number: a struct, an array. */
int32_t hf_layout_alignment(const hf_layout *layout, const hf_layout_entry *entry);
int32_t hf_layout_width(const hf_layout *layout, const hf_layout_entry *entry);

/* The same for members that stand one behind the other in every version's source, and for
 * enumerations. (layout_runs.c) */
bool hf_layout_keeps_runs(const hf_layout *layout, char *why, size_t size);

/* True where every version's source has the second of two members *ret bytes behind the first. */
bool hf_layout_distance(const hf_layout *layout, size_t first, size_t second, int32_t *ret);

/* The size of an interpreter: up to 3.10, where nothing states it, by the last of its members. */
int32_t hf_layout_interpreter_end(const hf_layout *layout);

/* True where the number at this place of hf_layout is held in place by its neighbours. */
bool hf_layout_in_run(size_t place);

#endif
