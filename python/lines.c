/* python/lines.c - memory, its change, and the number of executions of each line of
 * chosen functions.
 *
 * Functions are told of by probes: constants of rewritten code (holdfast/probing.py), each for one
 * place of it, that are run as what costs least of CPython's operations that call a function of C:
 * a loop over it that ends at once, or from 3.14 on `~probe`. It takes some 5 nanoseconds.
 * PyEval_SetTrace takes 10 to 25, for each line of all that the thread runs, and the place of a
 * debugger; sys.monitoring takes 120.
 *
 * What has changed from one probe of a call to the next belongs to the line that it was at. A
 * call is known from its first probe to its last; one that ends with an exception, or waits in
 * `yield from` or `await`, is forgotten as soon as a handler of exceptions or another function
 * is run (settle()). */
#include "lines.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

enum { CALLS_MAX = 1000, CODES_LEAST = 64 };

static row nowhere;

typedef struct call {
    body *body;
    const body *passes; /* the same, unless memory is what the tracer says; see is_passed() */
    row *row;           /* the line that it is at; `nowhere`: none yet */
    int64_t memory;     /* when that began */
} call;

typedef struct thread {
    call *top;                 /* the newest; the first of `calls`: none */
    call calls[CALLS_MAX + 1]; /* of chosen functions, outermost first; the first stands for none */
} thread;

/* What is resident, as the kernel was last asked. */
static int64_t resident;
/* So many more may pass; 0 where the line of the call that runs is not executed often. */
static int unasked_lines;

/* Who runs probes holds the GIL, and mostly it is who did so last. That is known by the thread's
 * own address, which costs nothing to read. */
static thread *newest_thread;
static const void *newest_address;

static inline const void *own_address(void)
{
#ifdef __x86_64__
    const void *address; /* where %fs points to, and what lies there */
    __asm__("mov %%fs:0, %0" : "=r"(address));
    return address;
#else
    return __builtin_thread_pointer();
#endif
}

/* Before glibc 2.34 these were in another library; this version is in both. */
#ifdef __x86_64__
__asm__(".symver pthread_key_create, pthread_key_create@GLIBC_2.2.5");
__asm__(".symver pthread_setspecific, pthread_setspecific@GLIBC_2.2.5");
#endif

static __thread thread *own;
static pthread_key_t at_end;

/* A thread ends, without the GIL: the next one may come to lie at its address. */
static void end_thread(void *ended)
{
    const void *address = own_address();
    __atomic_compare_exchange_n(&newest_address, &address, NULL, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
    own = NULL;
    free(ended);
}

/* In a forked child all threads but one have ended. */
static void forget_threads(void)
{
    newest_address = NULL;
}

static thread *begin_thread(void)
{
    static bool is_begun;
    if (!is_begun && pthread_key_create(&at_end, end_thread))
        return NULL;
    if (!is_begun)
        pthread_atfork(NULL, NULL, forget_threads);
    is_begun = true;
    thread *t = calloc(1, sizeof(*t));
    if (!t || pthread_setspecific(at_end, t)) {
        free(t);
        return NULL;
    }
    t->top = t->calls;
    return t;
}

static __attribute__((noinline)) thread *other_thread(void)
{
    if (!own)
        own = begin_thread();
    unasked_lines = 0;
    newest_thread = own;
    __atomic_store_n(&newest_address, own ? own_address() : NULL, __ATOMIC_RELAXED);
    return own;
}

/* NULL without memory. */
static inline thread *own_thread(void)
{
    return own_address() == __atomic_load_n(&newest_address, __ATOMIC_RELAXED) ? newest_thread
                                                                               : other_thread();
}

static int depth_of(const thread *t)
{
    return (int)(t->top - t->calls);
}

/* Codes that have probes: a hash table, kept half empty. */
typedef struct chosen {
    const PyObject *code;
    body *body;
} chosen;

static chosen *codes;
static size_t code_room, code_count;

static size_t place_of(const chosen *all, size_t room, const PyObject *code)
{
    size_t at = ((uintptr_t)code >> 4) * 0x9e3779b97f4a7c15 >> 20 & (room - 1);
    while (all[at].code && all[at].code != code)
        at = (at + 1) & (room - 1);
    return at;
}

static body *body_of(const PyObject *code)
{
    return code_room ? codes[place_of(codes, code_room, code)].body : NULL;
}

int hf_choose(PyObject *code, PyObject *plain, body *b)
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
    Py_INCREF(code);
    Py_INCREF(plain);
    b->code = code;
    b->plain = plain;
    codes[place_of(codes, code_room, code)] = (chosen){code, b};
    code_count++;
    return 1;
}

