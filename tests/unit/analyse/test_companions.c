/* What grows along with something else is not told as a mistake of its own. */
#include "moment.h"

enum { HANDLERS = 100, MORE = 150 };

static uint32_t place(uint32_t object, moment *m, uint64_t address)
{
    made_at(&m->heap, object, address);
    return object;
}

/* handlers: a list of what grows; returns the n-th member. */
static uint32_t member(moment *m, uint32_t list, int n)
{
    made_heap *h = &m->heap;
    uint32_t object = place(made_object(h, m->quote, 600), m, 0x7f2000000000 + (uint64_t)n * 1024);
    made_edge(h, list, HF_EDGE_INDEX, NULL, (uint64_t)n, object);
    h->objects[list].length++;
    return object;
}

/* A list that grows, and a WeakSet of the same objects. */
static void fill_weak_set(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t set = made_type(h, "builtins", "set");
    uint32_t weak_set = made_type(h, "_weakrefset", "WeakSet");
    uint32_t reference = made_type(h, "weakref", "ReferenceType");
    uint32_t list = global(m, "handlers", m->list, 0x7f1000000000);
    uint32_t all = global(m, "everything", weak_set, 0x7f1100000000);
    uint32_t data = place(made_object(h, set, 800), m, 0x7f1200000000);
    made_edge(h, all, HF_EDGE_ATTRIBUTE, "data", 0, data);
    for (int n = 0; n < HANDLERS + MORE * m->k; n++) {
        uint32_t object = member(m, list, n);
        uint32_t weak =
            place(made_object(h, reference, 120), m, 0x7f3000000000 + (uint64_t)n * 256);
        made_edge_of(h, weak, HF_EDGE_FIELD, HF_EDGE_WEAK, "referent", 0, object);
        made_edge(h, data, HF_EDGE_MEMBER, NULL, 0, weak);
        h->objects[data].length++;
    }
}

static void test_weak_set_of_what_another_holds_is_a_symptom(void **state)
{
    (void)state;
    assert_suspect(fill_weak_set, "module shop.pricing.handlers", NULL);
}

/* Two lists of the same objects: neither alone frees them. */
static void fill_two_lists(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t orders = global(m, "orders", m->list, 0x7f1000000000);
    uint32_t recent = global(m, "recent", m->list, 0x7f1100000000);
    for (int n = 0; n < HANDLERS + MORE * m->k; n++) {
        made_edge(h, recent, HF_EDGE_INDEX, NULL, (uint64_t)n, member(m, orders, n));
        h->objects[recent].length++;
    }
}

static void test_members_of_two_holders_name_both(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_two_lists, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.orders");
    assert_non_null(strstr(d->suspects[0].evidence, "also held by module shop.pricing.recent"));
    assert_int_equal(d->suspects[0].retained, 400 + (HANDLERS + 4 * MORE) * 600);
    finish(d, graphs);
}

/* A dict by number, and one of lists by customer, which were there before: each has a few. */
static void fill_index_of_lists(moment *m)
{
    enum { CUSTOMERS = 40 };
    made_heap *h = &m->heap;
    uint32_t numbers = global(m, "by_number", m->dict, 0x7f1000000000);
    uint32_t customers = global(m, "by_customer", m->dict, 0x7f1100000000);
    uint32_t lists[CUSTOMERS];
    for (int c = 0; c < CUSTOMERS; c++) {
        uint32_t key = place(text(m, "customer"), m, 0x7f1300000000 + (uint64_t)c * 64);
        lists[c] = place(made_object(h, m->list, 200), m, 0x7f1200000000 + (uint64_t)c * 256);
        made_item(h, customers, key, lists[c]);
    }
    int count = HANDLERS + MORE * m->k;
    quotes(m, numbers, 0, count, 0x7f2000000000);
    for (uint32_t o = 0; o < h->object_count; o++)
        if (h->objects[o].type == m->quote && count-- > 0) {
            made_edge(h, lists[count % CUSTOMERS], HF_EDGE_INDEX, NULL, (uint64_t)count, o);
            h->objects[lists[count % CUSTOMERS]].length++;
        }
}

static void test_members_of_an_index_of_lists_name_the_index(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_index_of_lists, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.by_number");
    assert_non_null(strstr(d->suspects[0].evidence,
                           "also held by module shop.pricing.by_customer[*]: they go when both"));
    assert_non_null(strstr(d->suspects[0].fix,
                           "shop.pricing.by_customer[*] has the same and must let go as well."));
    finish(d, graphs);
}

