/* python/lines.c - memory, its change, and the number of executions of each line of chosen functions.
 *
 * CPython tells of lines: from 3.12 on of those of the chosen code objects only (sys.monitoring), so that all
 * other code runs as fast as ever; before that of all that a thread runs while it is asked to (PyEval_SetTrace). What
 * has changed from one event of a call to the next belongs to the line that it was at.
 *
 * A line that has been executed `limit` times is not told of any more from 3.12 on: counting the rest would cost more
 * than it tells. What changes at such lines belongs to the last one that was told. */
#include "inside.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALLS_MAX = 1000, CODES_LEAST = 64, EXACT = 1000, STEP_NANOSECONDS = 20000 };

typedef struct row {
    uint64_t count;
    int64_t increment; /* bytes */
    int64_t most;      /* most bytes at the end of the line; -1: never executed */
} row;

/* Functions have rows; codes within them (comprehensions, lambdas) share those. */
typedef struct table {
    int first, count;
    row *rows;
    uint64_t limit;
    int traced; /* memory is what the tracer says, not what is resident */
    int children;
} table;

typedef struct chosen {
    PyObject *code;
    table *table;
} chosen;

typedef struct call {
    PyObject *code; /* borrowed: who is chosen stays */
    table *table;
    row *row;       /* the line that it is at; NULL: none yet */
    int64_t memory; /* when that began */
} call;

static chosen *codes; /* a hash table; kept half empty */
static size_t code_room, code_count;
static PyObject *disable;    /* sys.monitoring.DISABLE */
static __thread call *calls; /* of this thread; freed never: threads that profile are few */
static __thread int depth;

static size_t place_of(const chosen *all, size_t room, const PyObject *code)
{
    size_t at = ((uintptr_t)code >> 4) * 0x9e3779b97f4a7c15 >> 20 & (room - 1);
    while (all[at].code && all[at].code != code)
        at = (at + 1) & (room - 1);
    return at;
}

static table *table_of(const PyObject *code)
{
    return code_room ? codes[place_of(codes, code_room, code)].table : NULL;
}

static int choose(PyObject *code, table *t)
{
    if (2 * (code_count + 1) > code_room) {
        size_t room = code_room ? 2 * code_room : CODES_LEAST;
        chosen *grown = calloc(room, sizeof(*grown));
        if (!grown)
            return 0;
        for (size_t i = 0; i < code_room; i++)
            if (codes[i].code)
                grown[place_of(grown, room, codes[i].code)] = codes[i];
        free(codes);
        codes = grown;
        code_room = room;
    }
    chosen *place = &codes[place_of(codes, code_room, code)];
    if (!place->code) {
        Py_INCREF(code);
        code_count++;
        place->code = code;
    }
    place->table = t;
    return 1;
}

static int64_t resident_now(const table *t, int at_once)
{
    static __thread int64_t last, when;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t time = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    if (at_once || time - when > STEP_NANOSECONDS) {
        last = (int64_t)hf_resident_of(0, t->children);
        when = time;
    }
    return last;
}

/* To ask the kernel takes a microsecond: at lines that are executed again and again it is done only each 20 of them, and what
 * has changed since belongs to the line at which it is. */
static int64_t memory_now(const table *t, const row *r)
{
    int64_t traced = t->traced ? hf_traced_now() : -1;
    return traced >= 0 ? traced : resident_now(t, !r || r->count < EXACT);
}

static row *row_of(table *t, int line)
{
    int number = line - t->first;
    return number >= 0 && number < t->count ? &t->rows[number] : NULL;
}

/* The line that a call was at is over. */
static void finish(call *c, int64_t memory)
{
    if (!c->row)
        return;
    c->row->increment += memory - c->memory;
    if (memory > c->row->most)
        c->row->most = memory;
}

/* The line of `def` stands for the call: what there was before it. */
static void on_begin(table *t, int64_t memory)
{
    row *r = &t->rows[0];
    if (!r->count++)
        r->increment = memory;
    if (memory > r->most)
        r->most = memory;
}

