/* Names of C++ and Rust, and of what only looks so. */
#include "acquire/demangle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *name, const char *expected)
{
    char text[256];
    size_t length = hf_demangle(name, text, sizeof(text));
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

static void test_names(void **state)
{
    (void)state;
    char text[8];
    if (!hf_demangle("_Z1fv", text, sizeof(text)))
        skip(); /* built without libiberty */
    check("_ZN4shop9Catalogue4fillEi", "shop::Catalogue::fill(int)");
    check("_ZNSt6vectorIdSaIdEE6resizeEm",
          "std::vector<double, std::allocator<double> >::resize(unsigned long)");
    check("_ZN4shopL4fillEv.cold", "shop::fill() [clone .cold]");
    check("_ZN4core3ptr13drop_in_place17h0123456789abcdefE", "core::ptr::drop_in_place");
    check("_RNvCs1234_7mycrate3foo", "mycrate::foo");
    const char *const plain[] = {"",    "main", "_Z", "_ZN", "_R", "_Zzzzz", "PyObject_Malloc",
                                 "_Q1f"};
    for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
        check(plain[i], "");
}

/* Each template argument is the pair before it, twice: 2 to the power of 60 names in 300 bytes. */
static void test_a_name_without_end(void **state)
{
    (void)state;
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char name[1024] = "_Z1fI1aES_IS0_S0_E", text[300], probe[8];
    size_t length = strlen(name);
    for (size_t i = 1; i < 33; i++) {
        name[length++] = 'S';
        name[length++] = '_';
        name[length++] = 'I';
        for (size_t k = 0; k < 2; k++) {
            name[length++] = 'S';
            name[length++] = digits[i];
            name[length++] = '_';
        }
        name[length++] = 'E';
    }
    if (!hf_demangle("_Z1fv", probe, sizeof(probe)))
        skip();
    name[length] = 0;
    length = hf_demangle(name, text, sizeof(text));
    assert_true(length < sizeof(text) && strlen(text) == length);
}

static void test_it_is_cut(void **state)
{
    (void)state;
    char text[24], probe[8];
    if (!hf_demangle("_Z1fv", probe, sizeof(probe)))
        skip();
    assert_int_equal(hf_demangle("_ZN4shop9Catalogue4fillEiiiiiii", text, sizeof(text)), 23);
    assert_string_equal(text, "shop::Catalogue::fil...");
    assert_int_equal(hf_demangle("_ZN4shop9Catalogue4fillEi", text, 4), 0);
    char *name = malloc(HF_MANGLED_MOST + 2);
    assert_non_null(name);
    memset(name, 'i', HF_MANGLED_MOST + 1);
    memcpy(name, "_Z1f", 4);
    name[HF_MANGLED_MOST + 1] = 0;
    assert_int_equal(hf_demangle(name, text, sizeof(text)), 0);
    name[HF_MANGLED_MOST] = 0;
    assert_int_equal(hf_demangle(name, text, sizeof(text)), 23);
    free(name);
}

/* Names that are damaged at random: nothing is written beyond the room, whatever they say. */
static void test_garbage(void **state)
{
    (void)state;
    static const char *const names[] = {
        "_ZNSt8_Rb_treeINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESt4pairIKS5_dESt10_"
        "Select1stIS8_E"
        "St4lessIS5_ESaIS8_EE8_M_eraseEPSt13_Rb_tree_nodeIS8_E",
        "_RINvNtC3std3mem8align_ofNtNtC3std3mem12DiscriminantE",
        "_ZN71_$LT$alloc..vec..Vec$LT$T$C$A$GT$$u20$as$u20$core..ops..drop..Drop$GT$"
        "4drop17h0123456789abcdefE",
    };
    uint32_t seed = 7;
    for (size_t i = 0; i < 30000; i++) {
        char name[512], text[64];
        strcpy(name, names[i % 3]);
        for (size_t k = 0; k < 1 + i % 5; k++) {
            seed = seed * 1664525 + 1013904223;
            name[2 + (seed >> 8) % (strlen(names[i % 3]) - 2)] = (char)(32 + (seed >> 4) % 95);
        }
        memset(text, '#', sizeof(text));
        size_t length = hf_demangle(name, text, 40);
        assert_true(length < 40 && strlen(text) == length);
        for (size_t k = 40; k < sizeof(text); k++)
            assert_int_equal(text[k], '#');
    }
}

/* As deep as a name can say: pointers to pointers, templates in templates. */
static void test_depth(void **state)
{
    (void)state;
    static const char *const parts[] = {"P", "1aI", "N1aI", "DpT_I", "FvPF", "L_Z1fI", "dladdlaa"};
    char text[300];
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        char name[HF_MANGLED_MOST + 1] = "_Z1fI";
        size_t length = 5, part = strlen(parts[i]);
        for (; length + part <= HF_MANGLED_MOST; length += part)
            memcpy(name + length, parts[i], part + 1);
        assert_true(hf_demangle(name, text, sizeof(text)) < sizeof(text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),     cmocka_unit_test(test_a_name_without_end),
        cmocka_unit_test(test_it_is_cut), cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
