/* Cutting references: against retained sizes on heaps drawn at random, and paths that
 * are found again. */
#include "../graph/made_heap.h"
#include "analyse/dominators.h"
#include "analyse/paths.h"
#include "analyse/what_if.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { OBJECTS = 300, EDGES = 520 };

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* Objects of all kinds of edges whose labels are numbers; three roots; two held by C. */
static hf_graph *random_graph(made_heap *h, uint32_t with_seed)
{
    seed = with_seed;
    made_begin(h);
    uint32_t list = made_type(h, "builtins", "list");
    for (int i = 0; i < OBJECTS; i++)
        made_object(h, list, 64 + 16 * draw(10));
    for (int i = 0; i < EDGES; i++) {
        uint32_t from = draw(OBJECTS);
        made_edge(h, from, HF_EDGE_INDEX, NULL, (uint64_t)i, draw(OBJECTS));
    }
    static const char *const names[] = {"one", "two", "three"};
    for (int i = 0; i < 3; i++)
        made_root(h, HF_ROOT_MODULE, draw(OBJECTS), names[i]);
    made_held(h, draw(OBJECTS), 1);
    made_held(h, draw(OBJECTS), 1);
    return made_graph(h);
}

/* An object that is gone frees what it retains. */
static void an_object_frees_what_it_retains(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= 8; n++) {
        made_heap h;
        hf_graph *g = random_graph(&h, n);
        hf_dominators *d = NULL;
        made_check(hf_dominators_compute(g, &d));
        uint32_t compared = 0;
        for (uint32_t o = 0; o < OBJECTS; o++) {
            hf_cuts cuts;
            hf_what_if result;
            made_check(hf_cuts_init(g, &cuts));
            hf_cuts_add(&cuts, &(hf_found){.object = o, .edge = UINT64_MAX, .root = UINT32_MAX});
            made_check(hf_what_if_compute(g, &cuts, &result));
            if (d->reach[o] == HF_REACH_GARBAGE) {
                assert_int_equal(result.bytes, 0);
            } else {
                assert_int_equal(result.bytes, d->retained[o]);
                compared += result.objects > 1;
            }
            hf_what_if_deinit(&result);
            hf_cuts_deinit(&cuts);
        }
        assert_true(compared > 10);
        hf_dominators_free(d);
        hf_graph_free(g);
        made_end(&h);
    }
}

/* What is printed can be asked for, and leads to the same object. */
static void a_path_that_is_written_is_found(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= 4; n++) {
        made_heap h;
        hf_graph *g = random_graph(&h, n);
        hf_path_tree *tree = NULL;
        made_check(hf_path_tree_build(g, &tree));
        uint32_t found = 0;
        for (uint32_t o = 0; o < OBJECTS; o++) {
            hf_path path;
            hf_buf text;
            hf_buf_init(&text, 0);
            made_check(hf_path_to(tree, o, &path));
            if (path.root != UINT32_MAX) {
                hf_found_list list;
                made_check(hf_path_text(g, &path, &text));
                made_check(hf_path_find(g, hf_buf_string(&text), &list));
                assert_int_equal(list.count, 1);
                assert_int_equal(list.rows[0].object, o);
                assert_true(list.rows[0].edge == path.steps[path.count - 1].edge);
                hf_found_list_deinit(&list);
                found++;
            }
            hf_path_deinit(&path);
            hf_buf_deinit(&text);
        }
        assert_true(found > 20);
        hf_path_tree_free(tree);
        hf_graph_free(g);
        made_end(&h);
    }
}

static void assert_says(hf_graph *g, const char *path, const char *part)
{
    hf_found_list list;
    hf_err *err = hf_path_find(g, path, &list);
    assert_non_null(err);
    if (!strstr(hf_err_message(err), part))
        fail_msg("'%s' says: %s", path, hf_err_message(err));
    hf_err_free(err);
}

/* module shop.prices is a dict of three lists, and each list has two quotes. */
static void a_star_stands_for_all_entries(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    uint32_t module_type = made_type(&h, "builtins", "module"),
             list_type = made_type(&h, "builtins", "list");
    uint32_t dict_type = made_type(&h, "builtins", "dict"), text = made_type(&h, "builtins", "str");
    uint32_t quote = made_type(&h, "shop", "Quote");
    uint32_t module = made_object(&h, module_type, 64), names = made_object(&h, dict_type, 64);
    uint32_t prices = made_object(&h, dict_type, 64), name = made_object(&h, text, 56);
    made_edge(&h, module, HF_EDGE_FIELD, "__dict__", 0, names);
    made_root(&h, HF_ROOT_MODULE, module, "shop");
    made_value(&h, name, "prices");
    made_item(&h, names, name, prices);
    static const char *const keys[] = {"a", "b", "*"};
    for (int i = 0; i < 3; i++) {
        uint32_t key = made_object(&h, text, 56), list = made_object(&h, list_type, 80);
        made_value(&h, key, keys[i]);
        made_item(&h, prices, key, list);
        for (uint32_t k = 0; k < 2; k++)
            made_edge(&h, list, HF_EDGE_INDEX, NULL, k, made_object(&h, quote, 1000));
    }
    hf_graph *g = made_graph(&h);
    static const struct {
        const char *path;
        size_t count;
    } asked[] = {{"module shop.prices[*][*]", 6},   {"module shop.prices[*][1]", 3},
                 {"module shop.prices['b'][*]", 2}, {"module shop.prices['*'][*]", 2},
                 {"module shop.prices[*]", 3},      {"shop.prices['a'][0]", 1}};
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
        hf_found_list list;
        made_check(hf_path_find(g, asked[i].path, &list));
        assert_int_equal(list.count, asked[i].count);
        hf_found_list_deinit(&list);
    }
    hf_err *err = hf_path_find(g, "module shop.prices[*][*][*]", &(hf_found_list){0});
    assert_non_null(err);
    hf_err_free(err);
    assert_says(g, "shop.nothing", "there is no '.nothing' in module shop");
    assert_says(g, "nowhere.prices", "no root begins 'nowhere.prices'");
    hf_graph_free(g);
    made_end(&h);
}

