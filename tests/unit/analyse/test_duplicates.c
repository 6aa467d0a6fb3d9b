/* Equal values: what is the same, what only begins alike, and what cannot be given up. */
#include "../graph/made_heap.h"
#include "analyse/duplicates.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct heap {
    made_heap h;
    uint32_t text, bytes, number, real, list;
} heap;

static void begin(heap *s)
{
    made_begin(&s->h);
    s->text = made_type(&s->h, "builtins", "str");
    s->bytes = made_type(&s->h, "builtins", "bytes");
    s->number = made_type(&s->h, "builtins", "int");
    s->real = made_type(&s->h, "builtins", "float");
    s->list = made_type(&s->h, "builtins", "list");
}

static uint32_t put(heap *s, uint32_t type, uint64_t bytes, const char *value, uint64_t length)
{
    uint32_t o = made_object(&s->h, type, bytes);
    s->h.objects[o].length = length;
    if (value)
        made_value(&s->h, o, value);
    return o;
}

typedef struct found {
    hf_graph *g;
    hf_duplicates d;
} found;

static found look(heap *s)
{
    found f = {.g = made_graph(&s->h)};
    made_check(hf_duplicates_find(f.g, &f.d));
    return f;
}

static void forget(heap *s, found *f)
{
    hf_duplicates_deinit(&f->d);
    hf_graph_free(f->g);
    made_end(&s->h);
}

static void all_but_one_of_each_could_go(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    uint32_t word = put(&s, s.text, 64, "word", 4);
    for (int i = 0; i < 4; i++)
        put(&s, s.text, 64, "word", 4);
    for (int i = 0; i < 3; i++)
        put(&s, s.bytes, 48, "data", 4);
    for (int i = 0; i < 2; i++)
        put(&s, s.real, 32, "1.5", 0);
    put(&s, s.number, 32, "15", 0);
    put(&s, s.text, 64, "other", 5);
    found f = look(&s);
    assert_int_equal(f.d.count, 3);
    assert_int_equal(f.d.rows[0].example, made_number(&s.h, word));
    assert_int_equal(f.d.rows[0].copies, 5);
    assert_int_equal(f.d.rows[0].saved, 4 * 64);
    assert_int_equal(f.d.rows[1].saved, 2 * 48);
    assert_int_equal(f.d.rows[2].saved, 32);
    assert_int_equal(f.d.objects, 4 + 2 + 1);
    assert_int_equal(f.d.saved, 4 * 64 + 2 * 48 + 32);
    assert_int_equal(f.d.compared, 12);
    forget(&s, &f);
}

static void what_only_looks_alike_is_not_equal(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    put(&s, s.text, 64, "15", 2);
    put(&s, s.bytes, 64, "15", 2);
    put(&s, s.number, 64, "15", 0);
    put(&s, s.text, 80, "15", 2); /* kept wider */
    put(&s, s.list, 64, "15", 2); /* no value that is compared */
    put(&s, s.list, 64, "15", 2);
    put(&s, s.text, 64, NULL, 2); /* values that are not known */
    put(&s, s.text, 64, NULL, 2);
    found f = look(&s);
    assert_int_equal(f.d.count, 0);
    assert_int_equal(f.d.saved, 0);
    assert_int_equal(f.d.compared, 4);
    forget(&s, &f);
}

static void of_what_is_cut_nothing_is_claimed(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    char digits[80] = {0};
    memset(digits, '7', 70);
    for (int i = 0; i < 2; i++) {
        put(&s, s.text, 200, "begins alike", 100);
        put(&s, s.bytes, 200, "begins alike", 100);
        put(&s, s.number, 64, digits, 0);
        put(&s, s.text, 72, "\xc3\xa4\xc3\xb6", 2); /* two letters of two bytes each: whole */
    }
    found f = look(&s);
    assert_int_equal(f.d.count, 1);
    assert_int_equal(f.d.saved, 72);
    assert_int_equal(f.d.too_long, 6);
    assert_int_equal(f.d.too_long_bytes, 2 * (200 + 200 + 64));
    forget(&s, &f);
}

static void what_stays_for_ever_saves_nothing(void **state)
{
    (void)state;
    heap s;
    begin(&s);
    for (int i = 0; i < 3; i++) {
        uint32_t fixed = put(&s, s.text, 64, "fixed", 5), immortal = put(&s, s.text, 64, "name", 4);
        s.h.objects[fixed].flags |= HF_OBJECT_STATIC;
        s.h.objects[immortal].flags |= HF_OBJECT_IMMORTAL;
    }
    put(&s, s.text, 64, "name", 4); /* a mortal one beside them could go */
    found f = look(&s);
    assert_int_equal(f.d.count, 1);
    assert_int_equal(f.d.saved, 64);
    forget(&s, &f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_but_one_of_each_could_go),
        cmocka_unit_test(what_only_looks_alike_is_not_equal),
        cmocka_unit_test(of_what_is_cut_nothing_is_claimed),
        cmocka_unit_test(what_stays_for_ever_saves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
