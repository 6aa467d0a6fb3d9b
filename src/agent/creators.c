/* agent/creators.c - objects are charged to the line that creates them.
 *
 * CPython keeps the memory of floats, lists, tuples, dicts and others that have died, and makes new
 * ones of it without asking an allocator: then the block was asked for by some line that is done
 * with it. From 3.13 on CPython tells of each object that it creates (PyRefTracer_SetTracer, in its
 * public headers). There is one place for who is to be told, and tracemalloc takes it, too: whoever
 * comes first stays. Before, see creators_before.h. */
#include "agent/agent.h"
#include "agent/creators_before.h"
#include "agent/layout.h"
#include "agent/symbols.h"
#include "agent/walk.h"

typedef int tracer(void *object, int event, void *data);

enum {
    CREATED = 0,
    HAS_GC = 1 << 14,                /* Py_TPFLAGS_HAVE_GC */
    HAS_PREHEADER = 1 << 3 | 1 << 4, /* Py_TPFLAGS_MANAGED_WEAKREF, Py_TPFLAGS_MANAGED_DICT */
    BEFORE = 16,                     /* bytes before the object, for each of the two */
};

static void on_object(void *object)
{
    if (HF_UNLIKELY(!hf_is_on()))
        return;
    uintptr_t block = (uintptr_t)object;
    uintptr_t type = hf_word(block + (uintptr_t)hf_layout->object_type);
    uint64_t flags = hf_word(type + (uintptr_t)hf_layout->type_flags);
    block -= (flags & HAS_GC ? BEFORE : 0) + (flags & HAS_PREHEADER ? BEFORE : 0);
    hf_python_created(block);
}

static int on_event(void *object, int event, void *data)
{
    (void)data;
    if (event == CREATED)
        on_object(object);
    return 0;
}

bool hf_creators_begin(bool everywhere, void (*later)(void))
{
    int (*set)(tracer *, void *);
    tracer *(*get)(void **);
    void *data = NULL;
    *(void **)&set = hf_symbol("PyRefTracer_SetTracer");
    *(void **)&get = hf_symbol("PyRefTracer_GetTracer");
    if (hf_layout->type_flags == HF_ABSENT)
        return false;
    if (set && get)
        return !get(&data) && set(on_event, NULL) == 0;
    if (everywhere && !hf_creators_before_begin(on_object, later))
        hf_raise_flag(1 << 0); /* HF_TRACED_FREE_LISTS */
    return false;
}

bool hf_creators_are_told(void)
{
    tracer *(*get)(void **);
    void *data = NULL;
    *(void **)&get = hf_symbol("PyRefTracer_GetTracer");
    return get ? get(&data) == on_event : hf_creators_before_are_told();
}
