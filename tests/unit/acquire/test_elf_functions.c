/* Functions of a binary by address: of this program, whose functions we know, and of what is left
 * of it when it is cut off or damaged. */
#include "acquire/elf_functions.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const char __ehdr_start[]; /* the linker's: where this program lies */

static hf_buf program;

static int read_program(void **state)
{
    (void)state;
    FILE *file = fopen("/proc/self/exe", "rb");
    if (!file)
        return -1;
    uint8_t *room;
    size_t n;
    while ((room = hf_buf_reserve(&program, 1 << 16)) && (n = fread(room, 1, 1 << 16, file)))
        program.length += n;
    fclose(file);
    return program.failed ? -1 : 0;
}

static int free_program(void **state)
{
    (void)state;
    hf_buf_deinit(&program);
    return 0;
}

/* Not inlined, and not exported: only the table of all symbols has it. */
static __attribute__((noinline)) int a_function_of_ours(int n)
{
    __asm__ volatile("" : "+r"(n));
    return n + 1;
}

static void test_names(void **state)
{
    (void)state;
    hf_elf_functions f;
    assert_true(hf_elf_functions_read(program.data, program.length, &f));
    assert_true(f.complete && f.count > 10 && f.start_count > 10);
    assert_int_equal(a_function_of_ours(1), 2);
    uint64_t at = (uint64_t)((const char *)a_function_of_ours - __ehdr_start);
    for (uint64_t inside = 0; inside < 3; inside++) {
        const hf_elf_function *found = hf_elf_function_at(&f, at + inside);
        assert_non_null(found);
        assert_string_equal(found->name, "a_function_of_ours");
        assert_int_equal(hf_elf_function_start(&f, at + inside), at);
    }
    assert_null(hf_elf_function_at(&f, 0));
    assert_int_equal(hf_elf_function_start(&f, 0), 0);
    hf_elf_functions_deinit(&f);
}

static void test_build_id(void **state)
{
    (void)state;
    const uint8_t *id;
    size_t length = hf_elf_build_id(program.data, program.length, &id);
    if (!length) /* the linker was told to leave it out */
        skip();
    assert_in_range(length, 8, 32);
    assert_true(id > program.data && id + length <= program.data + program.length);
}

static void ask(const uint8_t *bytes, size_t size)
{
    hf_elf_functions f;
    const uint8_t *id;
    hf_elf_build_id(bytes, size, &id);
    if (!hf_elf_functions_read(bytes, size, &f))
        return;
    for (size_t i = 0; i < f.count; i++)
        assert_true(strlen(f.rows[i].name) < size);
    for (uint64_t at = 0; at < 1 << 16; at += 4001) {
        hf_elf_function_at(&f, at);
        hf_elf_function_start(&f, at);
    }
    hf_elf_functions_deinit(&f);
}

static void test_damage(void **state)
{
    (void)state;
    uint8_t *copy = malloc(program.length);
    assert_non_null(copy);
    for (size_t i = 0; i < 60;
         i++) { /* cut off, in a block of its own so that a sanitizer sees beyond it */
        size_t size = program.length * i / 60;
        uint8_t *part = malloc(size + 1);
        assert_non_null(part);
        memcpy(part, program.data, size);
        ask(part, size);
        free(part);
    }
    uint32_t seed = 1;
    for (size_t i = 0; i < 60; i++) {
        memcpy(copy, program.data, program.length);
        for (size_t k = 0; k < 20; k++) { /* the headers, and the tables at the end */
            seed = seed * 1664525 + 1013904223;
            size_t at = k % 2 ? (seed >> 8) % 1024 : program.length - 1 - (seed >> 8) % 4096;
            copy[at] = (uint8_t)(seed >> 3);
        }
        ask(copy, program.length);
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_build_id),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, read_program, free_program);
}
