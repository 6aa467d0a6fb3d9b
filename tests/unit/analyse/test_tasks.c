/* Tasks and what they wait for: chains that one can see, and chains that no process has. */
#include "../graph/made_heap.h"
#include "analyse/tasks.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct heap {
    made_heap h;
    uint32_t coroutine, generator, step, task, future, list, holder;
} heap;

static void begin(heap *s)
{
    made_begin(&s->h);
    s->coroutine = made_type(&s->h, "builtins", "coroutine");
    s->generator = made_type(&s->h, "builtins", "generator");
    s->step = made_type(&s->h, "builtins", "coroutine_wrapper");
    s->task = made_type(&s->h, "_asyncio", "Task");
    s->future = made_type(&s->h, "_asyncio", "Future");
    s->list = made_type(&s->h, "builtins", "list");
    s->holder = made_object(&s->h, s->list, 64);
    made_root(&s->h, HF_ROOT_MODULE, s->holder, "app");
    made_held(&s->h, s->holder, 1);
}

static uint32_t call(heap *s, uint32_t type, const char *place)
{
    uint32_t o = made_object(&s->h, type, 100);
    s->h.objects[o].flags |= HF_OBJECT_SUSPENDED;
    made_value(&s->h, o, place);
    return o;
}

static uint32_t task(heap *s, const char *state, uint32_t coroutine)
{
    uint32_t o = made_object(&s->h, s->task, 200);
    if (state)
        made_value(&s->h, o, state);
    made_edge(&s->h, o, HF_EDGE_FIELD, "_coro", 0, coroutine);
    made_edge(&s->h, s->holder, HF_EDGE_INDEX, NULL, o, o);
    return o;
}

static void await(heap *s, uint32_t from, uint32_t to)
{
    made_edge(&s->h, from, HF_EDGE_STACK, NULL, 0, s->holder);
    made_edge(&s->h, from, HF_EDGE_STACK, NULL, 1, to);
}

typedef struct found {
    hf_graph *g;
    hf_dominators *d;
    hf_tasks t;
} found;

static found look(heap *s)
{
    found f = {.g = made_graph(&s->h)};
    made_check(hf_dominators_compute(f.g, &f.d));
    made_check(hf_tasks_find(f.g, f.d, &f.t));
    return f;
}

static void forget(heap *s, found *f)
{
    hf_tasks_deinit(&f->t);
    hf_dominators_free(f->d);
    hf_graph_free(f->g);
    made_end(&s->h);
}

static const hf_task *row_of(const found *f, const heap *s, uint32_t object)
{
    for (size_t i = 0; i < f->t.count; i++)
        if (f->t.rows[i].object == made_number(&s->h, object))
            return &f->t.rows[i];
    fail();
    return NULL;
}

static void a_chain_is_followed_to_the_future(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t outer = call(&s, s.coroutine, "outer (a.py:1)"),
             inner = call(&s, s.generator, "in (a.py:2)");
    uint32_t step = made_object(&s.h, s.step, 32), future = made_object(&s.h, s.future, 100);
    uint32_t alone = call(&s, s.generator, "alone (a.py:3)");
    made_value(&s.h, future, "PENDING");
    await(&s, outer, step);
    made_edge_of(&s.h, step, HF_EDGE_OFFSET, HF_EDGE_SCANNED, NULL, 16, inner);
    await(&s, inner, future);
    made_edge(&s.h, s.holder, HF_EDGE_INDEX, NULL, 0, alone);
    uint32_t waiting = task(&s, "PENDING", outer);
    found f = look(&s);
    const hf_task *row = row_of(&f, &s, waiting);
    assert_int_equal(row->state, HF_TASK_PENDING);
    assert_true(row->suspended);
    assert_int_equal(row->depth, 2);
    assert_int_equal(row->waits_for, made_number(&s.h, future));
    assert_int_equal(f.t.futures, 1);
    assert_int_equal(f.t.suspended_count, 1);
    assert_int_equal(f.t.suspended->example, made_number(&s.h, alone));
    forget(&s, &f);
}

