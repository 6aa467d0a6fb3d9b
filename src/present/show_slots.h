/* present/show_slots.h - what __slots__ would save. */
#ifndef HF_PRESENT_SHOW_SLOTS_H
#define HF_PRESENT_SHOW_SLOTS_H

#include "analyse/slots.h"
#include "present/json.h"
#include "present/text.h"

typedef struct hf_slots_view {
    const hf_graph *graph;
    const hf_slots *slots;
    uint64_t heap_bytes, top;
} hf_slots_view;

void hf_show_slots_text(hf_text *t, const hf_slots_view *view);
void hf_show_slots_json(hf_json *j, const hf_slots_view *view);

#endif
