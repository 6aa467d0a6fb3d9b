/* The child that decodes: what it may do, and what becomes of it. */
#include "graph/sandbox.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
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

/* So that whoever can do with less memory tries again. */
static void a_child_that_is_killed_had_no_memory(void **state)
{
    (void)state;
    hf_err *err = run(be_killed, NULL);
    assert_int_equal(hf_err_code_of(err), HF_ERR_NO_MEMORY);
    assert_non_null(strstr(hf_err_message(err), "memory ran out"));
    hf_err_free(err);
}

static void a_crash_is_an_error(void **state)
{
    (void)state;
    assert_fails(crash, "signal 11");
    assert_fails(leave, "without a word");
    assert_fails(talk_nonsense, "");
}

/* Looked at from here, while the child waits: it cannot look at itself. */
typedef struct look {
    int wake; /* the child reads from the other end */
    char status[8192], limits[4096];
    size_t files;
    bool seen, dumpable;
} look;

static void read_of(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, size - 1, f) : 0;
    text[n] = 0;
    if (f)
        fclose(f);
}

static pid_t only_child(void)
{
    char path[64], text[64] = "";
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "r");
    if (f && !fgets(text, sizeof(text), f))
        text[0] = 0;
    if (f)
        fclose(f);
    return atoi(text);
}

static void look_at_child(void *context, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    look *l = context;
    char path[64];
    pid_t child = only_child();
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)child);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        l->files += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    struct stat owner;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)child);
    l->dumpable = stat(path, &owner) != 0 || owner.st_uid == NOBODY;
    read_of(child, "status", l->status, sizeof(l->status));
    read_of(child, "limits", l->limits, sizeof(l->limits));
    l->seen = true;
    assert_int_equal(write(l->wake, "x", 1), 1);
}

static int kept_fd;

static void try(hf_buf *out, const char *what, bool worked)
{
    if (worked)
        hf_buf_format(out, " %s", what);
}

/* Waits until it has been looked at, then says what it could do. */
static hf_err *try_much(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context;
    char byte;
    hf_sandbox_progress(link, 1, 1);
    try(out, "wait", read(kept_fd, &byte, 1) != 1);
    try(out, "open", open("/dev/null", O_RDONLY) >= 0);
    try(out, "socket", socket(AF_INET, SOCK_STREAM, 0) >= 0);
    try(out, "kill", kill(getppid(), 0) == 0);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    try(out, "fork", child > 0);
    const unsigned long thread = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
    try(out, "vfork", syscall(SYS_clone, thread | CLONE_VFORK, NULL, NULL, NULL, 0) >= 0);
    try(out, "root", setuid(0) == 0);
    try(out, "memory", !malloc(1 << 22));
    return NULL;
}

static void assert_status(const look *l, const char *line)
{
    if (!strstr(l->status, line))
        fail_msg("no '%s' in %s", line, l->status);
}

static void the_child_has_nothing_to_lose(void **state)
{
    (void)state;
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    int one HF_AUTO(hf_closep) = open("/dev/zero", O_RDONLY), fds[2];
    assert_int_equal(pipe(fds), 0);
    look l = {.wake = fds[1]};
    kept_fd = fds[0];
    hf_sandbox s = {.uid = NOBODY,
                    .gid = NOBODY,
                    .fd = kept_fd,
                    .work = try_much,
                    .context = &l,
                    .progress = look_at_child};
    assert_null(hf_sandbox_run(&s, &out));
    close(fds[0]);
    close(fds[1]);
    assert_string_equal(hf_buf_string(&out), "");
    assert_true(l.seen);
    assert_status(&l, "\nNoNewPrivs:\t1\n");
    assert_status(&l, "\nSeccomp:\t2\n");
    assert_status(&l, "\nCapEff:\t0000000000000000\n");
    assert_non_null(strstr(l.limits, "Max core file size        0                    0 "));
    if (geteuid() != 0) {
        print_message("not run as root: that the child changes its user is not tested\n");
        return;
    }
    assert_status(&l, "\nUid:\t65534\t65534\t65534\t65534\n");
    assert_status(&l, "\nGid:\t65534\t65534\t65534\t65534\n");
    assert_status(&l, "\nGroups:\t \n");
    assert_false(l.dumpable);
    assert_int_equal(l.files, 3); /* stderr, the link, the one that is kept */
}

