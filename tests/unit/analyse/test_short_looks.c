/* What little growth in few looks can tell: of a process that has grown long, and does slowly. */
#include "moment.h"

/* A dict that gets 60 entries a look; malloc keeps `kept_free` bytes free at first. */
static void fill_dict_at_peak(moment *m, uint64_t kept_free)
{
    uint32_t sales = global(m, "sales", m->dict, 0x7f1000000000);
    int length = 5000 + 60 * m->k;
    quotes(m, sales, 0, length, 0x7f2000000000);
    uint64_t used = (uint64_t)60 * (uint64_t)m->k * (600 + 64);
    m->heap.info.peak = m->heap.info.rss;
    m->heap.info.anonymous -= used;
    m->kept_free = kept_free - used;
}

static void fill_dict_that_is_at_its_highest(moment *m)
{
    fill_dict_at_peak(m, 300 << 10);
}

/* Half of what it has would fit into what is free: it may have been half as large again. */
static void fill_dict_that_was_larger(moment *m)
{
    fill_dict_at_peak(m, 1600 << 10);
}

static void test_what_is_at_its_highest_was_not_emptied_before(void **state)
{
    (void)state;
    assert_suspect(fill_dict_that_is_at_its_highest, "module shop.pricing.sales", NULL);
    assert_too_early(fill_dict_that_was_larger, "into memory that was free already");
}

/* Numbers go into the room that an array has made for them. */
static void fill_room_of_array(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t array = made_type(h, "array", "array");
    uint32_t samples = global(m, "samples", array, 0x7f1000000000);
    h->objects[samples].length = 200000 + 8000 * (uint64_t)m->k;
    h->objects[samples].external = 2 << 20;
}

static void test_room_that_a_buffer_has_made_was_not_left_by_others(void **state)
{
    (void)state;
    assert_suspect(fill_room_of_array, "module shop.pricing.samples", "buffer-growth");
}

/* Lists of 24 members each, five of which become others at each look; these have `bytes`. */
static void fill_lists_of_24(moment *m, uint64_t bytes)
{
    made_heap *h = &m->heap;
    uint32_t meters = global(m, "meters", m->list, 0x7f1000000000);
    uint32_t zero = placed(m, m->number, 32, 0x7f1100000000);
    for (int n = 0; n < 200; n++) {
        uint64_t place = 0x7f2000000000 + (uint64_t)n * (1 << 20);
        uint32_t list = placed(m, m->list, 256, place);
        append(m, meters, list);
        for (int i = 0; i < 24; i++) {
            uint64_t at = place + 1024 + (uint64_t)i * 1024;
            append(m, list, i < 5 * m->k ? placed(m, m->number, bytes, at) : zero);
        }
    }
    assert_int_equal(h->objects[meters].length, 200);
}

static void fill_lists_of_24_numbers(moment *m)
{
    fill_lists_of_24(m, 32);
}

static void fill_lists_of_24_large_numbers(moment *m)
{
    fill_lists_of_24(m, 600);
}

static void test_small_members_of_lists_that_stay_as_long_are_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_lists_of_24_numbers, NULL);
    assert_suspect(fill_lists_of_24_large_numbers, NULL, NULL);
}

/* A store with its state and the one before that: tuples, made anew, with what both have. */
static void fill_store(moment *m, int first)
{
    made_heap *h = &m->heap;
    uint32_t tuple = made_type(h, "builtins", "tuple");
    h->types[tuple].flags = 1u << 26;
    uint32_t store = global(m, "store", m->node, 0x7f1000000000);
    uint32_t now = placed(m, tuple, 400, 0x7f1100000000 + (uint64_t)(m->k % 3) * 4096);
    uint32_t before = placed(m, tuple, 392, 0x7f1100000000 + (uint64_t)((m->k + 2) % 3) * 4096);
    made_edge(h, store, HF_EDGE_ATTRIBUTE, "state", 0, now);
    made_edge(h, store, HF_EDGE_ATTRIBUTE, "previous", 0, before);
    for (int n = 0; n < first + 40 * m->k; n++) {
        uint32_t message = placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        append(m, now, message);
        if (n < first + 40 * m->k - 1)
            append(m, before, message);
    }
}

static void fill_store_of_few(moment *m)
{
    fill_store(m, 100);
}

static void fill_store_of_many(moment *m)
{
    fill_store(m, 4000);
}

static void test_a_little_below_what_is_no_collection_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_store_of_few, "module shop.pricing.store");
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_store_of_many, graphs);
    assert_int_equal(d->suspect_count, 1);
    finish(d, graphs);
}

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

/* All of a dict becomes others from one look to the next. */
static void fill_passing(moment *m, const int *lengths)
{
    uint32_t work = global(m, "work", m->dict, 0x7f1000000000);
    quotes(m, work, 3000 * m->k, 3000 * m->k + lengths[m->k], 0x7f2000000000);
}

static void fill_work_with_a_pause(moment *m)
{
    static const int lengths[SNAPSHOTS] = {1000, 1300, 1600, 1600, 1900};
    fill_passing(m, lengths);
}

static void fill_work_that_falls(moment *m)
{
    static const int lengths[SNAPSHOTS] = {1000, 1900, 1300, 1500, 1600};
    fill_passing(m, lengths);
}

static void test_no_leak_is_said_of_more_than_what_grew_for_nothing(void **state)
{
    (void)state;
    assert_too_early(fill_work_with_a_pause, "All objects together grew by");
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_work_that_falls, graphs);
    assert_int_equal(d->verdict, HF_VERDICT_NO_LEAK);
    assert_true(d->smallest_rate * d->seconds > (600.0 + 600.0) * 664);
    finish(d, graphs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_at_its_highest_was_not_emptied_before),
        cmocka_unit_test(test_room_that_a_buffer_has_made_was_not_left_by_others),
        cmocka_unit_test(test_small_members_of_lists_that_stay_as_long_are_too_early),
        cmocka_unit_test(test_a_little_below_what_is_no_collection_is_too_early),
        cmocka_unit_test(test_little_in_each_of_many_tasks_is_told_together),
        cmocka_unit_test(test_no_leak_is_said_of_more_than_what_grew_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
