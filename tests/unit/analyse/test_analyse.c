/* Histogram, dominators and differences of small made-up heaps. */
#include "../graph/made_heap.h"
#include "analyse/difference.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static hf_dominators *dominators_of(hf_graph *g)
{
    hf_dominators *d = NULL;
    made_check(hf_dominators_compute(g, &d));
    return d;
}

/*      root -> a -> b -> d,  a -> c -> d,  d <-> e,  a -> x (weak only) */
static void a_diamond_hangs_on_its_top(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    uint32_t type = made_type(&h, "m", "T"), o[6];
    for (uint32_t i = 0; i < 6; i++)
        o[i] = made_object(&h, type, 10 + i);
    h.objects[o[3]].external = 1000;
    made_edge(&h, o[0], HF_EDGE_ATTRIBUTE, "b", 0, o[1]);
    made_edge(&h, o[0], HF_EDGE_ATTRIBUTE, "c", 0, o[2]);
    made_edge(&h, o[1], HF_EDGE_ATTRIBUTE, "d", 0, o[3]);
    made_edge_of(&h, o[2], HF_EDGE_OFFSET, HF_EDGE_SCANNED, NULL, 24, o[3]);
    made_edge(&h, o[3], HF_EDGE_ATTRIBUTE, "e", 0, o[4]);
    made_edge(&h, o[4], HF_EDGE_ATTRIBUTE, "d", 0, o[3]);
    made_edge_of(&h, o[0], HF_EDGE_FIELD, HF_EDGE_WEAK, "x", 0, o[5]);
    made_root(&h, HF_ROOT_MODULE, o[0], "m");
    hf_graph *g = made_graph(&h);
    hf_dominators *d = dominators_of(g);
    const uint32_t parents[] = {HF_DOMINATED_BY_ROOT, 0, 0, 0, 3, HF_DOMINATED_BY_ROOT};
    assert_memory_equal(d->parent, parents, sizeof(parents));
    assert_int_equal(d->retained[0], 10 + 11 + 12 + 13 + 1000 + 14);
    assert_int_equal(d->retained[3], 13 + 1000 + 14);
    assert_int_equal(d->retained[1], 11);
    assert_int_equal(d->reach[4], HF_REACH_ROOT);
    assert_int_equal(d->reach[5], HF_REACH_GARBAGE);
    assert_int_equal(d->garbage_bytes, 15);
    assert_int_equal(d->garbage_objects, 1);
    hf_dominators_free(d);
    hf_graph_free(g);
    made_end(&h);
}

/* A cycle that nobody holds is garbage, with one entry, an instance rather than its dict; the
 * same with a reference too many is held by C; what garbage refers to is not kept by it. */
static void unreached_objects_are_sorted_by_their_counts(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    uint32_t dict = made_type(&h, "builtins", "dict"), node = made_type(&h, "m", "Node");
    uint32_t live = made_object(&h, node, 100), leaf = made_object(&h, node, 50);
    uint32_t space = made_object(&h, dict, 7), cycle = made_object(&h, node, 8);
    uint32_t held_dict = made_object(&h, dict, 20), held = made_object(&h, node, 30);
    uint32_t immortal = made_object(&h, dict, 40);
    made_edge(&h, live, HF_EDGE_ATTRIBUTE, "leaf", 0, leaf);
    made_edge(&h, cycle, HF_EDGE_FIELD, "__dict__", 0, space);
    made_edge(&h, space, HF_EDGE_VALUE, NULL, 0, cycle);
    made_edge(&h, space, HF_EDGE_VALUE, NULL, 0, leaf);
    made_edge(&h, held, HF_EDGE_FIELD, "__dict__", 0, held_dict);
    made_edge(&h, held_dict, HF_EDGE_VALUE, NULL, 0, held);
    made_held(&h, held, 1);
    h.objects[immortal].refcount = -1;
    made_root(&h, HF_ROOT_MODULE, live, "m");
    hf_graph *g = made_graph(&h);
    hf_dominators *d = dominators_of(g);
    assert_int_equal(d->parent[leaf], live);
    assert_int_equal(d->retained[live], 150);
    assert_int_equal(d->reach[cycle], HF_REACH_GARBAGE);
    assert_int_equal(d->parent[cycle], HF_DOMINATED_BY_ROOT);
    assert_int_equal(d->parent[space], cycle);
    assert_int_equal(d->garbage_bytes, 15);
    assert_int_equal(d->reach[held_dict], HF_REACH_C);
    assert_int_equal(d->parent[held_dict], held);
    assert_int_equal(d->retained[held], 50);
    assert_int_equal(d->reach[immortal], HF_REACH_C);
    assert_int_equal(d->c_held_bytes, 90);
    assert_int_equal(d->c_held_objects, 3);
    hf_dominators_free(d);
    hf_graph_free(g);
    made_end(&h);
}

/* Nothing recurses: a list of a million nodes is no deeper than one of two. */
static void a_long_list_is_no_problem(void **state)
{
    (void)state;
    enum { LENGTH = 1000000 };
    made_heap h;
    made_begin(&h);
    uint32_t type = made_type(&h, "m", "Node");
    for (uint32_t i = 0; i < LENGTH; i++)
        made_object(&h, type, 1);
    for (uint32_t i = 0; i + 1 < LENGTH; i++) {
        made_edge(&h, i, HF_EDGE_ATTRIBUTE, "next", 0, i + 1);
        made_edge(&h, i + 1, HF_EDGE_ATTRIBUTE, "last", 0, i);
    }
    made_root(&h, HF_ROOT_MODULE, 0, "m");
    hf_graph *g = made_graph(&h);
    hf_dominators *d = dominators_of(g);
    assert_int_equal(d->retained[0], LENGTH);
    assert_int_equal(d->retained[LENGTH - 1], 1);
    assert_int_equal(d->parent[LENGTH - 1], LENGTH - 2);
    hf_dominators_free(d);
    hf_graph_free(g);
    made_end(&h);
}

