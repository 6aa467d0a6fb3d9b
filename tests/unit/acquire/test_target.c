/* Opening, reading and symbol look-up, on processes whose truth is known: this one and
 * its child. */
#include "acquire/processes.h"
#include "acquire/target.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static hf_target *open_ok(pid_t pid)
{
    hf_target *t = NULL;
    hf_err *err = hf_target_open_pid(pid, &t);
    if (err)
        fail_msg("%s", hf_err_message(err));
    return t;
}

static void expect_failure(pid_t pid, hf_err_code code, const char *word)
{
    hf_target *t = NULL;
    hf_err *err = hf_target_open_pid(pid, &t);
    assert_non_null(err);
    if (!strstr(hf_err_message(err), word))
        fail_msg("'%s' does not say '%s'", hf_err_message(err), word);
    assert_int_equal(hf_err_code_of(err), code);
    hf_err_free(err);
    assert_null(t);
}

static void reads_memory_all_or_nothing(void **state)
{
    (void)state;
    char *page = aligned_alloc(4096, 4096);
    strcpy(page, "read from outside");
    hf_target *t = open_ok(getpid());
    char text[32] = "";
    assert_true(hf_target_read(t, (uintptr_t)page, text, 18));
    assert_string_equal(text, "read from outside");
    assert_false(hf_target_read(t, 8, text, 8));
    assert_false(hf_target_read(t, UINT64_MAX - 3, text, 8));
    assert_null(hf_target_view(t, (uintptr_t)page, 1));
    size_t count;
    hf_target_segments(t, &count);
    assert_int_equal(count, 0);
    hf_target_free(t);
    free(page);
}

static void knows_the_process(void **state)
{
    (void)state;
    hf_target *t = open_ok(getpid());
    const hf_target_info *info = hf_target_describe(t);
    assert_int_equal(info->pid, getpid());
    assert_true(info->start_time > 0);
    assert_int_equal(info->uid, geteuid());
    assert_non_null(strstr(info->executable, "test_target"));
    assert_non_null(strstr(info->command, "test_target"));
    assert_true(info->rss >= info->anonymous && info->anonymous > 0);
    assert_int_equal(info->thread_count, 1);
    assert_int_equal(info->threads[0].tid, getpid());
    assert_string_equal(info->threads[0].name, "test_target");
    hf_target_free(t);
}

static void mappings_are_sorted_and_hold_our_code(void **state)
{
    (void)state;
    hf_target *t = open_ok(getpid());
    size_t count, code = 0;
    const hf_mapping *m = hf_target_mappings(t, &count);
    assert_true(count > 5);
    uint64_t here = (uintptr_t)&mappings_are_sorted_and_hold_our_code;
    for (size_t i = 0; i < count; i++) {
        assert_true(m[i].start < m[i].end);
        assert_true(i == 0 || m[i - 1].end <= m[i].start);
        code += m[i].start <= here && here < m[i].end && m[i].executable;
    }
    assert_int_equal(code, 1);
    hf_target_free(t);
}

static void finds_symbols_of_shared_objects(void **state)
{
    (void)state;
    hf_target *t = open_ok(getpid());
    uint64_t size = 0;
    assert_true(hf_target_symbol(t, "environ", &size) != 0);
    assert_int_equal(size, sizeof(char **));
    assert_true(hf_target_symbol(t, "getpid", NULL) == (uintptr_t)&getpid);
    assert_true(hf_target_symbol(t, "strtoull", NULL) == (uintptr_t)&strtoull);
    assert_true(hf_target_symbol(t, "no_such_symbol_anywhere", NULL) == 0);
    assert_true(hf_target_symbol(t, "", NULL) == 0);
    hf_target_free(t);
}

static void says_why_not(void **state)
{
    (void)state;
    expect_failure(-1, HF_ERR_USAGE, "-1");
    expect_failure(0, HF_ERR_USAGE, "0");
    expect_failure(0x3ffffff, HF_ERR_NO_PROCESS, "67108863");
}

static void refuses_a_kernel_thread(void **state)
{
    (void)state;
    char program[8];
    if (getuid() || access("/proc/2", F_OK) || readlink("/proc/2/exe", program, 8) >= 0) {
        print_message("skipped: needs root, and kernel threads to be seen\n");
        skip();
    }
    expect_failure(2, HF_ERR_NOT_PYTHON, "kernel thread");
}

static void refuses_a_zombie(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    expect_failure(child, HF_ERR_NO_PROCESS, "zombie");
    waitpid(child, NULL, 0);
    expect_failure(child, HF_ERR_NO_PROCESS, "no process");
}

/* Runs `body` in a child under another uid; its exit status is the answer. */
static void in_another_user(void (*body)(pid_t), pid_t pid)
{
    pid_t child = fork();
    if (child == 0) {
        if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
            _exit(3);
        body(pid);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void cannot_open(pid_t pid)
{
    hf_target *t = NULL;
    hf_err *err = hf_target_open_pid(pid, &t);
    if (!err || hf_err_code_of(err) != HF_ERR_PERMISSION || !strstr(hf_err_message(err), "uid 0"))
        _exit(1);
}

static void names_the_other_uid(void **state)
{
    (void)state;
    if (getuid()) {
        print_message("skipped: changing the uid needs root\n");
        skip();
    }
    in_another_user(cannot_open, getpid());
}

static void notices_the_end(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    hf_target *t = open_ok(child);
    uint64_t address = hf_target_symbol(t, "environ", NULL);
    uint64_t word;
    assert_true(hf_target_read(t, address, &word, sizeof(word)));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_false(hf_target_read(t, address, &word, sizeof(word)));
    hf_target_free(t);
}

static void lists_processes(void **state)
{
    (void)state;
    pid_t *pids = NULL;
    size_t count = 0, found = 0;
    assert_null(hf_processes_list(&pids, &count));
    for (size_t i = 0; i < count; i++) {
        found += pids[i] == getpid();
        assert_true(i == 0 || pids[i - 1] < pids[i]);
    }
    assert_int_equal(found, 1);
    free(pids);
}

static void lists_children(void **state)
{
    (void)state;
    pid_t *pids = NULL, child = fork();
    size_t count = 0;
    if (!child) {
        pause();
        _exit(0);
    }
    assert_null(hf_processes_children(getpid(), &pids, &count));
    assert_int_equal(count, 1);
    assert_int_equal(pids[0], child);
    free(pids);
    siginfo_t ended;
    kill(child, SIGKILL);
    waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT);
    assert_null(hf_processes_children(getpid(), &pids, &count));
    assert_int_equal(count, 0); /* a zombie */
    free(pids);
    waitpid(child, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_memory_all_or_nothing),
        cmocka_unit_test(knows_the_process),
        cmocka_unit_test(mappings_are_sorted_and_hold_our_code),
        cmocka_unit_test(finds_symbols_of_shared_objects),
        cmocka_unit_test(says_why_not),
        cmocka_unit_test(refuses_a_kernel_thread),
        cmocka_unit_test(refuses_a_zombie),
        cmocka_unit_test(names_the_other_uid),
        cmocka_unit_test(notices_the_end),
        cmocka_unit_test(lists_processes),
        cmocka_unit_test(lists_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