/* Another dict by the same numbers, which has other values. */
static void fill_totals(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t invoices = global(m, "invoices", m->dict, 0x7f1000000000);
    uint32_t totals = global(m, "totals", m->dict, 0x7f1100000000);
    for (int n = 0; n < HANDLERS + MORE * m->k; n++) {
        uint64_t at = (uint64_t)n * 1024;
        uint32_t key = place(made_object(h, m->number, 32), m, 0x7f3000000000 + at);
        uint32_t invoice = place(made_object(h, m->quote, 600), m, 0x7f2000000000 + at);
        made_item(h, invoices, key, invoice);
        h->objects[invoices].length++;
        made_item(h, totals, key, totals);
        h->objects[totals].length++;
        if (n % 3 == 0) /* some are at work */
            made_root(h, HF_ROOT_C_STATIC, invoice, "libfoo.so");
    }
}

static void test_a_key_that_is_shared_makes_no_second_holder(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_totals, graphs);
    assert_int_equal(d->suspect_count > 0, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.invoices");
    assert_null(strstr(d->suspects[0].evidence, "also held by module shop.pricing.totals"));
    finish(d, graphs);
}

/* What an extension was given to call: only C code has it. */
static void fill_callback(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t audit = place(made_object(h, m->node, 64), m, 0x7f1000000000);
    made_held(h, audit, 1);
    uint32_t list = place(made_object(h, m->list, 400), m, 0x7f1100000000);
    made_edge(h, audit, HF_EDGE_ATTRIBUTE, "entries", 0, list);
    for (int n = 0; n < HANDLERS + MORE * m->k; n++)
        member(m, list, n);
}

static void test_what_a_callback_keeps_is_told_from_it(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_callback, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "held by C: shop.pages.Node.entries");
    assert_non_null(strstr(d->suspects[0].evidence, "only C code has the shop.pages.Node"));
    assert_null(strstr(d->suspects[0].evidence, "callback"));
    assert_non_null(strstr(d->suspects[0].fix, "Prune shop.pages.Node.entries:"));
    finish(d, graphs);
}

/* connect() adds to both attributes of a signal. */
static void fill_signal(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t signal = global(m, "signal", m->quote, 0x7f1000000000);
    uint32_t receivers = place(made_object(h, m->dict, 400), m, 0x7f1100000000);
    uint32_t by_receiver = place(made_object(h, m->dict, 400), m, 0x7f1200000000);
    made_edge(h, signal, HF_EDGE_ATTRIBUTE, "receivers", 0, receivers);
    made_edge(h, signal, HF_EDGE_ATTRIBUTE, "by_receiver", 0, by_receiver);
    quotes(m, receivers, 0, HANDLERS + MORE * m->k, 0x7f2000000000);
    for (int n = 0; n < HANDLERS + MORE * m->k; n++) {
        uint32_t key = place(made_object(h, m->number, 32), m, 0x7f3000000000 + (uint64_t)n * 1024);
        made_item(h, by_receiver, key, made_object(h, m->list, 300));
    }
}

static void test_second_index_of_one_object_is_no_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_signal, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.signal.receivers");
    assert_non_null(strstr(d->suspects[0].evidence, "by_receiver gets the same entries"));
    finish(d, graphs);
}

/* The memo of copy.deepcopy(): copies by id(), and by its own id() a list of the originals. */
static void fill_memo(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t cloner = global(m, "cloner", m->quote, 0x7f1000000000);
    uint32_t memo = place(made_object(h, m->dict, 400), m, 0x7f1100000000);
    made_edge(h, cloner, HF_EDGE_ATTRIBUTE, "seen", 0, memo);
    uint32_t own = place(made_object(h, m->number, 32), m, 0x7f1200000000);
    made_value(h, own, "139710991171584"); /* 0x7f1100000000 */
    uint32_t originals = place(made_object(h, m->list, 400), m, 0x7f1300000000);
    made_item(h, memo, own, originals);
    for (int n = 0; n < HANDLERS + MORE * m->k; n++) {
        uint32_t key = place(made_object(h, m->number, 32), m, 0x7f3000000000 + (uint64_t)n * 1024);
        made_item(h, memo, key, made_object(h, m->node, 300));
        member(m, originals, n);
    }
}

static void test_memo_of_copies_is_one_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_memo, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].pattern, "serializer-memo");
    assert_non_null(strstr(d->suspects[0].fix, "copy.deepcopy() without a memo"));
    finish(d, graphs);
}

