/* Private files of one run, when a signal comes between the making of one and the noting of it. */
#include "base/cleanup.h"
#include "present/cli/scratch.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ALARM_SECONDS = 60, SLEEP_MICROSECONDS = 200000 };

static atomic_bool must_signal;

/* What is called right after a folder was made. */
int flock(int fd, int operation)
{
    if (atomic_exchange(&must_signal, false)) {
        kill(getpid(), SIGTERM);
        usleep(
            SLEEP_MICROSECONDS); /* for the thread that takes signals to do what it wants to do */
    }
    return (int)syscall(SYS_flock, fd, operation);
}

_Noreturn static void make_one(const char *parent)
{
    const char *path;
    alarm(ALARM_SECONDS);
    if (hf_scratch_watch_signals())
        _exit(2);
    atomic_store(&must_signal, true);
    hf_err *err = hf_scratch_folder(parent, &path);
    hf_err_free(err);
    pause(); /* until the signal ends us */
    _exit(3);
}

static unsigned count_entries(const char *path)
{
    unsigned count = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return count;
}

static void test_a_folder_is_not_left_by_a_signal_at_any_moment(void **state)
{
    (void)state;
    char parent[] = "/tmp/test-scratch-XXXXXX";
    assert_non_null(mkdtemp(parent));
    pid_t child = fork();
    if (!child)
        make_one(parent);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
    assert_int_equal(count_entries(parent), 0);
    rmdir(parent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_folder_is_not_left_by_a_signal_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
