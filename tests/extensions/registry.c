/* A C extension that keeps what it is given in structures of its own, and one function that
 * forgets what it took.
 *
 *     registry.listen(object)         into a list whose nodes malloc gives; never taken back
 *     registry.note(object)           the same, nodes from Python's allocator
 *     registry.file(number, object)   into a table of structures that becomes larger
 *     registry.pin(object)            into a static array; returns what was there before
 *     registry.lose(list)             takes a reference to each, in an array that is freed
 * */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdlib.h>

typedef struct node {
    struct node *next;
    PyObject *object;
    long priority;
} node;

typedef struct entry {
    long number, uses, state;
    PyObject *object;
} entry;

static node *listeners[4], *notes;
static entry *entries;
static size_t entry_count;
static PyObject *pins[1 << 16];

static PyObject *push(node **head, node *new, PyObject *object)
{
    if (!new)
        return PyErr_NoMemory();
    *new = (node){*head, object, 7};
    Py_INCREF(object);
    *head = new;
    Py_RETURN_NONE;
}

static PyObject *listen(PyObject *self, PyObject *object)
{
    static unsigned turn;
    (void)self;
    return push(&listeners[turn++ % 4], malloc(sizeof(node)), object);
}

static PyObject *note(PyObject *self, PyObject *object)
{
    (void)self;
    return push(&notes, PyMem_Malloc(sizeof(node)), object);
}

static PyObject *file(PyObject *self, PyObject *args)
{
    long number;
    PyObject *object;
    (void)self;
    if (!PyArg_ParseTuple(args, "lO", &number, &object))
        return NULL;
    if (entry_count % 64 == 0) {
        entry *more = realloc(entries, (entry_count + 64) * sizeof(*more));
        if (!more)
            return PyErr_NoMemory();
        entries = more;
    }
    Py_INCREF(object);
    entries[entry_count++] = (entry){number, 1, 2, object};
    Py_RETURN_NONE;
}

static PyObject *pin(PyObject *self, PyObject *object)
{
    static uint16_t next;
    PyObject *before = pins[next];
    (void)self;
    Py_INCREF(object);
    pins[next++] = object;
    return before ? before : (Py_INCREF(Py_None), Py_None);
}

static PyObject *lose(PyObject *self, PyObject *list)
{
    Py_ssize_t count = PyList_Size(list);
    (void)self;
    if (count < 0)
        return NULL;
    PyObject **batch = malloc((size_t)count * sizeof(*batch));
    if (!batch)
        return PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < count; i++) {
        batch[i] = PyList_GetItem(list, i);
        Py_INCREF(batch[i]);
    }
    free(batch);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"listen", listen, METH_O, ""}, {"note", note, METH_O, ""}, {"file", file, METH_VARARGS, ""},
    {"pin", pin, METH_O, ""},       {"lose", lose, METH_O, ""}, {0},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "registry", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_registry(void)
{
    return PyModule_Create(&definition);
}
