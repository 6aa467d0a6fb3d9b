/* A program that is not called python and has CPython inside: embed main|thread SCRIPT ARGUMENT...
 * Runs the script in the first thread, or in one of its own. */
#include <Python.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int argument_count;
static char **arguments;

static void *run(void *unused)
{
    (void)unused;
    Py_Initialize();
    PyObject *list = PyList_New(0);
    for (int i = 2; i < argument_count; i++) {
        PyObject *text = PyUnicode_DecodeFSDefault(arguments[i]);
        PyList_Append(list, text);
        Py_DECREF(text);
    }
    PySys_SetObject("argv", list);
    Py_DECREF(list);
    int status = PyRun_SimpleString("import os, runpy, sys\n"
                                    "sys.path.insert(0, os.path.dirname(sys.argv[0]))\n"
                                    "runpy.run_path(sys.argv[0], run_name='__main__')\n");
    if (status)
        fprintf(stderr, "embed: the script failed\n");
    return NULL;
}

int main(int count, char **given)
{
    argument_count = count;
    arguments = given;
    if (count < 3)
        return 2;
    if (!strcmp(given[1], "main")) {
        run(NULL);
        return 0;
    }
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, NULL))
        return 1;
    pthread_join(thread, NULL);
    return 0;
}
