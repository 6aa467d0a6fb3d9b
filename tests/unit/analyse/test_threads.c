/* Threads: what only one of them reaches, and objects that outlive theirs. */
#include "../graph/made_heap.h"
#include "analyse/private_objects.h"
#include "analyse/threads.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct heap {
    made_heap h;
    uint32_t list, number, boolean, thread, event, module;
} heap;

static void begin(heap *s)
{
    made_begin(&s->h);
    s->list = made_type(&s->h, "builtins", "list");
    s->number = made_type(&s->h, "builtins", "int");
    s->boolean = made_type(&s->h, "builtins", "bool");
    s->thread = made_type(&s->h, "threading", "Thread");
    s->event = made_type(&s->h, "threading", "Event");
    s->module = made_object(&s->h, s->list, 64);
    made_root(&s->h, HF_ROOT_MODULE, s->module, "app");
    made_held(&s->h, s->module, 1);
}

static uint32_t list(heap *s, uint64_t bytes)
{
    return made_object(&s->h, s->list, bytes);
}

static void refer(heap *s, uint32_t from, uint32_t to)
{
    made_edge(&s->h, from, HF_EDGE_INDEX, NULL, 0, to);
}

static void local(heap *s, uint32_t thread, uint32_t object)
{
    made_root_at(&s->h, HF_ROOT_LOCAL, object, "x", "run (app.py:1)", thread);
    made_held(&s->h, object, 1);
}

static uint32_t word(heap *s, uint32_t type, const char *text)
{
    uint32_t o = made_object(&s->h, type, 32);
    made_value(&s->h, o, text);
    return o;
}

static uint32_t thread_object(heap *s, const char *id, const char *started)
{
    uint32_t o = made_object(&s->h, s->thread, 500), event = made_object(&s->h, s->event, 50);
    made_edge(&s->h, o, HF_EDGE_ATTRIBUTE, "_native_id", 0, word(s, s->number, id));
    made_edge(&s->h, o, HF_EDGE_ATTRIBUTE, "_started", 0, event);
    if (started)
        made_edge(&s->h, event, HF_EDGE_ATTRIBUTE, "_flag", 0, word(s, s->boolean, started));
    refer(s, s->module, o);
    return o;
}

static void only_what_one_thread_reaches_is_its_own(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t one = made_thread(&s.h, "one", "run (app.py:1)"),
             two = made_thread(&s.h, "two", "run (app.py:2)");
    uint32_t mine = list(&s, 100), below = list(&s, 200), ring = list(&s, 50);
    uint32_t both = list(&s, 400), below_both = list(&s, 800), global = list(&s, 1600);
    uint32_t c_holds = list(&s, 3200), nobody = list(&s, 6400), yours = list(&s, 70);
    local(&s, one, mine);
    refer(&s, mine, below);
    refer(&s, below, ring);
    refer(&s, ring, mine);
    local(&s, one, both);
    local(&s, two, both);
    refer(&s, both, below_both);
    refer(&s, mine, global);
    refer(&s, s.module, global);
    uint32_t holder = list(&s, 10);
    made_held(&s.h, holder, 1);
    refer(&s, holder, c_holds);
    refer(&s, mine, c_holds);
    refer(&s, nobody, nobody);
    local(&s, two, yours);
    hf_graph *g = made_graph(&s.h);
    hf_dominators *d = NULL;
    uint32_t *owner = NULL;
    made_check(hf_dominators_compute(g, &d));
    assert_true(hf_private_objects(g, d, &owner));
    const uint32_t first[] = {mine, below, ring}, shared[] = {both, below_both, global, c_holds};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(owner[made_number(&s.h, first[i])], one);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(owner[made_number(&s.h, shared[i])], HF_OWNER_SHARED);
    assert_int_equal(owner[made_number(&s.h, nobody)], HF_OWNER_NOBODY);
    assert_int_equal(owner[made_number(&s.h, yours)], two);
    hf_threads t = {0};
    made_check(hf_threads_tell(g, d, &t));
    assert_int_equal(t.running, 2);
    assert_int_equal(t.rows[0].thread, one);
    assert_int_equal(t.rows[0].private_bytes, 350);
    assert_int_equal(t.rows[0].private_objects, 3);
    assert_int_equal(t.rows[1].private_bytes, 70);
    hf_threads_deinit(&t);
    free(owner);
    hf_dominators_free(d);
    hf_graph_free(g);
    made_end(&s.h);
}

static void an_object_is_of_the_thread_with_its_id(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    made_thread(&s.h, "one", "run (app.py:1)"); /* its id is 100 */
    uint32_t hidden = made_thread(&s.h, "two", "run (app.py:1)");
    uint32_t runs = thread_object(&s, "100", "True"), ended = thread_object(&s, "99", "True");
    uint32_t fresh = thread_object(&s, "None", "False"), unknown = thread_object(&s, "7", NULL);
    uint32_t nonsense = thread_object(&s, "999999999999999999999999", "Perhaps");
    uint32_t boots = thread_object(&s, "x", "True");
    made_root_at(&s.h, HF_ROOT_LOCAL, boots, "self", "Thread._bootstrap (threading.py:1)", hidden);
    hf_graph *g = made_graph(&s.h);
    hf_dominators *d = NULL;
    hf_threads t = {0};
    made_check(hf_dominators_compute(g, &d));
    made_check(hf_threads_tell(g, d, &t));
    const struct {
        uint32_t object;
        hf_thread_life life;
    } cases[] = {{runs, HF_THREAD_RUNS},       {ended, HF_THREAD_ENDED},
                 {fresh, HF_THREAD_NOT_BEGUN}, {unknown, HF_THREAD_UNKNOWN},
                 {boots, HF_THREAD_RUNS},      {nonsense, HF_THREAD_UNKNOWN}};
    assert_int_equal(t.count, 6);
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < t.count; k++)
            if (t.rows[k].object == made_number(&s.h, cases[i].object))
                assert_int_equal(t.rows[k].life, cases[i].life);
    assert_int_equal(t.ended, 1);
    assert_int_equal(t.saved, 500 + 50 + 32 + 32);
    hf_threads_deinit(&t);
    hf_dominators_free(d);
    hf_graph_free(g);
    made_end(&s.h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_one_thread_reaches_is_its_own),
        cmocka_unit_test(an_object_is_of_the_thread_with_its_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
