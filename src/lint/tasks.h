/* lint/tasks.h - what makes asyncio tasks and threads. */
#ifndef HF_LINT_TASKS_H
#define HF_LINT_TASKS_H

#include "lint/module.h"

/* The name of what a call makes a task with (asyncio.create_task, ensure_future, create_task of a
 * loop), or NULL. A TaskGroup holds its tasks itself and is none. */
const char *hf_task_maker(hf_module *m, uint32_t call);

/* Whether a call makes a threading.Thread or Timer. */
bool hf_makes_thread(hf_module *m, uint32_t call);

#endif
