/* See fake_python.h. */
#include "fake_python.h"

#include "agent/layout.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct allocator {
    void *ctx;
    void *(*malloc)(void *ctx, size_t size);
    void *(*calloc)(void *ctx, size_t count, size_t size);
    void *(*realloc)(void *ctx, void *block, size_t size);
    void (*free)(void *ctx, void *block);
} allocator;

const char *Py_GetVersion(void);
void PyMem_GetAllocator(int domain, allocator *ret);
void PyMem_SetAllocator(int domain, const allocator *a);
void *_PyThreadState_UncheckedGet(void);
void *PyGILState_GetThisThreadState(void);
int Py_IsInitialized(void);
extern char PyCode_Type[64], _PyRuntime[4096];

char PyCode_Type[64], _PyRuntime[4096];
static pthread_mutex_t gil = PTHREAD_MUTEX_INITIALIZER;
static void *holder; /* who holds the GIL */
static _Thread_local fake_thread *self;
static int is_up;
static char *codes[FAKE_CODES];

static void *plain_malloc(void *ctx, size_t size)
{
    (void)ctx;
    return malloc(size ? size : 1);
}
static void *plain_calloc(void *ctx, size_t count, size_t size)
{
    (void)ctx;
    return calloc(count ? count : 1, size ? size : 1);
}
static void *plain_realloc(void *ctx, void *block, size_t size)
{
    (void)ctx;
    return realloc(block, size ? size : 1);
}
static void plain_free(void *ctx, void *block)
{
    (void)ctx;
    free(block);
}
static allocator domains[3] = {
    {NULL, plain_malloc, plain_calloc, plain_realloc, plain_free},
    {NULL, plain_malloc, plain_calloc, plain_realloc, plain_free},
    {NULL, plain_malloc, plain_calloc, plain_realloc, plain_free},
};

const char *Py_GetVersion(void)
{
    return "3.12.1 (fake)";
}

void PyMem_GetAllocator(int domain, allocator *ret)
{
    *ret = domains[domain];
}

void PyMem_SetAllocator(int domain, const allocator *a)
{
    domains[domain] = *a;
}

void *_PyThreadState_UncheckedGet(void)
{
    return __atomic_load_n(&holder, __ATOMIC_ACQUIRE);
}

void *PyGILState_GetThisThreadState(void)
{
    return self;
}

int Py_IsInitialized(void)
{
    return __atomic_load_n(&is_up, __ATOMIC_ACQUIRE);
}

static const hf_agent_layout *layout(void)
{
    for (size_t i = 0; i < hf_agent_layout_count; i++)
        if (hf_agent_layouts[i].first >> 16 == 0x030c && !hf_agent_layouts[i].debug)
            return &hf_agent_layouts[i];
    abort();
}

static void put(char *object, int32_t offset, const void *word)
{
    memcpy(object + offset, &word, sizeof(word));
}

static char *text(const char *words)
{
    const hf_agent_layout *l = layout();
    size_t length = strlen(words);
    char *object = calloc(1, 64 + length + 1);
    assert(object);
    memcpy(object + l->text_length, &length, sizeof(length));
    uint32_t state = (uint32_t)l->text_compact_mask | (uint32_t)l->text_ascii_mask |
                     1U << __builtin_ctz((unsigned)l->text_kind_mask);
    memcpy(object + l->text_kind, &state, sizeof(state));
    memcpy(object + l->text_ascii_size, words, length);
    return object;
}

void fake_new_code(unsigned n)
{
    const hf_agent_layout *l = layout();
    char name[] = "function-00", *old = codes[n];
    static char *file, *lines;
    if (!file) {
        file = text("fake.py");
        lines = calloc(1, 64);
    }
    name[9] = (char)('0' + n / 10);
    name[10] = (char)('0' + n % 10);
    char *code = fake_object(1024);
    assert(code && lines);
    memset(code, 0, 1024);
    put(code, l->object_type, PyCode_Type);
    put(code, l->code_file, file);
    put(code, l->code_name, old ? *(char **)(void *)(old + l->code_name) : text(name));
    put(code, l->code_lines, lines);
    codes[n] = code;
    if (old)
        fake_object_free(old);
}

void fake_thread_begin(fake_thread *t)
{
    const hf_agent_layout *l = layout();
    memset(t->state, 0, sizeof(t->state));
    memset(t->cframe, 0, sizeof(t->cframe));
    put(t->state, l->thread_cframe, t->cframe);
    t->depth = 0;
    self = t;
}

void fake_take_gil(fake_thread *t)
{
    pthread_mutex_lock(&gil);
    __atomic_store_n(&holder, t, __ATOMIC_RELEASE);
}

void fake_give_gil(void)
{
    __atomic_store_n(&holder, NULL, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&gil);
}

static void show_newest(fake_thread *t)
{
    put(t->cframe, layout()->cframe_frame, t->depth ? t->frames[t->depth - 1] : NULL);
}

void fake_call(fake_thread *t, unsigned n)
{
    const hf_agent_layout *l = layout();
    assert(t->depth < FAKE_DEPTH);
    char *frame = t->frames[t->depth];
    memset(frame, 0, FAKE_FRAME);
    put(frame, l->frame_previous, t->depth ? t->frames[t->depth - 1] : NULL);
    put(frame, l->frame_code, codes[n]);
    put(frame, l->frame_instruction, codes[n] + l->code_instructions);
    t->depth++;
    show_newest(t);
}

void fake_return(fake_thread *t)
{
    t->depth--;
    show_newest(t);
}

void fake_step(fake_thread *t, unsigned instruction)
{
    const hf_agent_layout *l = layout();
    char *frame = t->frames[t->depth - 1], *code = *(char **)(void *)(frame + l->frame_code);
    put(frame, l->frame_instruction, code + l->code_instructions + 2 * instruction);
}

void *fake_object(size_t size)
{
    return domains[2].malloc(domains[2].ctx, size);
}

void *fake_object_resized(void *block, size_t size)
{
    return domains[2].realloc(domains[2].ctx, block, size);
}

void fake_object_free(void *block)
{
    domains[2].free(domains[2].ctx, block);
}

void fake_start(void)
{
    for (unsigned i = 0; i < FAKE_CODES; i++)
        fake_new_code(i);
    __atomic_store_n(&is_up, 1, __ATOMIC_RELEASE);
}

void fake_end(void)
{
    for (unsigned i = 0; i < FAKE_CODES; i++) {
        free(*(char **)(void *)(codes[i] + layout()->code_name));
        fake_object_free(codes[i]);
    }
}
