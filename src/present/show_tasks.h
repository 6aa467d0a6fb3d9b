/* present/show_tasks.h - tasks of asyncio, where they wait, and what is kept of those
 * that are done. */
#ifndef HF_PRESENT_SHOW_TASKS_H
#define HF_PRESENT_SHOW_TASKS_H

#include "analyse/tasks.h"
#include "present/json.h"
#include "present/text.h"

typedef struct hf_tasks_view {
    hf_graph *graph;
    const hf_tasks *tasks;
    char *const *paths; /* of the examples of the first `top` groups */
    uint64_t heap_bytes, top;
} hf_tasks_view;

void hf_show_tasks_text(hf_text *t, const hf_tasks_view *view);
void hf_show_tasks_json(hf_json *j, const hf_tasks_view *view);

#endif
