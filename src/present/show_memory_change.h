/* present/show_memory_change.h - where the memory was and is, of two snapshots. */
#ifndef HF_PRESENT_SHOW_MEMORY_CHANGE_H
#define HF_PRESENT_SHOW_MEMORY_CHANGE_H

#include "analyse/memory.h"
#include "present/json.h"
#include "present/text.h"

/* One moment; its shares as hf_memory_shares() tells them. */
typedef struct hf_memory_moment {
    const hf_memory *memory;
    uint64_t shares[HF_SHARES];
} hf_memory_moment;

/* A table: each share before and now; what both have none of is left out. */
void hf_show_memory_change(hf_text *t, const hf_memory_moment *before, const hf_memory_moment *now);

/* The member "memory" of an open object: two objects of the same members. */
void hf_show_memory_change_json(hf_json *j, const hf_memory_moment *before,
                                const hf_memory_moment *now);

#endif