/* To ask the kernel takes a microsecond, and the clock a part of that: more than most lines. But
 * whoever touches new pages takes longer: so the kernel is asked at lines that are executed for the
 * first times, after those that took long, and each STEP. At lines that are executed again and
 * again even the clock is asked only now and then, as long as they are quick; what has changed
 * meanwhile belongs to the line at which it is seen. */
enum { FIRST = 16, OFTEN = 100 };                                    /* executions */
enum { LONG = 4000, LONG_RUN = 20000, STEP = 100000, QUICK = 1000 }; /* nanoseconds */
enum { QUICK_LINES = 64, STRIDE = 64 };                              /* lines */

static int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* `count`: of executions of the line that has ended or begins, whichever is less. */
static int64_t resident_now(const table *t, uint64_t count)
{
    static int64_t asked, looked; /* nanoseconds */
    static int stride = 1, quick;
    if (count >= OFTEN && --unasked_lines > 0)
        return resident;
    int64_t now = nanoseconds(), passed = now - looked;
    looked = now;
    if (count < FIRST || passed > (stride == 1 ? LONG : LONG_RUN) || now - asked > STEP) {
        resident = (int64_t)hf_resident_of(0, t->children);
        asked = now;
    }
    quick = passed > (int64_t)stride * QUICK ? 0 : quick < QUICK_LINES ? quick + 1 : quick;
    unasked_lines = stride = quick == QUICK_LINES ? STRIDE : 1;
    return resident;
}

static int64_t memory_now(const table *t, uint64_t count)
{
    const hf_state_header *h = t->traced ? *hf_traced_header : NULL;
    return h ? hf_traced_now(h) : resident_now(t, count);
}

