/* Suspects that are one mistake in several entries of one collection are told as one. */
#include "moment.h"

/* A runner in each entry of a list, with lists of failures in a dict: `step` items more
 * in each at each look. */
static void put_runner(moment *m, uint32_t runners, int number, int lists, int step)
{
    made_heap *h = &m->heap;
    uint64_t place = 0x7f2000000000 + (uint64_t)number * (1 << 28);
    uint32_t runner = placed(m, m->node, 64, place);
    append(m, runners, runner);
    uint32_t failures = placed(m, m->dict, 400, place + 4096);
    made_edge(h, runner, HF_EDGE_ATTRIBUTE, "failures", 0, failures);
    for (int n = 0; n < lists; n++) {
        uint64_t at = place + (uint64_t)(n + 1) * (1 << 24);
        uint32_t list = placed(m, m->list, 400, at);
        uint32_t key = text(m, "kind");
        made_at(h, key, at + 1024);
        made_item(h, failures, key, list);
        for (int i = 0; i < 40 + step * m->k; i++)
            append(m, list, placed(m, m->quote, 1000, at + 4096 + (uint64_t)i * 1024));
    }
}

static void fill_two_runners(moment *m)
{
    uint32_t runners = global(m, "runners", m->list, 0x7f1000000000);
    put_runner(m, runners, 0, 3, 40);
    put_runner(m, runners, 1, 3, 38);
}

static void test_lists_in_each_of_two_objects_are_one_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_two_runners, graphs);
    assert_int_equal(d->suspect_count, 1);
    const hf_suspect *s = &d->suspects[0];
    assert_string_equal(s->path, "module shop.pricing.runners[*].failures[*]");
    assert_non_null(strstr(s->evidence, "6 like this one; "));
    assert_non_null(strstr(s->evidence, "100 % of the growth"));
    assert_int_equal(s->grown, 3 * 4 * (40 + 38) * 1000);
    assert_int_equal(s->grown_objects, 3 * 4 * (40 + 38));
    assert_true(s->retained >= 3 * (40 + 160 + 40 + 152) * 1000);
    finish(d, graphs);
}

/* What the lists of one dict get, an object beside them has as well. */
static void fill_lists_of_shared_objects(moment *m)
{
    uint32_t lists = global(m, "lists", m->list, 0x7f1000000000);
    uint32_t other = global(m, "other", m->node, 0x7f1100000000);
    for (int n = 0; n < 3; n++) {
        uint64_t place = 0x7f2000000000 + (uint64_t)n * (1 << 28);
        uint32_t list = placed(m, m->list, 400, place);
        append(m, lists, list);
        for (int i = 0; i < 3 + 60 * m->k; i++) {
            uint32_t quote = placed(m, m->quote, 1000, place + 4096 + (uint64_t)i * 1024);
            append(m, list, quote);
            if (i % 3 == 0)
                made_edge(&m->heap, other, HF_EDGE_FIELD, "some", 0, quote);
        }
    }
}

static void test_what_is_alike_holds_at_least_what_it_grew_by(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_lists_of_shared_objects, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.lists[*]");
    assert_int_equal(d->suspects[0].grown, 3 * 240 * 1000);
    assert_int_equal(d->suspects[0].retained, 3 * 240 * 1000);
    finish(d, graphs);
}

static void fill_unequal_runners(moment *m)
{
    uint32_t runners = global(m, "runners", m->list, 0x7f1000000000);
    put_runner(m, runners, 0, 1, 200);
    put_runner(m, runners, 1, 1, 50);
    put_runner(m, runners, 2, 1, 45);
    put_runner(m, runners, 3, 1, 40);
}

/* The rest is one again. */
static void test_one_that_grows_more_than_all_others_is_told_by_itself(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_unequal_runners, graphs);
    assert_int_equal(d->suspect_count, 2);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.runners[0].failures['kind']");
    assert_int_equal(d->suspects[0].grown, 800 * 1000);
    assert_string_equal(d->suspects[1].path, "module shop.pricing.runners[*].failures[*]");
    assert_int_equal(d->suspects[1].grown, 4 * (50 + 45 + 40) * 1000);
    finish(d, graphs);
}

static void fill_two_nearly_equal(moment *m)
{
    uint32_t runners = global(m, "runners", m->list, 0x7f1000000000);
    put_runner(m, runners, 0, 1, 60);
    put_runner(m, runners, 1, 1, 35);
}

