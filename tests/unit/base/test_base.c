/* The containers and byte helpers of base/. */
#include "base/amount.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/huge.h"
#include "base/library_path.h"
#include "base/map.h"
#include "base/strtab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void err_carries_code_and_text(void **state)
{
    (void)state;
    hf_err *err = hf_fail(HF_ERR_USAGE, "no such option '%s'", "--x");
    assert_int_equal(hf_err_code_of(err), HF_ERR_USAGE);
    assert_string_equal(hf_err_message(err), "no such option '--x'");
    hf_err_free(err);
    err = hf_fail_sys(EACCES, "cannot open '%s'", "a");
    assert_int_equal(hf_err_code_of(err), HF_ERR_PERMISSION);
    assert_int_equal(hf_err_errno(err), EACCES);
    assert_string_equal(hf_err_message(err), "cannot open 'a': Permission denied");
    hf_err_free(err);
    hf_err_free(hf_fail_memory());
}

static void buf_stops_at_its_limit(void **state)
{
    (void)state;
    hf_buf b;
    hf_buf_init(&b, 8);
    hf_buf_text(&b, "12345");
    hf_buf_format(&b, "%d", 67);
    assert_string_equal(hf_buf_string(&b), "1234567");
    hf_buf_text(&b, "89");
    assert_true(b.failed);
    assert_int_equal(b.length, 7);
    hf_buf_deinit(&b);
}

static void varints_come_back(void **state)
{
    (void)state;
    const uint64_t values[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX};
    hf_buf b;
    hf_buf_init(&b, 0);
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        hf_buf_varint(&b, values[i]);
    hf_cursor c = hf_cursor_over(b.data, b.length);
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        assert_true(hf_cursor_varint(&c) == values[i]);
    assert_false(c.bad);
    hf_cursor_varint(&c);
    assert_true(c.bad);
    for (int64_t v = -3; v < 4; v++)
        assert_true(hf_unzigzag(hf_zigzag(v)) == v);
    assert_true(hf_unzigzag(hf_zigzag(INT64_MIN)) == INT64_MIN);
    hf_buf_deinit(&b);
}

static void cursor_refuses_what_is_not_there(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 2, 3};
    hf_cursor c = hf_cursor_over(bytes, sizeof(bytes));
    assert_int_equal(hf_cursor_u8(&c), 1);
    assert_int_equal(hf_cursor_u32(&c), 0);
    assert_true(c.bad);
    assert_null(hf_cursor_bytes(&c, 1));
}

static void map_holds_many_keys(void **state)
{
    (void)state;
    hf_map m;
    hf_map_init(&m);
    assert_true(hf_map_get(&m, 0) == HF_MAP_NONE);
    for (uint32_t i = 0; i < 100000; i++)
        assert_true(hf_map_put(&m, (uint64_t)i * 4096, i));
    assert_true(hf_map_put(&m, 0, 7));
    assert_int_equal(m.count, 100000);
    assert_int_equal(hf_map_get(&m, 0), 7);
    for (uint32_t i = 1; i < 100000; i++)
        assert_int_equal(hf_map_get(&m, (uint64_t)i * 4096), i);
    assert_true(hf_map_get(&m, 1) == HF_MAP_NONE);
    hf_map_deinit(&m);
}

static void map_counts_keys(void **state)
{
    (void)state;
    hf_map m;
    hf_map_init(&m);
    for (uint64_t i = 0; i < 3000; i++)
        assert_int_equal(hf_map_increment(&m, i % 1000), i / 1000 + 1);
    assert_int_equal(m.count, 1000);
    assert_int_equal(hf_map_get(&m, 999), 3);
    hf_map_deinit(&m);
}

static void strtab_numbers_each_text_once(void **state)
{
    (void)state;
    hf_strtab t;
    assert_true(hf_strtab_init(&t));
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 1; i < 5000; i++) {
            char text[16];
            int n = snprintf(text, sizeof(text), "name%u", i);
            assert_int_equal(hf_strtab_add(&t, text, (size_t)n), i);
        }
    assert_string_equal(hf_strtab_get(&t, 17), "name17");
    assert_int_equal(hf_strtab_length(&t, 17), 6);
    assert_int_equal(hf_strtab_find(&t, "name4999", 8), 4999);
    assert_true(hf_strtab_find(&t, "name5000", 8) == HF_STR_NONE);
    assert_string_equal(hf_strtab_get(&t, 99999), "");
    hf_strtab_deinit(&t);
}

