/* What little growth in few looks can tell: of a process that has grown long, and does slowly. */
#include "moment.h"

/* Twenty tasks, which what they wait for has as well; each has a dict that gets a few entries. */
static void fill_tasks(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t task_type = made_type(h, "_asyncio", "Task");
    uint32_t coroutine_type = made_type(h, "builtins", "coroutine");
    uint32_t tasks = global(m, "tasks", m->list, 0x7f1000000000);
    uint32_t loop = global(m, "loop", m->node, 0x7f1100000000);
    uint32_t ready = placed(m, m->node, 64, 0x7f1200000000);
    made_edge(h, loop, HF_EDGE_ATTRIBUTE, "waiters", 0, ready);
    for (int n = 0; n < 20; n++) {
        uint64_t place = 0x7f2000000000 + (uint64_t)n * (1 << 24);
        uint32_t task = placed(m, task_type, 200, place);
        uint32_t coroutine = placed(m, coroutine_type, 200, place + 1024);
        uint32_t delivered = placed(m, m->dict, 400, place + 2048);
        append(m, tasks, task);
        made_edge(h, ready, HF_EDGE_ATTRIBUTE, "waiter", 0, task);
        made_edge(h, task, HF_EDGE_FIELD, "_coro", 0, coroutine);
        made_edge(h, coroutine, HF_EDGE_LOCAL, "delivered", 0, delivered);
        quotes(m, delivered, 0, 100 + 5 * m->k, place + 4096);
        h->objects[delivered].length = 100 + 5 * (uint64_t)m->k;
    }
}

static void test_little_in_each_of_many_tasks_is_told_together(void **state)
{
    (void)state;
    assert_suspect(fill_tasks, "module shop.pricing.tasks[*]._coro.local delivered", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_little_in_each_of_many_tasks_is_told_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
