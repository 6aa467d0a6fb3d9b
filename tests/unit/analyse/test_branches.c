/* Growth that is spread over a tree whose nodes have each other. */
#include "moment.h"

enum { PLACES = 0x1000 };

static uint64_t place_of(uint64_t base, int n)
{
    return base + (uint64_t)n * PLACES;
}

/* The node to which node n is added: any of those before it, as by chance. */
static int above(int n)
{
    return (int)((uint32_t)n * 2654435761u >> 8) % n;
}

static int nodes_at(const moment *m)
{
    return 400 + 150 * m->k;
}

/* Comments that answer other comments. */
static void put_comments(moment *m, uint32_t root, uint64_t base, int count, int (*is_gone)(int))
{
    static uint32_t lists[2000];
    for (int n = 0; n < count; n++) {
        if (n && is_gone && is_gone(n))
            continue;
        uint32_t comment = n ? placed(m, m->node, 400, place_of(base, n)) : root;
        lists[n] = placed(m, m->list, 100, place_of(base, n) + 1024);
        made_edge(&m->heap, comment, HF_EDGE_ATTRIBUTE, "replies", 0, lists[n]);
        if (n)
            append(m, lists[above(n)], comment);
    }
}

static void fill_comments(moment *m)
{
    uint32_t board = global(m, "board", m->node, 0x7f1000000000);
    put_comments(m, board, 0x7f2000000000, nodes_at(m), NULL);
}

static void test_what_is_added_all_over_a_tree_is_one_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_comments, graphs);
    assert_int_equal(d->suspect_count, 1);
    const hf_suspect *s = &d->suspects[0];
    assert_string_equal(s->path, "module shop.pricing.board");
    assert_string_equal(s->pattern, "collection-growth");
    assert_string_equal(s->type, "tree of shop.pages.Node");
    assert_non_null(strstr(s->evidence, " places of its tree, none removed; "));
    assert_non_null(strstr(
        s->evidence, "shop.pages.Node objects are added all over the tree and never taken out"));
    assert_non_null(strstr(s->fix, "out of the tree at shop.pricing.board what is no longer"));
    assert_int_equal(s->grown_objects, 4 * 150 * 2);
    finish(d, graphs);
}

/* Each node has the next ones as attributes: there is no collection at all. */
static void fill_search_tree(moment *m)
{
    static uint32_t nodes[2000];
    static bool has_less[2000];
    memset(has_less, 0, sizeof(has_less));
    nodes[0] = global(m, "book", m->node, 0x7f1000000000);
    for (int n = 1; n < nodes_at(m); n++) {
        int up = (n - 1) / 2; /* where order makes it so */
        nodes[n] = placed(m, m->node, 600, place_of(0x7f2000000000, n));
        made_edge(&m->heap, nodes[up], HF_EDGE_ATTRIBUTE, has_less[up] ? "more" : "less", 0,
                  nodes[n]);
        has_less[up] = true;
    }
}

/* The same, where the branches are of different lengths. */
static void fill_uneven_search_tree(moment *m)
{
    uint32_t *nodes = calloc(2000, sizeof(*nodes));
    uint8_t *has = calloc(2000, 1);
    nodes[0] = global(m, "book", m->node, 0x7f1000000000);
    for (int n = 1; n < nodes_at(m); n++) {
        int up = above(n);
        while (has[up] == 2)
            up++;
        nodes[n] = placed(m, m->node, 600, place_of(0x7f2000000000, n));
        made_edge(&m->heap, nodes[up], HF_EDGE_ATTRIBUTE, has[up] ? "more" : "less", 0, nodes[n]);
        has[up]++;
    }
    free(nodes);
    free(has);
}

static void test_nodes_that_have_each_other_as_attributes_are_a_tree(void **state)
{
    (void)state;
    assert_suspect(fill_uneven_search_tree, "module shop.pricing.book", "collection-growth");
    assert_too_early(fill_search_tree, "All objects together grew"); /* at one depth or two */
}

static void fill_articles(moment *m)
{
    uint32_t articles = global(m, "articles", m->dict, 0x7f1000000000);
    m->heap.objects[articles].length = 6;
    for (int n = 0; n < 6; n++) {
        char name[32];
        snprintf(name, sizeof(name), "article-%d", n);
        uint64_t base = 0x7f2000000000 + (uint64_t)n * (1ull << 32);
        uint32_t key = text(m, name);
        made_at(&m->heap, key, base);
        uint32_t root = placed(m, m->node, 400, base + 256);
        made_item(&m->heap, articles, key, root);
        put_comments(m, root, base + 4096, 100 + 30 * m->k, NULL);
    }
}

