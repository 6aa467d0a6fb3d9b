/* What __slots__ would save: classes whose instances one can lay out by hand. */
#include "../graph/made_heap.h"
#include "analyse/slots.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MANAGED_DICT = 1 << 4, MANY = 100 };

typedef struct heap {
    made_heap h;
    uint32_t object, dict, number, module;
} heap;

static void begin(heap *s)
{
    made_begin(&s->h);
    s->h.info.python.version_hex = 0x030b07f0;
    s->object = made_type(&s->h, "builtins", "object");
    s->dict = made_type(&s->h, "builtins", "dict");
    s->number = made_type(&s->h, "builtins", "int");
    s->module = made_object(&s->h, s->dict, 64);
    made_root(&s->h, HF_ROOT_MODULE, s->module, "app");
}

static uint32_t class_of(heap *s, const char *name, uint32_t base)
{
    uint32_t type = made_type(&s->h, "app", name);
    s->h.types[type].flags |= MANAGED_DICT;
    made_class(&s->h, type, base);
    return type;
}

/* Instances of 96 bytes, the last `rare` of which have an attribute more; returns the last. */
static uint32_t instances(heap *s, uint32_t type, unsigned count, unsigned rare)
{
    uint32_t last = 0;
    for (unsigned i = 0; i < count; i++) {
        last = made_object(&s->h, type, 96);
        made_edge(&s->h, s->module, HF_EDGE_INDEX, NULL, last, last);
        made_edge(&s->h, last, HF_EDGE_ATTRIBUTE, "n", 0, s->module);
        made_edge(&s->h, last, HF_EDGE_ATTRIBUTE, "name", 0, s->module);
        if (i >= count - rare)
            made_edge(&s->h, last, HF_EDGE_ATTRIBUTE, "rare", 0, s->module);
    }
    return last;
}

typedef struct found {
    hf_graph *g;
    hf_dominators *d;
    hf_slots s;
} found;

static found look(heap *s)
{
    found f = {.g = made_graph(&s->h)};
    made_check(hf_dominators_compute(f.g, &f.d));
    made_check(hf_slots_find(f.g, f.d, MANY, &f.s));
    return f;
}

static void forget(heap *s, found *f)
{
    hf_slots_deinit(&f->s);
    hf_dominators_free(f->d);
    hf_graph_free(f->g);
    made_end(&s->h);
}

static void an_instance_takes_a_header_its_base_and_a_word_for_each_name(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    instances(&s, class_of(&s, "Plain", s.object), MANY, 0);
    instances(&s, class_of(&s, "Few", s.object), MANY - 1, 0);
    found f = look(&s);
    assert_int_equal(f.s.count, 1);
    const hf_slots_row *row = f.s.rows;
    assert_string_equal(hf_graph_type_title(f.g, row->type), "app.Plain");
    assert_int_equal(row->instances, MANY);
    assert_int_equal(row->bytes, MANY * 96);
    assert_int_equal(row->slotted_bytes, MANY * (16 + 16 + 2 * 8));
    assert_int_equal(row->saved, MANY * 48);
    assert_int_equal(f.s.saved, row->saved);
    assert_int_equal(row->name_count, 2);
    assert_int_equal(row->sparse, 0);
    assert_false(row->bases_too || row->weakrefs || row->many_names);
    forget(&s, &f);
}

static void rare_attributes_and_weak_references_take_a_word_as_well(void **state)
{
    (void)state;
    for (int newer = 0; newer < 2; newer++) {
        heap s;
        begin(&s);
        s.h.info.python.version_hex = newer ? 0x030c01f0 : 0x030b07f0;
        uint32_t last = instances(&s, class_of(&s, "Odd", s.object), MANY, 10);
        uint32_t reference = made_object(&s.h, made_type(&s.h, "weakref", "ReferenceType"), 72);
        made_edge(&s.h, s.module, HF_EDGE_INDEX, NULL, 0, reference);
        made_edge_of(&s.h, reference, HF_EDGE_FIELD, HF_EDGE_WEAK, "referent", 0, last);
        found f = look(&s);
        const hf_slots_row *row = f.s.rows;
        assert_int_equal(f.s.count, 1);
        assert_int_equal(row->name_count, 3);
        assert_int_equal(row->sparse, 1);
        assert_string_equal(row->names[2].name, "rare");
        assert_int_equal(row->names[2].instances, 10);
        assert_true(row->weakrefs);
        /* From 3.12 on two words before the object, before that one behind it; in units of 16. */
        assert_int_equal(row->slotted_bytes, MANY * (newer ? 80 : 64));
        forget(&s, &f);
    }
}

