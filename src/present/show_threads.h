/* present/show_threads.h - threads that run Python, and what outlives them. */
#ifndef HF_PRESENT_SHOW_THREADS_H
#define HF_PRESENT_SHOW_THREADS_H

#include "analyse/threads.h"
#include "present/json.h"
#include "present/text.h"

typedef struct hf_threads_view {
    hf_graph *graph;
    const hf_threads *threads;
    char *const *paths; /* of the objects of all rows that are shown; "" of rows without one */
    char *const *executor_paths; /* of the first `top` executors */
    uint64_t heap_bytes, top;
} hf_threads_view;

/* How many rows are shown: `top` of those that run, and as many of the others behind them. The rows
 * that are not shown have no path: *ret_others is where the others start. */
size_t hf_threads_shown(const hf_threads *t, uint64_t top, size_t *ret_others);

void hf_show_threads_text(hf_text *t, const hf_threads_view *view);
void hf_show_threads_json(hf_json *j, const hf_threads_view *view);

#endif