static uint64_t fewer(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The line that a call was at is over. */
static void finish(const call *c, int64_t memory)
{
    c->row->increment += memory - c->memory;
    if (memory > c->row->most)
        c->row->most = memory;
}

static void pop(thread *t)
{
    const call *c = t->top--;
    finish(c, memory_now(c->body->table, c->row == &nowhere ? c->body->calls : c->row->count));
    unasked_lines = 0;
}

static call *push(thread *t, body *b)
{
    if (depth_of(t) == CALLS_MAX)
        return NULL;
    int64_t memory = memory_now(b->table, b->calls++);
    *++t->top = (call){b, b->table->traced ? NULL : b, &nowhere, memory};
    return t->top;
}

static call *newest(thread *t, body *b)
{
    return t->top->body == b ? t->top : NULL;
}

/* How many calls of chosen functions are really below the one that runs, and it. */
static int count_calls(void)
{
    PyObject *frame = (PyObject *)PyEval_GetFrame();
    int count = 0;
    Py_XINCREF(frame);
    while (frame && frame != Py_None) {
        PyObject *code = PyObject_GetAttrString(frame, "f_code");
        count += code && body_of(code);
        Py_XDECREF(code);
        PyObject *back = PyObject_GetAttrString(frame, "f_back");
        Py_DECREF(frame);
        frame = back;
    }
    Py_XDECREF(frame);
    PyErr_Clear();
    return count;
}

/* Calls that have gone unseen are over. */
static void settle(thread *t, body *b)
{
    if (depth_of(t) == 0 || (depth_of(t) == 1 && newest(t, b)))
        return;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    int count = count_calls();
    other_thread(); /* the collector may have let others run */
    while (depth_of(t) > count)
        pop(t);
    PyErr_Restore(type, value, traceback);
}

/* One that waited. Those that it waits for are above it, and others that ran meanwhile. */
static __attribute__((noinline)) call *find_again(thread *t, body *b)
{
    settle(t, b);
    call *c = newest(t, b);
    return c ? c : push(t, b);
}

static __attribute__((noinline)) void at_line(thread *t, body *b, row *r)
{
    call *c = newest(t, b);
    if (__builtin_expect(!c, 0) && !b->table->used)
        return;
    if (__builtin_expect(!c, 0) && !(c = find_again(t, b))) {
        r->count++; /* deeper than we follow */
        return;
    }
    int64_t memory = memory_now(b->table, fewer(r->count, c->row->count));
    finish(c, memory);
    c->row = r;
    c->memory = memory;
    if (++r->count < OFTEN || r->most < memory)
        unasked_lines = 0; /* its end is to be seen, too */
    else
        r->settled = memory;
}

/* An exception has come, be it from the same line. */
static void at_handler(thread *t, const probe *p)
{
    settle(t, p->body);
    const call *c = newest(t, p->body);
    if (!c || c->row != p->row)
        at_line(t, p->body, p->row);
}

/* The line of `def` stands for the call: what there was before it. */
static void at_call(thread *t, body *b)
{
    row *r = &b->table->rows[0];
    const call *c = push(t, b);
    int64_t memory = c ? c->memory : memory_now(b->table, r->count);
    if (!c)
        unasked_lines = 0; /* the call that is known has not been told */
    if (!r->count++)
        r->increment = memory;
    if (memory > r->most)
        r->most = memory;
}

static void take_off(const body *b, PyObject *object, const PyObject *function_type)
{
    PyObject *code = (const PyObject *)Py_TYPE(object) == function_type
                         ? PyObject_GetAttrString(object, "__code__")
                         : NULL;
    if (code == b->code)
        PyObject_SetAttrString(object, "__code__", b->plain);
    Py_XDECREF(code);
    PyErr_Clear();
}

/* Gives functions that have code with probes that without. Only the collector knows
 * which those are. */
static void take_off_all(const body *b)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *collector = PyImport_ImportModule("gc"), *types = PyImport_ImportModule("types");
    PyObject *function_type = types ? PyObject_GetAttrString(types, "FunctionType") : NULL;
    PyObject *found = collector && function_type
                          ? PyObject_CallMethod(collector, "get_referrers", "O", b->code)
                          : NULL;
    for (Py_ssize_t i = 0; found && i < PyList_Size(found); i++)
        take_off(b, PyList_GetItem(found, i), function_type);
    Py_XDECREF(found);
    Py_XDECREF(function_type);
    Py_XDECREF(types);
    Py_XDECREF(collector);
    PyErr_Restore(type, value, traceback);
}

/* Functions that were made while the one around them was profiled have its probes, and may live for
 * long. To find them takes a look at all objects, which is worth it when they have been called
 * often, and then ten times as often. */
static void at_idle_call(body *b)
{
    enum { IDLE_FIRST = 10000 };
    uint64_t due = IDLE_FIRST;
    b->idle_calls++;
    while (due < b->idle_calls)
        due *= 10;
    if (due == b->idle_calls)
        take_off_all(b);
}

static __attribute__((noinline)) void at_other(thread *t, const probe *p)
{
    if (p->kind == HANDLER)
        at_handler(t, p);
    else if (p->kind == SETTLE)
        settle(t, p->body);
    else if (p->kind == CALLED)
        at_call(t, p->body);
    else if (p->kind == RESUMED && p->body->table->used)
        push(t, p->body);
    else if (p->kind == RESUMED)
        at_idle_call(p->body);
    else if (newest(t, p->body))
        pop(t);
}

/* A line that is executed again and again, and at which nothing is to be asked: true for most.
 * While there are lines that may pass, what is resident is what it was when the call's last line
 * began, and so much that line has had before. Only who ran probes last may ask. */
