/* Every row is one that a compiler could have made; what no compiler makes is told from it. */
#include "cpython/layout_entries.h"
#include "cpython/layout_sound.h"
#include "cpython/prove.h"

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

/* Whose wrong value could go unnoticed: tables that only tell of other tables, and what the
 * collector itself is told to keep. Nothing may be added here without need. */
static bool may_lack_proof(const hf_layout_entry *entry)
{
    const char *name = entry->name;
    static const char *const starts[] = {"hashtable_",
                                         "trace_",
                                         "traceback_nframe",
                                         "traceback_total_nframe",
                                         "traceback_frame",
                                         "runtime_tracemalloc_",
                                         "tracemalloc_",
                                         "symtable_",
                                         "gc_bits_",
                                         "object_ref_shared_shift",
                                         "object_deferred_reference",
                                         "type_tp_traverse",
                                         "frame_f_lineno",
                                         "object_ob_flags"};
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (!strncmp(name, starts[i], strlen(starts[i])))
            return true;
    return false;
}

static void test_every_number_has_a_proof(void **state)
{
    (void)state;
    size_t without = 0;
    for (size_t i = 0; i < hf_layout_entry_count; i++) {
        const hf_layout_entry *entry = &hf_layout_entries[i];
        if (hf_proof_of(entry) != HF_PROOF_NONE || may_lack_proof(entry))
            continue;
        print_error("%s has no proof: see prove.h\n", entry->name);
        without++;
    }
    assert_int_equal(without, 0);
}

static void test_distances_of_a_source_are_those_of_its_rows(void **state)
{
    (void)state;
    const size_t size = offsetof(hf_layout, thread_size),
                 loop = offsetof(hf_layout, thread_running_loop),
                 extra = offsetof(hf_layout, code_co_extra),
                 code = offsetof(hf_layout, code_co_code_adaptive);
    for (size_t i = 0; i < hf_layout_count; i++) {
        const hf_layout *l = &hf_layouts[i];
        int32_t distance;
        if (HF_HAS(l, thread_running_loop)) {
            assert_true(hf_layout_distance(l, size, loop, &distance));
            assert_int_equal(distance, l->thread_running_loop - l->thread_size);
            /* Without a GIL another member stands between these. */
            assert_int_equal(hf_layout_distance(l, extra, code, &distance), !l->free_threaded);
        }
        assert_false(hf_layout_distance(l, loop, size, &distance));
        assert_int_equal(hf_layout_interpreter_end(l), l->interpreter_size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_sound),
        cmocka_unit_test(test_what_no_compiler_makes_is_told),
        cmocka_unit_test(test_every_number_has_a_proof),
        cmocka_unit_test(test_distances_of_a_source_are_those_of_its_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
