/* Files that a heap names are opened as their process would find them: a child with another root
 * and another user says what that is. Needs root; without it those tests are skipped by name. */
#include "acquire/proc.h"
#include "acquire/source_file.h"

#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { NOBODY = 65534 };

static char folder[] = "/tmp/holdfast-source-XXXXXX";
static pid_t child;
static uint64_t started;

static void put(const char *name, const char *text, mode_t mode)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void wait_there(int ready)
{
    bool ok = geteuid() != 0 ||
              (chroot(folder) == 0 && chdir("/") == 0 && setgroups(0, NULL) == 0 &&
               setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
    if (ok && write(ready, "x", 1) == 1)
        pause();
    _exit(1);
}

static int start(void **state)
{
    (void)state;
    int ready[2];
    char byte, path[128];
    if (!mkdtemp(folder) || chmod(folder, 0755) || pipe(ready))
        return -1;
    snprintf(path, sizeof(path), "%s/inner", folder);
    if (mkdir(path, 0755))
        return -1;
    child = fork();
    if (child == 0)
        wait_there(ready[1]);
    close(ready[1]);
    bool is_ready = child > 0 && read(ready[0], &byte, 1) == 1;
    close(ready[0]);
    hf_proc_stat stat;
    if (!is_ready || hf_proc_stat_of(child, &stat))
        return -1;
    started = stat.start_time;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    static const char *const names[] = {"open.py", "closed.py", "pipe.py", "device.py",
                                        "link.py", "magic.py",  "out.py",  "inner/a.py"};
    char path[128];
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/inner", folder);
    return rmdir(path) || rmdir(folder);
}

static void needs_root(void)
{
    if (geteuid() != 0) {
        print_message("only root can be another user and have another root\n");
        skip();
    }
}

static void says(const char *path, const char *text)
{
    char got[64] = "";
    int fd = hf_source_open(child, started, path);
    if (fd < 0)
        fail_msg("%s was not opened", path);
    assert_int_equal(read(fd, got, sizeof(got) - 1), strlen(text));
    assert_string_equal(got, text);
    close(fd);
}

static void is_not_opened(const char *path)
{
    int fd = hf_source_open(child, started, path);
    if (fd >= 0)
        fail_msg("%s was opened", path);
}

static void link_to(const char *name, const char *where)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(symlink(where, path), 0);
}

static void paths_stay_below_its_root(void **state)
{
    (void)state;
    needs_root();
    put("open.py", "outer", 0644);
    put("inner/a.py", "inner", 0644);
    link_to("link.py", "/inner/a.py");
    link_to("out.py", "../../../../etc/passwd");
    says("/open.py", "outer");
    says("/inner/../../../open.py", "outer");
    says("/link.py", "inner");
    is_not_opened("/out.py");
    is_not_opened("/etc/passwd");
    is_not_opened(folder);
}

static void its_rights_count(void **state)
{
    (void)state;
    needs_root();
    put("closed.py", "secret", 0600);
    is_not_opened("/closed.py");
    assert_int_equal(geteuid(), 0);
    assert_int_equal(getegid(), 0);
    char path[128];
    snprintf(path, sizeof(path), "%s/closed.py", folder);
    assert_int_equal(chown(path, NOBODY, NOBODY), 0);
    says("/closed.py", "secret");
}

static void nothing_but_regular_files(void **state)
{
    (void)state;
    needs_root();
    char path[128];
    snprintf(path, sizeof(path), "%s/pipe.py", folder);
    assert_int_equal(mkfifo(path, 0666), 0);
    assert_int_equal(chmod(path, 0666), 0);
    is_not_opened("/pipe.py");
    snprintf(path, sizeof(path), "%s/device.py", folder);
    if (mknod(path, S_IFCHR | 0666, makedev(1, 3)) == 0)
        is_not_opened("/device.py");
    else
        print_message("no device can be made here\n");
    is_not_opened("/inner");
    link_to("magic.py", "/proc/self/fd/0");
    is_not_opened("/magic.py");
}

static void another_process_with_that_pid(void **state)
{
    (void)state;
    put("open.py", "outer", 0644);
    assert_int_equal(hf_source_open(child, started + 1, "/open.py"), -1);
    assert_int_equal(hf_source_open(child, started, "open.py"), -1);
    assert_int_equal(hf_source_open(1 << 29, started, "/open.py"), -1);
}

static void our_own_root_for_files(void **state)
{
    (void)state;
    char path[128];
    put("open.py", "outer", 0644);
    snprintf(path, sizeof(path), "%s/open.py", folder);
    int fd = hf_source_open(0, 0, path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(hf_source_open(0, 0, "/dev/null"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_stay_below_its_root),
        cmocka_unit_test(its_rights_count),
        cmocka_unit_test(nothing_but_regular_files),
        cmocka_unit_test(another_process_with_that_pid),
        cmocka_unit_test(our_own_root_for_files),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
