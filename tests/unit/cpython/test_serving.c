/* Which thread is asked: of a memory that is made here, word by word. */
#include "cpython/serving.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum {
    INTERPRETER = 0x100000,
    GIL = 0x500000,
    FIRST = 0x600000,
    SECOND = 0x700000,
    FREED = 0x800000
};

typedef struct made {
    const hf_layout *layout;
    struct {
        uint64_t addr, value;
    } words[32];
    size_t count;
} made;

static void set(made *m, uint64_t base, int32_t member, uint64_t value)
{
    uint64_t addr = base + (uint64_t)member;
    size_t i = 0;
    while (i < m->count && m->words[i].addr != addr)
        i++;
    m->count += i == m->count;
    m->words[i].addr = addr;
    m->words[i].value = value;
}

static bool read_made(void *context, uint64_t addr, void *bytes, size_t n)
{
    const made *m = context;
    for (size_t i = 0; i < m->count; i++)
        if (m->words[i].addr == addr) {
            memcpy(bytes, &m->words[i].value, n);
            return true;
        }
    return false;
}

/* An interpreter with two threads, 11 and 12, of which none holds the lock; and the state of one
 * that has ended, as it was. */
static made make(void)
{
    made m = {0};
    for (size_t i = 0; i < hf_layout_count && !m.layout; i++)
        if (hf_layouts[i].first_version >> 16 == 0x30e && !hf_layouts[i].free_threaded)
            m.layout = &hf_layouts[i];
    assert_non_null(m.layout);
    const hf_layout *l = m.layout;
    const uint64_t states[] = {FIRST, SECOND, FREED};
    set(&m, INTERPRETER, l->interpreter_threads_head, FIRST);
    set(&m, INTERPRETER, l->interpreter_ceval_gil, GIL);
    for (size_t i = 0; i < 3; i++) {
        set(&m, states[i], l->thread_interp, INTERPRETER);
        set(&m, states[i], l->thread_native_thread_id, 11 + i);
        set(&m, states[i], l->thread_next, i ? 0 : SECOND);
    }
    set(&m, GIL, l->gil_locked, 0);
    set(&m, GIL, l->gil_last_holder, SECOND);
    return m;
}

static hf_thread_list list_of(made *m)
{
    return (hf_thread_list){m->layout, INTERPRETER, read_made, m};
}

static void a_thread_is_found_by_its_number(void **state)
{
    (void)state;
    made m = make();
    const hf_thread_list l = list_of(&m);
    assert_int_equal(hf_thread_list_find(&l, 11), FIRST);
    assert_int_equal(hf_thread_list_find(&l, 12), SECOND);
    assert_int_equal(hf_thread_list_find(&l, 13), FIRST); /* not listed: the first will do */
    set(&m, INTERPRETER, m.layout->interpreter_threads_head, 0);
    assert_int_equal(hf_thread_list_find(&l, 11), 0);
}

static void who_holds_the_lock_runs(void **state)
{
    (void)state;
    made m = make();
    const hf_thread_list l = list_of(&m);
    assert_int_equal(hf_thread_list_running(&l), 0);
    set(&m, GIL, m.layout->gil_locked, 1);
    assert_int_equal(hf_thread_list_running(&l), SECOND);
    set(&m, GIL, m.layout->gil_last_holder, 0);
    assert_int_equal(hf_thread_list_running(&l), 0);
}

/* Between the two words that are written when the lock is taken. */
static void a_state_that_was_freed_is_nobody(void **state)
{
    (void)state;
    made m = make();
    const hf_thread_list l = list_of(&m);
    set(&m, GIL, m.layout->gil_locked, 1);
    set(&m, GIL, m.layout->gil_last_holder, FREED);
    assert_int_equal(hf_thread_list_running(&l), 0);
}

static void a_list_that_is_a_ring_ends(void **state)
{
    (void)state;
    made m = make();
    const hf_thread_list l = list_of(&m);
    set(&m, SECOND, m.layout->thread_next, FIRST);
    set(&m, GIL, m.layout->gil_locked, 1);
    set(&m, GIL, m.layout->gil_last_holder, FREED);
    assert_int_equal(hf_thread_list_running(&l), 0);
    assert_int_equal(hf_thread_list_find(&l, 13), FIRST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_is_found_by_its_number),
        cmocka_unit_test(who_holds_the_lock_runs),
        cmocka_unit_test(a_state_that_was_freed_is_nobody),
        cmocka_unit_test(a_list_that_is_a_ring_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