static unsigned calls;

/* Answers with the bytes of the call, the last one first. */
static void turn_round(void *context, int fd, const uint8_t *body, size_t length)
{
    (void)context;
    calls++;
    for (size_t i = length; i-- > 0;)
        assert_true(hf_sandbox_send(fd, &body[i], 1));
}

static hf_err *call(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context;
    char text[4] = "";
    for (int i = 0; i < 3; i++) {
        if (!hf_sandbox_call(link, "abc", 3) || !hf_sandbox_receive(link, text, 3))
            return hf_fail(HF_ERR_SYSTEM, "the call failed");
        hf_sandbox_progress(link, 1, 1);
        hf_buf_text(out, text);
    }
    return NULL;
}

static void calls_are_answered(void **state)
{
    (void)state;
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    int fd HF_AUTO(hf_closep) = open("/dev/null", O_WRONLY | O_CLOEXEC);
    hf_sandbox s = {.uid = NOBODY,
                    .gid = NOBODY,
                    .fd = fd,
                    .work = call,
                    .progress = count_progress,
                    .call = turn_round};
    assert_null(hf_sandbox_run(&s, &out));
    assert_string_equal(hf_buf_string(&out), "cbacbacba");
    assert_int_equal(calls, 3);
}

static hf_err *call_and_die(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)out;
    static const char large[1 << 20];
    hf_sandbox_call(link, large, sizeof(large));
    _exit(3);
}

static void answer_nobody(void *context, int fd, const uint8_t *body, size_t length)
{
    bool *failed = context;
    while (hf_sandbox_send(fd, body, length))
        ;
    *failed = true;
}

/* Who answers is told by an error, not by a signal. */
static void a_child_that_does_not_listen_is_noticed(void **state)
{
    (void)state;
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    int fd HF_AUTO(hf_closep) = open("/dev/null", O_WRONLY | O_CLOEXEC);
    bool failed = false;
    hf_sandbox s = {.uid = NOBODY,
                    .gid = NOBODY,
                    .fd = fd,
                    .work = call_and_die,
                    .context = &failed,
                    .call = answer_nobody};
    hf_err *err = hf_sandbox_run(&s, &out);
    assert_non_null(err);
    assert_true(failed);
    hf_err_free(err);
}

static hf_err *spin(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)link, (void)out;
    for (volatile uint64_t i = 0;; i++)
        ;
    return NULL;
}

static void do_nothing(void)
{
    for (;;)
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
}

static hf_err *sleep_on(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)link, (void)out;
    do_nothing();
    return NULL;
}

/* Half a message, for the rest of which its parent waits. */
static hf_err *stutter(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)out;
    const uint32_t header[2] = {1, 16};
    if (write(link->fd, header, sizeof(header)) == sizeof(header))
        do_nothing();
    return NULL;
}

/* Closes its end and stays; nobody would be told any more. */
static hf_err *hang_up(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)out;
    close(link->fd);
    do_nothing();
    return NULL;
}

/* A whole answer, and no end. */
static hf_err *linger(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)out;
    const uint32_t header[2] = {3, 0};
    if (write(link->fd, header, sizeof(header)) == sizeof(header))
        do_nothing();
    return NULL;
}

/* Talks all the while, of nothing. */
static hf_err *chatter(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)out;
    const uint32_t header[2] = {1, 0};
    while (write(link->fd, header, sizeof(header)) == sizeof(header))
        nanosleep(&(struct timespec){.tv_nsec = 900000000}, NULL);
    return NULL;
}

static hf_err *deafen(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)out;
    static const char large[1 << 20];
    hf_sandbox_call(link, large, sizeof(large));
    do_nothing();
    return NULL;
}

static void answer_in_vain(void *context, int fd, const uint8_t *body, size_t length)
{
    (void)context;
    while (hf_sandbox_send(fd, body, length))
        ;
}

