/* Memory of C code, judged by itself beside Python's objects that come and go. */
#include "moment.h"

enum { BATCH = 9000 };

/* A batch of quotes that is smaller at each look, and all of which is new each time: much more goes
 * than C code takes. */
static void fill_traffic(moment *m)
{
    uint32_t batch = global(m, "batch", m->dict, 0x7f1000000000);
    int more = BATCH - 200 * m->k;
    quotes(m, batch, m->k * BATCH, m->k * BATCH + more, 0x7f2000000000);
    m->heap.objects[batch].length = (uint64_t)more;
    m->kept_free = (uint64_t)(m->k + 1) * (128u << 10);
    m->native = (10u << 20) + (uint64_t)m->k * (300u << 10);
    m->heap.info.anonymous += m->native + m->kept_free;
}

static void test_a_native_leak_beside_traffic_is_seen(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_traffic, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].pattern, "native-leak");
    assert_int_equal(d->suspects[0].grown, 4 * (300 << 10));
    assert_non_null(strstr(d->suspects[0].evidence, "Python objects shrank by"));
    assert_non_null(strstr(d->suspects[0].evidence, "from each look to the next"));
    finish(d, graphs);
}

/* The same into memory that had been free: of as much as that there was more before. */
static void fill_what_was_free(moment *m)
{
    fill_traffic(m);
    m->kept_free = (uint64_t)(SNAPSHOTS - m->k) * (300u << 10);
}

static void test_what_fills_what_was_free_may_be_given_back(void **state)
{
    (void)state;
    assert_too_early(fill_what_was_free, "native memory that no object accounts for grew by");
}

/* And of a process that was larger before it looked. */
static void fill_below_the_peak(moment *m)
{
    fill_traffic(m);
    m->heap.info.peak = m->heap.info.rss + (4u << 20);
}

static void test_what_was_larger_before_may_be_given_back(void **state)
{
    (void)state;
    assert_too_early(fill_below_the_peak, "native memory that no object accounts for grew by");
}

/* Buffers of requests: as many as are answered just now. */
static void fill_breathing(moment *m)
{
    static const uint64_t load[SNAPSHOTS] = {10, 14, 11, 15, 12};
    fill_traffic(m);
    m->native = load[m->k] * (300u << 10);
}

static void test_no_smaller_rate_is_promised_than_what_native_memory_grew_by(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_breathing, graphs);
    assert_int_equal(d->verdict, HF_VERDICT_NO_LEAK);
    assert_true(d->smallest_rate >= 2 * (300 << 10) / 8.0);
    finish(d, graphs);
}

/* Frames in a queue that is longer each time, with a block of C code each; of those that were there
 * before half are done. */
static void fill_frames(moment *m, int done)
{
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, "camera", "Frame");
    h->types[type].exact = false;
    uint32_t queue = global(m, "frames", m->deque, 0x7f1000000000);
    for (int n = done * m->k; n < 100 + (done + 10) * m->k; n++)
        append(m, queue, placed(m, type, 64, 0x7f3000000000 + (uint64_t)n * 64));
    m->kept_free = 1;
    m->native = (uint64_t)h->objects[queue].length * (40u << 10);
    h->info.anonymous += m->native;
}

static void fill_frames_that_go(moment *m)
{
    fill_frames(m, 30);
}

static void fill_frames_that_stay(moment *m)
{
    fill_frames(m, 0);
}

/* Each new frame lies where one that was done had lain: by their addresses all are still there, and
 * in another order. */
static void fill_frames_in_places_of_others(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t type = made_type(h, "camera", "Frame");
    h->types[type].exact = false;
    uint32_t queue = global(m, "frames", m->deque, 0x7f1000000000);
    int count = 100 + 10 * m->k;
    for (int n = 0; n < count; n++) {
        int at = (n * 17 + m->k * 31) % count;
        append(m, queue, placed(m, type, 64, 0x7f3000000000 + (uint64_t)at * 64));
    }
    m->kept_free = 1;
    m->native = (uint64_t)count * (40u << 10);
    h->info.anonymous += m->native;
}

static void test_native_memory_of_what_comes_and_goes_is_no_leak(void **state)
{
    (void)state;
    assert_too_early(fill_frames_that_go, NULL);
    assert_too_early(fill_frames_in_places_of_others, NULL);
    assert_suspect(fill_frames_that_stay, "module shop.pricing.frames", "native-held");
}

/* Clients with a context of OpenSSL's each, of which few are new: one in two looks. */
static void fill_contexts(moment *m, uint64_t bytes)
{
    made_heap *h = &m->heap;
    uint32_t context = made_type(h, "_ssl", "_SSLContext");
    uint32_t clients = global(m, "clients", m->list, 0x7f1000000000);
    for (int n = 0; n < 120 + m->k / 2; n++) {
        uint32_t client = placed(m, m->quote, 200, 0x7f2000000000 + (uint64_t)n * 1024);
        append(m, clients, client);
        made_edge(h, client, HF_EDGE_ATTRIBUTE, "context", 0,
                  placed(m, context, 80, 0x7f3000000000 + (uint64_t)n * 1024));
    }
    m->kept_free = 1;
    m->native = (100u << 20) + (uint64_t)(m->k / 2) * bytes;
    h->info.anonymous += m->native;
}

static void fill_few_clients(moment *m)
{
    fill_contexts(m, 800 << 10);
}

/* What is new is five times what so many of them have: they are not what grows. */
static void fill_other_memory(moment *m)
{
    fill_contexts(m, 4 << 20);
}

static void test_few_owners_of_nearly_all_native_memory_are_named(void **state)
{
    (void)state;
    assert_suspect(fill_few_clients, "module shop.pricing.clients", "native-held");
    assert_suspect(fill_other_memory, NULL, "native-leak");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_native_leak_beside_traffic_is_seen),
        cmocka_unit_test(test_what_fills_what_was_free_may_be_given_back),
        cmocka_unit_test(test_what_was_larger_before_may_be_given_back),
        cmocka_unit_test(test_no_smaller_rate_is_promised_than_what_native_memory_grew_by),
        cmocka_unit_test(test_native_memory_of_what_comes_and_goes_is_no_leak),
        cmocka_unit_test(test_few_owners_of_nearly_all_native_memory_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