static void test_trees_that_are_alike_are_one_suspect(void **state)
{
    (void)state;
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_articles, graphs);
    assert_int_equal(d->suspect_count, 1);
    assert_string_equal(d->suspects[0].path, "module shop.pricing.articles[*]");
    assert_non_null(strstr(d->suspects[0].evidence, " places of 6 trees like this one"));
    assert_int_equal(d->suspects[0].grown_objects, 6 * 4 * 30 * 2);
    finish(d, graphs);
}

/* Dicts in dicts, by the parts of a path of any length. */
static void fill_dicts(moment *m)
{
    static uint32_t dicts[2000];
    dicts[0] = global(m, "hits", m->dict, 0x7f1000000000);
    for (int n = 1; n < nodes_at(m); n++) {
        char name[32];
        snprintf(name, sizeof(name), "part-%d", n);
        uint32_t key = text(m, name);
        made_at(&m->heap, key, place_of(0x7f2000000000, n));
        dicts[n] = placed(m, m->dict, 500, place_of(0x7f2000000000, n) + 1024);
        made_item(&m->heap, dicts[above(n)], key, dicts[n]);
        m->heap.objects[dicts[above(n)]].length++;
    }
}

static void test_dicts_in_dicts_are_a_tree(void **state)
{
    (void)state;
    assert_suspect(fill_dicts, "module shop.pricing.hits", "unbounded-cache");
}

/* Of the comments that were there at each look some have been taken out: another fifth. */
static int looks;
static int is_old_and_taken_out(int n)
{
    return n < 400 + 150 * (looks - 1) && n % 7 < looks && above(n) % 7 >= 4 && n > 200;
}

static void fill_moderated_comments(moment *m)
{
    looks = m->k;
    uint32_t board = global(m, "board", m->node, 0x7f1000000000);
    static bool gone[2000];
    static uint32_t lists[2000];
    memset(gone, 0, sizeof(gone));
    for (int n = 0; n < nodes_at(m); n++) {
        gone[n] = n && (gone[above(n)] || is_old_and_taken_out(n));
        if (gone[n])
            continue;
        uint32_t comment = n ? placed(m, m->node, 400, place_of(0x7f2000000000, n)) : board;
        lists[n] = placed(m, m->list, 100, place_of(0x7f2000000000, n) + 1024);
        made_edge(&m->heap, comment, HF_EDGE_ATTRIBUTE, "replies", 0, lists[n]);
        if (n)
            append(m, lists[above(n)], comment);
    }
}

static void test_a_tree_from_which_things_are_taken_too_is_none(void **state)
{
    (void)state;
    assert_too_early(fill_moderated_comments, "module shop.pricing.board");
}

/* Lists for each device of each customer are no tree: all that is new is at one depth. */
static void fill_devices(moment *m)
{
    uint32_t customers = global(m, "customers", m->dict, 0x7f1000000000);
    for (int n = 0; n < 60; n++) {
        uint64_t base = place_of(0x7f2000000000, n * 16);
        uint32_t key = text(m, "customer"), inner = text(m, "device");
        made_at(&m->heap, key, base);
        made_at(&m->heap, inner, base + 128);
        uint32_t devices = placed(m, m->dict, 400, base + 256);
        uint32_t values = placed(m, m->dict, 400 + 40u * (unsigned)m->k, base + 1024);
        made_item(&m->heap, customers, key, devices);
        made_item(&m->heap, devices, inner, values);
        for (int i = 0; i < 5 + 5 * m->k; i++) {
            uint32_t at = text(m, "at");
            made_at(&m->heap, at, base + 4096 + (uint64_t)i * 1024);
            made_item(&m->heap, values, at,
                      placed(m, m->quote, 600, base + 4096 + (uint64_t)i * 1024 + 256));
        }
    }
}

static void test_nested_dicts_that_grow_at_one_depth_are_told_by_that(void **state)
{
    (void)state;
    assert_suspect(fill_devices, "module shop.pricing.customers[*][*]", "unbounded-cache");
}