static void fill_two_of_which_one_is_twice_the_other(moment *m)
{
    uint32_t runners = global(m, "runners", m->list, 0x7f1000000000);
    put_runner(m, runners, 0, 1, 70);
    put_runner(m, runners, 1, 1, 35);
}

/* Of two, one is always the larger. */
static void test_two_are_one_unless_one_grows_twice_as_much(void **state)
{
    (void)state;
    assert_suspect(fill_two_nearly_equal, "module shop.pricing.runners[*].failures[*]", NULL);
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_two_of_which_one_is_twice_the_other, graphs);
    assert_int_equal(d->suspect_count, 2);
    finish(d, graphs);
}

/* So many suspects, and each is told by itself. */
static void assert_told_apart(void (*fill)(moment *m), size_t count)
{
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill, graphs);
    assert_int_equal(d->suspect_count, count);
    for (size_t k = 0; k < d->suspect_count; k++)
        assert_null(strstr(d->suspects[k].path, "[*]"));
    finish(d, graphs);
}

/* A list that gets `step` members more at each look, at a place of its own. */
static uint32_t growing_list(moment *m, uint64_t place, int step)
{
    uint32_t list = placed(m, m->list, 400, place);
    for (int n = 0; n < 40 + step * m->k; n++)
        append(m, list, placed(m, m->quote, 1000, place + 4096 + (uint64_t)n * 1024));
    return list;
}

/* services = [Users(), Orders(), Audit()], each with an attribute `seen` of its own. */
static void fill_services_of_different_classes(moment *m)
{
    static const char *const classes[] = {"Users", "Orders", "Audit"};
    uint32_t services = global(m, "services", m->list, 0x7f1000000000);
    for (int n = 0; n < 3; n++) {
        uint64_t place = 0x7f2000000000 + (uint64_t)n * (1 << 28);
        uint32_t type = made_type(&m->heap, "shop.services", classes[n]);
        uint32_t service = placed(m, type, 64, place);
        append(m, services, service);
        made_edge(&m->heap, service, HF_EDGE_ATTRIBUTE, "seen", 0,
                  growing_list(m, place + 4096, 40 + n));
    }
}

static void fill_tuple_of_lists(moment *m)
{
    uint32_t tuple = made_type(&m->heap, "builtins", "tuple");
    uint32_t state = global(m, "state", tuple, 0x7f1000000000);
    for (int n = 0; n < 3; n++)
        append(m, state, growing_list(m, 0x7f2000000000 + (uint64_t)n * (1 << 28), 40 + n));
}

/* In each pair of a list another item grows. */
static void fill_different_items_of_pairs(moment *m)
{
    uint32_t tuple = made_type(&m->heap, "builtins", "tuple");
    uint32_t pairs = global(m, "pairs", m->list, 0x7f1000000000);
    for (int n = 0; n < 2; n++) {
        uint64_t place = 0x7f2000000000 + (uint64_t)n * (1 << 28);
        uint32_t pair = placed(m, tuple, 64, place);
        append(m, pairs, pair);
        uint32_t rest = placed(m, m->list, 56, place + 1024);
        uint32_t grows = growing_list(m, place + 4096, 40 + n);
        append(m, pair, n == 0 ? grows : rest);
        append(m, pair, n == 0 ? rest : grows);
    }
}

static void test_what_hangs_in_different_classes_or_items_is_told_apart(void **state)
{
    (void)state;
    assert_told_apart(fill_services_of_different_classes, 3);
    assert_told_apart(fill_tuple_of_lists, 3);
    assert_told_apart(fill_different_items_of_pairs, 2);
}

/* So many items that no one tells them apart by their numbers. */
static void fill_tuple_of_shards(moment *m)
{
    uint32_t tuple = made_type(&m->heap, "builtins", "tuple");
    uint32_t shards = global(m, "shards", tuple, 0x7f1000000000);
    for (int n = 0; n < 12; n++)
        append(m, shards, growing_list(m, 0x7f2000000000 + (uint64_t)n * (1 << 28), 5));
}

static void test_a_tuple_of_many_lists_is_a_collection(void **state)
{
    (void)state;
    assert_suspect(fill_tuple_of_shards, "module shop.pricing.shards[*]", NULL);
}

