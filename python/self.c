/* python/self.c - holdfast._self: starting a program that may look at this very process.
 *
 * A process cannot trace itself, so the program runs as a child. Where Yama restricts tracing, a
 * child may not trace its parent unless the parent names it (prctl(2), PR_SET_PTRACER), which it
 * can only once there is a pid: so the child waits, before it becomes the program, until it has
 * been named. Between fork and exec it calls nothing but read(2), dup2(2) and the like: other
 * threads of the process may hold any lock. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

/* In the child. Signals are let through again: the program wants to be ended by them. */
static void become(const char *program, char **words, int go, int output, int errors)
{
    char byte;
    sigset_t none;
    ssize_t n;
    do
        n = read(go, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n != 1) /* the parent is gone, or thought better of it */
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(output, STDOUT_FILENO) >= 0 && dup2(errors, STDERR_FILENO) >= 0)
        execv(program, words);
    _exit(127);
}

/* True where the system lets the child trace us, or does not know how to forbid it. */
static int allow(pid_t child)
{
    return prctl(PR_SET_PTRACER, (unsigned long)child, 0, 0, 0) == 0 || errno == EINVAL;
}

static pid_t start(const char *program, char **words, int output, int errors)
{
    int go[2];
    if (pipe2(go, O_CLOEXEC))
        return -1;
    pid_t child = fork();
    if (child == 0)
        become(program, words, go[0], output, errors);
    int errnum = errno;
    close(go[0]);
    if (child > 0) {
        ssize_t n = allow(child) ? write(go[1], "g", 1) : -1;
        (void)n; /* a child that is not let go ends by itself, with 127 */
    }
    close(go[1]);
    errno = errnum;
    return child;
}

static void free_words(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

/* Copies: the memory of Python's own strings may not be used once the GIL is given up. */
static char **copy_words(PyObject *list)
{
    Py_ssize_t count = PyList_Size(list);
    char **words = calloc((size_t)count + 1, sizeof(*words));
    if (!words)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; words && i < count; i++) {
        PyObject *word = PyBytes_AsString(PyList_GetItem(list, i)) ? PyList_GetItem(list, i) : NULL;
        const char *text = word ? PyBytes_AsString(word) : NULL;
        words[i] = text ? strdup(text) : NULL;
        if (!words[i]) {
            if (!PyErr_Occurred())
                PyErr_NoMemory();
            free_words(words);
            return NULL;
        }
    }
    return words;
}

static PyObject *spawn(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *list;
    int output, errors;
    if (!PyArg_ParseTuple(arguments, "O!ii", &PyList_Type, &list, &output, &errors))
        return NULL;
    if (PyList_Size(list) < 1) {
        PyErr_SetString(PyExc_ValueError, "spawn() needs a program");
        return NULL;
    }
    char **words = copy_words(list);
    if (!words)
        return NULL;
    pid_t child = start(words[0], words, output, errors);
    int errnum = errno;
    free_words(words);
    if (child < 0) {
        errno = errnum;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyLong_FromLong(child);
}

static PyObject *forbid(PyObject *self, PyObject *nothing)
{
    (void)self;
    (void)nothing;
    prctl(PR_SET_PTRACER, 0, 0, 0, 0); /* EINVAL without Yama: nothing was allowed */
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"spawn", spawn, METH_VARARGS,
     "spawn(words, stdout, stderr): starts words[0] (a list of bytes) with these descriptors, as a "
     "child that "
     "may trace this process; its pid"},
    {"forbid", forbid, METH_NOARGS, "forbid(): no child may trace this process any more"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    "holdfast._self",
    "starting a program that may look at this process",
    0,
    methods,
    NULL,
    NULL,
    NULL,
    NULL,
};

PyMODINIT_FUNC PyInit__self(void);
PyMODINIT_FUNC PyInit__self(void)
{
    PyObject *made = PyModule_Create(&module);
    PyMethodDef *const parts[] = {hf_tracing_methods, hf_lines_methods, hf_resident_methods};
    for (size_t i = 0; made && i < sizeof(parts) / sizeof(*parts); i++)
        if (PyModule_AddFunctions(made, parts[i]))
            Py_CLEAR(made);
    return made;
}
