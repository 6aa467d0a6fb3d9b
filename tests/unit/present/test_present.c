/* What people and programs read: numbers, foreign texts, JSON, CSV, options. */
#include "base/cleanup.h"
#include "present/cli/options.h"
#include "present/cli/source.h"
#include "present/csv.h"
#include "present/json.h"
#include "present/show_suspect.h"
#include "present/show_tree.h"
#include "present/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void numbers_are_readable(void **state)
{
    (void)state;
    assert_string_equal(hf_format_bytes(0).text, "0 bytes");
    assert_string_equal(hf_format_bytes(1).text, "1 byte");
    assert_string_equal(hf_format_bytes(1023).text, "1023 bytes");
    assert_string_equal(hf_format_bytes(1024).text, "1.0 KiB");
    assert_string_equal(hf_format_bytes((1 << 20) - 1).text, "1.0 MiB");
    assert_string_equal(hf_format_bytes(UINT64_MAX).text, "16.0 EiB");
    assert_string_equal(hf_format_bytes_change(INT64_MIN).text, "-8.0 EiB");
    assert_string_equal(hf_format_bytes_change(2048).text, "+2.0 KiB");
    assert_string_equal(hf_format_count(1204113).text, "1,204,113");
    assert_string_equal(hf_format_count(999).text, "999");
    assert_string_equal(hf_format_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
    assert_string_equal(hf_format_count_change(-1000).text, "-1,000");
    assert_string_equal(hf_format_pause(999999).text, "1.0 ms");
    assert_string_equal(hf_format_pause(8100000).text, "8.1 ms");
    assert_string_equal(hf_format_pause(1459300000).text, "1.46 s");
    assert_string_equal(hf_format_seconds(3 * 86400 + 4 * 3600).text, "3d 04h");
    assert_string_equal(hf_format_share(1, 0).text, "-");
    assert_string_equal(hf_format_rate(-1536).text, "-1.5 KiB/s");
    assert_string_equal(hf_format_at_most(0.034).text, "at most 3.4%");
    assert_string_equal(hf_format_at_most(0.0001).text, "at most 0.01%");
    assert_string_equal(hf_format_at_most(0.00000012).text, "less than 0.01%");
}

static void a_pause_is_told_with_its_turn_in_the_queue(void **state)
{
    (void)state;
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    hf_source_say_pause(939000, 1, "copy-on-write fork", &text);
    hf_buf_text(&text, ", ");
    hf_source_say_pause(939000, 3, "copy-on-write fork", &text);
    hf_buf_text(&text, ", ");
    hf_source_say_pause(939000, 1, NULL, &text);
    hf_buf_text(&text, ", ");
    hf_source_say_pause(939000, 3, NULL, &text);
    assert_string_equal(
        hf_buf_string(&text),
        "939 us (copy-on-write fork), 2.8 ms (copy-on-write fork; 939 us where processors are "
        "free), 939 us, 2.8 ms (939 us where processors are free)");
}

static void assert_path(const char *path, size_t limit, const char *expected)
{
    HF_AUTO(hf_buf_deinit) hf_buf out = {0};
    hf_format_path(&out, path, limit);
    assert_string_equal(hf_buf_string(&out), expected);
}

static void paths_are_cut_where_they_are_alike(void **state)
{
    (void)state;
    assert_path("shop.pricing.quotes", 19, "shop.pricing.quotes");
    assert_path("local coro in run (app.py:1): coro.<stack 0>.local relay.events.calls", 30,
                "local coro….events.calls");
    assert_path("shop.a_very_long_name_of_a_module_without_an_end", 20, "shop.a…ithout_an_end");
    assert_path("shop.\x1bpricing.quotes", 18, "shop.\\….quotes");
}

static void assert_untrusted(const char *text, size_t length, size_t limit, const char *expected)
{
    hf_buf out HF_AUTO(hf_buf_deinit);
    hf_buf_init(&out, 0);
    hf_format_untrusted(&out, text, length, limit);
    assert_string_equal(hf_buf_string(&out), expected);
}

static void nothing_steers_a_terminal(void **state)
{
    (void)state;
    assert_untrusted("plain \xc3\xa4", 8, 0, "plain \xc3\xa4");
    assert_untrusted("\033[31m\a\n\0", 8, 0, "\\x1b[31m\\a\\n\\x00");
    assert_untrusted("\xc2\x9b\x7f", 3, 0, "\\x9b\\x7f");
    assert_untrusted("\xe2\x80\xae", 3, 0, "\\u202e");
    assert_untrusted("\xff\xc3", 2, 0, "\\xff\\xc3");
    assert_untrusted("\xed\xa0\x80", 3, 0, "\\xed\\xa0\\x80"); /* a surrogate */
    assert_untrusted("\xc0\xaf", 2, 0, "\\xc0\\xaf");          /* overlong */
    assert_untrusted("abcdef", 6, 6, "abcdef");
    assert_untrusted("abcdefg", 7, 6, "abcde…");
    assert_untrusted("abcd\n\n", 6, 6, "abcd\\n…" + 0 == NULL ? "" : "abcd…");
}

/* What a writer wrote into a stream in memory. */
typedef struct written {
    char *text;
    size_t length;
    FILE *out;
} written;

static void open_written(written *w)
{
    *w = (written){0};
    w->out = open_memstream(&w->text, &w->length);
    assert_non_null(w->out);
}

static void json_is_escaped_and_nested(void **state)
{
    (void)state;
    written w;
    open_written(&w);
    hf_json j;
    hf_json_init(&j, w.out);
    hf_json_object(&j, NULL);
    hf_json_text_n(&j, "a\"b", "\x01\"\\\xff\xc3\xa4", 6);
    hf_json_array(&j, "empty");
    hf_json_end(&j);
    hf_json_array(&j, "rows");
    hf_json_uint(&j, NULL, UINT64_MAX);
    hf_json_int(&j, NULL, -1);
    hf_json_real(&j, NULL, 1.0 / 0.0);
    hf_json_bool(&j, NULL, true);
    hf_json_address(&j, NULL, 0x7f00);
    hf_json_text(&j, NULL, NULL);
    hf_json_end(&j);
    hf_json_end(&j);
    fclose(w.out);
    assert_string_equal(w.text, "{\n"
                                "  \"a\\\"b\": \"\\u0001\\\"\\\\\xef\xbf\xbd\xc3\xa4\",\n"
                                "  \"empty\": [],\n"
                                "  \"rows\": [\n"
                                "    18446744073709551615,\n"
                                "    -1,\n"
                                "    null,\n"
                                "    true,\n"
                                "    \"0x7f00\",\n"
                                "    null\n"
                                "  ]\n"
                                "}\n");
    free(w.text);
}

static void csv_follows_rfc_4180(void **state)
{
    (void)state;
    written w;
    open_written(&w);
    hf_csv c;
    hf_csv_init(&c, w.out);
    hf_csv_address(&c, 0xabc);
    hf_csv_text(&c, "a,\"b\"\r\n", 7);
    hf_csv_text(&c, "", 0);
    hf_csv_int(&c, -1);
    hf_csv_end(&c);
    hf_csv_text(&c, " x\xff", 3);
    hf_csv_uint(&c, 7);
    hf_csv_end(&c);
    fclose(w.out);
    assert_string_equal(w.text, "0xabc,\"a,\"\"b\"\"\r\n\",,-1\r\n\" x\xef\xbf\xbd\",7\r\n");
    free(w.text);
}

static void durations_are_checked(void **state)
{
    (void)state;
    double seconds = -1;
    static const struct {
        const char *text;
        double seconds;
    } good[] = {{"10", 10}, {"10s", 10}, {"250ms", 0.25}, {"1.5m", 90}, {"1h", 3600}, {".5", 0.5}};
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_true(hf_parse_duration(good[i].text, &seconds));
        assert_float_equal(seconds, good[i].seconds, 1e-9);
    }
    static const char *const bad[] = {"",     "s",     "-1s", "+1s",  "0",  "0s",
                                      " 1",   "1 s",   "inf", "nan",  "1d", "0x1",
                                      "1e99", "31h31", ".",   "999h", "1ss"};
    seconds = 7;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(hf_parse_duration(bad[i], &seconds));
    assert_true(seconds == 7);
}

