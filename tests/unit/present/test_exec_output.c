/* What a terminal is shown of what code in a process prints, however that is cut into pieces. */
#include "present/cli/exec_output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* Shows `text` in pieces of `piece` bytes. */
static void shows(const char *text, size_t piece, const char *expected)
{
    hf_exec_tail tail = {0};
    uint8_t shown[256];
    size_t length = 0, n = strlen(text);
    for (size_t at = 0; at < n; at += piece) {
        size_t some = n - at < piece ? n - at : piece;
        length += hf_exec_output_tame(&tail, (const uint8_t *)text + at, some, shown + length);
    }
    shown[length] = 0;
    assert_string_equal((const char *)shown, expected);
}

static void shows_in_any_pieces(const char *text, const char *expected)
{
    for (size_t piece = 1; piece <= strlen(text); piece++)
        shows(text, piece, expected);
}

static void text_stays(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "a\tb\n",
                                        "h\xc3\xa9llo",
                                        "\xe2\x82\xac 5",
                                        "\xf0\x9f\x90\x8d!",
                                        "\xc4\x9b \xc5\x9b",
                                        "\xc2\xa0"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        shows_in_any_pieces(texts[i], texts[i]);
}

static void orders_are_taken_out(void **state)
{
    (void)state;
    shows_in_any_pieces("\033[2Jx\r\b\177", "?[2Jx???");
    shows_in_any_pieces("a\xc2\x9b"
                        "2J",
                        "a?2J");
    shows_in_any_pieces("\xc2\x80\xc2\x9f", "??");
}

/* A terminal may take it for what it would be in fewer bytes, or for characters of one byte. */
static void what_is_no_text_is_taken_out(void **state)
{
    (void)state;
    shows_in_any_pieces("\x9b"
                        "2J",
                        "?2J");
    shows_in_any_pieces("\xe0\x82\x9bz", "?z");
    shows_in_any_pieces("\xf0\x80\x82\x9bz", "?z");
    shows_in_any_pieces("\xc0\x9bz", "??z");
    shows_in_any_pieces("\xff\xfez", "??z");
    shows_in_any_pieces("\xc2z", "?z");
    shows_in_any_pieces("\xe2\x82\x1b[z", "??[z");
    shows_in_any_pieces("\xc2\xc2\x9b"
                        "2J",
                        "??2J");
}

/* As it is on a terminal that both streams lead to. */
static void streams_do_not_complete_each_other(void **state)
{
    (void)state;
    hf_exec_tail out = {0}, error = {0};
    uint8_t shown[16];
    assert_int_equal(hf_exec_output_tame(&out, (const uint8_t *)"\xc2", 1, shown), 0);
    assert_int_equal(hf_exec_output_tame(&error, (const uint8_t *)"\x9b", 1, shown), 1);
    assert_int_equal(shown[0], '?');
    assert_int_equal(hf_exec_output_tame(&out, (const uint8_t *)"\xa9", 1, shown), 2);
    assert_memory_equal(shown, "\xc2\xa9", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays),
        cmocka_unit_test(orders_are_taken_out),
        cmocka_unit_test(what_is_no_text_is_taken_out),
        cmocka_unit_test(streams_do_not_complete_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
