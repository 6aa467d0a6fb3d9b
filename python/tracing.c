/* python/tracing.c - the agent in this process: found where `holdfast run` has put it, or loaded.
 *
 * A loaded agent takes the place of Python's allocators only: calls of malloc() are bound already.
 * It stays until the process ends, and costs little while it pauses. */
#include "inside.h"

#include "agent/calls.h"

#include <dlfcn.h>

static const hf_agent_calls *agent;
static hf_state_header *const no_header;
hf_state_header *const *hf_traced_header = &no_header;
static int is_loaded; /* by us */

static void use(const hf_agent_calls *found)
{
    agent = found;
    hf_traced_header = found->header;
}

static const hf_agent_calls *find(void)
{
    if (!agent) {
        const hf_agent_calls *found = dlsym(RTLD_DEFAULT, "holdfast_agent");
        if (found && found->version == HF_STATE_VERSION)
            use(found);
    }
    return agent;
}

static hf_state_header *header(void)
{
    return *hf_traced_header;
}

/* The constructor of the agent puts its hooks in place: the GIL is held meanwhile. */
static PyObject *load(PyObject *self, PyObject *arguments)
{
    (void)self;
    const char *path;
    if (!PyArg_ParseTuple(arguments, "s", &path))
        return NULL;
    if (!find()) {
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        const hf_agent_calls *found = library ? dlsym(library, "holdfast_agent") : NULL;
        if (!found || found->version != HF_STATE_VERSION) {
            const char *why = library ? "it is of another version" : dlerror();
            PyErr_Format(PyExc_OSError, "cannot load %s: %s", path, why);
            return NULL;
        }
        use(found);
        is_loaded = 1;
    }
    return PyBool_FromLong(header() != NULL);
}

/* None: no tracer is here; else whether it was loaded by us. */
static PyObject *tracer(PyObject *self, PyObject *nothing)
{
    (void)self;
    (void)nothing;
    if (!find() || !header())
        Py_RETURN_NONE;
    return PyBool_FromLong(is_loaded);
}

static PyObject *traced(PyObject *self, PyObject *nothing)
{
    (void)self;
    (void)nothing;
    const hf_state_header *h = header();
    if (!h)
        Py_RETURN_NONE;
    unsigned long long live = (unsigned long long)hf_traced_now(h), peak = h->peak;
    return Py_BuildValue("KKIK", live, live > peak ? live : peak, h->epoch,
                         (unsigned long long)h->start);
}

static PyObject *block(PyObject *self, PyObject *arguments)
{
    (void)self;
    unsigned int parent;
    if (!PyArg_ParseTuple(arguments, "I", &parent))
        return NULL;
    return PyLong_FromUnsignedLong(header() ? agent->block(parent ? parent : HF_STATE_ROOT) : 0);
}

static PyObject *enter(PyObject *self, PyObject *arguments)
{
    (void)self;
    unsigned int node;
    if (!PyArg_ParseTuple(arguments, "I", &node))
        return NULL;
    if (header())
        agent->enter(node ? node : HF_STATE_ROOT);
    Py_RETURN_NONE;
}

static PyObject *pause_tracing(PyObject *self, PyObject *arguments)
{
    (void)self;
    int pauses;
    if (!PyArg_ParseTuple(arguments, "p", &pauses))
        return NULL;
    if (agent)
        agent->pause(pauses);
    Py_RETURN_NONE;
}

static PyObject *reset_peak(PyObject *self, PyObject *nothing)
{
    (void)self;
    (void)nothing;
    if (agent)
        agent->reset_peak();
    Py_RETURN_NONE;
}

PyMethodDef hf_tracing_methods[] = {
    {"load", load, METH_VARARGS,
     "load(path): loads the agent, unless there is one; whether it records"},
    {"tracer", tracer, METH_NOARGS, "None without an agent, else whether load() has loaded it"},
    {"traced", traced, METH_NOARGS,
     "(live bytes, peak, number of the peak, start of the recording) or None"},
    {"block", block, METH_VARARGS, "block(parent): a new block below another, or 0"},
    {"enter", enter, METH_VARARGS, "enter(block): stacks begin there; 0: at the root"},
    {"pause", pause_tracing, METH_VARARGS, "pause(bool): note no new blocks meanwhile"},
    {"reset_peak", reset_peak, METH_NOARGS, "the peak begins anew"},
    {NULL, NULL, 0, NULL},
};