/* Else a copy of the target would be kept for it. */
static void a_child_that_does_nothing_is_ended(void **state)
{
    (void)state;
    const work idle[] = {sleep_on, stutter, hang_up, linger, chatter, deafen};
    for (size_t i = 0; i < sizeof(idle) / sizeof(*idle); i++) {
        hf_buf out HF_AUTO(hf_buf_deinit) = {0};
        hf_sandbox s = {.uid = NOBODY,
                        .gid = NOBODY,
                        .fd = -1,
                        .patience = 1,
                        .work = idle[i],
                        .call = answer_in_vain};
        hf_err *err = hf_sandbox_run(&s, &out);
        assert_non_null(err);
        assert_int_equal(hf_err_code_of(err), HF_ERR_SYSTEM);
        assert_non_null(strstr(hf_err_message(err), "did nothing for 1 s"));
        hf_err_free(err);
    }
}

/* Works for some seconds without a word, most of which it waits. */
static hf_err *work_slowly(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)link;
    struct timespec now, begun;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begun);
    for (int turn = 1; turn <= 60; turn++) {
        do
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        while (now.tv_sec * 1000 + now.tv_nsec / 1000000 <
               begun.tv_sec * 1000 + begun.tv_nsec / 1000000 + turn);
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    hf_buf_text(out, "done");
    return NULL;
}

static void a_child_that_works_slowly_is_not(void **state)
{
    (void)state;
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    hf_sandbox s = {.uid = NOBODY, .gid = NOBODY, .fd = -1, .patience = 1, .work = work_slowly};
    assert_null(hf_sandbox_run(&s, &out));
    assert_string_equal(hf_buf_string(&out), "done");
}

/* Takes a little of the processor now and then, which is too much to be idle. */
static hf_err *trickle(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)out;
    for (uint64_t turn = 0;; turn++) {
        struct timespec now, begun;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begun);
        do
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        while ((now.tv_sec - begun.tv_sec) * 1000000000 + now.tv_nsec - begun.tv_nsec < 500000);
        hf_sandbox_progress(link, turn << 14, UINT64_MAX);
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return NULL;
}

/* The limits of processor time and of patience together would let it live for days. */
static void a_child_that_trickles_is_ended(void **state)
{
    (void)state;
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    hf_sandbox s = {.uid = NOBODY,
                    .gid = NOBODY,
                    .fd = -1,
                    .seconds = 1,
                    .patience = 1,
                    .life = 3,
                    .work = trickle};
    hf_err *err = hf_sandbox_run(&s, &out);
    assert_non_null(err);
    assert_int_equal(hf_err_code_of(err), HF_ERR_SYSTEM);
    assert_non_null(strstr(hf_err_message(err), "ended after 3 s"));
    hf_err_free(err);
}

static void sleep_long(void)
{
    nanosleep(&(struct timespec){.tv_sec = 60}, NULL);
    _exit(0);
}

/* The kernel shows who waits for a vfork(2) as it shows who waits for a disk. */
static void *wait_as_for_a_disk(void *context)
{
    if (syscall(SYS_vfork) == 0)
        sleep_long();
    return context;
}

/* Whether it becomes so within some seconds. */
static bool is_seen_to_wait(pid_t pid)
{
    bool waits = false;
    for (int i = 0; i < 500 && !(waits = hf_sandbox_waits_for_disk(pid)); i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    return waits;
}

static void any_thread_that_waits_for_a_disk_is_seen(void **state)
{
    (void)state;
    assert_false(hf_sandbox_waits_for_disk(getpid()));
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        setpgid(0, 0);
        if (!pthread_create(&thread, NULL, wait_as_for_a_disk, NULL))
            sleep_long();
        _exit(1);
    }
    bool waits = is_seen_to_wait(child);
    kill(-child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(waits);
    assert_false(hf_sandbox_waits_for_disk(child));
}

/* As by ulimit -t, where the hard limit is no higher than the soft one. */
static void a_limit_of_the_shell_is_told_as_that(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CPU, &(struct rlimit){2, 2});
        hf_buf out HF_AUTO(hf_buf_deinit) = {0};
        hf_sandbox s = {.uid = NOBODY, .gid = NOBODY, .fd = -1, .work = spin};
        hf_err *err = hf_sandbox_run(&s, &out);
        _exit(!err || hf_err_code_of(err) != HF_ERR_SYSTEM ||
              !strstr(hf_err_message(err), "ulimit -t"));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static hf_err *take_memory(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)context, (void)link;
    for (size_t size = (size_t)1 << 20; size <= (size_t)1 << 30; size *= 4) {
        char *block = malloc(size);
        hf_buf_format(out, "%zu:%s ", size >> 20, block ? "yes" : "no");
        free(block);
    }
    return NULL;
}