static const char *library_part(const char *path)
{
    return hf_library_part(path, strlen(path));
}

static void files_of_libraries_have_a_short_name(void **state)
{
    (void)state;
    assert_string_equal(library_part("/v/lib/python3.11/site-packages/shop/a.py"), "shop/a.py");
    assert_string_equal(library_part("/usr/lib/python3/dist-packages/b.py"), "b.py");
    assert_string_equal(library_part("/usr/lib/python3.13/json/decoder.py"), "json/decoder.py");
    assert_string_equal(library_part("/usr/lib/python3.14t/json/decoder.py"), "json/decoder.py");
    assert_string_equal(library_part("/opt/lib/python313.zip/json/decoder.py"), "json/decoder.py");
    assert_string_equal(library_part("/usr/lib64/python3.9/json/decoder.py"), "json/decoder.py");
    assert_null(library_part("/srv/shop/pricing.py"));
    assert_null(library_part("<frozen importlib._bootstrap>"));
    assert_string_equal(hf_known_part("/usr/lib/python3.13/json/decoder.py"), "json/decoder.py");
    assert_string_equal(hf_known_part("/srv/shop/pricing.py"), "pricing.py");
    assert_string_equal(hf_known_part("/srv/shop/__init__.py"), "shop/__init__.py");
    assert_string_equal(hf_known_part("shop/__main__.py"), "shop/__main__.py");
    assert_string_equal(hf_known_part("/__init__.py"), "__init__.py");
    assert_string_equal(hf_known_part("<string>"), "<string>");
    assert_null(library_part(""));
}

static void files_of_programs_in_directories_named_like_libraries_are_no_librarys(void **state)
{
    (void)state;
    assert_null(library_part("/srv/lib/python_tools/x.py"));
    assert_null(library_part("/srv/lib/python3_tools/x.py"));
    assert_null(library_part("/srv/lib/python3.py"));
    assert_null(library_part("/srv/lib/python3"));
    assert_null(library_part("/srv/our-packages/x.py"));
    assert_null(library_part("/srv/my-site-packages/x.py"));
    assert_null(library_part("/srv/my-dist-packages/x.py"));
    assert_string_equal(library_part("/srv/lib/python3_tools/lib/python3.11/x.py"), "x.py");
    assert_null(hf_library_part("/srv/site-packages/x.py", strlen("/srv/site-packages")));
}

static void large_memory_is_that_of_malloc(void **state)
{
    (void)state;
    static const uint64_t counts[] = {0, 1, 1000, (8 << 20) / 8 + 1, (16 << 20) / 8 + 4097};
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        uint64_t n = counts[i], *some = hf_large_malloc(n, sizeof(*some)),
                 *zeros = hf_large_calloc(n, sizeof(*zeros));
        assert_non_null(some);
        assert_non_null(zeros);
        for (uint64_t k = 0; k < n; k++) {
            assert_int_equal(zeros[k], 0);
            some[k] = k;
        }
        for (uint64_t k = 0; k < n; k++)
            assert_int_equal(some[k], k);
        free(some);
        free(zeros);
    }
    assert_null(hf_large_malloc(UINT64_MAX / 2, 8));
    assert_null(hf_large_malloc(UINT64_MAX / 8, 8));
    assert_null(hf_large_calloc(UINT64_MAX / 2, 8));
}

enum { SOME = 5 << 20 }; /* words: 40 MB, of which malloc() itself keeps nothing */

/* A large block with a mark in its midst, which is then given back to be used again. */
static void leave_a_block(uint64_t words)
{
    uint64_t *p = hf_large_malloc(words, sizeof(*p));
    assert_non_null(p);
    p[SOME / 2] = 77;
    hf_large_free(p);
}

static uint64_t mark_in(const uint64_t *p)
{
    assert_non_null(p);
    return p[SOME / 2];
}

static void large_memory_is_used_again_where_it_suits(void **state)
{
    (void)state;
    leave_a_block(SOME);
    HF_AUTO(hf_large_freep) uint64_t *same = hf_large_malloc(SOME, sizeof(*same));
    assert_int_equal(mark_in(same), 77);
    HF_AUTO(hf_large_freep) uint64_t *other = hf_large_malloc(SOME, sizeof(*other));
    assert_int_not_equal(mark_in(other), 77);
    leave_a_block(SOME + SOME / 20); /* a little more than is wanted next */
    HF_AUTO(hf_large_freep) uint64_t *smaller = hf_large_malloc(SOME, sizeof(*smaller));
    assert_int_equal(mark_in(smaller), 77);
    hf_large_free(NULL);
}

