/* cpython/execute.h - asking a live CPython to run a text of ours.
 *
 * Two ways: a pending call (ring.h, 3.9 to 3.13) and the door of 3.14 and later (debugger.h). Both
 * only write some words, while all threads of the process stand still for a moment. The text is
 * run by a thread of the main interpreter, when that comes to a safe point: between two
 * instructions of Python, holding the lock of the interpreter. */
#ifndef HF_CPYTHON_EXECUTE_H
#define HF_CPYTHON_EXECUTE_H

#include "acquire/target.h"
#include "base/cleanup.h"

typedef struct hf_execution hf_execution;

typedef struct hf_execution_info {
    char version[24]; /* "3.12.1" */
    bool by_script;   /* it is asked by the path of a script, which must be there: 3.14 */
    unsigned threads; /* how many there are to be stopped */
    bool main_only;   /* nobody but the main thread serves it */
    uint64_t pause;   /* nanoseconds that its threads stood still, in all */
    unsigned stops;   /* how often they did */
} hf_execution_info;

/* What was found in a process: numbers only, so that they may be found in a sandbox. */
typedef struct hf_execution_plan {
    uint64_t runtime, interpreter;
    uint64_t function;                                     /* PyRun_SimpleString */
    uint64_t breaker, enabled, asked, script, script_size; /* as in debugger.h */
    uint32_t version;                                      /* PY_VERSION_HEX */
    uint32_t layout, pending;                              /* numbers of rows */
} hf_execution_plan;

/* Finds and proves what is needed, by reading; it parses what the process says. HF_ERR_REFUSED says
 * why this process cannot be asked. */
hf_err *hf_execution_find(hf_target *live, hf_execution_plan *ret);

/* Whether a plan that a sandbox has made can be one. */
bool hf_execution_plan_is_sound(const hf_execution_plan *plan);

/* `live` must outlive *ret. */
hf_err *hf_execution_open(hf_target *live, const hf_execution_plan *plan, hf_execution **ret);
void hf_execution_free(hf_execution *x);
HF_RELEASE_BY(hf_execution, hf_execution_free)
const hf_execution_info *hf_execution_describe(const hf_execution *x);

/* Asks it to run the text, or where it is asked by a script, the file at `path` (as it sees it).
 * Both must live as long as the request. Once at a time. */
hf_err *hf_execution_ask(hf_execution *x, const char *text, const char *path);

/* It is not served: where a thread may be asked that runs more, that one is. */
hf_err *hf_execution_ask_other(hf_execution *x);

/* Takes the request back. *ret_waited: it was still there, and now is not. */
hf_err *hf_execution_take_back(hf_execution *x, bool *ret_waited);

/* To be called once the request has been served. */
void hf_execution_tidy(hf_execution *x);

/* Whether the process still runs that interpreter: it has not ended, nor become another program. */
bool hf_execution_is_there(const hf_execution *x);

/* "its main thread waits in select(2)": why nothing is served. */
void hf_execution_say_why(const hf_execution *x, char *ret, size_t size);

#endif