static void addresses_are_checked(void **state)
{
    (void)state;
    uint64_t address = 7;
    assert_true(hf_parse_address("0x7f31c2a41b80", &address));
    assert_true(address == 0x7f31c2a41b80);
    assert_true(hf_parse_address("FFFFFFFFFFFFFFFF", &address));
    assert_true(address == UINT64_MAX);
    assert_false(hf_parse_address("0x", &address));
    assert_false(hf_parse_address("0x12345678901234567", &address));
    assert_false(hf_parse_address("-1", &address));
    assert_false(hf_parse_address("0x1g", &address));
}

static void names_are_those_that_people_use(void **state)
{
    (void)state;
    assert_true(hf_source_is_named("/usr/bin/python3 -u worker.py --fast", "worker.py"));
    assert_true(hf_source_is_named("/usr/bin/python3 -u /srv/worker.py --fast", "worker.py"));
    assert_true(hf_source_is_named("python3 -m shop.service -p 1", "shop.service"));
    assert_true(hf_source_is_named("gunicorn: worker [shop]", "gunicorn:"));
    assert_true(hf_source_is_named("/usr/bin/python3 worker.py", "python3"));
    assert_false(hf_source_is_named("python3 worker.py shop.service", "shop.service"));
    assert_false(hf_source_is_named("python3 worker.py", "worker"));
    assert_false(hf_source_is_named("", "worker"));
}

