/* Every row is one that a compiler could have made; what no compiler makes is told from it. */
#include "cpython/layout_entries.h"
#include "cpython/layout_sound.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_every_row_is_sound(void **state)
{
    (void)state;
    char why[160] = "";
    assert_true(hf_layout_count > 0);
    for (size_t i = 0; i < hf_layout_count; i++)
        if (!hf_layout_is_sound(&hf_layouts[i], why, sizeof(why)))
            fail_msg("%s: %s: is its width in the table of layout_sound.c?", hf_layouts[i].name,
                     why);
}

static void set(hf_layout *layout, size_t place, int32_t value)
{
    memcpy((char *)layout + place, &value, sizeof(value));
}

static void test_what_no_compiler_makes_is_told(void **state)
{
    (void)state;
    static const struct {
        size_t place;
        int32_t value;
        const char *why;
    } wrong[] = {
        {offsetof(hf_layout, list_ob_item), 28, "list_ob_item at 28 is not aligned"},
        {offsetof(hf_layout, list_ob_item), 8, "list_ob_item at 8 lies in the head of its struct"},
        {offsetof(hf_layout, list_ob_item), 48, "list_ob_item at 48 lies behind its struct"},
        {offsetof(hf_layout, list_ob_item), -8, "list_ob_item at -8 is not aligned"},
        {offsetof(hf_layout, list_ob_item), 32, "list_ob_item at 32 overlaps list_allocated"},
        {offsetof(hf_layout, list_size), 0, "list_size at 0 is no size"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        hf_layout row = hf_layouts[0];
        char why[160] = "";
        set(&row, wrong[i].place, wrong[i].value);
        assert_false(hf_layout_is_sound(&row, why, sizeof(why)));
        assert_string_equal(why, wrong[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_sound),
        cmocka_unit_test(test_what_no_compiler_makes_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
