#include "base/bytes.h"
#include "cpython/double_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static void assert_packed_reads(double value, const char *expected)
{
    hf_buf packed = {0}, text = {0};
    hf_pack_double(bits_of(value), &packed);
    assert_int_equal(packed.length, HF_PACKED_DOUBLE_SIZE);
    assert_true(hf_append_packed_double(packed.data, packed.length, &text));
    assert_string_equal(hf_buf_string(&text), expected);
    hf_buf_deinit(&packed);
    hf_buf_deinit(&text);
}

/* What repr() says of them. */
static void packed_doubles_read_as_python_writes_them(void **state)
{
    (void)state;
    assert_packed_reads(0.1, "0.1");
    assert_packed_reads(-2.0, "-2.0");
    assert_packed_reads(1e16, "1e+16");
    assert_packed_reads(1700000123.4567893, "1700000123.4567893");
    assert_packed_reads(5e-324, "5e-324");
    assert_packed_reads(1.7976931348623157e308, "1.7976931348623157e+308");
    assert_packed_reads(1e308 * 10, "inf");
}

static void other_values_are_not_taken_for_doubles(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "12345678", "123456789", "\xff",
                                        "\xff"
                                        "1234567"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        hf_buf text = {0};
        assert_false(hf_append_packed_double(texts[i], strlen(texts[i]), &text));
        assert_int_equal(text.length, 0);
        hf_buf_deinit(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_doubles_read_as_python_writes_them),
        cmocka_unit_test(other_values_are_not_taken_for_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
