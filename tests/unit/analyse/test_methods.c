/* Whose methods use a collection by its name, and how much is looked at to tell. */
#include "analyse/methods.h"

#include "moment.h"

typedef struct classes {
    moment m;
    uint32_t tuple, code_type;
} classes;

static uint32_t function(classes *c, const char *value, const char *name)
{
    made_heap *h = &c->m.heap;
    uint32_t code = made_object(h, c->code_type, 200), names = made_object(h, c->tuple, 64);
    uint32_t made = made_object(h, c->m.function, 100);
    made_value(h, code, value);
    made_edge(h, names, HF_EDGE_INDEX, NULL, 0, text(&c->m, name));
    made_edge(h, code, HF_EDGE_FIELD, "co_names", 0, names);
    made_edge(h, code, HF_EDGE_FIELD, "co_filename", 0, text(&c->m, "/srv/shop/stock.py"));
    made_edge(h, made, HF_EDGE_FIELD, "__code__", 0, code);
    return made;
}

/* A class with this namespace; its type. */
static uint32_t class_of(classes *c, const char *name, uint32_t names)
{
    made_heap *h = &c->m.heap;
    uint32_t type = made_type(h, "shop.stock", name), class = made_type_object(h, type);
    uint32_t order = made_object(h, c->tuple, 64);
    made_edge(h, order, HF_EDGE_INDEX, NULL, 0, class);
    made_edge(h, class, HF_EDGE_FIELD, "__mro__", 0, order);
    made_edge(h, class, HF_EDGE_FIELD, "__dict__", 0, names);
    made_root(h, HF_ROOT_C_STATIC, class, name);
    return type;
}

static uint32_t namespace(classes *c, const char *method, uint32_t of)
{
    uint32_t names = made_object(&c->m.heap, c->m.dict, 300);
    made_item(&c->m.heap, names, text(&c->m, method), of);
    return names;
}

/* How the __init__ of a class of the user's is told that uses the name, behind so many classes that
 * share a namespace of 65,536 names. */
static uint32_t told_behind(int others)
{
    classes c = {0};
    made_heap *h = &c.m.heap;
    begin(&c.m, 0);
    c.tuple = made_type(h, "builtins", "tuple");
    c.code_type = made_type(h, "builtins", "code");
    uint32_t shelf = class_of(&c, "Shelf", namespace(&c, "add", function(&c, "Shelf.add", "x")));
    uint32_t holder = global(&c.m, "shelf", shelf, 0x7f1000000000);
    uint64_t at = h->objects[holder].address;
    uint32_t large = made_object(h, c.m.dict, 1 << 20), key = text(&c.m, "other");
    for (int n = 0; n < 1 << 16; n++)
        made_item(h, large, key, key);
    for (int n = 0; n < others; n++)
        class_of(&c, "Other", large);
    uint32_t init = function(&c, "Rack.__init__", "lines");
    class_of(&c, "Rack", namespace(&c, "__init__", init));
    hf_graph *g = made_graph(h);
    made_end(h);
    HF_AUTO(hf_map_deinit) hf_map found;
    hf_map_init(&found);
    assert_true(hf_methods_by_class(g, hf_graph_find(g, at), "lines", &found));
    uint32_t told = HF_MAP_NONE;
    for (uint32_t i = 0; i < g->object_count; i++) {
        size_t length = 0;
        const char *value = hf_graph_value(g, i, &length);
        if (value && length == 13 && memcmp(value, "Rack.__init__", 13) == 0)
            told = hf_map_get(&found, i);
    }
    hf_graph_free(g);
    return told;
}

static void test_a_class_that_gives_its_instances_the_name_is_found(void **state)
{
    (void)state;
    assert_int_equal(told_behind(3), HF_METHOD_OF_OTHERS);
}

static void test_classes_are_looked_at_within_limits(void **state)
{
    (void)state;
    assert_int_equal(told_behind(100), HF_MAP_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_class_that_gives_its_instances_the_name_is_found),
        cmocka_unit_test(test_classes_are_looked_at_within_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