/* When each entry of a cache ends, in a second dict with the very same keys. */
static void fill_second_table(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t cache = global(m, "cache", m->dict, 0x7f1000000000);
    uint32_t ends = global(m, "ends", m->dict, 0x7f1100000000);
    for (int n = 0; n < HANDLERS + MORE * m->k; n++) {
        uint32_t key = place(text(m, "page"), m, 0x7f2000000000 + (uint64_t)n * 1024);
        made_item(h, cache, key, made_object(h, m->quote, 600));
        made_item(h, ends, key, made_object(h, m->number, 200));
    }
}

static void test_second_table_of_the_same_keys_is_no_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_second_table, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.cache");
    assert_non_null(strstr(d->suspects[0].evidence, "ends gets the same entries"));
    finish(d, graphs);
}

/* A list of objects, and a table of records about them: each has a weak reference to its object
 * that calls back. The objects have their records where `attached`. */
static void fill_records(moment *m, bool attached)
{
    made_heap *h = &m->heap;
    uint32_t reference = made_type(h, "weakref", "ReferenceType");
    uint32_t state = made_type(h, "mapper", "State");
    uint32_t orders = global(m, "orders", m->list, 0x7f1000000000);
    uint32_t table = global(m, "table", m->dict, 0x7f1100000000);
    uint32_t forget = place(made_object(h, m->function, 100), m, 0x7f1200000000);
    made_root(h, HF_ROOT_C_STATIC, forget, "forget");
    for (int n = 0; n < HANDLERS + MORE * m->k; n++) {
        uint64_t away = (uint64_t)n * 1024;
        uint32_t order = member(m, orders, n);
        uint32_t record = place(made_object(h, state, 900), m, 0x7f3000000000 + away);
        uint32_t weak = place(made_object(h, reference, 72), m, 0x7f4000000000 + away);
        made_edge_of(h, weak, HF_EDGE_FIELD, HF_EDGE_WEAK, "referent", 0, order);
        made_edge(h, weak, HF_EDGE_FIELD, "callback", 0, forget);
        made_edge(h, record, HF_EDGE_ATTRIBUTE, "obj", 0, weak);
        /* The keys are the table's own, and enough to be told of. */
        uint32_t key = place(made_object(h, m->number, 300), m, 0x7f5000000000 + away);
        made_item(h, table, key, record);
        if (attached)
            made_edge(h, order, HF_EDGE_ATTRIBUTE, "state", 0, record);
    }
}

static void fill_identity_map(moment *m)
{
    fill_records(m, true);
}

static void fill_table_of_the_watched(moment *m)
{
    fill_records(m, false);
}

static void test_records_are_charged_to_who_holds_the_objects(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_identity_map, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.orders");
    assert_int_equal(d->suspects[0].grown, 4 * MORE * (600 + 900 + 72));
    finish(d, graphs);
}

static void test_records_that_their_objects_do_not_have_are_the_table_s(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_table_of_the_watched, graphs);
    assert_int_equal(d->suspect_count, 2);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.table");
    finish(d, graphs);
}

static void fill_two_globals(moment *m)
{
    uint32_t quotes_dict = global(m, "quotes", m->dict, 0x7f1000000000);
    uint32_t orders = global(m, "orders", m->dict, 0x7f1100000000);
    quotes(m, quotes_dict, 0, HANDLERS + MORE * m->k, 0x7f2000000000);
    quotes(m, orders, 0, HANDLERS + MORE * m->k, 0x7f3000000000);
}

static void test_two_globals_are_two_suspects(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_two_globals, graphs);
    assert_int_equal(d->suspect_count, 2);
    finish(d, graphs);
}

