/* agent/creators_before.c - see agent/creators_before.h. */
#include "agent/creators_before.h"

#include "agent/agent.h"
#include "agent/modules.h"
#include "agent/symbols.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PAGE = 4096,
    JUMP = 14,           /* jmp *0(%rip), and where to */
    FUNCTION_MOST = 128, /* of _Py_NewReference() */
    CALL = 0xe8,
    DOMAINS = 3,
};

typedef struct allocator { /* PyMemAllocatorEx, the same since 3.5 */
    void *words[5];
} allocator;

/* What is needed of CPython's C API. */
static struct {
    void *(*import)(const char *name);
    void *(*call_method)(void *object, const char *name, const char *format, ...);
    int (*is_true)(void *object);
    void (*release)(void *object);
    void (*forget_error)(void);
    void *(*new_float)(double value);
    void (*get_allocator)(int domain, allocator *ret);
    void (*set_allocator)(int domain, allocator *from);
} api;

static void (*tell)(void *object);
static void (*when_done)(void);
static const int *tracing; /* of tracemalloc, where it is known */
static void *last_told;

static int on_new_reference(void *object)
{
    last_told = object;
    tell(object);
    return 0;
}

/* Bytes of a function, and those that stand there instead. */
typedef struct patch {
    uint8_t *at;
    uint8_t before[JUMP];
    size_t length;
} patch;

static patch creation, tracking[2];

static bool write_code(uint8_t *at, const uint8_t *bytes, size_t length)
{
    uintptr_t page = (uintptr_t)at & ~(uintptr_t)(PAGE - 1);
    size_t span = ((uintptr_t)at + length - page + PAGE - 1) & ~(size_t)(PAGE - 1);
    if (syscall(SYS_mprotect, page, span, PROT_READ | PROT_WRITE | PROT_EXEC))
        return false;
    memcpy(at, bytes, length);
    syscall(SYS_mprotect, page, span, PROT_READ | PROT_EXEC);
    return true;
}

static bool put_patch(patch *p, void *at, const uint8_t *bytes, size_t length)
{
    *p = (patch){.at = at, .length = length};
    memcpy(p->before, at, length);
    if (write_code(p->at, bytes, length))
        return true;
    p->at = NULL;
    return false;
}

static void undo_patch(patch *p)
{
    if (p->at)
        write_code(p->at, p->before, p->length);
    p->at = NULL;
}

static bool put_jump(patch *p, void *at, int (*to)(void *object))
{
    uint8_t jump[JUMP] = {0xff, 0x25, 0, 0, 0, 0};
    memcpy(jump + 6, &to, sizeof(to));
    return put_patch(p, at, jump, sizeof(jump));
}

/* numpy tells tracemalloc of its memory: it is to hear that nobody traces. */
static void leave_out_tracking(void)
{
    static const uint8_t not_tracing[] = {0xb8, 0xfe, 0xff, 0xff, 0xff, 0xc3}; /* return -2 */
    static const char *const names[] = {"PyTraceMalloc_Track", "PyTraceMalloc_Untrack"};
    for (size_t i = 0; i < 2; i++) {
        void *at = hf_symbol(names[i]);
        if (at)
            put_patch(&tracking[i], at, not_tracing, sizeof(not_tracing));
    }
}

/* What _Py_NewReference() calls, if that is one function, of the same binary. */
static uint8_t *only_callee(const uint8_t *function)
{
    hf_module m = {0};
    uint8_t *found = NULL;
    if (!function || !hf_module_of((uintptr_t)function, &m))
        return NULL;
    for (size_t i = 0; i + 5 <= FUNCTION_MOST && (uintptr_t)function + i + 5 <= m.end; i++) {
        int32_t distance;
        if (function[i] != CALL)
            continue;
        memcpy(&distance, function + i + 1, sizeof(distance));
        uintptr_t to = (uintptr_t)(function + i + 5) + (uintptr_t)(intptr_t)distance;
        if (to - m.start >= m.end - m.start)
            continue; /* a byte that only looks like a call */
        found = (uint8_t *)to;
        break;
    }
    return found;
}

static void *find_function(void)
{
    hf_modules_begin();
    void *named = hf_symbol("_PyTraceMalloc_NewReference");
    return named ? named : only_callee(hf_symbol("_Py_NewReference"));
}

static bool find_api(void)
{
    *(void **)&api.import = hf_symbol("PyImport_ImportModule");
    *(void **)&api.call_method = hf_symbol("PyObject_CallMethod");
    *(void **)&api.is_true = hf_symbol("PyObject_IsTrue");
    *(void **)&api.release = hf_symbol("Py_DecRef");
    *(void **)&api.forget_error = hf_symbol("PyErr_Clear");
    *(void **)&api.new_float = hf_symbol("PyFloat_FromDouble");
    *(void **)&api.get_allocator = hf_symbol("PyMem_GetAllocator");
    *(void **)&api.set_allocator = hf_symbol("PyMem_SetAllocator");
    const char *settings = hf_symbol("_Py_tracemalloc_config"); /* 3.9 to 3.11: state, tracing */
    tracing = settings ? (const int *)(const void *)(settings + sizeof(int)) : NULL;
    return api.import && api.call_method && api.is_true && api.release && api.forget_error &&
           api.new_float && api.get_allocator && api.set_allocator;
}

/* A method of _tracemalloc without arguments (or with one number): true where it
 * answers something true. */
static bool ask(void *module, const char *name, bool *ret_well)
{
    void *answer = api.call_method(module, name, "");
    bool yes = answer && api.is_true(answer) == 1;
    *ret_well = answer != NULL;
    if (answer)
        api.release(answer);
    else
        api.forget_error();
    return yes;
}

/* Starts tracemalloc, and puts the allocators back that were there. */
static bool start(void *module)
{
    allocator there[DOMAINS];
    for (int i = 0; i < DOMAINS; i++)
        api.get_allocator(i, &there[i]);
    void *answer = api.call_method(module, "start", "i", 1);
    for (int i = 0; i < DOMAINS; i++)
        api.set_allocator(i, &there[i]);
    if (answer)
        api.release(answer);
    else
        api.forget_error();
    return answer != NULL;
}

static bool is_told_of_a_float(void)
{
    last_told = NULL;
    void *object = api.new_float(0.5);
    bool well = object && object == last_told;
    if (object)
        api.release(object);
    return well;
}

static bool begin(void)
{
    void *function = find_function(), *module = function ? api.import("_tracemalloc") : NULL;
    bool well;
    if (!module) {
        api.forget_error();
        return false;
    }
    bool done = !ask(module, "is_tracing", &well) && well;
    if (done) {
        done = put_jump(&creation, function, on_new_reference) && start(module) &&
               is_told_of_a_float();
        if (done)
            leave_out_tracking();
        else
            ask(module, "stop", &well);
        if (!done)
            undo_patch(&creation);
    }
    api.release(module);
    return done;
}

/* Called by CPython between two instructions of Python, by the main thread. What it
 * allocates is ours. */
static int at_a_safe_place(void *nothing)
{
    (void)nothing;
    hf_busy++;
    bool done = begin();
    hf_busy--;
    if (done)
        when_done();
    return 0;
}

bool hf_creators_before_begin(void (*told)(void *object), void (*done)(void))
{
    int (*add_pending_call)(int (*call)(void *), void *);
    *(void **)&add_pending_call = hf_symbol("Py_AddPendingCall");
    tell = told;
    when_done = done;
    return add_pending_call && find_api() && add_pending_call(at_a_safe_place, NULL) == 0;
}

bool hf_creators_before_are_told(void)
{
    return !tracing || *tracing;
}
