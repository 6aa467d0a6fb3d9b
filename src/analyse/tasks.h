/* analyse/tasks.h - tasks and futures of asyncio, where each waits, and what is kept of those
 * that are done.
 *
 * Those of the C accelerator and those written in Python are told alike. A task whose coroutine
 * stands at an await is followed to the innermost (awaits.h). Tasks are grouped by the function of
 * their coroutine, and futures that are no tasks are one group. */
#ifndef HF_ANALYSE_TASKS_H
#define HF_ANALYSE_TASKS_H

#include "analyse/awaits.h"
#include "analyse/dominators.h"

typedef enum hf_task_state {
    HF_TASK_UNKNOWN, /* its state stands in no value */
    HF_TASK_PENDING,
    HF_TASK_FINISHED, /* with a result */
    HF_TASK_FAILED,   /* with an exception, which it holds */
    HF_TASK_CANCELLED,
    HF_TASK_STATES
} hf_task_state;

typedef struct hf_task {
    uint32_t object;
    uint32_t coroutine; /* of a task; else HF_NO_OBJECT */
    uint32_t code;      /* of its function, or HF_NO_OBJECT */
    uint32_t waits_for; /* what the innermost await is for, or HF_NO_OBJECT */
    hf_task_state state;
    /* its coroutine stands at an await; pending and not: it runs, or has not begun */
    bool suspended;
    bool inside;      /* another one that is done keeps it alive */
    size_t callbacks; /* that wait for its end */
    size_t depth;     /* coroutines from its own to the innermost */
    uint64_t place;   /* equal for tasks of a function that stand alike */
    uint64_t retained;
} hf_task;

typedef struct hf_task_group {
    uint32_t code; /* HF_NO_OBJECT: futures that are no tasks, or a coroutine of no known code */
    bool futures;
    const hf_task *tasks; /* of hf_tasks.rows; those that stand alike behind each other */
    size_t count;
    size_t states[HF_TASK_STATES];
    uint64_t retained;
    uint64_t saved;   /* bytes that those keep that are done */
    size_t common;    /* tasks at the place where most pending ones stand; 0: none is pending */
    uint32_t example; /* row in `tasks` of the largest of these, else of the largest */
} hf_task_group;

/* Generators and coroutines that have begun, and that no task runs or waits for. */
typedef struct hf_suspended {
    uint32_t code, example;
    size_t count;
    uint64_t retained;
} hf_suspended;

typedef struct hf_tasks {
    uint8_t *roles; /* for hf_awaits_follow() */
    hf_task *rows;
    size_t count;
    hf_task_group *groups; /* most retained first */
    size_t group_count;
    hf_suspended *suspended; /* most retained first */
    size_t suspended_count;
    size_t states[HF_TASK_STATES]; /* of all, futures that are no tasks left out */
    size_t futures;                /* that are no tasks */
    size_t done;                   /* tasks and futures that are done and still there */
    uint64_t saved;                /* bytes that these keep */
} hf_tasks;

/* Of a task or a future, of the C accelerator or written in Python. */
hf_task_state hf_task_state_of(hf_graph *g, uint32_t object);

hf_err *hf_tasks_find(hf_graph *g, const hf_dominators *d, hf_tasks *ret);
void hf_tasks_deinit(hf_tasks *t);

#endif
