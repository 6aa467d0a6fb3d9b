/* What a collection frees, and cycles: small heaps of which one can see the answer. */
#include "../graph/made_heap.h"
#include "analyse/cycles.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct heap {
    made_heap h;
    uint32_t list, text, node;
} heap;

static void begin(heap *s)
{
    made_begin(&s->h);
    s->list = made_type(&s->h, "builtins", "list");
    s->text = made_type(&s->h, "builtins", "str");
    s->node = made_type(&s->h, "shop", "Node");
}

static uint32_t untracked(heap *s)
{
    uint32_t o = made_object(&s->h, s->text, 64);
    s->h.objects[o].flags = 0;
    return o;
}

static void refer(heap *s, uint32_t from, uint32_t to)
{
    made_edge(&s->h, from, HF_EDGE_INDEX, NULL, 0, to);
}

/* A cycle with a text of its own and one that somebody else holds, too; a cycle that C holds; one
 * that a live list holds; one in the permanent generation; one that a weak reference leads to. */
static void a_collection_frees_what_nothing_outside_holds(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t a = made_object(&s.h, s.list, 64), b = made_object(&s.h, s.list, 64);
    uint32_t own = untracked(&s), shared = untracked(&s);
    uint32_t live = made_object(&s.h, s.list, 64);
    made_root(&s.h, HF_ROOT_MODULE, live, "live");
    made_held(&s.h, live, 1);
    refer(&s, a, b);
    refer(&s, b, a);
    refer(&s, a, own);
    refer(&s, b, shared);
    refer(&s, live, shared);
    uint32_t c = made_object(&s.h, s.list, 64), d = made_object(&s.h, s.list, 64);
    refer(&s, c, d);
    refer(&s, d, c);
    made_held(&s.h, d, 1);
    uint32_t e = made_object(&s.h, s.list, 64);
    refer(&s, e, e);
    refer(&s, live, e);
    uint32_t f = made_object(&s.h, s.list, 64);
    refer(&s, f, f);
    s.h.objects[f].flags |= HF_OBJECT_FROZEN;
    uint32_t w = made_object(&s.h, s.list, 64);
    refer(&s, w, w);
    made_edge_of(&s.h, live, HF_EDGE_FIELD, HF_EDGE_WEAK, "target", 0, w);
    hf_graph *g = made_graph(&s.h);
    hf_collection found;
    made_check(hf_collection_predict(g, &found));
    assert_int_equal(found.fate[a], HF_FATE_COLLECTED);
    assert_int_equal(found.fate[b], HF_FATE_COLLECTED);
    assert_int_equal(found.fate[own], HF_FATE_FOLLOWS);
    assert_int_equal(found.fate[shared], HF_FATE_STAYS);
    assert_int_equal(found.fate[c], HF_FATE_STAYS);
    assert_int_equal(found.fate[d], HF_FATE_STAYS);
    assert_int_equal(found.fate[e], HF_FATE_STAYS);
    assert_int_equal(found.fate[f], HF_FATE_STAYS);
    assert_int_equal(found.fate[w], HF_FATE_COLLECTED);
    assert_int_equal(found.collected, 3);
    assert_int_equal(found.follows, 1);
    assert_int_equal(found.collected_bytes, 3 * 64);
    assert_int_equal(found.frozen, 1);
    hf_collection_deinit(&found);
    hf_graph_free(g);
    made_end(&s.h);
}

/* parent and child hold each other; of two such pairs one row is made, whichever was made first. */
static void alike_cycles_are_one_row(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    for (int i = 0; i < 2; i++) {
        uint32_t one = made_object(&s.h, s.node, 48), other = made_object(&s.h, s.node, 48);
        uint32_t up = i ? one : other, down = i ? other : one;
        made_edge(&s.h, up, HF_EDGE_ATTRIBUTE, "child", 0, down);
        made_edge(&s.h, down, HF_EDGE_ATTRIBUTE, "parent", 0, up);
        made_edge(&s.h, down, HF_EDGE_ATTRIBUTE, "name", 0, untracked(&s));
    }
    hf_graph *g = made_graph(&s.h);
    hf_collection collection;
    hf_dominators *d;
    hf_cycles found;
    made_check(hf_collection_predict(g, &collection));
    made_check(hf_dominators_compute(g, &d));
    made_check(hf_cycles_find(g, d, &collection, false, &found));
    assert_int_equal(found.count, 1);
    assert_int_equal(found.rows[0].cycles, 2);
    assert_int_equal(found.rows[0].objects, 4);
    assert_int_equal(found.rows[0].retained, 2 * (48 + 48 + 64));
    assert_string_equal(found.rows[0].weaken, "shop.Node.parent");
    assert_true(found.rows[0].breaks);
    hf_cycles_deinit(&found);
    made_check(hf_cycles_find(g, d, &collection, true, &found));
    assert_int_equal(found.count, 0);
    hf_cycles_deinit(&found);
    hf_dominators_free(d);
    hf_collection_deinit(&collection);
    hf_graph_free(g);
    made_end(&s.h);
}

