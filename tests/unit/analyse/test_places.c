/* Sequences that longer ones take the place of, and copies of what has them. */
#include "moment.h"

enum { MESSAGES = 60 };

/* An object of moment k, which others took the place of since. */
static uint32_t made_anew(moment *m, uint32_t type, uint64_t bytes, uint64_t base)
{
    return placed(m, type, bytes, base + (uint64_t)m->k * (1 << 20));
}

static uint32_t tuple_type(moment *m)
{
    uint32_t tuple = made_type(&m->heap, "builtins", "tuple");
    m->heap.types[tuple].flags = 1u << 26;
    return tuple;
}

/* Messages number `first` to `last - 1`. */
static void put_messages(moment *m, uint32_t sequence, int first, int last)
{
    for (int n = first; n < last; n++)
        append(m, sequence, placed(m, m->quote, 1000, 0x7f5000000000 + (uint64_t)n * 4096));
}

/* state = {"user": ..., "messages": ...} as attribute of a store. */
static uint32_t put_state(moment *m, uint32_t sequence_type)
{
    uint32_t store = global(m, "store", m->node, 0x7f1000000000);
    uint32_t user = text(m, "user"), key = text(m, "messages"), name = text(m, "u-1");
    uint32_t dict = made_anew(m, m->dict, 400, 0x7f2000000000);
    uint32_t messages = made_anew(m, sequence_type, 1000u + 480u * (unsigned)m->k, 0x7f3000000000);
    made_edge(&m->heap, store, HF_EDGE_ATTRIBUTE, "state", 0, dict);
    made_item(&m->heap, dict, user, name);
    made_item(&m->heap, dict, key, messages);
    m->heap.objects[dict].length = 2;
    return messages;
}

static int messages_at(const moment *m)
{
    return MESSAGES * (m->k + 2);
}

static void fill_tuples(moment *m)
{
    put_messages(m, put_state(m, tuple_type(m)), 0, messages_at(m));
}

static void fill_lists(moment *m)
{
    put_messages(m, put_state(m, m->list), 0, messages_at(m));
}

static void assert_told_as(void (*fill)(moment *m), const char *type)
{
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill, graphs);
    assert_int_equal(d->suspect_count, 1);
    const hf_suspect *s = &d->suspects[0];
    assert_string_equal(s->path, "module shop.pricing.store.state['messages']");
    assert_string_equal(s->pattern, "collection-growth");
    assert_string_equal(s->type, type);
    assert_non_null(strstr(s->evidence, "+240 entries in 8.0 s, none removed"));
    assert_non_null(strstr(s->evidence, "made anew, and longer each time"));
    assert_non_null(strstr(s->fix, "Cut shop.pricing.store.state['messages'] where it is made"));
    assert_int_equal(s->length, 6 * MESSAGES);
    finish(d, graphs);
}

static void test_the_sequence_in_a_copied_dict_is_told(void **state)
{
    (void)state;
    assert_told_as(fill_tuples, "tuple of shop.pricing.Quote");
    assert_told_as(fill_lists, "list of shop.pricing.Quote");
}

/* As many as before, and all of the last moment. */
static void fill_window(moment *m)
{
    put_messages(m, put_state(m, tuple_type(m)), MESSAGES * m->k, messages_at(m));
}

static void test_a_window_of_the_last_ones_is_none(void **state)
{
    (void)state;
    assert_no_suspect(fill_window);
}

/* state = {**state, key: value}: what becomes longer is the dict, although one of its values
 * is large. */
static void fill_longer_dict(moment *m)
{
    uint32_t store = global(m, "store", m->node, 0x7f1000000000);
    uint32_t dict = made_anew(m, m->dict, 400 + 2000u * (unsigned)m->k, 0x7f2000000000);
    made_edge(&m->heap, store, HF_EDGE_ATTRIBUTE, "state", 0, dict);
    quotes(m, dict, 0, messages_at(m), 0x7f6000000000);
    m->heap.objects[dict].length = (uint64_t)messages_at(m);
}

static void test_a_dict_that_becomes_longer_is_told_itself(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_longer_dict, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.store.state");
    finish(d, graphs);
}

/* state = {**state, "orders": {**orders, number: order}}. */
static void fill_dict_of_a_copy(moment *m)
{
    uint32_t store = global(m, "store", m->node, 0x7f1000000000);
    uint32_t user = text(m, "user"), key = text(m, "orders"), name = text(m, "u-1");
    uint32_t dict = made_anew(m, m->dict, 400, 0x7f2000000000);
    uint32_t orders = made_anew(m, m->dict, 400 + 2000u * (unsigned)m->k, 0x7f3000000000);
    made_edge(&m->heap, store, HF_EDGE_ATTRIBUTE, "state", 0, dict);
    made_item(&m->heap, dict, user, name);
    made_item(&m->heap, dict, key, orders);
    m->heap.objects[dict].length = 2;
    quotes(m, orders, 0, messages_at(m), 0x7f6000000000);
    m->heap.objects[orders].length = (uint64_t)messages_at(m);
}

static void test_the_dict_in_a_copied_dict_is_told(void **state)
{
    (void)state;
    assert_suspect(fill_dict_of_a_copy, "module shop.pricing.store.state['orders']",
                   "unbounded-cache");
    assert_advice(fill_dict_of_a_copy, "unbounded-cache", "+240 entries in 8.0 s, none removed",
                  "shop.pricing.store.state['orders']");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_sequence_in_a_copied_dict_is_told),
        cmocka_unit_test(test_the_dict_in_a_copied_dict_is_told),
        cmocka_unit_test(test_a_window_of_the_last_ones_is_none),
        cmocka_unit_test(test_a_dict_that_becomes_longer_is_told_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