/* Two ways to one object; a set; a name that is mistyped; what holds it otherwise. */
static void cuts_are_named_and_others_told(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    uint32_t module_type = made_type(&h, "builtins", "module");
    uint32_t dict_type = made_type(&h, "builtins", "dict"), set = made_type(&h, "builtins", "set");
    uint32_t text = made_type(&h, "builtins", "str"), quote = made_type(&h, "shop", "Quote");
    uint32_t module = made_object(&h, module_type, 64), dict = made_object(&h, dict_type, 64);
    made_edge(&h, module, HF_EDGE_FIELD, "__dict__", 0, dict);
    made_root(&h, HF_ROOT_MODULE, module, "shop");
    uint32_t names[2], holders[2], leaf = made_object(&h, quote, 100);
    for (int i = 0; i < 2; i++) {
        names[i] = made_object(&h, text, 56);
        made_value(&h, names[i], i ? "other" : "quotes");
        holders[i] = made_object(&h, i ? quote : set, 200);
        made_item(&h, dict, names[i], holders[i]);
    }
    made_edge(&h, holders[0], HF_EDGE_MEMBER, NULL, 0, leaf);
    made_edge(&h, holders[0], HF_EDGE_MEMBER, NULL, 0, made_object(&h, quote, 1000));
    made_edge(&h, holders[1], HF_EDGE_ATTRIBUTE, "best", 0, leaf);
    hf_graph *g = made_graph(&h);
    hf_found_list list;
    made_check(hf_path_find(g, "module shop.quotes{…}", &list));
    assert_int_equal(list.count, 2);
    hf_cuts cuts;
    hf_what_if result;
    made_check(hf_cuts_init(g, &cuts));
    for (size_t i = 0; i < list.count; i++)
        hf_cuts_add(&cuts, &list.rows[i]);
    hf_found_list_deinit(&list);
    made_check(hf_what_if_compute(g, &cuts, &result));
    assert_int_equal(result.bytes, 1000);
    char *other = NULL;
    made_check(hf_what_if_other_path(g, &cuts, leaf, &other));
    assert_string_equal(other, "module shop.other.best");
    free(other);
    made_check(hf_what_if_other_path(g, &cuts, leaf, &other));
    assert_string_equal(other, "");
    free(other);
    hf_what_if_deinit(&result);
    hf_cuts_deinit(&cuts);
    assert_says(g, "module shop.quotez",
                "there is no '.quotez' in module shop (a module); nearest: .quotes");
    assert_says(g, "mdule shop", "no root begins 'mdule shop'; nearest: module shop");
    assert_says(g, "0x7f0000000011", "no object is at 0x7f0000000011");
    assert_says(g, "module shop.other.best.x", "there is no '.x' in module shop.other.best");
    assert_says(g, "", "no root begins ''");
    hf_graph_free(g);
    made_end(&h);
}

/* What a root has is told from there, although C code has references to it, too. */
static void a_path_from_c_leads_to_what_c_alone_has(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    uint32_t type = made_type(&h, "shop", "Screen");
    uint32_t rooted = made_object(&h, type, 64), alone = made_object(&h, type, 64);
    made_root(&h, HF_ROOT_MODULE, rooted, "shop");
    made_held(&h, rooted, 2);
    made_held(&h, alone, 1);
    hf_graph *g = made_graph(&h);
    hf_found_list found = {0};
    made_check(hf_path_find(g, "held by C: shop.Screen", &found));
    assert_int_equal(found.count, 1);
    assert_int_equal(found.rows[0].object, alone);
    hf_found_list_deinit(&found);
    hf_graph_free(g);
    made_end(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_frees_what_it_retains),
        cmocka_unit_test(a_path_from_c_leads_to_what_c_alone_has),
        cmocka_unit_test(a_path_that_is_written_is_found),
        cmocka_unit_test(a_star_stands_for_all_entries),
        cmocka_unit_test(cuts_are_named_and_others_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