static call *push(PyObject *code, table *t, int64_t memory)
{
    if (!calls && !(calls = calloc(CALLS_MAX, sizeof(*calls))))
        return NULL;
    if (depth == CALLS_MAX)
        return NULL;
    calls[depth] = (call){.code = code, .table = t, .memory = memory};
    return &calls[depth++];
}

static call *newest(const PyObject *code)
{
    return depth && calls[depth - 1].code == code ? &calls[depth - 1] : NULL;
}

static void on_start(PyObject *code, table *t, int is_first)
{
    int64_t memory = memory_now(t, NULL);
    if (is_first)
        on_begin(t, memory);
    push(code, t, memory);
}

/* False: this line is not to be told of any more. */
static int on_line(PyObject *code, table *t, int line)
{
    row *r = row_of(t, line);
    int64_t memory = memory_now(t, r);
    call *c = newest(code);
    if (!c) /* resumed, or deeper than we follow */
        c = push(code, t, memory);
    if (c) {
        finish(c, memory);
        c->row = r;
        c->memory = memory;
    }
    return !r || ++r->count < t->limit;
}

static void on_end(const PyObject *code, const table *t)
{
    call *c = newest(code);
    if (!c)
        return;
    finish(c, memory_now(t, NULL));
    depth--;
}

/* Callbacks of sys.monitoring: (code, line or offset, ...). */
static PyObject *started(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    (void)self;
    table *t = count ? table_of(arguments[0]) : NULL;
    if (t)
        on_start(arguments[0], t, 1);
    Py_RETURN_NONE;
}

static PyObject *resumed(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    (void)self;
    table *t = count ? table_of(arguments[0]) : NULL;
    if (t)
        on_start(arguments[0], t, 0);
    Py_RETURN_NONE;
}

static PyObject *line(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    (void)self;
    table *t = count == 2 ? table_of(arguments[0]) : NULL;
    if (t && on_line(arguments[0], t, (int)PyLong_AsLong(arguments[1])))
        Py_RETURN_NONE;
    Py_INCREF(disable);
    return disable;
}

static PyObject *ended(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    (void)self;
    table *t = count ? table_of(arguments[0]) : NULL;
    if (t)
        on_end(arguments[0], t);
    Py_RETURN_NONE;
}

/* Before 3.12. The function is in no stable interface, but has been the same since 2.x. */
typedef int trace_function(PyObject *self, PyObject *frame, int what, PyObject *argument);
static void (*set_trace)(trace_function *, PyObject *);
static PyObject *(*get_code)(PyObject *frame);
static int (*get_line)(PyObject *frame);
enum { CALL = 0, LINE = 2, RETURN = 3 };

static int on_event(PyObject *self, PyObject *frame, int what, PyObject *argument)
{
    (void)self;
    (void)argument;
    if (what != CALL && what != LINE && what != RETURN)
        return 0;
    PyObject *code = get_code(frame);
    table *t = table_of(code);
    if (t && what == CALL)
        on_start(code, t, get_line(frame) == t->first);
    else if (t && what == LINE)
        on_line(code, t, get_line(frame));
    else if (t)
        on_end(code, t);
    else if (what == CALL && PyObject_SetAttrString(frame, "f_trace_lines", Py_False))
        PyErr_Clear();
    Py_DECREF(code);
    return 0;
}

/* trace(bool): this thread is told of lines, or no longer. */
static PyObject *trace(PyObject *self, PyObject *arguments)
{
    (void)self;
    int on;
    if (!PyArg_ParseTuple(arguments, "p", &on))
        return NULL;
    if (!set_trace) {
        *(void **)&get_code = dlsym(RTLD_DEFAULT, "PyFrame_GetCode");
        *(void **)&get_line = dlsym(RTLD_DEFAULT, "PyFrame_GetLineNumber");
        *(void **)&set_trace = dlsym(RTLD_DEFAULT, "PyEval_SetTrace");
    }
    if (!set_trace || !get_code || !get_line) {
        PyErr_SetString(PyExc_RuntimeError, "this Python does not tell of lines");
        return NULL;
    }
    set_trace(on ? on_event : NULL, NULL);
    Py_RETURN_NONE;
}