static void rings_and_depths_end(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t one = call(&s, s.coroutine, "one"), two = call(&s, s.coroutine, "two");
    await(&s, one, two);
    await(&s, two, one);
    uint32_t itself = call(&s, s.coroutine, "itself");
    await(&s, itself, itself);
    uint32_t steps[2] = {made_object(&s.h, s.step, 32), made_object(&s.h, s.step, 32)};
    made_edge(&s.h, steps[0], HF_EDGE_OFFSET, NULL, 0, steps[1]);
    made_edge(&s.h, steps[1], HF_EDGE_OFFSET, NULL, 0, steps[0]);
    uint32_t into_steps = call(&s, s.coroutine, "steps");
    await(&s, into_steps, steps[0]);
    uint32_t first = call(&s, s.coroutine, "deep"), at = first;
    for (int i = 0; i < 1000; i++) {
        uint32_t next = call(&s, s.coroutine, "deep");
        await(&s, at, next);
        at = next;
    }
    const uint32_t tasks[] = {task(&s, "PENDING", one), task(&s, "PENDING", itself),
                              task(&s, "PENDING", into_steps), task(&s, "PENDING", first)};
    const size_t depths[] = {2, 1, 1, HF_AWAITS_MAX};
    found f = look(&s);
    for (size_t i = 0; i < 4; i++) {
        hf_awaits a;
        const hf_task *row = row_of(&f, &s, tasks[i]);
        hf_awaits_follow(f.g, f.t.roles, row->coroutine, &a);
        assert_true(a.cut);
        assert_int_equal(a.count, depths[i]);
        assert_int_equal(row->depth, depths[i]);
    }
    forget(&s, &f);
}

static void nonsense_is_no_state_and_no_coroutine(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t odd = task(&s, "BURNING", s.holder), silent = task(&s, NULL, s.holder);
    uint32_t naked = made_object(&s.h, s.task, 200);
    made_edge(&s.h, s.holder, HF_EDGE_INDEX, NULL, 9, naked);
    made_value(&s.h, naked, "CANCELLED");
    found f = look(&s);
    assert_int_equal(row_of(&f, &s, odd)->state, HF_TASK_UNKNOWN);
    assert_int_equal(row_of(&f, &s, silent)->state, HF_TASK_UNKNOWN);
    assert_int_equal(row_of(&f, &s, silent)->depth, 0);
    assert_int_equal(row_of(&f, &s, naked)->state, HF_TASK_CANCELLED);
    assert_int_equal(f.t.states[HF_TASK_UNKNOWN], 2);
    assert_int_equal(f.t.done, 1);
    forget(&s, &f);
}

/* Two that are done, one held by the other's result, and a failed one. */
static void what_is_done_is_counted_once(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t finished = task(&s, "FINISHED", call(&s, s.coroutine, "f (a.py:1)"));
    uint32_t inner = made_object(&s.h, s.future, 1000), load = made_object(&s.h, s.list, 5000);
    made_value(&s.h, inner, "FINISHED");
    made_edge(&s.h, finished, HF_EDGE_FIELD, "_result", 0, inner);
    made_edge(&s.h, inner, HF_EDGE_FIELD, "_result", 0, load);
    uint32_t failed = task(&s, "FINISHED", call(&s, s.coroutine, "f (a.py:1)"));
    made_edge(&s.h, failed, HF_EDGE_FIELD, "_exception", 0, made_object(&s.h, s.list, 50));
    found f = look(&s);
    assert_int_equal(row_of(&f, &s, failed)->state, HF_TASK_FAILED);
    assert_int_equal(f.t.states[HF_TASK_FINISHED], 1);
    assert_true(row_of(&f, &s, inner)->inside);
    assert_int_equal(f.t.done, 3);
    assert_int_equal(f.t.saved, (200 + 100 + 1000 + 5000) + (200 + 100 + 50));
    forget(&s, &f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_followed_to_the_future),
        cmocka_unit_test(rings_and_depths_end),
        cmocka_unit_test(nonsense_is_no_state_and_no_coroutine),
        cmocka_unit_test(what_is_done_is_counted_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
