/* Collections that hand on what they have, and those that only look so. */
#include "moment.h"

/* Rows `first` to `last` - 1 of all that ever came, each at its place. The process began when the
 * first of what is packed came, as far as one can tell. */
static void put(moment *m, const char *name, uint64_t at, uint32_t type, int first, int last)
{
    uint32_t list = global(m, name, m->list, at);
    m->heap.info.age = (9 + 2 * (uint64_t)m->k) * SECOND;
    for (int n = first; n < last; n++)
        append(m, list, placed(m, type, 600, 0x7f5000000000 + (uint64_t)n * 1024));
}

enum { BATCH = 3000, STEP = 300 };

/* Of what came while the batch before is sent. */
static void fill_stages(moment *m)
{
    int sent = STEP * m->k;
    put(m, "packing", 0x7f1000000000, m->quote, BATCH, BATCH + 1300 + sent);
    put(m, "sending", 0x7f1000001000, m->quote, sent, BATCH);
}

/* Worked off to the end at the last look; others are in stock. */
static void fill_short_stages(moment *m)
{
    put(m, "stock", 0x7f1000002000, m->quote, 3 * BATCH, 5 * BATCH);
    int sent = STEP * m->k;
    put(m, "packing", 0x7f1000000000, m->quote, BATCH, BATCH + 1300 + sent);
    put(m, "sending", 0x7f1000001000, m->quote, sent, STEP * (SNAPSHOTS - 1));
}

static void test_a_stage_that_fills_while_the_next_is_worked_off_is_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_stages, "module shop.pricing.packing");
    assert_too_early(fill_short_stages, "module shop.pricing.packing");
}

/* Three come for each that goes. */
static void fill_slow_work(moment *m)
{
    put(m, "packing", 0x7f1000000000, m->quote, BATCH, BATCH + 1300 + STEP * 3 * m->k);
    put(m, "sending", 0x7f1000001000, m->quote, STEP * m->k, BATCH);
}

/* What is worked off is something else. */
static void fill_other_work(moment *m)
{
    put(m, "packing", 0x7f1000000000, m->quote, BATCH, BATCH + 1300 + STEP * m->k);
    put(m, "sending", 0x7f1000001000, m->node, STEP * m->k, BATCH);
}

/* It was worked off before most of what grows came. */
static void fill_earlier_work(moment *m)
{
    put(m, "packing", 0x7f1000000000, m->quote, BATCH, BATCH + 1300 + STEP * m->k);
    put(m, "sending", 0x7f1000001000, m->quote, m->k < SNAPSHOTS - 1 ? 0 : 4 * STEP, BATCH);
}

/* A batch of the like has gone at once, which was caught full in the first look. */
static void fill_beside_batch(moment *m)
{
    put(m, "packing", 0x7f1000000000, m->quote, BATCH, BATCH + 1300 + STEP * m->k);
    put(m, "batch", 0x7f1000001000, m->quote, 0, m->k ? 0 : BATCH);
}

/* Texts are in all that breathes. */
static void fill_texts(moment *m)
{
    put(m, "packing", 0x7f1000000000, m->str, BATCH, BATCH + 1300 + STEP * m->k);
    put(m, "sending", 0x7f1000001000, m->str, STEP * m->k, BATCH);
}

static void test_what_grows_beside_other_work_is_told(void **state)
{
    (void)state;
    assert_suspect(fill_beside_batch, "module shop.pricing.packing", "collection-growth");
    assert_suspect(fill_texts, "module shop.pricing.packing", "collection-growth");
    assert_suspect(fill_slow_work, "module shop.pricing.packing", "collection-growth");
    assert_suspect(fill_other_work, "module shop.pricing.packing", "collection-growth");
    assert_suspect(fill_earlier_work, "module shop.pricing.packing", "collection-growth");
}

/* A third has all that came, too, and more. */
static void fill_archive(moment *m)
{
    fill_stages(m);
    put(m, "archive", 0x7f1000002000, m->quote, 2 * BATCH + 1000,
        2 * BATCH + 3600 + 2 * STEP * m->k);
}

static void test_what_grows_elsewhere_is_told(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_archive, graphs);
    assert_true(d->suspect_count > 0);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.archive");
    finish(d, graphs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stage_that_fills_while_the_next_is_worked_off_is_too_early),
        cmocka_unit_test(test_what_grows_beside_other_work_is_told),
        cmocka_unit_test(test_what_grows_elsewhere_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
