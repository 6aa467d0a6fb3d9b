/* Finding out which Python a process runs: who reads its memory then, and what is believed
 * of the answer. */
#include "graph/probe.h"

#include "acquire/inside.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOBODY = 65534 };

/* Of each read: who made it, and what he could have done. In memory that all processes share. */
typedef struct seen {
    unsigned reads, by_us, as_root, opened_files;
} seen;

static seen *shared;
static pid_t us;
static int file = -1; /* the target's memory */

static bool spy(void *context, uint64_t address, void *bytes, size_t size)
{
    (void)context;
    shared->reads++;
    if (getpid() == us) {
        shared->by_us++;
    } else {
        shared->as_root += geteuid() == 0;
        shared->opened_files += open("/dev/null", O_RDONLY) >= 0 || errno != EPERM;
    }
    return pread(file, bytes, size, (off_t)address) == (ssize_t)size;
}

/* A program with libraries, and so with symbols, that is no Python: all of it is parsed until that
 * is known. Where we are root it is somebody else's. */
static pid_t start_target(void)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (geteuid() == 0 &&
            (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)))
            _exit(1);
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        (void)!write(ready[1], "r", 1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

/* Probes it with the spy in between; `hidden`: as if its memory file could not be opened. */
static void look(bool hidden)
{
    pid_t pid = start_target();
    hf_target *live = NULL;
    hf_python_probe probe;
    hf_err *err = hf_target_open_pid(pid, &live);
    if (err) {
        print_message("not tested, since a child may not be looked at here: %s\n",
                      hf_err_message(err));
        hf_err_free(err);
    } else {
        memset(shared, 0, sizeof(*shared));
        file = live->process.memory;
        hf_target_read_by(live, spy, NULL);
        if (hidden)
            live->process.memory = -1;
        err = hf_probe(live, &probe);
        assert_non_null(err);
        assert_int_equal(hf_err_code_of(err), HF_ERR_NOT_PYTHON);
        hf_err_free(err);
        live->process.memory = file;
    }
    hf_target_free(live);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void parses_nothing_with_our_rights(void **state)
{
    (void)state;
    look(false);
    if (file < 0)
        skip();
    assert_in_range(shared->reads, 10, 10000000);
    assert_int_equal(shared->by_us, 0);
    assert_int_equal(shared->as_root, 0);
    assert_int_equal(shared->opened_files, 0);
}

static void hands_bytes_on_where_there_is_no_file(void **state)
{
    (void)state;
    look(true);
    if (file < 0)
        skip();
    /* By us, and only because we were asked: nobody else could. */
    assert_in_range(shared->reads, 10, 10000000);
    assert_int_equal(shared->by_us, shared->reads);
}

static hf_python_probe made_probe(void)
{
    hf_python_probe p = {.python = {.version_hex = 0x030c01f0,
                                    .version = "3.12.1",
                                    .table = "3.12",
                                    .gc_enabled = true,
                                    .collector = {.kind = HF_COLLECTOR_GENERATIONS}},
                         .rest_count = 2};
    p.rest[0] = (hf_rest_word){.address = 0x7f0000001000, .size = 4, .wanted = 0, .required = true};
    p.rest[1] = (hf_rest_word){.address = 0x7f0000001008, .size = 8, .wanted = 3};
    return p;
}

static bool comes_through(const hf_python_probe *sent, hf_python_probe *ret)
{
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    hf_probe_encode(sent, &out);
    assert_false(out.failed);
    return hf_probe_decode(out.data, out.length, ret);
}

static void believes_an_answer_that_can_be(void **state)
{
    (void)state;
    hf_python_probe sent = made_probe(), got;
    assert_true(comes_through(&sent, &got));
    assert_string_equal(got.python.version, "3.12.1");
    assert_int_equal(got.python.version_hex, 0x030c01f0);
    assert_true(got.python.gc_enabled);
    assert_int_equal(got.rest_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(got.rest[i].address, sent.rest[i].address);
        assert_int_equal(got.rest[i].size, sent.rest[i].size);
        assert_int_equal(got.rest[i].wanted, sent.rest[i].wanted);
        assert_int_equal(got.rest[i].required, sent.rest[i].required);
    }
}

static void believes_no_answer_that_cannot(void **state)
{
    (void)state;
    hf_python_probe got, p = made_probe();
    p.rest[1].size = 3; /* words are compared in buffers of 8 */
    assert_false(comes_through(&p, &got));
    p = made_probe();
    strcpy(p.python.version, "3.\033[31m");
    assert_false(comes_through(&p, &got));
    hf_buf out HF_AUTO(hf_buf_deinit) = {0};
    p = made_probe();
    hf_probe_encode(&p, &out);
    for (size_t length = 0; length < out.length; length++) {
        uint8_t *exact = malloc(length + 1); /* so that a sanitizer sees a byte too far */
        assert_non_null(exact);
        memcpy(exact, out.data, length);
        assert_false(hf_probe_decode(exact, length, &got));
        free(exact);
    }
    hf_buf_varint(&out, 1);
    assert_false(hf_probe_decode(out.data, out.length, &got));
    hf_buf_clear(&out);
    p.rest_count = 0;
    hf_probe_encode(&p, &out);
    out.length--; /* more words than there is room for */
    hf_buf_varint(&out, 65);
    for (int i = 0; i < 65 * 4; i++)
        hf_buf_varint(&out, 1);
    assert_false(hf_probe_decode(out.data, out.length, &got));
}

int main(void)
{
    us = getpid();
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_nothing_with_our_rights),
        cmocka_unit_test(hands_bytes_on_where_there_is_no_file),
        cmocka_unit_test(believes_an_answer_that_can_be),
        cmocka_unit_test(believes_no_answer_that_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
