/* What classes have, in their own dicts or those that they inherit from. */
#include "../graph/made_heap.h"
#include "analyse/attributes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 2000 };

static uint32_t class_with_dict(made_heap *h, uint32_t type)
{
    uint32_t class_object = made_type_object(h, type);
    h->types[type].heap_type = true;
    uint32_t dict = made_object(h, made_type(h, "builtins", "dict"), 64);
    made_edge(h, class_object, HF_EDGE_FIELD, "__dict__", 0, dict);
    return dict;
}

static void add_method(made_heap *h, uint32_t dict, const char *name)
{
    uint32_t key = made_object(h, made_type(h, "builtins", "str"), 64);
    made_value(h, key, name);
    made_item(h, dict, key, made_object(h, made_type(h, "builtins", "function"), 64));
}

static void methods_are_found_in_bases(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    uint32_t base = made_type(&h, "shop", "Base"), derived = made_type(&h, "shop", "Derived");
    uint32_t other = made_type(&h, "shop", "Other");
    add_method(&h, class_with_dict(&h, base), "__del__");
    class_with_dict(&h, derived);
    class_with_dict(&h, other);
    made_class(&h, derived, base);
    made_class(&h, other, other);
    hf_graph *g = made_graph(&h);
    bool *has = hf_types_with(g, "__del__");
    assert_non_null(has);
    assert_true(has[derived]);
    assert_false(has[other]);
    assert_true(hf_type_has(g, derived, "__del__"));
    assert_false(hf_type_has(g, derived, "close"));
    assert_false(hf_type_has(g, other, "__del__"));
    free(has);
    hf_graph_free(g);
    made_end(&h);
}

/* Each of two thousand classes inherits two thousand times from one with two thousand methods:
 * eight thousand million steps, where all are taken. */
static void a_heap_that_is_made_to_mislead_is_looked_at_in_part(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    uint32_t base = made_type(&h, "shop", "Base"), dict = class_with_dict(&h, base);
    char name[16];
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "method%u", i);
        add_method(&h, dict, name);
    }
    uint32_t order = made_object(&h, made_type(&h, "builtins", "tuple"), 64);
    for (unsigned i = 0; i < MANY; i++)
        made_edge(&h, order, HF_EDGE_INDEX, NULL, i, made_type_object(&h, base));
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "C%u", i);
        uint32_t type = made_type(&h, "shop", name);
        h.types[type].heap_type = true;
        made_edge(&h, made_type_object(&h, type), HF_EDGE_FIELD, "__mro__", 0, order);
    }
    hf_graph *g = made_graph(&h);
    bool *has = hf_types_with(g, "__del__");
    assert_non_null(has);
    for (uint32_t t = 0; t < g->type_count; t++)
        assert_false(has[t]);
    assert_false(hf_type_has(g, g->type_count - 2, "close"));
    free(has);
    hf_graph_free(g);
    made_end(&h);
}

/* Two thousand classes inherit from half a million others, each from its own, which have one dict
 * of ten thousand methods: five thousand million steps, where each is asked. */
static void classes_of_one_dict_are_asked_once(void **state)
{
    (void)state;
    enum { CLASSES = 256, METHODS = 10000 };
    made_heap h;
    made_begin(&h);
    uint32_t base = made_type(&h, "shop", "Base"), dict = class_with_dict(&h, base);
    uint32_t orders[MANY], metaclass = made_type(&h, "builtins", "type");
    uint32_t tuple = made_type(&h, "builtins", "tuple");
    uint32_t str = made_type(&h, "builtins", "str");
    char name[16];
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "C%u", i);
        uint32_t type = made_type(&h, "shop", name);
        h.types[type].heap_type = true;
        orders[i] = made_object(&h, tuple, 64);
        made_edge(&h, made_type_object(&h, type), HF_EDGE_FIELD, "__mro__", 0, orders[i]);
    }
    for (unsigned i = 0; i < METHODS; i++) {
        uint32_t key = made_object(&h, str, 64);
        snprintf(name, sizeof(name), "method%u", i);
        made_value(&h, key, name);
        made_item(&h, dict, key, dict);
    }
    for (unsigned i = 0; i < MANY * CLASSES; i++) {
        uint32_t class_object = made_object(&h, metaclass, 64);
        made_edge(&h, class_object, HF_EDGE_FIELD, "__dict__", 0, dict);
        made_edge(&h, orders[i % MANY], HF_EDGE_INDEX, NULL, i / MANY, class_object);
    }
    hf_graph *g = made_graph(&h);
    bool *has = hf_types_with(g, "__del__");
    assert_non_null(has);
    for (uint32_t t = 0; t < g->type_count; t++)
        assert_false(has[t]);
    free(has);
    hf_graph_free(g);
    made_end(&h);
}

/* A list of a million items is no place to look for a field again and again. */
static void fields_are_looked_for_among_so_many(void **state)
{
    (void)state;
    enum { BEFORE = 1 << 16 };
    made_heap h;
    made_begin(&h);
    uint32_t list = made_object(&h, made_type(&h, "builtins", "list"), 64);
    uint32_t other = made_object(&h, made_type(&h, "shop", "Other"), 64);
    for (unsigned i = 0; i + 1 < BEFORE; i++)
        made_edge(&h, list, HF_EDGE_INDEX, NULL, i, other);
    made_edge(&h, list, HF_EDGE_FIELD, "near", 0, other);
    made_edge(&h, list, HF_EDGE_FIELD, "far", 0, other);
    hf_graph *g = made_graph(&h);
    assert_int_not_equal(hf_object_field(g, list, "near"), HF_NO_OBJECT);
    assert_int_equal(hf_object_field(g, list, "far"), HF_NO_OBJECT);
    hf_graph_free(g);
    made_end(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods_are_found_in_bases),
        cmocka_unit_test(a_heap_that_is_made_to_mislead_is_looked_at_in_part),
        cmocka_unit_test(classes_of_one_dict_are_asked_once),
        cmocka_unit_test(fields_are_looked_for_among_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
