/* What the age of a process tells of what grows in it: whether it can have been emptied before. */
#include "moment.h"

/* A buffer that gets 150 entries a second, into memory that was free already; in a process that was
 * `age` seconds old when it was first looked at. */
static void fill_buffer(moment *m, int first, int age)
{
    uint32_t buffer = global(m, "buffer", m->dict, 0x7f1000000000);
    int length = first + 300 * m->k;
    quotes(m, buffer, 0, length, 0x7f2000000000);
    m->heap.info.anonymous += (uint64_t)(9000 - length) * (600 + 64); /* free for those to come */
    m->heap.info.age = (uint64_t)(age ? age + 2 * m->k : 0) * SECOND;
}

/* What there is of one that is written out and emptied now and then, between two of those times. */
static void fill_half_empty_buffer(moment *m)
{
    fill_buffer(m, 1000, 0);
}

/* It may well have been emptied in the first half of that time. */
static void fill_buffer_of_old_process(moment *m)
{
    fill_buffer(m, 3000, 45);
}

/* A cache that was filled at the start, of which a part expires and comes again. */
static void fill_buffer_that_began_full(moment *m)
{
    fill_buffer(m, 6000, 22);
}

static void fill_buffer_of_a_moment(moment *m)
{
    fill_buffer(m, 1000, 7);
}

/* Twenty seconds' worth. */
static void fill_buffer_of_young_process(moment *m)
{
    fill_buffer(m, 3000, 22);
}

static void test_growth_into_memory_that_was_free_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_half_empty_buffer, "into memory that was free already");
    assert_too_early(fill_buffer_of_old_process, "into memory that was free already");
    assert_too_early(fill_buffer_of_a_moment, "into memory that was free already");
    assert_too_early(fill_buffer_that_began_full, "into memory that was free already");
}

/* What never was emptied did not leave that memory. */
static void test_growth_for_as_long_as_there_is_a_process_is_a_leak(void **state)
{
    (void)state;
    assert_suspect(fill_buffer_of_young_process, "module shop.pricing.buffer", NULL);
}

/* A batch that gets 150 entries a second, in a process that has long run; nothing is known
 * of free memory. */
static void fill_batch(moment *m, int first, int seconds_between)
{
    uint32_t batch = global(m, "batch", m->dict, 0x7f1000000000);
    quotes(m, batch, 0, first + 300 * m->k, 0x7f2000000000);
    m->heap.info.anonymous = 0;
    m->heap.info.age = (uint64_t)(600 + seconds_between * m->k) * SECOND;
    m->heap.info.freeze.taken_at = (uint64_t)(seconds_between * (m->k + 1)) * SECOND;
}

static void fill_batch_of_seconds(moment *m)
{
    fill_batch(m, 1500, 2);
}

static void fill_batch_of_minutes(moment *m)
{
    fill_batch(m, 60000, 2);
}

static void fill_batch_that_is_watched(moment *m)
{
    fill_batch(m, 1500, 6);
}

/* The process has run for ten minutes, and all that it holds came in the last 18 seconds:
 * it may have been emptied before that, unless it goes on for long. */
static void test_what_is_young_beside_the_process_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_batch_of_seconds, "a small part of the time that the process has run");
    assert_suspect(fill_batch_of_minutes, "module shop.pricing.batch", NULL);
    assert_suspect(fill_batch_that_is_watched, "module shop.pricing.batch", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth_into_memory_that_was_free_is_too_early),
        cmocka_unit_test(test_growth_for_as_long_as_there_is_a_process_is_a_leak),
        cmocka_unit_test(test_what_is_young_beside_the_process_is_too_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
