/* present/show_refcounts.h - references that nothing of the heap accounts for. */
#ifndef HF_PRESENT_SHOW_REFCOUNTS_H
#define HF_PRESENT_SHOW_REFCOUNTS_H

#include "analyse/refcounts.h"
#include "present/json.h"
#include "present/text.h"

typedef struct hf_refcounts_view {
    hf_graph *graph;
    const hf_refcounts *refcounts;
    char *const *paths; /* of the examples of the first `top` rows; "": nothing else keeps it */
    bool all;
    uint64_t heap_bytes, top;
} hf_refcounts_view;

void hf_show_refcounts_text(hf_text *t, const hf_refcounts_view *view);
void hf_show_refcounts_json(hf_json *j, const hf_refcounts_view *view);

/* One reference to an object. */
typedef struct hf_holder {
    uint32_t source; /* object; HF_NO_OBJECT: a root */
    uint64_t edge;   /* of an object */
    uint32_t root;
    char *path; /* of the source */
} hf_holder;

typedef struct hf_refcount_view {
    hf_graph *graph;
    uint32_t object;
    const hf_refcount_balance *balance;
    const hf_holder *holders;
    size_t count;
    uint64_t all; /* references there are, of which `count` are shown */
} hf_refcount_view;

void hf_show_refcount_text(hf_text *t, const hf_refcount_view *view);
void hf_show_refcount_json(hf_json *j, const hf_refcount_view *view);

#endif
