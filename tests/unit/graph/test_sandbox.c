/* The child that decodes: what it may do, and what becomes of it. */
#include "graph/sandbox.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOBODY = 65534 };

static unsigned told; /* calls of progress, in this process */

static void count_progress(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    assert_true(done <= total);
    told++;
}

typedef hf_err *(*work)(void *context, hf_sandbox_link *link, hf_buf *answer);

/* Runs `w` in a child; answer may be NULL. */
static hf_err *run(work w, hf_buf *answer)
{
    hf_buf ignored HF_AUTO(hf_buf_deinit) = {0};
    int fd HF_AUTO(hf_closep) = open("/dev/null", O_WRONLY | O_CLOEXEC);
    hf_sandbox s = {.uid = NOBODY,
                    .gid = NOBODY,
                    .fd = fd,
                    .work = w,
                    .context = &fd,
                    .progress = count_progress};
    return hf_sandbox_run(&s, answer ? answer : &ignored);
}

static hf_err *answer(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context;
    for (uint64_t i = 0; i <= 1000000; i++)
        hf_sandbox_progress(link, i, 1000000);
    hf_buf_text(out, "well");
    return NULL;
}

static void answers_and_progress_arrive(void **state)
{
    (void)state;
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    told = 0;
    assert_null(run(answer, &out));
    assert_string_equal(hf_buf_string(&out), "well");
    assert_in_range(told, 10, 1000);
}

static hf_err *fail_politely(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)link, (void)out;
    return hf_fail(HF_ERR_UNPROVEN, "no table for \x1b[31m3.99\x07");
}

static void errors_arrive_without_terminal_escapes(void **state)
{
    (void)state;
    hf_err *err = run(fail_politely, NULL);
    assert_int_equal(hf_err_code_of(err), HF_ERR_UNPROVEN);
    assert_string_equal(hf_err_message(err), "no table for ?[31m3.99?");
    hf_err_free(err);
}

static hf_err *crash(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)link, (void)out;
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    return NULL;
}

static hf_err *be_killed(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)link, (void)out;
    raise(SIGKILL);
    return NULL;
}

static hf_err *leave(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)link, (void)out;
    _exit(0);
}

static hf_err *talk_nonsense(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)out;
    for (int i = 0; i < 100000; i++)
        if (write(link->fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) < 0)
            break;
    return NULL;
}

static void assert_fails(work w, const char *part)
{
    hf_err *err = run(w, NULL);
    assert_non_null(err);
    assert_int_equal(hf_err_code_of(err), HF_ERR_SYSTEM);
    assert_non_null(strstr(hf_err_message(err), "the heap could not be decoded: "));
    assert_non_null(strstr(hf_err_message(err), part));
    hf_err_free(err);
}

static void a_crash_is_an_error(void **state)
{
    (void)state;
    assert_fails(crash, "signal 11");
    assert_fails(be_killed, "memory ran out");
    assert_fails(leave, "without a word");
    assert_fails(talk_nonsense, "");
}

static size_t open_files(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static bool has_capabilities(void)
{
    char text[8192] = "";
    int fd = open("/proc/thread-self/status", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    close(fd);
    const char *line = n > 0 ? strstr(text, "CapEff:") : NULL;
    return !line || strtoull(line + 7, NULL, 16) != 0;
}

/* Says what it still can do. */
static hf_err *look_around(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)link;
    struct rlimit core = {1, 1};
    getrlimit(RLIMIT_CORE, &core);
    size_t files = open_files();
    if (getuid() == 0 || geteuid() == 0 || getgid() == 0 || getgroups(0, NULL) != 0)
        hf_buf_text(out, " is root;");
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        hf_buf_text(out, " may gain rights;");
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || core.rlim_cur || core.rlim_max)
        hf_buf_text(out, " may be dumped;");
    if (has_capabilities())
        hf_buf_text(out, " has capabilities;");
    if (files != 3 || fcntl(*(int *)context, F_GETFD) < 0) /* stderr, the pipe, the kept one */
        hf_buf_format(out, " has %zu open files;", files);
    return NULL;
}

static void the_child_has_nothing_to_lose(void **state)
{
    (void)state;
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    int one = open("/dev/zero", O_RDONLY), two = open("/dev/zero", O_RDONLY);
    if (geteuid() != 0)
        print_message("not run as root: that the child changes its user is not tested\n");
    assert_null(run(look_around, &out));
    close(one);
    close(two);
    if (geteuid() == 0)
        assert_string_equal(hf_buf_string(&out), "");
    else
        assert_null(strstr(hf_buf_string(&out), "open files"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_and_progress_arrive),
        cmocka_unit_test(errors_arrive_without_terminal_escapes),
        cmocka_unit_test(a_crash_is_an_error),
        cmocka_unit_test(the_child_has_nothing_to_lose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