static void the_dict_of_an_instance_counts_where_it_is_its_own(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t type = class_of(&s, "Dicts", s.object);
    uint32_t key = made_object(&s.h, made_type(&s.h, "builtins", "str"), 48);
    made_value(&s.h, key, "n");
    for (unsigned i = 0; i < MANY; i++) {
        uint32_t instance = made_object(&s.h, type, 48), dict = made_object(&s.h, s.dict, 100);
        made_edge(&s.h, s.module, HF_EDGE_INDEX, NULL, i, instance);
        made_edge(&s.h, instance, HF_EDGE_FIELD, "__dict__", 0, dict);
        made_item(&s.h, dict, key, s.module);
        if (i < 40)
            made_edge(&s.h, s.module, HF_EDGE_INDEX, NULL, i, dict); /* somebody else keeps it */
    }
    found f = look(&s);
    assert_int_equal(f.s.count, 1);
    assert_int_equal(f.s.rows->with_dict, MANY);
    assert_int_equal(f.s.rows->bytes, MANY * 48 + 60 * 100);
    assert_int_equal(f.s.rows->name_count, 1);
    assert_int_equal(f.s.rows->names[0].instances, MANY);
    assert_int_equal(f.s.rows->slotted_bytes, MANY * 48);
    forget(&s, &f);
}

static void bases_with_items_or_a_dict_are_no_case_for_slots(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    s.h.types[s.number].itemsize = 4;
    instances(&s, class_of(&s, "Number", s.number), MANY, 0);
    uint32_t error = made_type(&s.h, "builtins", "Exception"),
             space = made_object(&s.h, s.dict, 64);
    uint32_t key = made_object(&s.h, made_type(&s.h, "builtins", "str"), 48);
    made_value(&s.h, key, "__dict__");
    made_item(&s.h, space, key, s.module);
    made_edge(&s.h, made_type_object(&s.h, error), HF_EDGE_FIELD, "__dict__", 0, space);
    instances(&s, class_of(&s, "Error", error), MANY, 0);
    uint32_t nameless = made_type(&s.h, "app", "Lost"); /* no object says what its bases are */
    s.h.types[nameless].flags |= MANAGED_DICT;
    instances(&s, nameless, MANY, 0);
    found f = look(&s);
    assert_int_equal(f.s.count, 0);
    assert_int_equal(f.s.saved, 0);
    forget(&s, &f);
}

static void more_names_than_anybody_writes_save_nothing(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t type = class_of(&s, "Bag", s.object);
    for (unsigned i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof(name), "a%u", i);
        uint32_t instance = made_object(&s.h, type, 960);
        made_edge(&s.h, s.module, HF_EDGE_INDEX, NULL, i, instance);
        made_edge(&s.h, instance, HF_EDGE_ATTRIBUTE, name, 0, s.module);
    }
    found f = look(&s);
    assert_int_equal(f.s.count, 1);
    assert_true(f.s.rows->many_names);
    assert_int_equal(f.s.saved, 0);
    forget(&s, &f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instance_takes_a_header_its_base_and_a_word_for_each_name),
        cmocka_unit_test(rare_attributes_and_weak_references_take_a_word_as_well),
        cmocka_unit_test(the_dict_of_an_instance_counts_where_it_is_its_own),
        cmocka_unit_test(bases_with_items_or_a_dict_are_no_case_for_slots),
        cmocka_unit_test(more_names_than_anybody_writes_save_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