/* Modules that a dict of plug-ins has, each with a list `seen`. */
static void fill_modules_in_a_dict(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t plugins = global(m, "plugins", m->dict, 0x7f1000000000);
    for (int n = 0; n < 2; n++) {
        uint64_t place = 0x7f2000000000 + (uint64_t)n * (1 << 28);
        uint32_t module = placed(m, m->module, 64, place), key = text(m, n ? "mail" : "pay");
        made_at(h, key, place + 1024);
        made_item(h, plugins, key, module);
        made_edge(h, module, HF_EDGE_ATTRIBUTE, "seen", 0, growing_list(m, place + 4096, 40 + n));
    }
}

static void test_what_different_modules_have_is_told_apart(void **state)
{
    (void)state;
    assert_told_apart(fill_modules_in_a_dict, 2);
}

/* A list and a dict in one dict are two mistakes, and so are lists of two modules' variables. */
static void fill_unlike(moment *m)
{
    made_heap *h = &m->heap;
    uint32_t tables = global(m, "tables", m->dict, 0x7f1000000000);
    uint32_t log = placed(m, m->list, 400, 0x7f2000000000);
    uint32_t index = placed(m, m->dict, 400, 0x7f3000000000);
    made_item(h, tables, text(m, "log"), log);
    made_item(h, tables, text(m, "index"), index);
    for (int n = 0; n < 100 + 200 * m->k; n++)
        append(m, log, placed(m, m->node, 600, 0x7f4000000000 + (uint64_t)n * 1024));
    quotes(m, index, 0, 100 + 240 * m->k, 0x7f5000000000);
    uint32_t other = global(m, "journal", m->list, 0x7f1100000000);
    for (int n = 0; n < 100 + 220 * m->k; n++)
        append(m, other, placed(m, m->node, 600, 0x7f6000000000 + (uint64_t)n * 1024));
}

static void test_what_differs_in_kind_or_place_is_told_apart(void **state)
{
    (void)state;
    assert_told_apart(fill_unlike, 3);
}

enum { OUTPUTS = 30, ROOM = 400000, FIRST = 20000 };

/* Streams in a dict, each of which a writer beside it has as well; `step` characters more at each
 * look. They got their room long ago. */
static void put_outputs(moment *m, uint32_t step)
{
    made_heap *h = &m->heap;
    uint32_t stream = made_type(h, "_io", "StringIO"), writer = made_type(h, "_csv", "writer");
    uint32_t outputs = global(m, "outputs", m->dict, 0x7f1000000000);
    uint32_t writers = global(m, "writers", m->dict, 0x7f1100000000);
    for (uint32_t n = 0; n < OUTPUTS; n++) {
        uint64_t at = 0x7f2000000000 + (uint64_t)n * (1 << 20);
        uint32_t output = placed(m, stream, 120, at);
        h->objects[output].external = ROOM;
        h->objects[output].length = FIRST + step * (uint32_t)m->k;
        uint32_t key = text(m, "tenant");
        made_at(h, key, at + 1024);
        uint32_t by = placed(m, writer, 80, at + 2048);
        made_edge(h, by, HF_EDGE_ATTRIBUTE, "write", 0, output);
        made_item(h, outputs, key, output);
        made_item(h, writers, key, by);
    }
    h->info.anonymous += (uint64_t)m->k * OUTPUTS * step * 4;
}

static void fill_outputs(moment *m)
{
    put_outputs(m, 1500);
}

static void fill_idle_outputs(moment *m)
{
    put_outputs(m, 20);
}

/* Each fills 24 KB, too little to be told, and takes no new room. */
static void test_buffers_that_others_have_too_are_one_suspect_by_what_they_fill(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_outputs, graphs);
    assert_int_equal(d->suspect_count, 1);
    const hf_suspect *s = &d->suspects[0];
    assert_string_equal(s->path, "module shop.pricing.outputs[*]");
    assert_string_equal(s->pattern, "buffer-growth");
    assert_non_null(strstr(s->evidence, "30 like this one; "));
    assert_null(strstr(s->evidence, " object"));
    assert_int_equal(s->grown, OUTPUTS * 4 * 1500 * 4);
    assert_true(s->retained >= OUTPUTS * ROOM);
    finish(d, graphs);
    assert_no_suspect(fill_idle_outputs);
}

