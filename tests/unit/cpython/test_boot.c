/* The texts that run code for us: they fit where they must, and say what they are told. That they
 * work is shown by tests/e2e/test_exec.py. */
#include "base/cleanup.h"
#include "cpython/boot.h"
#include "cpython/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The longest that acquire/exchange.c makes. */
static const char folder[] = "/var/tmp/.holdfast-exec-4194304-abcdefgh";

static void test_the_text_fits_beside_a_ring(void **state)
{
    (void)state;
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    hf_boot_text(folder, "abcdefgh", &text);
    assert_null(strchr(hf_buf_string(&text), '\r'));
    assert_true(text.length + 1 <= HF_RING_TEXT_MAX);
    /* the smallest ring: 32 slots of 16 bytes, of which one is the entry and some are to spare */
    assert_true((7 + text.length + 1 + 15) / 16 + 8 <= 32);
}

static void test_the_text_leaves_no_name(void **state)
{
    (void)state;
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    hf_boot_text(folder, "abcdefgh", &text);
    const char *all = hf_buf_string(&text);
    assert_ptr_equal(strstr(all, "try:\n def _hfabcdefgh("), all);
    assert_non_null(strstr(all, "\nexcept:pass\n_hfabcdefgh=0\ndel _hfabcdefgh\n"));
    assert_non_null(strstr(all, "'/var/tmp/.holdfast-exec-4194304-abcdefgh/boot'"));
}

static void test_the_program_is_told_its_folder(void **state)
{
    (void)state;
    HF_AUTO(hf_buf_deinit) hf_buf boot = {0};
    hf_boot_program(folder, &boot);
    const char *all = hf_buf_string(&boot);
    assert_non_null(strstr(
        all, "\nrun('/var/tmp/.holdfast-exec-4194304-abcdefgh', 67108864, 'late' in globals())\n"));
    for (const char *c = all; *c; c++)
        assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
}

static void test_code_may_be_any_bytes(void **state)
{
    (void)state;
    static const char code[] = "x = '\0\xff'";
    HF_AUTO(hf_buf_deinit) hf_buf whole = {0};
    hf_boot_code("a\xc3\xa9.py", code, sizeof(code), &whole);
    assert_int_equal(hf_load_u32(whole.data), 6);
    assert_memory_equal(whole.data + 4, "a\xc3\xa9.py", 6);
    assert_int_equal(whole.length, 10 + sizeof(code));
    assert_memory_equal(whole.data + 10, code, sizeof(code));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_text_fits_beside_a_ring),
        cmocka_unit_test(test_the_text_leaves_no_name),
        cmocka_unit_test(test_the_program_is_told_its_folder),
        cmocka_unit_test(test_code_may_be_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
