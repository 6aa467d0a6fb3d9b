/* A C extension with types whose references lie where no scan finds them, and with types that
 * behave badly when they are asked for them. Until arm() is called all behave well: the collector
 * of the process itself must be off from then on.
 *
 *     hidden.make(kind, references)   kind: one of the names below
 *     hidden.arm(address, descriptor) what `Writer` and `Caller` write to
 *     hidden.told()                   how often the functions have run, armed
 * */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <unistd.h>

/* An address xor this is no address. */
#define MASK UINT64_C(0x5a5a5a5a5a5a5a5a)

typedef struct {
    PyObject_HEAD uint64_t secret; /* of an array of references, all of them masked, ended by 0 */
    PyObject *seen;                /* one that the scan finds too */
} Thing;

static volatile int armed;
static volatile uint64_t runs;
static volatile uint64_t *shared;
static int descriptor = -1;

static uint64_t *secrets_of(Thing *self)
{
    return self->secret ? (uint64_t *)(uintptr_t)(self->secret ^ MASK) : NULL;
}

static int tell(PyObject *object, visitproc visit, void *arg)
{
    Thing *self = (Thing *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->seen);
    for (uint64_t *at = secrets_of(self); at && *at; at++)
        Py_VISIT((PyObject *)(uintptr_t)(*at ^ MASK));
    runs += armed;
    return 0;
}

static int crash(PyObject *object, visitproc visit, void *arg)
{
    int status = tell(object, visit, arg);
    if (armed)
        *(volatile int *)8 = 1;
    return status;
}

static int never_end(PyObject *object, visitproc visit, void *arg)
{
    while (armed)
        runs++;
    return tell(object, visit, arg);
}

static int write_shared(PyObject *object, visitproc visit, void *arg)
{
    if (armed)
        *shared = 666;
    return tell(object, visit, arg);
}

static int call_kernel(PyObject *object, visitproc visit, void *arg)
{
    if (armed && write(descriptor, "written by the copy", 19) < 0)
        return -1;
    return tell(object, visit, arg);
}

static int overflow(PyObject *object, visitproc visit, void *arg)
{
    volatile char deep[4096];
    deep[0] = 1;
    if (armed && deep[0])
        return overflow(object, visit, arg) + deep[1];
    return tell(object, visit, arg);
}

static int clear(PyObject *object)
{
    Thing *self = (Thing *)object;
    uint64_t *secrets = secrets_of(self);
    self->secret = 0;
    Py_CLEAR(self->seen);
    for (uint64_t *at = secrets; at && *at; at++)
        Py_DECREF((PyObject *)(uintptr_t)(*at ^ MASK));
    PyMem_Free(secrets);
    return 0;
}

static void dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    clear(object);
    type->tp_free(object);
    Py_DECREF(type);
}

#define TYPE(name_, traverse_)                                                           \
    {                                                                                    \
        .name = "hidden." name_, .basicsize = sizeof(Thing),                             \
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,          \
        .slots = (PyType_Slot[])                                                         \
        {                                                                                \
            {Py_tp_traverse, traverse_}, {Py_tp_clear, clear}, {Py_tp_dealloc, dealloc}, \
                {Py_tp_free, PyObject_GC_Del},                                           \
            {                                                                            \
                0, NULL                                                                  \
            }                                                                            \
        }                                                                                \
    }

static PyType_Spec specs[] = {
    TYPE("Keeper", tell),         TYPE("Broken", crash),       TYPE("Endless", never_end),
    TYPE("Writer", write_shared), TYPE("Caller", call_kernel), TYPE("Deep", overflow),
};
enum { KINDS = sizeof(specs) / sizeof(*specs) };

static PyObject *types[KINDS];

static PyObject *make(PyObject *module, PyObject *args)
{
    const char *name;
    PyObject *references;
    (void)module;
    if (!PyArg_ParseTuple(args, "sO!", &name, &PyList_Type, &references))
        return NULL;
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(name, specs[i].name + 7))
            continue;
        Py_ssize_t count = PyList_GET_SIZE(references);
        uint64_t *secrets = PyMem_Calloc((size_t)count + 1, sizeof(*secrets));
        Thing *self = secrets ? PyObject_GC_New(Thing, (PyTypeObject *)types[i]) : NULL;
        if (!self) {
            PyMem_Free(secrets);
            return PyErr_NoMemory();
        }
        for (Py_ssize_t k = 1; k < count; k++) {
            PyObject *one = PyList_GET_ITEM(references, k);
            Py_INCREF(one);
            secrets[k - 1] = (uint64_t)(uintptr_t)one ^ MASK;
        }
        self->secret = (uint64_t)(uintptr_t)secrets ^ MASK;
        self->seen = count ? PyList_GET_ITEM(references, 0) : NULL;
        Py_XINCREF(self->seen);
        PyObject_GC_Track((PyObject *)self);
        return (PyObject *)self;
    }
    return PyErr_Format(PyExc_ValueError, "no kind %s", name);
}

static PyObject *arm(PyObject *module, PyObject *args)
{
    unsigned long long address;
    (void)module;
    if (!PyArg_ParseTuple(args, "Ki", &address, &descriptor))
        return NULL;
    shared = (volatile uint64_t *)(uintptr_t)address;
    armed = 1;
    Py_RETURN_NONE;
}

static PyObject *told(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return PyLong_FromUnsignedLongLong(runs);
}

static PyMethodDef methods[] = {{"make", make, METH_VARARGS, NULL},
                                {"arm", arm, METH_VARARGS, NULL},
                                {"told", told, METH_NOARGS, NULL},
                                {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "hidden", .m_size = -1,
                                        .m_methods = methods};

PyMODINIT_FUNC PyInit_hidden(void)
{
    PyObject *module = PyModule_Create(&definition);
    for (size_t i = 0; module && i < KINDS; i++) {
        types[i] = PyType_FromSpec(&specs[i]);
        if (!types[i] || PyObject_SetAttrString(module, specs[i].name + 7, types[i]) < 0)
            return NULL;
    }
    return module;
}
