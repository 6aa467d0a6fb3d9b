/* python/probes.c - what the package does with the rows and probes of lines.c: it makes them,
 * and reads them. */
#include "lines.h"

#include <stdlib.h>

static const row unexecuted = {.most = -1, .settled = -1};

/* Its bodies have it. */
static void end_table(PyObject *capsule)
{
    table *t = PyCapsule_GetPointer(capsule, "table");
    free(t->rows);
    free(t);
}

/* add(first line, number of lines): the rows of a function. */
static PyObject *add(PyObject *self, PyObject *arguments)
{
    (void)self;
    table t = {0};
    if (!PyArg_ParseTuple(arguments, "ii", &t.first, &t.count))
        return NULL;
    if (t.count < 1 || t.count > 1 << 24) {
        PyErr_SetString(PyExc_ValueError, "a function has lines");
        return NULL;
    }
    t.rows = calloc((size_t)t.count, sizeof(*t.rows));
    table *kept = malloc(sizeof(*kept));
    if (!t.rows || !kept) {
        free(t.rows);
        free(kept);
        return PyErr_NoMemory();
    }
    for (int i = 0; i < t.count; i++)
        t.rows[i] = unexecuted;
    *kept = t;
    PyObject *capsule = PyCapsule_New(kept, "table", end_table);
    if (!capsule) {
        free(t.rows);
        free(kept);
    }
    return capsule;
}

/* Its probes have it, and codes that have those. */
static void end_body(PyObject *capsule)
{
    body *b = PyCapsule_GetPointer(capsule, "body");
    Py_DECREF(b->table_capsule);
    free(b);
}

/* body(table): of a code of the function. */
static PyObject *make_body(PyObject *self, PyObject *capsule)
{
    (void)self;
    table *t = PyCapsule_GetPointer(capsule, "table");
    body *b = t ? calloc(1, sizeof(*b)) : NULL;
    if (!b)
        return t ? PyErr_NoMemory() : NULL;
    b->table = t;
    b->table_capsule = capsule;
    PyObject *made = PyCapsule_New(b, "body", end_body);
    if (made)
        Py_INCREF(capsule);
    else
        free(b);
    return made;
}

static body none; /* that no call is of */

/* probe(body, kind, line or 0) */
static PyObject *make_probe(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *type = hf_probe_type();
    int number, line;
    if (!type || !PyArg_ParseTuple(arguments, "Oii", &capsule, &number, &line))
        return NULL;
    body *b = PyCapsule_GetPointer(capsule, "body");
    if (!b)
        return NULL;
    int at = line - b->table->first, has_row = number == LINE || number == HANDLER;
    if (number < 0 || number >= KINDS || (has_row && (at < 0 || at >= b->table->count))) {
        PyErr_SetString(PyExc_ValueError, "there is no such probe");
        return NULL;
    }
    probe *p = PyObject_New(probe, (PyTypeObject *)type);
    if (!p)
        return NULL;
    Py_INCREF(capsule);
    p->body_capsule = capsule;
    p->kind = (kind)number;
    p->line_of = number == LINE ? b : &none;
    p->body = b;
    p->row = has_row ? &b->table->rows[at] : NULL;
    return (PyObject *)p;
}

/* know(body, code, plain): this code has the probes of that body, and is otherwise the
 * plain one. */
static PyObject *know(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule, *code, *plain;
    if (!PyArg_ParseTuple(arguments, "OOO", &capsule, &code, &plain))
        return NULL;
    body *b = PyCapsule_GetPointer(capsule, "body");
    if (!b)
        return NULL;
    if (!hf_choose(code, plain, b))
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

/* rows(table): [(line, increment, most, count), ...] of lines that were executed. */
static PyObject *rows(PyObject *self, PyObject *capsule)
{
    (void)self;
    const table *t = PyCapsule_GetPointer(capsule, "table");
    PyObject *list = t ? PyList_New(0) : NULL;
    for (int i = 0; list && i < t->count; i++) {
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

/* reset(table, traced, children): as if no line had been executed; memory is from now on that of
 * the tracer, or what is resident, with that of children. */
static PyObject *reset(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule;
    int traced, children;
    if (!PyArg_ParseTuple(arguments, "Opp", &capsule, &traced, &children))
        return NULL;
    table *t = PyCapsule_GetPointer(capsule, "table");
    if (!t)
        return NULL;
    t->traced = traced;
    t->children = children;
    for (int i = 0; i < t->count; i++)
        t->rows[i] = unexecuted;
    Py_RETURN_NONE;
}

/* use(table, whether the function is profiled now) */
static PyObject *use(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *capsule;
    int used;
    if (!PyArg_ParseTuple(arguments, "Op", &capsule, &used))
        return NULL;
    table *t = PyCapsule_GetPointer(capsule, "table");
    if (!t)
        return NULL;
    t->used = used;
    Py_RETURN_NONE;
}

/* depth(): how many calls of chosen functions this thread is in; leave(depth): those above have
 * ended, be it by an exception. */
static PyObject *depth(PyObject *self, PyObject *nothing)
{
    (void)self;
    (void)nothing;
    return PyLong_FromLong(hf_call_depth());
}

static PyObject *leave(PyObject *self, PyObject *arguments)
{
    (void)self;
    int wanted;
    if (!PyArg_ParseTuple(arguments, "i", &wanted))
        return NULL;
    hf_leave_calls(wanted < 0 ? 0 : wanted);
    Py_RETURN_NONE;
}

PyMethodDef hf_lines_methods[] = {
    {"lines_add", add, METH_VARARGS, NULL},
    {"lines_body", make_body, METH_O, NULL},
    {"lines_probe", make_probe, METH_VARARGS, NULL},
    {"lines_know", know, METH_VARARGS, NULL},
    {"lines_rows", rows, METH_O, NULL},
    {"lines_reset", reset, METH_VARARGS, NULL},
    {"lines_use", use, METH_VARARGS, NULL},
    {"lines_depth", depth, METH_NOARGS, NULL},
    {"lines_leave", leave, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