static void histograms_count_by_type_and_module(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    uint32_t dict = made_type(&h, "builtins", "dict"), a = made_type(&h, "shop.a", "Order");
    uint32_t b = made_type(&h, "shop.a", "Line");
    made_type(&h, "shop.a", "Unused");
    made_object(&h, dict, 100);
    uint32_t order = made_object(&h, a, 30);
    h.objects[order].external = 500;
    made_object(&h, b, 10);
    made_object(&h, b, 10);
    hf_graph *g = made_graph(&h);
    hf_histogram t;
    made_check(hf_histogram_compute(g, NULL, false, &t));
    assert_int_equal(t.count, 3);
    assert_string_equal(t.rows[0].title, "shop.a.Order");
    assert_int_equal(t.rows[0].external, 500);
    assert_string_equal(t.rows[1].title, "dict");
    assert_int_equal(t.rows[2].objects, 2);
    assert_int_equal(t.total.block, 150);
    hf_histogram_deinit(&t);

    made_check(hf_histogram_compute(g, &(hf_filter){.module = "shop.*"}, true, &t));
    assert_int_equal(t.count, 1);
    assert_string_equal(t.rows[0].title, "shop.a");
    assert_int_equal(t.rows[0].objects, 3);
    hf_histogram_deinit(&t);

    made_check(hf_histogram_compute(g, &(hf_filter){.type = "*.L*"}, false, &t));
    assert_int_equal(t.count, 1);
    assert_string_equal(t.rows[0].title, "shop.a.Line");
    hf_histogram_deinit(&t);
    hf_graph_free(g);
    made_end(&h);
}

static const hf_difference_row *row_of(const hf_difference *d, const char *title)
{
    for (size_t i = 0; i < d->type_count; i++)
        if (!strcmp(d->types[i].title, title))
            return &d->types[i];
    fail_msg("no row for %s", title);
    return NULL;
}

static void differences_follow_objects_by_address_and_type(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    uint32_t list = made_type(&h, "builtins", "list"), str = made_type(&h, "builtins", "str");
    uint32_t log = made_object(&h, list, 64), text = made_object(&h, str, 48);
    uint32_t reused = made_object(&h, str, 48), moved = made_object(&h, list, 64);
    uint32_t garbage = made_object(&h, list, 64);
    made_edge(&h, garbage, HF_EDGE_INDEX, NULL, 0, garbage);
    h.objects[text].length = 3;
    h.objects[reused].length = 5;
    made_edge(&h, log, HF_EDGE_INDEX, NULL, 0, text);
    made_edge(&h, log, HF_EDGE_INDEX, NULL, 1, moved);
    h.objects[log].length = 2;
    made_root(&h, HF_ROOT_MODULE, log, "m");
    h.info.freeze.taken_at = 1000000000;
    hf_graph *old = made_graph(&h);

    h.objects[reused].length = 6; /* another text at the same place */
    h.objects[reused].size = 64;
    h.objects[moved].type = str; /* another type */
    h.objects[log].length = 3;
    h.objects[garbage].length = 100;
    made_edge(&h, log, HF_EDGE_INDEX, NULL, 2, made_object(&h, str, 1000));
    h.info.freeze.taken_at = 3500000000;
    hf_graph *new = made_graph(&h);

    hf_dominators *before = dominators_of(old), *after = dominators_of(new);
    hf_difference d;
    made_check(hf_difference_compute(old, before, new, after, &d));
    assert_true(d.same_process);
    assert_true(d.seconds > 2.49 && d.seconds < 2.51);
    assert_int_equal(d.survivors, 3);
    assert_int_equal(d.born, 3);
    assert_int_equal(d.died, 2);
    assert_string_equal(d.types[0].title, "str");
    assert_int_equal(d.types[0].objects, 2);
    assert_int_equal(d.types[0].bytes, 1000 + 64);
    assert_int_equal(d.types[0].born, 3);
    assert_int_equal(d.types[0].died, 1);
    assert_int_equal(row_of(&d, "list")->objects, -1);
    assert_int_equal(d.container_count, 1);
    assert_int_equal(d.containers[0].new_object, log);
    assert_int_equal(d.containers[0].length, 1);
    assert_int_equal(d.containers[0].retained, 1000);
    assert_int_equal(d.old_of[log], log);
    assert_int_equal(d.old_of[moved], HF_NO_OBJECT);
    hf_difference_deinit(&d);

    new->info.start_time++; /* another process: nothing can be the same */
    made_check(hf_difference_compute(old, NULL, new, NULL, &d));
    assert_false(d.same_process);
    assert_int_equal(d.survivors, 0);
    assert_int_equal(d.container_count, 0);
    assert_int_equal(row_of(&d, "str")->objects, 2);
    hf_difference_deinit(&d);

    hf_dominators_free(before);
    hf_dominators_free(after);
    hf_graph_free(old);
    hf_graph_free(new);
    made_end(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_diamond_hangs_on_its_top),
        cmocka_unit_test(unreached_objects_are_sorted_by_their_counts),
        cmocka_unit_test(a_long_list_is_no_problem),
        cmocka_unit_test(histograms_count_by_type_and_module),
        cmocka_unit_test(differences_follow_objects_by_address_and_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
