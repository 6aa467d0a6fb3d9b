/* present/show_duplicates.h - equal immutable objects that are kept more than once. */
#ifndef HF_PRESENT_SHOW_DUPLICATES_H
#define HF_PRESENT_SHOW_DUPLICATES_H

#include "analyse/duplicates.h"
#include "present/json.h"
#include "present/text.h"

typedef struct hf_duplicates_view {
    hf_graph *graph;
    const hf_duplicates *duplicates;
    char *const *paths; /* to the example of each row that is shown; "" where none is known */
    uint64_t heap_bytes, top;
} hf_duplicates_view;

void hf_show_duplicates_text(hf_text *t, const hf_duplicates_view *view);
void hf_show_duplicates_json(hf_json *j, const hf_duplicates_view *view);

#endif
