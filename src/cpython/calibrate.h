/* cpython/calibrate.h - a row for a build that none was made for.
 *
 * The structs of objects keep their layout within a minor version, since extensions are compiled
 * against them. What CPython keeps to itself does not: a patch release, a distributor's patch or a
 * build option puts a member into the runtime, an interpreter, a thread or the collector, and all
 * that stand behind it move. So a row of the same minor version is taken as the base, and the place
 * of each such member is searched for near the one it has there: where it leads to what it must.
 *
 * The members of a struct move in groups, so of all ways to place them the one with the fewest
 * places where the distance changes is taken. It must be the only one: where a member could stand
 * in two places of which different words are read, nothing is believed. Debug offsets (3.13) are
 * not searched for, but read. What is found is a row like any other, and has to be proved like any
 * other, by the whole heap. */
#ifndef HF_CPYTHON_CALIBRATE_H
#define HF_CPYTHON_CALIBRATE_H

#include "cpython/heap_inside.h"
#include "cpython/layout_entries.h"

/* Fills `ret` with a row made from `from`, and `moved` with what was moved in it. False where no
 * row, or more than one, can be made; `why` then says so. Uses heap->decode and heap->types, which
 * are to be forgotten afterwards. */
hf_err *hf_calibrate(hf_heap *heap, const hf_layout *from, hf_layout *ret, char moved[HF_MOVED],
                     char why[HF_WHY], bool *found);

/* The struct whose members move together with this one; NULL where the member is not
 * searched for. */
const char *hf_calibrated_struct(const hf_layout_entry *entry);

/* calibrate_members.c: whether a member of one of these structs can be at a place. */
typedef struct hf_calibration {
    hf_heap *heap;
    hf_decode *d;
    hf_layout row; /* as far as it is known */
    uint64_t runtime, modules, interpreter, thread;
} hf_calibration;

enum { HF_CALIBRATED_RANGE = 256 }; /* bytes to either side of where the base has it */

/* True where the member whose entry of hf_layout is at `place` may be at `at`, in the instance of
 * its struct at `structure`. A member of which nothing is known may be anywhere. */
bool hf_member_may_be(const hf_calibration *c, size_t place, uint64_t structure, uint64_t at);

/* The dict of all modules that a word of the interpreter leads to; 0 where none or several. */
uint64_t hf_modules_search(const hf_calibration *c);

#endif
