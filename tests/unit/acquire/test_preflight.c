/* What is computed before anything is injected: seccomp answers, memory headroom, the pause. */
#include "acquire/cgroup.h"
#include "acquire/pause.h"
#include "acquire/seccomp.h"

#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(program) (sizeof(program) / sizeof(*(program)))

static uint32_t run(const struct sock_filter *program, size_t count, uint32_t number)
{
    hf_call call = {.number = number,
                    .machine = 0xc000003e,
                    .instruction = 0x1122334455667788,
                    .arguments = {0x400, 0xaabbccdd00112233}};
    return hf_seccomp_run(program, count, &call);
}

static void filters_answer_by_number(void **state)
{
    (void)state;
    const struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xc000003e, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 100, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 56, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    assert_int_equal(run(program, COUNT(program), 56), SECCOMP_RET_ERRNO | 1);
    assert_int_equal(run(program, COUNT(program), 57), SECCOMP_RET_ALLOW);
    assert_int_equal(run(program, COUNT(program), 100), SECCOMP_RET_ALLOW);
}

static uint32_t value_of(const struct sock_filter *body, size_t count)
{
    struct sock_filter program[16];
    memcpy(program, body, count * sizeof(*body));
    program[count] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
    return run(program, count + 1, 7);
}

#define VALUE(...)                                      \
    value_of((const struct sock_filter[]){__VA_ARGS__}, \
             COUNT(((const struct sock_filter[]){__VA_ARGS__})))
#define LOAD(k)      BPF_STMT(BPF_LD | BPF_IMM, k)
#define LOADX(k)     BPF_STMT(BPF_LDX | BPF_IMM, k)
#define ALU(op, k)   BPF_STMT(BPF_ALU | (op) | BPF_K, k)
#define ALUX(op)     BPF_STMT(BPF_ALU | (op) | BPF_X, 0)
#define WORD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)

static void filters_compute(void **state)
{
    (void)state;
    assert_int_equal(VALUE(WORD(0)), 7);
    assert_int_equal(VALUE(WORD(8)), 0x55667788);
    assert_int_equal(VALUE(WORD(12)), 0x11223344);
    assert_int_equal(VALUE(WORD(16)), 0x400);
    assert_int_equal(VALUE(WORD(28)), 0xaabbccdd);
    assert_int_equal(VALUE(BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0)), 64);
    assert_int_equal(VALUE(LOAD(5), ALU(BPF_ADD, 3)), 8);
    assert_int_equal(VALUE(LOAD(5), ALU(BPF_SUB, 6)), UINT32_MAX);
    assert_int_equal(VALUE(LOAD(5), LOADX(4), ALUX(BPF_MUL)), 20);
    assert_int_equal(VALUE(LOAD(9), ALU(BPF_DIV, 2)), 4);
    assert_int_equal(VALUE(LOAD(9), LOADX(0), ALUX(BPF_DIV)), SECCOMP_RET_KILL_PROCESS);
    assert_int_equal(VALUE(LOAD(12), ALU(BPF_AND, 10)), 8);
    assert_int_equal(VALUE(LOAD(12), ALU(BPF_OR, 3)), 15);
    assert_int_equal(VALUE(LOAD(12), ALU(BPF_XOR, 10)), 6);
    assert_int_equal(VALUE(LOAD(1), ALU(BPF_LSH, 31)), 0x80000000);
    assert_int_equal(VALUE(LOAD(8), LOADX(40), ALUX(BPF_RSH)), 0);
    assert_int_equal(VALUE(LOAD(1), ALU(BPF_NEG, 0)), UINT32_MAX);
    assert_int_equal(VALUE(LOAD(6), BPF_STMT(BPF_ST, 3), LOAD(0), BPF_STMT(BPF_LD | BPF_MEM, 3)),
                     6);
    assert_int_equal(VALUE(LOAD(6), BPF_STMT(BPF_MISC | BPF_TAX, 0), LOAD(0), ALUX(BPF_ADD)), 6);
    assert_int_equal(VALUE(LOADX(6), BPF_STMT(BPF_MISC | BPF_TXA, 0)), 6);
    assert_int_equal(VALUE(LOAD(6), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 2, 1, 0), LOAD(0)), 6);
    assert_int_equal(VALUE(LOAD(6), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 6, 1, 0), LOAD(0)), 0);
    assert_int_equal(VALUE(LOAD(6), BPF_STMT(BPF_JMP | BPF_JA, 1), LOAD(0)), 6);
}

static void filters_that_break_the_rules_forbid(void **state)
{
    (void)state;
    const uint32_t forbidden = SECCOMP_RET_KILL_PROCESS;
    assert_int_equal(run(NULL, 0, 1), forbidden);
    assert_int_equal(VALUE(WORD(64)), forbidden);
    assert_int_equal(VALUE(WORD(62)), forbidden);
    assert_int_equal(VALUE(WORD(2)), forbidden);
    assert_int_equal(VALUE(BPF_STMT(BPF_ST, 16)), forbidden);
    assert_int_equal(VALUE(BPF_STMT(BPF_LD | BPF_MEM, 16)), forbidden);
    assert_int_equal(VALUE(BPF_STMT(BPF_JMP | BPF_JA, 9)), forbidden);
    assert_int_equal(VALUE(BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX)), forbidden);
    assert_int_equal(VALUE(BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0)), forbidden);
    const struct sock_filter endless[] = {LOAD(1)};
    assert_int_equal(run(endless, 1, 1), forbidden);
}

