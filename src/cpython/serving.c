/* Sources: Python/ceval_gil.c (take_gil(), drop_gil()) of CPython 3.14. */
#include "cpython/serving.h"

enum { THREADS_MAX = 1 << 16 };

static uint64_t word(const hf_thread_list *l, uint64_t base, int32_t member)
{
    uint64_t value;
    return base && l->read(l->context, base + (uint64_t)member, &value, sizeof(value)) ? value : 0;
}

uint64_t hf_thread_list_next(const hf_thread_list *l, uint64_t state)
{
    return state ? word(l, state, l->layout->thread_next)
                 : word(l, l->interpreter, l->layout->interpreter_threads_head);
}

uint64_t hf_thread_list_find(const hf_thread_list *l, pid_t tid)
{
    uint64_t first = hf_thread_list_next(l, 0), state = first;
    for (unsigned i = 0; state && i < THREADS_MAX; i++) {
        if (word(l, state, l->layout->thread_native_thread_id) == (uint64_t)tid)
            return state;
        state = hf_thread_list_next(l, state);
    }
    return first;
}

static bool is_listed(const hf_thread_list *l, uint64_t wanted)
{
    uint64_t state = hf_thread_list_next(l, 0);
    for (unsigned i = 0; state && i < THREADS_MAX; i++) {
        if (state == wanted)
            return true;
        state = hf_thread_list_next(l, state);
    }
    return false;
}

/* Who takes the lock says so in two words, one after the other: until the second is there, it names
 * who had it last. That thread may have ended since, and its state may be something else. */
uint64_t hf_thread_list_running(const hf_thread_list *l)
{
    uint64_t gil = word(l, l->interpreter, l->layout->interpreter_ceval_gil);
    uint32_t locked = 0;
    if (!gil ||
        !l->read(l->context, gil + (uint64_t)l->layout->gil_locked, &locked, sizeof(locked)) ||
        locked != 1)
        return 0;
    uint64_t state = word(l, gil, l->layout->gil_last_holder);
    return state && is_listed(l, state) ? state : 0;
}
