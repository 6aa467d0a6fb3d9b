/* present/show_top.h - a run that goes on, by function, at one moment. */
#ifndef HF_PRESENT_SHOW_TOP_H
#define HF_PRESENT_SHOW_TOP_H

#include "present/json.h"
#include "present/text.h"
#include "trace/capture.h"

typedef struct hf_top_row {
    uint32_t code;    /* of the function, in hf_top_view.capture */
    hf_count own;     /* held now, asked for by its own lines */
    hf_count total;   /* ... and by all that it calls */
    double growth;    /* of total, bytes a second */
    double allocated; /* by its own lines, bytes a second */
} hf_top_row;

typedef struct hf_top_view {
    const hf_capture *capture;
    const char *target;     /* as it was named */
    const hf_top_row *rows; /* in the order in which they are shown */
    size_t count, shown;
    hf_count held;           /* of all */
    uint64_t peak, resident; /* 0: not known */
    double bytes, blocks;    /* allocated a second */
    bool has_rates;          /* false at the first look */
    size_t processes;
    const char *sorted_by, *keys; /* keys: what they do, NULL where there are none */
} hf_top_view;

void hf_show_top_text(hf_text *t, const hf_top_view *view);
void hf_show_top_json(hf_json *j, const hf_top_view *view);

#endif
