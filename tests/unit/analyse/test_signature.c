/* A leak is known again wherever it is; two leaks are told apart. */
#include "analyse/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static hf_signature of(const char *path, const char *type, const char *pattern)
{
    hf_suspect s = {.path = path, .type = type, .pattern = pattern};
    return hf_signature_of(&s);
}

static void what_differs_from_run_to_run_is_left_out(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"module shop._quotes['sku-1', 3].lines", "module shop._quotes['a[b]\\'', 4].lines"},
        {"local rows in main (app.py:57), thread T-1: rows[3]",
         "local rows in main (app.py:61), thread T-9: rows[44]"},
        {"module shop.app.__dict__['x']", "module shop.app['y']"},
        {"unreachable at 0x7f31c2a41b80", "unreachable at 0x55d0"},
    };
    for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
        assert_string_equal(of(same[i][0], "dict of str", "registry").text,
                            of(same[i][1], "dict of list with int", "registry").text);
}

static void other_leaks_have_other_signatures(void **state)
{
    (void)state;
    hf_signature one = of("module shop._quotes", "dict of str", "registry");
    assert_true(hf_signature_is_one(one.text));
    assert_string_not_equal(one.text, of("module shop._quote", "dict", "registry").text);
    assert_string_not_equal(one.text, of("module shop._quotes", "list", "registry").text);
    assert_string_not_equal(one.text, of("module shop._quotes", "dict", "unbounded-cache").text);
    assert_false(hf_signature_is_one("module shop"));
    /* The number is part of what people write down: it may not change. */
    assert_string_equal(one.text, "32b3c6422033");
}

static void a_fix_is_verified(void **state)
{
    (void)state;
    hf_suspect s = {.path = "module shop._quotes", .type = "dict", .pattern = "registry"};
    hf_signature known = hf_signature_of(&s);
    hf_diagnosis d = {.verdict = HF_VERDICT_SUSPECTS, .suspects = &s, .suspect_count = 1};
    assert_int_equal(hf_signature_verify(&d, 4, known.text), HF_VERIFIED_STILL_THERE);
    assert_int_equal(hf_signature_verify(&d, 4, "000000000000"), HF_VERIFIED_GONE);
    assert_int_equal(hf_signature_verify(&d, 1, known.text), HF_VERIFIED_TOO_EARLY);
    d = (hf_diagnosis){.verdict = HF_VERDICT_TOO_EARLY};
    assert_int_equal(hf_signature_verify(&d, 4, known.text), HF_VERIFIED_TOO_EARLY);
    d.verdict = HF_VERDICT_NO_LEAK;
    assert_int_equal(hf_signature_verify(&d, 4, known.text), HF_VERIFIED_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_from_run_to_run_is_left_out),
        cmocka_unit_test(other_leaks_have_other_signatures),
        cmocka_unit_test(a_fix_is_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