static inline __attribute__((always_inline)) bool is_passed(const probe *p)
{
    call *c = newest_thread->top;
    row *r = p->row;
    if (__builtin_expect(c->passes != p->line_of, 0) ||
        __builtin_expect(r->settled != resident, 0) || __builtin_expect(--unasked_lines <= 0, 0))
        return false;
    c->row = r;
    r->count++;
    return true;
}

/* The same of a line whose memory is what the tracer says, so that nothing is ever to be asked. */
static inline bool is_followed(const thread *t, const probe *p)
{
    call *c = t->top;
    const hf_state_header *h = *hf_traced_header;
    if (c->body != p->line_of || c->passes || !h)
        return false;
    int64_t memory = hf_traced_now(h);
    finish(c, memory);
    c->row = p->row;
    c->memory = memory;
    p->row->count++;
    return true;
}

static __attribute__((noinline)) void run_otherwise(const probe *p)
{
    thread *t = own_thread();
    if (!t || is_followed(t, p))
        return;
    if (p->kind == LINE)
        at_line(t, p->body, p->row);
    else
        at_other(t, p);
}

static inline __attribute__((always_inline)) void run(const probe *p)
{
    bool is_own = own_address() == __atomic_load_n(&newest_address, __ATOMIC_RELAXED);
    if (__builtin_expect(!is_own, 0) || !is_passed(p))
        run_otherwise(p);
}

/* ~probe: None, of which no references are counted there. */
static PyObject *invert(PyObject *object)
{
    run((const probe *)object);
    return Py_None;
}

/* A loop that ends at once. */
static PyObject *next(PyObject *object)
{
    run((const probe *)object);
    return NULL;
}

/* How probing.py has probes run. */
static bool is_inverted(void)
{
    PyObject *version = PySys_GetObject("hexversion");
    return version && PyLong_AsLong(version) >= 0x030e0000;
}

/* Code that is sent to another process does not count there. What stands for a probe must be run as
 * that is: ~0 says nothing, and a loop over no items ends at once. */
static PyObject *reduce_probe(PyObject *object, PyObject *nothing)
{
    (void)object;
    (void)nothing;
    if (is_inverted())
        return Py_BuildValue("O()", (PyObject *)&PyLong_Type);
    PyObject *builtins = PyImport_ImportModule("builtins");
    PyObject *iter = builtins ? PyObject_GetAttrString(builtins, "iter") : NULL;
    Py_XDECREF(builtins);
    return iter ? Py_BuildValue("N(())", iter) : NULL;
}

/* A probe that Python makes would have no place to count at. */
static PyObject *make_none(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    (void)type;
    (void)arguments;
    (void)keywords;
    PyErr_SetString(PyExc_TypeError, "probes are made by profile");
    return NULL;
}

/* What has probes that were made for nothing: a code that is known is kept. */
static void end_probe(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    freefunc end = (freefunc)PyType_GetSlot(type, Py_tp_free);
    Py_DECREF(((probe *)object)->body_capsule);
    end(object);
    Py_DECREF(type);
}

static PyMethodDef probe_methods[] = {
    {"__reduce__", reduce_probe, METH_NOARGS, "what it is elsewhere: nothing"},
    {NULL, NULL, 0, NULL},
};

PyObject *hf_probe_type(void)
{
    static PyObject *type;
    static PyType_Slot slots[] = {{Py_tp_iternext, (void *)next},
                                  {Py_tp_methods, probe_methods},
                                  {Py_tp_dealloc, (void *)end_probe},
                                  {Py_tp_new, (void *)make_none},
                                  {0, NULL}};
    static PyType_Spec spec = {"holdfast._self.probe", sizeof(probe), 0, Py_TPFLAGS_DEFAULT, slots};
    if (!type && is_inverted())
        slots[0] = (PyType_Slot){Py_nb_invert, (void *)invert};
    if (!type)
        type = PyType_FromSpec(&spec);
    return type;
}

int hf_call_depth(void)
{
    const thread *t = own_thread();
    return t ? depth_of(t) : 0;
}

void hf_leave_calls(int depth)
{
    thread *t = own_thread();
    while (t && depth_of(t) > depth)
        pop(t);
}
