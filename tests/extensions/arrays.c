/* arrays.c - objects that lead to arrays of addresses of objects in memory of malloc.
 *
 * Array(list, counted): copies the addresses of a list's items, and counts references to them, as
 * an extension does that owns them, or does not, as in a buffer with what was in that memory
 * before. share(array): another that leads to the same memory. Decoy(list, counted): as Array, of a
 * type that is called as one of the interpreter's own. handle(object, counted): a capsule that
 * leads to a structure with the address of an object. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>

typedef struct {
    PyObject_HEAD PyObject **items;
} Array;

static PyObject *array_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    PyObject *list;
    int counted;
    (void)keywords;
    if (!PyArg_ParseTuple(args, "O!p", &PyList_Type, &list, &counted))
        return NULL;
    Array *array = (Array *)type->tp_alloc(type, 0);
    Py_ssize_t count = PyList_GET_SIZE(list);
    if (!array || !(array->items = calloc((size_t)count + 1, sizeof(PyObject *))))
        return NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        array->items[i] = PyList_GET_ITEM(list, i);
        if (counted)
            Py_INCREF(array->items[i]);
    }
    return (PyObject *)array;
}

static PyTypeObject ArrayType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "arrays.Array",
    .tp_basicsize = sizeof(Array),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = array_new,
};

static PyTypeObject DecoyType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "PyCapsule",
    .tp_basicsize = sizeof(Array),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = array_new,
};

static PyObject *share(PyObject *module, PyObject *array)
{
    Array *other = (Array *)ArrayType.tp_alloc(&ArrayType, 0);
    (void)module;
    if (other)
        other->items = ((Array *)array)->items;
    return (PyObject *)other;
}

typedef struct {
    long state;
    PyObject *object;
    char name[24];
} Structure;

static PyObject *handle(PyObject *module, PyObject *args)
{
    PyObject *object;
    int counted;
    (void)module;
    if (!PyArg_ParseTuple(args, "Op", &object, &counted))
        return NULL;
    Structure *structure = calloc(1, sizeof(*structure));
    if (!structure)
        return PyErr_NoMemory();
    structure->state = 1;
    structure->object = object;
    if (counted)
        Py_INCREF(object);
    return PyCapsule_New(structure, NULL, NULL);
}

static PyMethodDef methods[] = {
    {"share", share, METH_O, NULL}, {"handle", handle, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "arrays", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_arrays(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (!module || PyType_Ready(&ArrayType) < 0 || PyType_Ready(&DecoyType) < 0)
        return NULL;
    Py_INCREF(&ArrayType);
    Py_INCREF(&DecoyType);
    PyModule_AddObject(module, "Decoy", (PyObject *)&DecoyType);
    PyModule_AddObject(module, "Array", (PyObject *)&ArrayType);
    return module;
}