/* A mock, the mock of its attribute, and lists of calls in both. */
static void fill_mock(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t mock = made_type(h, "unittest.mock", "MagicMock");
    uint32_t calls = made_type(h, "unittest.mock", "_CallList");
    uint32_t call = made_type(h, "unittest.mock", "_Call");
    uint32_t client = global(m, "client", mock, 0x7f1000000000);
    uint32_t children = place(made_object(h, m->dict, 400), m, 0x7f1100000000);
    uint32_t gauge = place(made_object(h, mock, 400), m, 0x7f1200000000);
    made_edge(h, client, HF_EDGE_ATTRIBUTE, "_mock_children", 0, children);
    made_item(h, children, place(text(m, "gauge"), m, 0x7f1300000000), gauge);
    uint32_t lists[2] = {place(made_object(h, calls, 400), m, 0x7f1400000000),
                         place(made_object(h, calls, 400), m, 0x7f1500000000)};
    made_edge(h, client, HF_EDGE_ATTRIBUTE, "mock_calls", 0, lists[0]);
    made_edge(h, gauge, HF_EDGE_ATTRIBUTE, "mock_calls", 0, lists[1]);
    for (int n = 0; n < 2 * (HANDLERS + MORE * m->k); n++) {
        uint32_t object = place(made_object(h, call, 600), m, 0x7f2000000000 + (uint64_t)n * 1024);
        made_edge(h, lists[n % 2], HF_EDGE_INDEX, NULL, (uint64_t)n / 2, object);
        h->objects[lists[n % 2]].length++;
    }
}

static void test_calls_of_one_mock_are_one_suspect(void **state)
{
    (void)state;
    assert_suspect(fill_mock, NULL, "mock-call-list");
}

/* Rooms whose members are queues: new ones come, and the old ones go on filling. */
static void fill_rooms(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t set = made_type(h, "builtins", "set");
    uint32_t queue = made_type(h, "asyncio.queues", "Queue");
    uint32_t members = global(m, "members", set, 0x7f1000000000);
    for (int n = 0; n < 2 + m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * (1 << 28);
        uint32_t one = place(made_object(h, queue, 64), m, at);
        uint32_t items = place(made_object(h, m->deque, 400), m, at + 1024);
        made_edge(h, members, HF_EDGE_MEMBER, NULL, 0, one);
        h->objects[members].length++;
        made_edge(h, one, HF_EDGE_ATTRIBUTE, "_queue", 0, items);
        for (int i = 0; i < 200 + 200 * m->k; i++) {
            uint32_t item = place(made_object(h, m->node, 600), m, at + 4096 + (uint64_t)i * 1024);
            made_edge(h, items, HF_EDGE_INDEX, NULL, (uint64_t)i, item);
            h->objects[items].length++;
        }
    }
}

static void test_old_members_that_fill_like_the_new_ones_are_a_part(void **state)
{
    (void)state;
    assert_suspect(fill_rooms, "module shop.pricing.members", NULL);
}

/* Three writers that stay three, in a list: each remembers the same documents, which so
 * belong to the list. */
static void fill_writers(moment *m)
{
    enum { WRITERS = 3 };
    made_heap *h = &m->heap;
    uint32_t list = global(m, "writers", m->list, 0x7f1000000000), memo[WRITERS];
    for (int w = 0; w < WRITERS; w++) {
        memo[w] = place(made_object(h, m->dict, 400), m, 0x7f1100000000 + (uint64_t)w * 1024);
        append(m, list, memo[w]);
    }
    for (int n = 0; n < HANDLERS + MORE * m->k; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * 4096;
        uint32_t document = place(made_object(h, m->quote, 600), m, at);
        for (int w = 0; w < WRITERS; w++) {
            uint32_t key = place(made_object(h, m->number, 32), m, at + 1024 + (uint64_t)w * 64);
            made_item(h, memo[w], key, document);
        }
    }
}

static void test_what_members_share_is_told_as_theirs(void **state)
{
    (void)state;
    assert_suspect(fill_writers, "module shop.pricing.writers[0]", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weak_set_of_what_another_holds_is_a_symptom),
        cmocka_unit_test(test_members_of_two_holders_name_both),
        cmocka_unit_test(test_members_of_an_index_of_lists_name_the_index),
        cmocka_unit_test(test_a_key_that_is_shared_makes_no_second_holder),
        cmocka_unit_test(test_what_a_callback_keeps_is_told_from_it),
        cmocka_unit_test(test_second_index_of_one_object_is_no_suspect),
        cmocka_unit_test(test_memo_of_copies_is_one_suspect),
        cmocka_unit_test(test_second_table_of_the_same_keys_is_no_suspect),
        cmocka_unit_test(test_records_are_charged_to_who_holds_the_objects),
        cmocka_unit_test(test_records_that_their_objects_do_not_have_are_the_table_s),
        cmocka_unit_test(test_two_globals_are_two_suspects),
        cmocka_unit_test(test_calls_of_one_mock_are_one_suspect),
        cmocka_unit_test(test_old_members_that_fill_like_the_new_ones_are_a_part),
        cmocka_unit_test(test_what_members_share_is_told_as_theirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
