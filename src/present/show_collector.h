/* present/show_collector.h - the collector and what is for it: gc, garbage, cycles. */
#ifndef HF_PRESENT_SHOW_COLLECTOR_H
#define HF_PRESENT_SHOW_COLLECTOR_H

#include "analyse/collecting.h"
#include "analyse/cycles.h"
#include "analyse/histogram.h"
#include "present/json.h"
#include "present/text.h"

typedef struct hf_gc_view {
    const hf_graph *graph;
    const hf_collecting *collecting;
} hf_gc_view;

void hf_show_gc_text(hf_text *t, const hf_gc_view *view);
void hf_show_gc_json(hf_json *j, const hf_gc_view *view);

typedef struct hf_garbage_view {
    hf_graph *graph;
    const hf_collecting *collecting;
    const hf_cycles *cycles;       /* of the garbage */
    const hf_histogram_row *types; /* of all that would be freed, most bytes first */
    size_t type_count;
    uint64_t top;
} hf_garbage_view;

void hf_show_garbage_text(hf_text *t, const hf_garbage_view *view);
void hf_show_garbage_json(hf_json *j, const hf_garbage_view *view);

typedef struct hf_cycles_view {
    hf_graph *graph;
    const hf_cycles *cycles; /* of what lives */
    char *const *paths;      /* to the example of each row that is shown; "" where none is known */
    uint64_t heap_bytes;
    uint64_t top;
} hf_cycles_view;

void hf_show_cycles_text(hf_text *t, const hf_cycles_view *view);
void hf_show_cycles_json(hf_json *j, const hf_cycles_view *view);

#endif
