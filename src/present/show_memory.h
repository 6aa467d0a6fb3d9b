/* present/show_memory.h - where the memory is, as people and programs read it. */
#ifndef HF_PRESENT_SHOW_MEMORY_H
#define HF_PRESENT_SHOW_MEMORY_H

#include "analyse/memory.h"
#include "present/json.h"
#include "present/text.h"

typedef struct hf_memory_view {
    const hf_graph *graph;
    const hf_memory_report *report;
    uint64_t top; /* rows of each table */
} hf_memory_view;

void hf_show_memory_text(hf_text *t, const hf_memory_view *view);
void hf_show_memory_json(hf_json *j, const hf_memory_view *view);

/* A bar of `bytes` in `whole`, behind two blanks; nothing where it would have no length. */
void hf_show_bar(hf_text *t, uint64_t bytes, uint64_t whole);

/* The shares with their bars, as `diagnose` shows them too. */
void hf_show_shares(hf_text *t, const hf_memory *memory, const uint64_t shares[HF_SHARES]);

/* The same as members of an open object. */
void hf_show_shares_json(hf_json *j, const uint64_t shares[HF_SHARES]);

#endif