/* add(codes, first line, number of lines, limit, traced, children): the first code is the function. */
static PyObject *add(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *list;
    table t = {0};
    unsigned long long limit;
    if (!PyArg_ParseTuple(arguments, "O!iiKpp", &PyList_Type, &list, &t.first, &t.count, &limit,
                          &t.traced, &t.children))
        return NULL;
    if (t.count < 1 || t.count > 1 << 24) {
        PyErr_SetString(PyExc_ValueError, "a function has lines");
        return NULL;
    }
    t.limit = limit ? limit : UINT64_MAX;
    t.rows = calloc((size_t)t.count, sizeof(*t.rows));
    table *kept = malloc(sizeof(*kept));
    if (!t.rows || !kept) {
        free(t.rows);
        free(kept);
        return PyErr_NoMemory();
    }
    for (int i = 0; i < t.count; i++)
        t.rows[i].most = -1;
    *kept = t;
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++)
        if (!choose(PyList_GetItem(list, i), kept)) /* kept for ever, as the codes are */
            return PyErr_NoMemory();
    Py_RETURN_NONE;
}

/* rows(code): [(line, increment, most, count), ...] of lines that were executed. */
static PyObject *rows(PyObject *self, PyObject *code)
{
    (void)self;
    table *t = table_of(code);
    PyObject *list = PyList_New(0);
    for (int i = 0; list && t && i < t->count; i++) {
        const row *r = &t->rows[i];
        if (!r->count)
            continue;
        PyObject *tuple = Py_BuildValue("iLLK", t->first + i, (long long)r->increment,
                                        (long long)r->most, (unsigned long long)r->count);
        if (!tuple || PyList_Append(list, tuple))
            Py_CLEAR(list);
        Py_XDECREF(tuple);
    }
    return list;
}

/* reset(code): as if none had been executed. */
static PyObject *reset(PyObject *self, PyObject *code)
{
    (void)self;
    const table *t = table_of(code);
    for (int i = 0; t && i < t->count; i++)
        t->rows[i] = (row){.most = -1};
    Py_RETURN_NONE;
}

/* depth(): how many calls of chosen functions this thread is in; leave(depth): those above have ended, be it by an
 * exception. */
static PyObject *get_depth(PyObject *self, PyObject *nothing)
{
    (void)self;
    (void)nothing;
    return PyLong_FromLong(depth);
}

static PyObject *leave(PyObject *self, PyObject *arguments)
{
    (void)self;
    int wanted;
    if (!PyArg_ParseTuple(arguments, "i", &wanted))
        return NULL;
    while (depth > wanted && wanted >= 0) {
        call *c = &calls[depth - 1];
        finish(c, memory_now(c->table, NULL));
        depth--;
    }
    Py_RETURN_NONE;
}

static PyObject *set_disable(PyObject *self, PyObject *value)
{
    (void)self;
    Py_INCREF(value);
    Py_XDECREF(disable);
    disable = value;
    Py_RETURN_NONE;
}

/* In the limited interface from 3.10 on; of use to us from 3.12 on. */
#ifndef METH_FASTCALL
#define METH_FASTCALL 0x0080
#endif
#define FAST(function) ((PyCFunction)(void (*)(void))(function))
PyMethodDef hf_lines_methods[] = {
    {"lines_add", add, METH_VARARGS, NULL},
    {"lines_rows", rows, METH_O, NULL},
    {"lines_reset", reset, METH_O, NULL},
    {"lines_depth", get_depth, METH_NOARGS, NULL},
    {"lines_leave", leave, METH_VARARGS, NULL},
    {"lines_trace", trace, METH_VARARGS, NULL},
    {"lines_disable", set_disable, METH_O, NULL},
    {"lines_started", FAST(started), METH_FASTCALL, NULL},
    {"lines_resumed", FAST(resumed), METH_FASTCALL, NULL},
    {"lines_line", FAST(line), METH_FASTCALL, NULL},
    {"lines_ended", FAST(ended), METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};