static void sizes_have_units(void **state)
{
    (void)state;
    uint64_t size = 0;
    assert_true(hf_parse_size("512K", &size) && size == 512 << 10);
    assert_true(hf_parse_size("1m", &size) && size == 1 << 20);
    assert_true(hf_parse_size("1024", &size) && size == 1024);
    static const char *const bad[] = {"",    "K",  "0",    "1023", "2G",           "512KB",
                                      "-1K", "1T", "0x10", "1.5M", "99999999999G", " 1K"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(hf_parse_size(bad[i], &size));
}

static void near_names_are_suggested(void **state)
{
    (void)state;
    assert_string_equal(hf_command_nearest("diagnoze"), "diagnose");
    assert_string_equal(hf_command_nearest("snap"), "snapshot");
    assert_string_equal(hf_command_nearest("type"), "types");
    assert_null(hf_command_nearest("frobnicate"));
    assert_null(hf_command_nearest("x"));
}

/* getopt's letters, choices and fields: every option of every command can be given. */
static void every_option_of_the_table_works(void **state)
{
    (void)state;
    for (const hf_command *c = hf_command_next(NULL); c; c = hf_command_next(c))
        for (const hf_option *o = c->options; o->name; o++) {
            char name[64], help[] = "--help";
            snprintf(name, sizeof(name), "--%s", o->name);
            const char *value = o->kind == HF_OPTION_DURATION  ? "3s"
                                : o->kind == HF_OPTION_ADDRESS ? "0x10"
                                : o->kind == HF_OPTION_SIZE    ? "512K"
                                                               : "3";
            char choice[32] = ""; /* the first of those that there are */
            if (o->choices) {
                snprintf(choice, sizeof(choice), "%.*s", (int)strcspn(o->choices, " "), o->choices);
                value = choice;
            }
            char *words[] = {(char *)(uintptr_t)c->name, name, help, NULL, NULL};
            int count = 3;
            if (o->argument) {
                words[2] = (char *)(uintptr_t)value;
                words[3] = help;
                count = 4;
            }
            hf_arguments arguments;
            hf_err *err = hf_options_parse(c, count, words, &arguments);
            assert_null(err);
            bool last = o->kind == HF_OPTION_LAST; /* what follows is another program's */
            assert_true(last ? arguments.operand_count == 1 : arguments.help);
            static const char zeros[sizeof(void *)];
            size_t size = o->kind == HF_OPTION_FLAG ? sizeof(bool) : sizeof(void *);
            assert_memory_not_equal((char *)&arguments + o->field, zeros, size);
        }
}

static void print_to(char *buffer, size_t size, size_t columns, bool cut)
{
    static const hf_column titles[] = {{"PID", true}, {"COMMAND", false}};
    FILE *stream = fmemopen(buffer, size, "w");
    hf_text text = {.out = stream, .columns = columns};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, titles, 2, 0);
    table.cut = cut;
    hf_table_cell(&table, "%d", 1);
    hf_table_cell(&table, "%s", "pyth\xc3\xb6n worker.py");
    hf_table_print(&table, &text);
    hf_text_fill(&text, "one two three four", 4, 92);
    fclose(stream);
}