static void large_memory_that_suits_nobody_is_given_back(void **state)
{
    (void)state;
    leave_a_block(4 * SOME);
    HF_AUTO(hf_large_freep) uint64_t *far_smaller = hf_large_malloc(SOME, sizeof(*far_smaller));
    HF_AUTO(hf_large_freep) uint64_t *as_large = hf_large_malloc(4 * SOME, sizeof(*as_large));
    assert_int_not_equal(mark_in(far_smaller), 77);
    assert_int_not_equal(mark_in(as_large), 77);
    leave_a_block(SOME);
    hf_large_give_back();
    HF_AUTO(hf_large_freep) uint64_t *anew = hf_large_malloc(SOME, sizeof(*anew));
    assert_int_not_equal(mark_in(anew), 77);
    leave_a_block(SOME);
    HF_AUTO(hf_large_freep) uint64_t *zeros = hf_large_calloc(SOME, sizeof(*zeros));
    assert_int_equal(mark_in(zeros), 0);
}

static void arrays_double_and_keep_what_is_in_them(void **state)
{
    (void)state;
    uint64_t *rows = NULL, *few = NULL;
    size_t capacity = 0, moves = 0;
    for (uint64_t n = 0; n < 5000; n++) {
        size_t before = capacity;
        assert_true(hf_array_room(&rows, n, &capacity));
        assert_true(capacity > n);
        moves += capacity != before;
        assert_true(hf_array_next(&few, n));
        rows[n] = few[n] = n;
    }
    for (uint64_t n = 0; n < 5000; n++) {
        assert_int_equal(rows[n], n);
        assert_int_equal(few[n], n);
    }
    assert_in_range(moves, 2, 10);
    assert_true(hf_array_reserve(&rows, 100000, &capacity));
    assert_int_equal(capacity, 100000);
    rows[99999] = rows[4999];
    free(rows);
    free(few);
}

static void arrays_end_where_their_capacity_cannot_count(void **state)
{
    (void)state;
    char *bytes = NULL;
    uint8_t capacity = 0;
    for (unsigned n = 0; n < UINT8_MAX; n++) {
        assert_true(hf_array_room(&bytes, n, &capacity));
        bytes[n] = (char)n;
    }
    char *before = bytes;
    assert_int_equal(capacity, UINT8_MAX);
    assert_false(hf_array_room(&bytes, UINT8_MAX, &capacity));
    assert_ptr_equal(bytes, before);
    assert_int_equal(capacity, UINT8_MAX);
    free(bytes);
    uint64_t *rows = NULL, most = 0;
    assert_false(hf_array_reserve(&rows, UINT64_MAX / 8 + 1, &most));
    assert_null(rows);
    assert_int_equal(most, 0);
}

static void amounts_are_said_in_words(void **state)
{
    (void)state;
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    hf_say_count(&text, 1, "object");
    hf_buf_text(&text, ", ");
    hf_say_count(&text, 2400, "object");
    hf_buf_text(&text, ", ");
    hf_say_count(&text, 1, "entry");
    hf_buf_text(&text, ", ");
    hf_say_count(&text, 0, "entry");
    hf_buf_text(&text, ", ");
    hf_say_bytes(&text, -1);
    hf_buf_text(&text, ", ");
    hf_say_bytes(&text, INT64_C(5) << 40);
    assert_string_equal(hf_buf_string(&text),
                        "1 object, 2,400 objects, 1 entry, 0 entries, -1 byte, 5.0 TiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_carries_code_and_text),
        cmocka_unit_test(buf_stops_at_its_limit),
        cmocka_unit_test(varints_come_back),
        cmocka_unit_test(cursor_refuses_what_is_not_there),
        cmocka_unit_test(map_holds_many_keys),
        cmocka_unit_test(map_counts_keys),
        cmocka_unit_test(strtab_numbers_each_text_once),
        cmocka_unit_test(large_memory_is_that_of_malloc),
        cmocka_unit_test(large_memory_is_used_again_where_it_suits),
        cmocka_unit_test(large_memory_that_suits_nobody_is_given_back),
        cmocka_unit_test(arrays_double_and_keep_what_is_in_them),
        cmocka_unit_test(arrays_end_where_their_capacity_cannot_count),
        cmocka_unit_test(files_of_libraries_have_a_short_name),
        cmocka_unit_test(amounts_are_said_in_words),
        cmocka_unit_test(files_of_programs_in_directories_named_like_libraries_are_no_librarys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
