/* Values that longer ones take the place of, in a dict and as attributes of many instances. */
#include "moment.h"

enum { OPERATORS = 40 };

/* What operator n has said until now: another text at each look, at another place, `bytes` long. */
static uint32_t said(moment *m, int n, uint64_t bytes, const char *begin)
{
    uint32_t object = placed(m, m->str, bytes,
                             0x7f4000000000 + (uint64_t)n * (1 << 24) + (uint64_t)m->k * (1 << 20));
    made_value(&m->heap, object, begin);
    m->heap.objects[object].length = bytes;
    return object;
}

static uint64_t longer(const moment *m)
{
    return 4000 * (uint64_t)(m->k + 20); /* much was there before */
}

static void fill_dict(moment *m, uint64_t bytes, const char *begin)
{
    uint32_t dict = global(m, "transcripts", m->dict, 0x7f1000000000);
    m->heap.objects[dict].length = OPERATORS;
    for (int n = 0; n < OPERATORS; n++) {
        char name[32];
        snprintf(name, sizeof(name), "operator-%d", n);
        uint32_t key = text(m, name);
        made_at(&m->heap, key, 0x7f2000000000 + (uint64_t)n * 256);
        made_item(&m->heap, dict, key, said(m, n, bytes, begin));
    }
}

static void fill_continued(moment *m)
{
    fill_dict(m, longer(m), "good morning");
}

static void test_values_that_become_longer_are_one_suspect(void **state)
{
    (void)state;
    assert_suspect(fill_continued, "module shop.pricing.transcripts", "buffer-growth");
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_continued, graphs);
    assert_non_null(strstr(d->suspects[0].fix, "to the last n ([-n:])"));
    finish(d, graphs);
}

/* Longer by chance: they begin otherwise. */
static void fill_other_texts(moment *m)
{
    char begin[32];
    snprintf(begin, sizeof(begin), "report %d", m->k);
    fill_dict(m, longer(m), begin);
}

/* Now longer, now shorter. */
static void fill_changing_texts(moment *m)
{
    fill_dict(m, longer(m) + (m->k == 2 ? 20000u : 0), "good morning");
}

static void test_values_of_changing_length_are_not(void **state)
{
    (void)state;
    assert_no_suspect(fill_other_texts);
    assert_no_suspect(fill_changing_texts);
}

/* Texts are added to a list, and those that are there stay as they are. */
static void fill_list_of_texts(moment *m)
{
    uint32_t list = global(m, "transcripts", m->list, 0x7f1000000000);
    for (int n = 0; n < OPERATORS * (m->k + 1); n++) {
        uint32_t object = placed(m, m->str, 4000, 0x7f4000000000 + (uint64_t)n * 8192);
        made_value(&m->heap, object, "good morning");
        append(m, list, object);
    }
}

static void test_a_list_that_gets_more_texts_is_that(void **state)
{
    (void)state;
    assert_suspect(fill_list_of_texts, "module shop.pricing.transcripts", "collection-growth");
}

static void fill_attributes(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t operators = global(m, "operators", m->list, 0x7f1000000000);
    for (int n = 0; n < OPERATORS; n++) {
        uint32_t operator= placed(m, m->quote, 64, 0x7f2000000000 + (uint64_t)n * 256);
        append(m, operators, operator);
        made_edge(h, operator, HF_EDGE_ATTRIBUTE, "notes", 0,
                  said(m, n, longer(m), "good morning"));
    }
}

static void test_an_attribute_that_becomes_longer_is_named_for_all(void **state)
{
    (void)state;
    assert_suspect(fill_attributes, "module shop.pricing.operators[*].notes", "buffer-growth");
}

/* series[name] = numpy.concatenate([series[name], more]): arrays, of which only the
 * size is known. */
static void put_series(moment *m, uint32_t dict, uint32_t array, int series, uint64_t more)
{
    m->heap.objects[dict].length = OPERATORS;
    for (int n = 0; n < OPERATORS; n++) {
        uint64_t place = (uint64_t)(series * OPERATORS + n);
        char name[32];
        snprintf(name, sizeof(name), "sensor-%d-%d", series, n);
        uint32_t key = text(m, name);
        made_at(&m->heap, key, 0x7f2000000000 + place * 256);
        uint32_t values =
            placed(m, array, 112, 0x7f4000000000 + place * (1 << 16) + (uint64_t)m->k * 256);
        m->heap.objects[values].external = 1600 * (uint64_t)(m->k + 20) + more;
        made_item(&m->heap, dict, key, values);
    }
}

static void fill_series(moment *m)
{
    put_series(m, global(m, "series", m->dict, 0x7f1000000000),
               made_type(&m->heap, "numpy", "ndarray"), 0, 0);
}

/* The same at each of several sites, none of which grew by much. */
static void fill_sites(moment *m)
{
    enum { SITES = 4 };
    uint32_t array = made_type(&m->heap, "numpy", "ndarray");
    uint32_t sites = global(m, "sites", m->list, 0x7f1000000000);
    for (int n = 0; n < SITES; n++) {
        uint32_t site = placed(m, m->quote, 64, 0x7f1100000000 + (uint64_t)n * 256);
        uint32_t dict = placed(m, m->dict, 2272, 0x7f1200000000 + (uint64_t)n * 4096);
        append(m, sites, site);
        made_edge(&m->heap, site, HF_EDGE_ATTRIBUTE, "series", 0, dict);
        put_series(m, dict, array, n, 0);
    }
}

/* Computed anew each time, now larger, now smaller. */
static void fill_changing_series(moment *m)
{
    put_series(m, global(m, "series", m->dict, 0x7f1000000000),
               made_type(&m->heap, "numpy", "ndarray"), 0, m->k == 2 ? 20000 : 0);
}

static void test_arrays_that_longer_ones_replace_are_one_suspect(void **state)
{
    (void)state;
    assert_suspect(fill_series, "module shop.pricing.series", "buffer-growth");
    assert_suspect(fill_sites, "module shop.pricing.sites[*].series", "buffer-growth");
    assert_no_suspect(fill_changing_series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_that_become_longer_are_one_suspect),
        cmocka_unit_test(test_values_of_changing_length_are_not),
        cmocka_unit_test(test_a_list_that_gets_more_texts_is_that),
        cmocka_unit_test(test_an_attribute_that_becomes_longer_is_named_for_all),
        cmocka_unit_test(test_arrays_that_longer_ones_replace_are_one_suspect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
