/* python/lines.h - rows of the lines of functions, and the probes that fill them; see
 * lines.c and probes.c. */
#ifndef HF_PYTHON_LINES_H
#define HF_PYTHON_LINES_H

#include "inside.h"

typedef struct row {
    uint64_t count;
    int64_t increment; /* bytes */
    int64_t most;      /* most bytes at the end of the line; -1: never executed */
    /* It is executed often, and while so many bytes are resident nothing of it changes but its
     * count; -1: that is not known. See is_passed() of lines.c. */
    int64_t settled;
} row;

/* Functions have rows; codes within them (comprehensions, lambdas) share those. */
typedef struct table {
    int first, count;
    row *rows;
    int traced; /* memory is what the tracer says, not what is resident */
    int used;   /* the function is profiled now */
    int children;
} table;

/* Of one code. */
typedef struct body {
    table *table;
    PyObject *table_capsule;
    PyObject *code, *plain; /* with probes, and without; of a code that is known */
    uint64_t calls;         /* and resumptions */
    uint64_t idle_calls;    /* ... while the function was not profiled */
} body;

/* What a probe tells of: a line; the same after an exception; only that; and of a call, that it has
 * begun, goes on, and is left or waits. */
typedef enum kind { LINE, HANDLER, SETTLE, CALLED, RESUMED, LEFT, KINDS } kind;

typedef struct probe {
    PyObject_HEAD const body *line_of; /* `body`, if the kind is LINE */
    row *row;                          /* NULL: of no line */
    body *body;
    kind kind;
    PyObject *body_capsule;
} probe;

/* The type of probes; NULL with an exception of Python. */
PyObject *hf_probe_type(void);

/* The code has probes of this body, and is otherwise as the plain one; both are kept for ever.
 * False without memory. */
int hf_choose(PyObject *code, PyObject *plain, body *b);

/* How many calls of chosen functions this thread is in; and: those above so many have ended. */
int hf_call_depth(void);
void hf_leave_calls(int depth);

#endif
