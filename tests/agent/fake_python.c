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

void *agent_malloc(size_t size);
void *agent_calloc(size_t count, size_t size);
void *agent_realloc(void *block, size_t size);
void agent_free(void *block);
struct arenas;

const char *Py_GetVersion(void);
void *PyMem_RawMalloc(size_t size);
void *PyMem_RawCalloc(size_t count, size_t size);
void PyObject_GetArenaAllocator(struct arenas *ret);
void PyObject_SetArenaAllocator(const struct arenas *a);
void PyMem_GetAllocator(int domain, allocator *ret);
void PyMem_SetAllocator(int domain, const allocator *a);
void *_PyThreadState_UncheckedGet(void);
void *PyGILState_GetThisThreadState(void);
int Py_IsInitialized(void);

typedef struct type { /* PyTypeObject, as far as it is looked at */
    char before[48];
    void (*dealloc)(void *object);
} type;
extern type PyCode_Type;
extern char _PyRuntime[4096];

static void code_dealloc(void *code);
type PyCode_Type = {.dealloc = code_dealloc};
char _PyRuntime[4096];
static pthread_mutex_t gil = PTHREAD_MUTEX_INITIALIZER;
static void *holder; /* who holds the GIL */
static _Thread_local fake_thread *self;
static int is_up;
static char *codes[FAKE_CODES];

/* As pymalloc has it: small blocks are cells of an arena, all others of the raw allocator. */
enum { CELL = 512, CELLS = 1 << 13 };
static _Alignas(16) char arena[CELLS][CELL];
static unsigned free_cells[CELLS], free_count, used_cells;

static bool is_cell(const void *block)
{
    return (uintptr_t)block - (uintptr_t)arena < sizeof(arena);
}

void *PyMem_RawMalloc(size_t size)
{
    return agent_malloc(size ? size : 1);
}

void *PyMem_RawCalloc(size_t count, size_t size)
{
    return agent_calloc(count ? count : 1, size ? size : 1);
}

static void *small_malloc(void *ctx, size_t size)
{
    (void)ctx;
    if (size > CELL || (!free_count && used_cells == CELLS))
        return PyMem_RawMalloc(size);
    return arena[free_count ? free_cells[--free_count] : used_cells++];
}

static void small_free(void *ctx, void *block)
{
    (void)ctx;
    if (is_cell(block))
        free_cells[free_count++] = (unsigned)(((uintptr_t)block - (uintptr_t)arena) / CELL);
    else
        agent_free(block);
}

static void *small_calloc(void *ctx, size_t count, size_t size)
{
    void *block = small_malloc(ctx, count * size);
    return block ? memset(block, 0, count * size) : NULL;
}

static void *small_realloc(void *ctx, void *block, size_t size)
{
    if (!is_cell(block))
        return block ? agent_realloc(block, size ? size : 1) : small_malloc(ctx, size);
    if (size <= CELL)
        return block;
    void *moved = small_malloc(ctx, size);
    if (moved) {
        memcpy(moved, block, CELL);
        small_free(ctx, block);
    }
    return moved;
}

static allocator domains[3] = {
    {NULL, small_malloc, small_calloc, small_realloc, small_free},
    {NULL, small_malloc, small_calloc, small_realloc, small_free},
    {NULL, small_malloc, small_calloc, small_realloc, small_free},
};

typedef struct arenas {
    void *ctx;
    void *(*alloc)(void *ctx, size_t size);
    void (*free)(void *ctx, void *arena, size_t size);
} arenas;

static void *arena_alloc(void *ctx, size_t size)
{
    (void)ctx;
    return malloc(size);
}

static void arena_free(void *ctx, void *block, size_t size)
{
    (void)ctx;
    (void)size;
    free(block);
}

static arenas of_arenas = {NULL, arena_alloc, arena_free};

void PyObject_GetArenaAllocator(arenas *ret)
{
    *ret = of_arenas;
}

void PyObject_SetArenaAllocator(const arenas *a)
{
    of_arenas = *a;
}

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

/* From 3.12 on each thread has its own. */
void *_PyThreadState_UncheckedGet(void)
{
    return __atomic_load_n(&holder, __ATOMIC_ACQUIRE) == self ? self : NULL;
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

static void code_dealloc(void *code)
{
    fake_object_free(code);
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
    put(code, l->object_type, &PyCode_Type);
    put(code, l->code_file, file);
    put(code, l->code_name, old ? *(char **)(void *)(old + l->code_name) : text(name));
    put(code, l->code_lines, lines);
    codes[n] = code;
    if (old)
        PyCode_Type.dealloc(old);
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

void fake_thread_end(void)
{
    self = NULL;
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* a handler may ask for memory from here on */
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
    assert(layout()->type_dealloc == offsetof(type, dealloc));
    for (unsigned i = 0; i < FAKE_CODES; i++)
        fake_new_code(i);
    __atomic_store_n(&is_up, 1, __ATOMIC_RELEASE);
}

void fake_end(void)
{
    for (unsigned i = 0; i < FAKE_CODES; i++) {
        free(*(char **)(void *)(codes[i] + layout()->code_name));
        PyCode_Type.dealloc(codes[i]);
    }
}
