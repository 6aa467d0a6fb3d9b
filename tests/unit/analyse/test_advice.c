/* What a suspect is told to do fits the holder. */
#include "moment.h"

/* Tasks in a dict or a list. */
static void fill_tasks(moment *m, bool in_dict)
{
    made_heap *h = &m->heap;
    uint32_t task = made_type(h, "_asyncio", "Task");
    uint32_t jobs = global(m, "jobs", in_dict ? m->dict : m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t key = made_object(h, m->number, 32);
        made_at(h, key, 0x7f2000000000 + (uint64_t)n * 1024);
        uint32_t object = made_object(h, task, 600);
        if (in_dict) {
            made_item(h, jobs, key, object);
        } else {
            made_edge(h, jobs, HF_EDGE_INDEX, NULL, (uint64_t)n, object);
            h->objects[jobs].length++;
        }
    }
}

static void fill_dict_of_tasks(moment *m)
{
    fill_tasks(m, true);
}

static void fill_list_of_tasks(moment *m)
{
    fill_tasks(m, false);
}

static void test_finished_tasks_leave_as_their_holder_wants(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_dict_of_tasks, graphs);
    assert_string_equal(d->suspects[0].pattern, "task-accumulation");
    assert_non_null(strstr(d->suspects[0].fix, "lambda done: jobs.pop(key, None)"));
    finish(d, graphs);
    d = diagnose(fill_list_of_tasks, graphs);
    assert_non_null(strstr(d->suspects[0].fix, "add_done_callback(jobs.remove)"));
    finish(d, graphs);
}

static void fill_log_handlers(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t handler = made_type(h, "logging", "Handler");
    uint32_t list = global(m, "handlers", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t object = made_object(h, handler, 600);
        made_at(h, object, 0x7f2000000000 + (uint64_t)n * 1024);
        made_edge(h, list, HF_EDGE_INDEX, NULL, (uint64_t)n, object);
        h->objects[list].length++;
    }
}

static void test_log_handlers_are_listeners(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_log_handlers, graphs);
    assert_string_equal(d->suspects[0].pattern, "listener-accumulation");
    assert_non_null(strstr(d->suspects[0].fix, "removeHandler()"));
    finish(d, graphs);
}

static void fill_set(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t set = global(m, "lobby", made_type(h, "builtins", "set"), 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t object = made_object(h, m->quote, 600);
        made_at(h, object, 0x7f2000000000 + (uint64_t)n * 1024);
        made_edge(h, set, HF_EDGE_MEMBER, NULL, 0, object);
        h->objects[set].length++;
    }
}

static void test_set_is_not_cut_like_a_list(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_set, graphs);
    assert_string_equal(d->suspects[0].pattern, "collection-growth");
    assert_non_null(strstr(d->suspects[0].fix, "discard()"));
    finish(d, graphs);
}

/* Objects of the program in a list that is called so. */
static void fill_observers(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t slots = made_object(h, made_type(h, "builtins", "tuple"), 64);
    uint32_t type = made_object(h, made_type(h, "builtins", "type"), 1000);
    made_edge(h, type, HF_EDGE_FIELD, "__slots__", 0, slots); /* a class in Python */
    made_root(h, HF_ROOT_C_STATIC, type, "class");
    h->types[m->quote].address = h->objects[type].address;
    uint32_t list = global(m, "observers", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t object = made_object(h, m->quote, 600);
        made_at(h, object, 0x7f2000000000 + (uint64_t)n * 1024);
        made_edge(h, list, HF_EDGE_INDEX, NULL, (uint64_t)n, object);
        h->objects[list].length++;
    }
}

static void test_objects_that_are_told_are_listeners(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_observers, graphs);
    assert_string_equal(d->suspects[0].pattern, "listener-accumulation");
    assert_non_null(strstr(d->suspects[0].fix, "weakref.WeakSet"));
    finish(d, graphs);
}

/* WeakMethods of objects that are gone; each has a living weak reference to its function as well. */
static void fill_weak_methods(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t weak_method = made_type(h, "weakref", "WeakMethod");
    uint32_t reference = made_type(h, "weakref", "ReferenceType");
    uint32_t function = made_object(h, m->function, 100);
    made_at(h, function, 0x7f0100000000);
    made_root(h, HF_ROOT_C_STATIC, function, "function");
    uint32_t list = global(m, "watching", m->list, 0x7f1000000000);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint64_t away = (uint64_t)n * 1024;
        uint32_t object = made_object(h, weak_method, 400), inner = made_object(h, reference, 100);
        made_at(h, object, 0x7f2000000000 + away);
        made_at(h, inner, 0x7f3000000000 + away);
        made_edge(h, object, HF_EDGE_ATTRIBUTE, "_func_ref", 0, inner);
        made_edge_of(h, inner, HF_EDGE_FIELD, HF_EDGE_WEAK, "referent", 0, function);
        made_edge(h, list, HF_EDGE_INDEX, NULL, (uint64_t)n, object);
        h->objects[list].length++;
    }
}

static void test_dead_weak_methods_are_dead_references(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_weak_methods, graphs);
    assert_string_equal(d->suspects[0].pattern, "weakref-misuse");
    finish(d, graphs);
}

/* What is to be called when work is rolled back, in an object whose class is called so. */
static void fill_undo(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t work = global(m, "work", made_type(h, "shop", "UnitOfWork"), 0x7f1000000000);
    uint32_t undo = made_object(h, m->list, 400);
    made_at(h, undo, 0x7f1100000000);
    made_edge(h, work, HF_EDGE_ATTRIBUTE, "_undo", 0, undo);
    for (int n = 0; n < 100 + 150 * m->k; n++) {
        uint32_t function = made_object(h, m->function, 600);
        made_at(h, function, 0x7f2000000000 + (uint64_t)n * 1024);
        made_edge(h, undo, HF_EDGE_INDEX, NULL, (uint64_t)n, function);
        h->objects[undo].length++;
    }
}

static void test_functions_of_a_unit_of_work_are_no_rows(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_undo, graphs);
    assert_string_not_equal(d->suspects[0].pattern, "orm-session");
    finish(d, graphs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finished_tasks_leave_as_their_holder_wants),
        cmocka_unit_test(test_log_handlers_are_listeners),
        cmocka_unit_test(test_set_is_not_cut_like_a_list),
        cmocka_unit_test(test_objects_that_are_told_are_listeners),
        cmocka_unit_test(test_dead_weak_methods_are_dead_references),
        cmocka_unit_test(test_functions_of_a_unit_of_work_are_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