static void print_suspect(char *buffer, size_t size, int64_t grown_objects)
{
    hf_suspect suspect = {.path = "module shop.transcript",
                          .type = "bytearray",
                          .pattern = "buffer-growth",
                          .evidence = "+2.0 KiB",
                          .fix = "Empty it.",
                          .site = "",
                          .allocated = "",
                          .known = ""};
    hf_suspect_view view = {.suspect = &suspect,
                            .grown = 2048,
                            .grown_objects = grown_objects,
                            .compared = true,
                            .seconds = 2};
    FILE *stream = fmemopen(buffer, size, "w");
    hf_text text = {.out = stream};
    hf_show_suspect_text(&text, 0, &view);
    fclose(stream);
}

static void what_got_no_objects_says_nothing_of_them(void **state)
{
    (void)state;
    char out[2048];
    print_suspect(out, sizeof(out), 0);
    assert_non_null(strstr(out, "grew      +2.0 KiB in 2.0 s"));
    print_suspect(out, sizeof(out), 3);
    assert_non_null(strstr(out, "grew      +2.0 KiB and +3 objects in 2.0 s"));
}

static void narrow_terminals_are_kept_to(void **state)
{
    (void)state;
    char out[256];
    print_to(out, sizeof(out), 16, true);
    assert_string_equal(out, "PID  COMMAND\n  1  pyth\xc3\xb6n wor…\none two\n    three four\n");
    print_to(out, sizeof(out), 16, false);
    assert_string_equal(out,
                        "PID  COMMAND\n  1  pyth\xc3\xb6n worker.py\none two\n    three four\n");
    print_to(out, sizeof(out), 0, true);
    assert_string_equal(out, "PID  COMMAND\n  1  pyth\xc3\xb6n worker.py\none two three four\n");
}

static void trees_are_drawn(void **state)
{
    (void)state;
    hf_tree_row rows[] = {{10, 0, HF_NO_ROW, 0}, {11, 0, 0, 1}, {12, 0, 1, 2},        {13, 0, 1, 2},
                          {14, 0, 0, 1},         {15, 0, 4, 2}, {20, 0, HF_NO_ROW, 0}};
    static const char *const drawn[] = {"10",    "├─ 11",    "│  ├─ 12", "│  └─ 13",
                                        "└─ 14", "   └─ 15", "20"};
    const hf_process_tree tree = {.rows = rows, .count = 7};
    for (size_t i = 0; i < 7; i++) {
        hf_buf text = {0};
        hf_show_tree_pid(&tree, i, &text);
        assert_string_equal(hf_buf_string(&text), drawn[i]);
        hf_buf_deinit(&text);
    }
    hf_tree_process processes[7] = {0};
    for (size_t i = 0; i < 7; i++) {
        processes[i].measured = i != 2;
        processes[i].ended = i == 3;
        processes[i].footprint = (hf_footprint){.rss = 3 << 20, .pss = 1 << 20};
    }
    const hf_tree_view view = {.tree = &tree, .processes = processes};
    hf_tree_sum sum = hf_tree_sum_of(&view, 0);
    assert_true(sum.processes == 5 && sum.unmeasured == 1 && sum.pss == 4 << 20);
    hf_buf text = {0};
    hf_show_tree_sum(&view, 0, &text);
    assert_string_equal(hf_buf_string(&text),
                        "10 and its 4 descendants take 4.0 MiB, shared pages counted once (PSS); "
                        "the sum of their RSS says 12.0 MiB; 1 of them could not be measured (root "
                        "sees more)");
    hf_buf_clear(&text);
    hf_show_tree_sum(&view, 6, &text);
    assert_string_equal(hf_buf_string(&text), "20 takes 1.0 MiB, shared pages counted once (PSS)");
    hf_buf_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_readable),
        cmocka_unit_test(nothing_steers_a_terminal),
        cmocka_unit_test(paths_are_cut_where_they_are_alike),
        cmocka_unit_test(a_pause_is_told_with_its_turn_in_the_queue),
        cmocka_unit_test(json_is_escaped_and_nested),
        cmocka_unit_test(csv_follows_rfc_4180),
        cmocka_unit_test(durations_are_checked),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(names_are_those_that_people_use),
        cmocka_unit_test(sizes_have_units),
        cmocka_unit_test(near_names_are_suggested),
        cmocka_unit_test(every_option_of_the_table_works),
        cmocka_unit_test(narrow_terminals_are_kept_to),
        cmocka_unit_test(what_got_no_objects_says_nothing_of_them),
        cmocka_unit_test(trees_are_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