/* A search tree of so many nodes; its nodes. */
static const uint32_t *put_tree(moment *m, int count)
{
    static uint32_t nodes[2000];
    static uint8_t has[2000];
    memset(has, 0, sizeof(has));
    nodes[0] = global(m, "book", m->node, 0x7f1000000000);
    for (int n = 1; n < count; n++) {
        int up = above(n);
        while (has[up] == 2)
            up++;
        nodes[n] = placed(m, m->node, 300, place_of(0x7f2000000000, n));
        made_edge(&m->heap, nodes[up], HF_EDGE_ATTRIBUTE, has[up]++ ? "more" : "less", 0, nodes[n]);
    }
    return nodes;
}

/* The value that a node has after so many that it had before. */
static void put_value(moment *m, const uint32_t *nodes, int n, uint32_t type, uint64_t bytes,
                      int before)
{
    uint64_t at = place_of(0x7f6000000000, n) + (uint64_t)before * 0x100000000;
    made_edge(&m->heap, nodes[n], HF_EDGE_ATTRIBUTE, "value", 0, placed(m, type, bytes, at));
}

/* Each node gets its first value at one of the looks. */
static void fill_first_values(moment *m)
{
    const uint32_t *nodes = put_tree(m, 800);
    uint32_t nothing = placed(m, made_type(&m->heap, "builtins", "NoneType"), 16, 0x7f1000002000);
    made_root(&m->heap, HF_ROOT_INTERPRETER, nothing, "None");
    for (int n = 0; n < 800; n++) {
        if (n % SNAPSHOTS < m->k)
            put_value(m, nodes, n, m->list, 600, 1);
        else
            made_edge(&m->heap, nodes[n], HF_EDGE_ATTRIBUTE, "value", 0, nothing);
    }
}

/* All values are replaced from look to look, some of them by larger ones. */
static void fill_larger_values(moment *m)
{
    const uint32_t *nodes = put_tree(m, 800);
    for (int n = 0; n < 800; n++)
        put_value(m, nodes, n, m->quote, n % SNAPSHOTS < m->k ? 900 : 200, m->k);
}

static void test_values_of_nodes_that_stay_are_too_early(void **state)
{
    (void)state;
    assert_too_early(fill_first_values, "module shop.pricing.book");
    assert_too_early(fill_larger_values, "module shop.pricing.book");
}

/* What comes are nodes; that values are replaced besides says nothing. */
static void fill_nodes_with_values(moment *m)
{
    const uint32_t *nodes = put_tree(m, nodes_at(m));
    for (int n = 0; n < nodes_at(m); n++)
        put_value(m, nodes, n, m->quote, 200, m->k);
}

/* Each text becomes longer, half of them from one look to the next. There are other texts, too. */
static void fill_longer_texts(moment *m)
{
    const uint32_t *nodes = put_tree(m, 800);
    uint32_t names = global(m, "names", m->list, 0x7f1000002000);
    for (int n = 0; n < 2000; n++)
        append(m, names, placed(m, m->str, 64, place_of(0x7f4000000000, n)));
    for (int n = 0; n < 800; n++) {
        int visits = 1 + (m->k + n % 2) / 2;
        char said[200] = "";
        for (int k = 0; k < visits; k++)
            snprintf(said + strlen(said), sizeof(said) - strlen(said), "visited at %d.\n", k * n);
        put_value(m, nodes, n, m->str, 200u * (unsigned)visits, visits);
        made_value(&m->heap, m->heap.object_count - 1, said);
    }
}

static void test_replaced_values_have_not_been_taken_out(void **state)
{
    (void)state;
    assert_suspect(fill_nodes_with_values, "module shop.pricing.book", "collection-growth");
    assert_suspect(fill_longer_texts, "module shop.pricing.book", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_added_all_over_a_tree_is_one_suspect),
        cmocka_unit_test(test_nodes_that_have_each_other_as_attributes_are_a_tree),
        cmocka_unit_test(test_trees_that_are_alike_are_one_suspect),
        cmocka_unit_test(test_dicts_in_dicts_are_a_tree),
        cmocka_unit_test(test_a_tree_from_which_things_are_taken_too_is_none),
        cmocka_unit_test(test_values_of_nodes_that_stay_are_too_early),
        cmocka_unit_test(test_replaced_values_have_not_been_taken_out),
        cmocka_unit_test(test_nested_dicts_that_grow_at_one_depth_are_told_by_that),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