/* Lists in a dict, `count` of them. */
static void lists_in(moment *m, const char *name, uint32_t count, uint64_t address, uint32_t *lists)
{
    uint32_t dict = global(m, name, m->dict, address);
    for (uint32_t n = 0; n < count; n++) {
        char text_of_key[32];
        snprintf(text_of_key, sizeof(text_of_key), "%s %u", name, n);
        uint32_t key = text(m, text_of_key);
        made_at(&m->heap, key, address + 0x100000 + n * 4096);
        lists[n] = placed(m, m->list, 400, address + 0x100400 + n * 4096);
        made_item(&m->heap, dict, key, lists[n]);
    }
}

/* Each order in a list of its customer, and in one of a depot or in the one dict of all. */
static void fill_orders(moment *m, bool depots)
{
    enum { CUSTOMERS = 20, DEPOTS = 7 };
    uint32_t customers[CUSTOMERS], others[DEPOTS], archive = 0;
    lists_in(m, "customers", CUSTOMERS, 0x7f1000000000, customers);
    if (depots)
        lists_in(m, "depots", DEPOTS, 0x7f1100000000, others);
    else
        archive = global(m, "archive", m->dict, 0x7f1200000000);
    for (int n = 0; n < 400 + 400 * m->k; n++) {
        uint32_t order = placed(m, m->quote, 600, 0x7f2000000000 + (uint64_t)n * 1024);
        append(m, customers[n % CUSTOMERS], order);
        if (depots)
            append(m, others[n % DEPOTS], order);
        else
            made_item(&m->heap, archive,
                      placed(m, m->number, 32, 0x7f2000000300 + (uint64_t)n * 1024), order);
    }
}

static void fill_two_groups(moment *m)
{
    fill_orders(m, true);
}

static void fill_group_and_one(moment *m)
{
    fill_orders(m, false);
}

/* Six old objects in a dict, each with a chain of 100 links more at each look. */
static void fill_chains(moment *m)
{
    enum { POLLERS = 6, LINKS = 100 };
    made_heap *h = &m->heap;
    uint32_t dict = global(m, "pollers", m->dict, 0x7f1000000000);
    for (int p = 0; p < POLLERS; p++) {
        uint32_t key = placed(m, m->str, 64, 0x7f1100000000 + (uint64_t)p * 4096);
        uint32_t above = placed(m, m->node, 100, 0x7f1100000400 + (uint64_t)p * 4096);
        made_item(h, dict, key, above);
        for (int n = LINKS * (m->k + 1); n-- > 0;) {
            uint64_t at = 0x7f2000000000 + (uint64_t)(n * POLLERS + p) * 1024;
            uint32_t link = placed(m, m->quote, 600, at);
            made_edge(h, above, HF_EDGE_ATTRIBUTE, "last", 0, link);
            above = link;
        }
    }
}

static void test_chains_of_a_group_hang_below_it_however_long(void **state)
{
    (void)state;
    assert_suspect(fill_chains, NULL, NULL);
}

/* What each of two holders has: the lists of a group retain little of what they got. */
static void test_what_a_group_shares_is_told_with_who_else_has_it(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_two_groups, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.depots[*]");
    assert_non_null(
        strstr(d->suspects[0].evidence, "; also held by module shop.pricing.customers[*]: they"));
    finish(d, graphs);
    d = diagnose(fill_group_and_one, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.archive");
    assert_non_null(
        strstr(d->suspects[0].evidence, "; also held by module shop.pricing.customers[*]: they"));
    finish(d, graphs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_in_each_of_two_objects_are_one_suspect),
        cmocka_unit_test(test_what_is_alike_holds_at_least_what_it_grew_by),
        cmocka_unit_test(test_one_that_grows_more_than_all_others_is_told_by_itself),
        cmocka_unit_test(test_two_are_one_unless_one_grows_twice_as_much),
        cmocka_unit_test(test_what_hangs_in_different_classes_or_items_is_told_apart),
        cmocka_unit_test(test_a_tuple_of_many_lists_is_a_collection),
        cmocka_unit_test(test_what_different_modules_have_is_told_apart),
        cmocka_unit_test(test_what_differs_in_kind_or_place_is_told_apart),
        cmocka_unit_test(test_buffers_that_others_have_too_are_one_suspect_by_what_they_fill),
        cmocka_unit_test(test_what_a_group_shares_is_told_with_who_else_has_it),
        cmocka_unit_test(test_chains_of_a_group_hang_below_it_however_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