static void limits_hold(void **state)
{
    (void)state;
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    hf_sandbox s = {.uid = NOBODY, .gid = NOBODY, .fd = -1, .work = spin, .seconds = 1};
    hf_err *err = hf_sandbox_run(&s, &out);
    assert_non_null(err);
    assert_int_equal(hf_err_code_of(err), HF_ERR_SYSTEM);
    assert_non_null(strstr(hf_err_message(err), "all the processor time that it may"));
    hf_err_free(err);
#ifdef __SANITIZE_ADDRESS__ /* its malloc() ends the process where there is no memory */
    skip();
#endif
    s = (hf_sandbox){.uid = NOBODY, .gid = NOBODY, .fd = -1, .work = take_memory};
    s.memory = (uint64_t)200 << 20;
    HF_AUTO(hf_freep) char *before = malloc((size_t)300 << 20); /* what there was is allowed */
    assert_non_null(before);
    memset(before, 1, (size_t)1 << 20);
    assert_null(hf_sandbox_run(&s, &out));
    assert_string_equal(hf_buf_string(&out), "1:yes 4:yes 16:yes 64:yes 256:no 1024:no ");
}

static hf_err *fill_file(void *context, hf_sandbox_link *link, hf_buf *out)
{
    (void)link;
    static const char block[1 << 20];
    size_t written = 0;
    for (ssize_t n; written < (size_t)64 << 20; written += (size_t)n)
        if ((n = write(*(int *)context, block, sizeof(block))) <= 0)
            break;
    hf_buf_format(out, "%zu", written);
    return NULL;
}

static hf_err *run_to_fill(uint64_t most, hf_buf *out)
{
    int fd HF_AUTO(hf_closep) = memfd_create("file", MFD_CLOEXEC);
    hf_sandbox s = {
        .uid = NOBODY, .gid = NOBODY, .fd = fd, .work = fill_file, .context = &fd, .file = most};
    hf_buf_clear(out);
    return hf_sandbox_run(&s, out);
}

static void files_have_a_limit(void **state)
{
    (void)state;
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    signal(SIGXFSZ, SIG_IGN); /* as in our programs */
    assert_null(run_to_fill(3u << 20, &out));
    assert_string_equal(hf_buf_string(&out), "3145728");
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){2u << 20, before.rlim_max});
    assert_null(run_to_fill(3u << 20, &out)); /* the lower one stays */
    setrlimit(RLIMIT_FSIZE, &before);
    assert_string_equal(hf_buf_string(&out), "2097152");
}

/* The kernel lists what its filters can answer (Documentation/userspace-api/seccomp_filter.rst). */
static void test_a_kernel_with_filters_is_known(void **state)
{
    (void)state;
    bool listed = access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == 0;
    assert_int_equal(hf_sandbox_has_filter(), listed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_kernel_with_filters_is_known),
        cmocka_unit_test(calls_are_answered),
        cmocka_unit_test(a_child_that_does_not_listen_is_noticed),
        cmocka_unit_test(answers_and_progress_arrive),
        cmocka_unit_test(errors_arrive_without_terminal_escapes),
        cmocka_unit_test(a_crash_is_an_error),
        cmocka_unit_test(a_child_that_is_killed_had_no_memory),
        cmocka_unit_test(a_child_that_does_nothing_is_ended),
        cmocka_unit_test(a_child_that_works_slowly_is_not),
        cmocka_unit_test(a_child_that_trickles_is_ended),
        cmocka_unit_test(any_thread_that_waits_for_a_disk_is_seen),
        cmocka_unit_test(the_child_has_nothing_to_lose),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(a_limit_of_the_shell_is_told_as_that),
        cmocka_unit_test(files_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
