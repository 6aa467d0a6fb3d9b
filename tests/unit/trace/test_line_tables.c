/* The line of an instruction is the same wherever the look before it ended, for the tables of each
 * version of CPython. */
#include "trace/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { LENGTH = 60, LOOKS = 400, TABLES = 200 };

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void known_lines(void **state)
{
    (void)state;
    const uint8_t steps[] = {6, 1, 4, 2};           /* lines 10, 11 from 6 on, 13 from 10 */
    const uint8_t ranges[] = {4, 0, 2, 0x80, 6, 3}; /* 10, none, 13 */
    const uint8_t locations[] = {0xe9, 2, 0xf8, 0xd8, 0x13}; /* 11 for 4 bytes, none, 11, ... */
    hf_line_place place = {0};
    assert_int_equal(hf_instruction_line(HF_STATE_LINES_STEPS, steps, 4, 10, 10, &place), 13);
    assert_int_equal(hf_instruction_line(HF_STATE_LINES_STEPS, steps, 4, 10, 4, &place), 10);
    assert_int_equal(hf_instruction_line(HF_STATE_LINES_STEPS, steps, 4, 10, 8, &place), 11);
    place = (hf_line_place){0};
    assert_int_equal(hf_instruction_line(HF_STATE_LINES_RANGES, ranges, 6, 10, 11, &place), 13);
    assert_int_equal(hf_instruction_line(HF_STATE_LINES_RANGES, ranges, 6, 10, 5, &place), 0);
    assert_int_equal(hf_instruction_line(HF_STATE_LINES_RANGES, ranges, 6, 10, 12, &place), 0);
    place = (hf_line_place){0};
    assert_int_equal(hf_instruction_line(HF_STATE_LINES_LOCATIONS, locations, 5, 10, 2, &place),
                     11);
    assert_int_equal(hf_instruction_line(HF_STATE_LINES_LOCATIONS, locations, 5, 10, 4, &place), 0);
    assert_int_equal(hf_instruction_line(HF_STATE_LINES_LOCATIONS, locations, 5, 10, 6, &place),
                     12);
    assert_int_equal(hf_instruction_line(HF_STATE_LINES_LOCATIONS, locations, 5, 10, -2, &place),
                     10);
}

static void the_place_of_the_last_look_changes_nothing(void **state)
{
    (void)state;
    unsigned seed = 1, with_line[3] = {0};
    for (int n = 0; n < 3 * TABLES; n++) {
        hf_state_lines kind = (hf_state_lines)(n % 3);
        uint8_t table[LENGTH];
        hf_line_place place = {0};
        for (size_t i = 0; i < LENGTH; i++)
            table[i] = (uint8_t)(i % 2 ? next(&seed) % 7 - 2 : next(&seed));
        for (int i = 0; i < LOOKS; i++) {
            int32_t offset = (int32_t)(next(&seed) % 4000) - 10;
            uint32_t line = hf_instruction_line(kind, table, LENGTH, 1000, offset, NULL);
            assert_int_equal(hf_instruction_line(kind, table, LENGTH, 1000, offset, &place), line);
            with_line[kind] += line && line != 1000;
        }
    }
    for (int kind = 0; kind < 3; kind++)
        assert_true(with_line[kind] > TABLES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_lines),
        cmocka_unit_test(the_place_of_the_last_look_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