/* Components of a graph of 400 objects with edges drawn at random, against reachability. */
static bool every_edge(const hf_edge_filter *filter, uint32_t source, uint64_t e)
{
    (void)filter, (void)source, (void)e;
    return true;
}

static void mark_reached(const hf_graph *g, uint32_t from, bool *reached)
{
    uint32_t queue[400], count = 0;
    for (uint64_t e = g->edge_start[from]; e < g->edge_start[from + 1]; e++)
        if (!reached[g->edge_target[e]]) {
            reached[g->edge_target[e]] = true;
            queue[count++] = g->edge_target[e];
        }
    for (uint32_t at = 0; at < count; at++)
        for (uint64_t e = g->edge_start[queue[at]]; e < g->edge_start[queue[at] + 1]; e++)
            if (!reached[g->edge_target[e]]) {
                reached[g->edge_target[e]] = true;
                queue[count++] = g->edge_target[e];
            }
}

static void components_are_mutual_reachability(void **state)
{
    (void)state;
    enum { N = 400, EDGES = 440 };
    static bool reaches[N][N];
    heap s;
    begin(&s);
    for (int i = 0; i < N; i++)
        made_object(&s.h, s.list, 64);
    uint32_t seed = 12345;
    for (int i = 0; i < EDGES; i++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t from = (seed >> 8) % N;
        seed = seed * 1664525 + 1013904223;
        refer(&s, from, (seed >> 8) % N);
    }
    hf_graph *g = made_graph(&s.h);
    for (uint32_t i = 0; i < N; i++)
        mark_reached(g, i, reaches[i]);
    hf_components c;
    hf_edge_filter filter = {every_edge, g};
    made_check(hf_components_find(g, &filter, &c));
    uint32_t cyclic = 0;
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(c.of[i] != HF_NO_COMPONENT, reaches[i][i]);
        cyclic += reaches[i][i];
        for (uint32_t k = 0; k < N; k++)
            if (c.of[i] != HF_NO_COMPONENT && k != i)
                assert_int_equal(c.of[i] == c.of[k], reaches[i][k] && reaches[k][i]);
    }
    assert_true(cyclic > 10 && c.start[c.count] == cyclic);
    hf_components_deinit(&c);
    hf_graph_free(g);
    made_end(&s.h);
}

static void a_weak_reference_to_itself_is_no_cycle(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t node = made_object(&s.h, s.node, 64);
    made_root(&s.h, HF_ROOT_MODULE, node, "live");
    made_held(&s.h, node, 1);
    made_edge_of(&s.h, node, HF_EDGE_FIELD, HF_EDGE_WEAK, "itself", 0, node);
    hf_graph *g = made_graph(&s.h);
    hf_dominators *d = NULL;
    hf_collection collection = {0};
    hf_cycles cycles = {0};
    made_check(hf_dominators_compute(g, &d));
    made_check(hf_collection_predict(g, &collection));
    made_check(hf_cycles_find(g, d, &collection, true, &cycles));
    assert_int_equal(cycles.count, 0);
    hf_cycles_deinit(&cycles);
    hf_collection_deinit(&collection);
    hf_dominators_free(d);
    hf_graph_free(g);
    made_end(&s.h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_collection_frees_what_nothing_outside_holds),
        cmocka_unit_test(alike_cycles_are_one_row),
        cmocka_unit_test(a_weak_reference_to_itself_is_no_cycle),
        cmocka_unit_test(components_are_mutual_reachability),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
