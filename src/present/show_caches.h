/* present/show_caches.h - what caches keep, and what bounds them. */
#ifndef HF_PRESENT_SHOW_CACHES_H
#define HF_PRESENT_SHOW_CACHES_H

#include "analyse/caches.h"
#include "present/json.h"
#include "present/text.h"

typedef struct hf_caches_view {
    hf_graph *graph;
    const hf_caches *caches;
    char *const *paths; /* of the first `top` rows */
    uint64_t heap_bytes, top;
} hf_caches_view;

void hf_show_caches_text(hf_text *t, const hf_caches_view *view);
void hf_show_caches_json(hf_json *j, const hf_caches_view *view);

#endif