static void no_filter_is_no_question(void **state)
{
    (void)state;
    hf_seccomp_way way = HF_SECCOMP_READ;
    hf_err *err = hf_seccomp_check(getpid(), &way);
    if (err) {
        hf_err_free(err); /* these tests run under a filter themselves, which was asked */
        return;
    }
    assert_true(way == HF_SECCOMP_NONE || way == HF_SECCOMP_TRIED);
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void headroom_is_the_least_of_all_levels(void **state)
{
    (void)state;
    char root[] = "/tmp/holdfast-test-XXXXXX", inner[64];
    assert_non_null(mkdtemp(root));
    snprintf(inner, sizeof(inner), "%s/inner", root);
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_true(hf_headroom_of_folder(inner, root, 2).bytes == UINT64_MAX);
    put(inner, "memory.max", "max\n");
    put(inner, "memory.current", "500\n");
    assert_true(hf_headroom_of_folder(inner, root, 2).bytes == UINT64_MAX);
    put(root, "memory.max", "1000\n");
    put(root, "memory.current", "700\n");
    assert_int_equal(hf_headroom_of_folder(inner, root, 2).bytes, 300);
    put(inner, "memory.max", "600\n");
    assert_int_equal(hf_headroom_of_folder(inner, root, 2).bytes, 100);
    put(inner, "memory.stat", "anon 1\ninactive_file 450\n");
    assert_int_equal(hf_headroom_of_folder(inner, root, 2).bytes, 300);
    put(inner, "memory.high", "60\n");
    hf_headroom room = hf_headroom_of_folder(inner, root, 2);
    assert_true(room.bytes == 10 && !room.all_die_together);
    put(root, "memory.oom.group", "1\n");
    assert_true(hf_headroom_of_folder(inner, root, 2).all_die_together);
    put(inner, "memory.limit_in_bytes", "900\n");
    put(inner, "memory.usage_in_bytes", "950\n");
    assert_int_equal(hf_headroom_of_folder(inner, root, 1).bytes, 0);
    put(inner, "memory.limit_in_bytes", "9223372036854771712\n");
    assert_true(hf_headroom_of_folder(inner, root, 1).bytes == UINT64_MAX);
    assert_true(hf_headroom_of_folder("/elsewhere", root, 1).bytes == UINT64_MAX);
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

static void this_machine_has_headroom(void **state)
{
    (void)state;
    assert_true(hf_headroom_of(getpid()).bytes > 1 << 20);
}

static void a_group_that_dies_together_needs_it_all(void **state)
{
    (void)state;
    const uint64_t gigabyte = UINT64_C(1) << 30;
    assert_true(hf_headroom_needed(gigabyte, false, true) < gigabyte / 5);
    assert_true(hf_headroom_needed(gigabyte, true, true) > gigabyte);
    assert_true(hf_headroom_needed(gigabyte, false, true) > gigabyte / 512);
    assert_true(hf_headroom_reserve(gigabyte) < hf_headroom_needed(gigabyte, false, true));
    assert_true(hf_headroom_needed(gigabyte, false, false) > gigabyte / 4);
    assert_true(hf_headroom_needed(gigabyte / 16, false, false) < gigabyte / 8);
}

static void the_pause_goes_by_pages(void **state)
{
    (void)state;
    const uint64_t gigabyte = UINT64_C(1) << 30;
    assert_true(hf_pause_of(0, 0) < 1000000);
    assert_in_range(hf_pause_of(gigabyte, 0), 24000000, 27000000);
    assert_in_range(hf_pause_of(4 * gigabyte, 0), 96000000, 104000000);
    assert_in_range(hf_pause_of(4 * gigabyte, 4 * gigabyte), 1500000, 3000000);
    assert_true(hf_pause_of(gigabyte, 2 * gigabyte) <= hf_pause_of(gigabyte, gigabyte));
    assert_int_equal(hf_huge_bytes(getpid(), 1 << 20), 0);
}

static void the_pause_waits_for_its_turn(void **state)
{
    (void)state;
    assert_float_equal(hf_pause_queue_of("0.20 0.18 0.12 1/80 11206\n", 2), 1, 0);
    assert_float_equal(hf_pause_queue_of("0.20 0.18 0.12 2/80 11206\n", 2), 1, 0);
    assert_float_equal(hf_pause_queue_of("9.20 4.18 2.12 15/80 11206\n", 2), 7.5, 0);
    assert_float_equal(hf_pause_queue_of("", 2), 1, 0);
    assert_float_equal(hf_pause_queue_of("9.20 4.18 2.12 15/80 11206\n", -1), 1, 0);
    assert_true(hf_pause_queue() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_answer_by_number),
        cmocka_unit_test(filters_compute),
        cmocka_unit_test(filters_that_break_the_rules_forbid),
        cmocka_unit_test(no_filter_is_no_question),
        cmocka_unit_test(headroom_is_the_least_of_all_levels),
        cmocka_unit_test(this_machine_has_headroom),
        cmocka_unit_test(a_group_that_dies_together_needs_it_all),
        cmocka_unit_test(the_pause_goes_by_pages),
        cmocka_unit_test(the_pause_waits_for_its_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
