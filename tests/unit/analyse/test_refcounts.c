/* References that nothing accounts for: small heaps of which one can count them. */
#include "../graph/made_heap.h"
#include "analyse/refcounts.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct heap {
    made_heap h;
    uint32_t list, text, module;
} heap;

static void begin(heap *s)
{
    made_begin(&s->h);
    s->h.info.python.version_hex = 0x030c01f0;
    s->list = made_type(&s->h, "builtins", "list");
    s->text = made_type(&s->h, "builtins", "str");
    s->module = made_object(&s->h, made_type(&s->h, "builtins", "module"), 64);
    made_root(&s->h, HF_ROOT_INTERPRETER, s->module, "modules");
    made_held(&s->h, s->module, 1);
}

static uint32_t put(heap *s, uint32_t type, uint64_t bytes, int64_t forgotten, bool reached)
{
    uint32_t o = made_object(&s->h, type, bytes);
    made_held(&s->h, o, forgotten);
    if (reached)
        made_edge(&s->h, s->module, HF_EDGE_INDEX, NULL, o, o);
    return o;
}

typedef struct found {
    hf_graph *g;
    hf_dominators *d;
    hf_refcounts r;
} found;

static found look(heap *s, const char *type, bool all)
{
    const hf_filter filter = {.type = type};
    found f = {.g = made_graph(&s->h)};
    made_check(hf_dominators_compute(f.g, &f.d));
    made_check(hf_refcounts_find(f.g, f.d, &filter, all, &f.r));
    return f;
}

static void forget(heap *s, found *f)
{
    hf_refcounts_deinit(&f->r);
    hf_dominators_free(f->d);
    hf_graph_free(f->g);
    made_end(&s->h);
}

static void what_is_found_is_no_surplus(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t thread = made_thread(&s.h, "main", "run (app.py:1)");
    uint32_t local = put(&s, s.list, 64, 1, true);
    made_root_at(&s.h, HF_ROOT_LOCAL, local, "x", "run (app.py:1)", thread);
    uint32_t twice = put(&s, s.list, 64, 0, true);
    made_edge(&s.h, local, HF_EDGE_INDEX, NULL, 0, twice);
    made_edge(&s.h, local, HF_EDGE_INDEX, NULL, 1, twice);
    uint32_t immortal = put(&s, s.list, 64, 0, true), fixed = put(&s, s.list, 64, 9, true);
    s.h.objects[immortal].refcount = -1;
    s.h.objects[immortal].flags |= HF_OBJECT_IMMORTAL;
    s.h.objects[fixed].flags |= HF_OBJECT_STATIC;
    uint32_t fewer = put(&s, s.list, 64, -1, true);
    found f = look(&s, NULL, true);
    assert_int_equal(f.r.count, 0);
    assert_int_equal(f.r.immortal, 1);
    assert_int_equal(f.r.compared, 4);
    hf_refcount_balance b;
    made_check(hf_refcounts_of(f.g, f.d, made_number(&s.h, twice), &b));
    assert_int_equal(b.counted, 3);
    assert_int_equal(b.from_objects, 3);
    made_check(hf_refcounts_of(f.g, f.d, made_number(&s.h, fewer), &b));
    assert_int_equal(b.surplus, 0);
    made_check(hf_refcounts_of(f.g, f.d, made_number(&s.h, immortal), &b));
    assert_false(b.compared);
    forget(&s, &f);
}

/* Leaks of objects that nothing else keeps are never explained, however few. */
static void what_lives_by_nothing_else_is_told(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t image = made_type(&s.h, "imaging", "Image");
    uint32_t one = put(&s, image, 100, 1, false), two = put(&s, image, 100, 3, false);
    uint32_t below = made_object(&s.h, s.text, 900);
    made_edge(&s.h, one, HF_EDGE_INDEX, NULL, 0, below);
    made_edge(&s.h, one, HF_EDGE_INDEX, NULL, 1, two);
    put(&s, image, 100, 2, true);
    found f = look(&s, NULL, false);
    assert_int_equal(f.r.count, 1);
    const hf_surplus_row *row = f.r.rows;
    assert_int_equal(row->objects, 2);
    assert_int_equal(row->references, 4);
    assert_int_equal(row->alone, 2);
    assert_int_equal(row->most, 3);
    assert_int_equal(row->example, made_number(&s.h, two));
    assert_int_equal(row->retained, 1100); /* `two` is held twice: by C and by `one` */
    assert_int_equal(f.r.explained, 1);
    forget(&s, &f);
}

static void few_references_to_what_is_kept_are_usual_and_many_are_not(void **state)
{
    (void)state;
    for (unsigned count = 64; count <= 65; count++) {
        heap s;
        begin(&s);
        uint32_t image = made_type(&s.h, "imaging", "Image");
        for (unsigned i = 0; i < count; i++)
            put(&s, image, 100, 1, true);
        put(&s, s.list, 100, 3, true);
        found f = look(&s, NULL, false);
        assert_int_equal(f.r.explained, count == 64 ? 64 : 0);
        assert_int_equal(f.r.count, count == 64 ? 1 : 2);
        forget(&s, &f);
    }
}

static void types_are_chosen_and_all_leaves_nothing_out(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    put(&s, s.list, 100, 1, true);
    put(&s, s.text, 100, 1, true);
    found f = look(&s, "list", true);
    assert_int_equal(f.r.count, 1);
    assert_int_equal(f.r.rows->type, f.g->type[f.r.rows->example]);
    assert_int_equal(f.r.explained, 1);
    forget(&s, &f);
}

static void counts_that_leave_references_out_are_not_compared(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    s.h.info.python.free_threaded = true;
    s.h.info.python.version_hex = 0x030e00f0;
    uint32_t one = put(&s, s.list, 100, 7, false);
    found f = look(&s, NULL, true);
    assert_true(f.r.cannot_tell);
    assert_int_equal(f.r.count, 0);
    hf_refcount_balance b;
    made_check(hf_refcounts_of(f.g, f.d, made_number(&s.h, one), &b));
    assert_false(b.compared);
    assert_int_equal(b.surplus, 0);
    forget(&s, &f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_found_is_no_surplus),
        cmocka_unit_test(what_lives_by_nothing_else_is_told),
        cmocka_unit_test(few_references_to_what_is_kept_are_usual_and_many_are_not),
        cmocka_unit_test(types_are_chosen_and_all_leaves_nothing_out),
        cmocka_unit_test(counts_that_leave_references_out_are_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
