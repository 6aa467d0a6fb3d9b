/* present/cli/cmd_exec.c - exec: run Python in a live process. */
#include "acquire/edit.h"
#include "acquire/exchange.h"
#include "base/cleanup.h"
#include "cpython/boot.h"
#include "graph/probe.h"
#include "present/cli/exec_output.h"
#include "present/cli/scratch.h"
#include "present/cli/session.h"
#include "present/cli/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

enum { DEFAULT_WAIT = 10, CODE_MAX = 64 << 20, MARK = 8 };

/* Nanoseconds: 0.16 ms were measured, with 1, 16 and 100 threads, on a busy machine. */
#define PAUSE_OF_A_THREAD UINT64_C(200000)

#define FIRST_MOVE  0.2 /* seconds until another thread is asked, and again until the next is */
#define NEXT_MOVE   1.0
#define LONGEST_NAP 0.01
#define BEGIN_TIME  1.0 /* that a process which has taken the code needs at most to say so */

typedef struct executing {
    hf_session *session;
    hf_target *live;
    hf_execution *execution;
    hf_exchange exchange;
    hf_exec_output output;
    hf_buf text, script; /* the request; the path of the same as a script */
    pid_t pid;
    double asked, began, ended; /* seconds of CLOCK_MONOTONIC; began: seen to run */
    double taken;               /* found to be taken, when it was to be taken back */
} executing;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The folder that a signal must not leave with the code in it. */
static hf_exchange *_Atomic current;

static void forget_code(void)
{
    hf_exchange *x = current;
    if (x)
        hf_exchange_take_back(x);
}

static hf_err *read_code(const char *path, hf_buf *ret)
{
    bool input = strcmp(path, "-") == 0;
    HF_AUTO(hf_closep)
    int fd = input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && errno == ENOENT && strpbrk(path, "(=; "))
        return hf_fail(HF_ERR_USAGE, "there is no file '%s'; code itself goes behind -c", path);
    if (fd < 0)
        return hf_fail_sys(errno, "cannot read '%s'", path);
    for (;;) {
        uint8_t *room = hf_buf_reserve(ret, 65536);
        if (!room)
            return hf_fail(HF_ERR_REFUSED, "'%s' is longer than %d MB", path, CODE_MAX >> 20);
        ssize_t n = read(fd, room, 65536);
        if (n < 0 && errno != EINTR)
            return hf_fail_sys(errno, "cannot read '%s'", path);
        if (n == 0)
            return NULL;
        ret->length += n > 0 ? (size_t)n : 0;
    }
}

/* The code itself, and what tracebacks call it. */
static hf_err *find_code(const hf_arguments *a, hf_buf *ret, const char **ret_name)
{
    const char *path = a->operand_count > 1 ? a->operands[1] : NULL;
    if (!path == !a->run_code)
        return hf_fail(HF_ERR_USAGE, "exec takes either -c CODE or a FILE ('-': standard input); "
                                     "see 'holdfast exec --help'");
    hf_buf_init(ret, CODE_MAX);
    *ret_name = path && strcmp(path, "-") != 0 ? path : "<holdfast exec>";
    if (path)
        return read_code(path, ret);
    hf_buf_add(ret, a->run_code, strlen(a->run_code));
    return NULL;
}

static hf_err *put_files(executing *e, const hf_buf *code, const char *name)
{
    hf_exchange *x = &e->exchange;
    hf_buf whole HF_AUTO(hf_buf_deinit), boot HF_AUTO(hf_buf_deinit);
    hf_buf_init(&whole, 0);
    hf_buf_init(&boot, 0);
    hf_buf_init(&e->text, 0);
    hf_buf_init(&e->script, 0);
    hf_boot_code(name, code->data, code->length, &whole);
    hf_boot_program(x->path, &boot);
    hf_boot_text(x->path, x->path + strlen(x->path) - MARK, &e->text);
    hf_buf_format(&e->script, "%s/run", x->path);
    hf_buf_string(&e->text);
    hf_buf_string(&e->script);
    if (whole.failed || boot.failed || e->text.failed || e->script.failed)
        return hf_fail_memory();
    hf_err *err = hf_exchange_put_code(x, whole.data, whole.length);
    if (!err)
        err = hf_exchange_put(x, "boot", boot.data, boot.length);
    if (!err && hf_execution_describe(e->execution)->by_script)
        err = hf_exchange_put(x, "run", e->text.data, e->text.length);
    return err;
}

static hf_err *ended(const executing *e)
{
    return hf_fail(HF_ERR_TARGET_GONE,
                   e->output.begun ? "process %d ended, or became another program, while the code "
                                     "ran in it"
                                   : "process %d ended, or became another program, before it came "
                                     "to run the code",
                   (int)e->pid);
}

/* Signals that end us wait until the threads of the process run again. */
static hf_err *ask(executing *e)
{
    hf_scratch_hold_signals();
    hf_err *err =
        hf_execution_ask(e->execution, hf_buf_string(&e->text), hf_buf_string(&e->script));
    hf_scratch_release_signals();
    e->asked = now();
    if (!err)
        hf_exchange_sweep(&e->exchange);
    return err;
}

static hf_err *ask_other(executing *e)
{
    hf_scratch_hold_signals();
    hf_err *err = hf_execution_ask_other(e->execution);
    hf_scratch_release_signals();
    return err;
}

/* The process has removed the code, and says in a moment that it runs, as a rule. */
static hf_err *await_begin(executing *e)
{
    double at = now();
    if (!e->taken)
        e->taken = at;
    if (at - e->taken < BEGIN_TIME)
        return NULL;
    if (!hf_execution_is_there(e->execution))
        return ended(e);
    return hf_fail(
        HF_ERR_REFUSED,
        "process %d has taken the code, but does not say that it runs it (is it stopped, "
        "or has it no free descriptor?); whether it will is not known",
        (int)e->pid);
}

/* Nobody came: the request is taken back, if that can still be. */
static hf_err *give_up(executing *e, const char *what)
{
    char why[192];
    bool waited = false;
    if (!hf_exchange_take_back(&e->exchange))
        return await_begin(e);
    hf_execution_say_why(e->execution, why, sizeof(why));
    hf_scratch_hold_signals();
    hf_err *err = hf_execution_take_back(e->execution, &waited);
    hf_scratch_release_signals();
    if (err && hf_err_code_of(err) == HF_ERR_TARGET_GONE)
        return err;
    bool left = err != NULL;
    hf_err_free(err);
    if (!hf_execution_is_there(e->execution))
        return ended(e);
    if (!waited && !left) {
        err = hf_fail(HF_ERR_REFUSED,
                      "process %d came to the request, but could not read it from %s (has it two "
                      "free descriptors? does a security module confine it?); the code was not "
                      "run and will not be",
                      (int)e->pid, e->exchange.path);
        hf_exchange_leave(&e->exchange); /* it may just be reading it */
        return err;
    }
    return hf_fail(HF_ERR_REFUSED,
                   "%s: %s ('holdfast threads %d' shows where). The request was taken back%s; the "
                   "code was not run and will not be",
                   what, why, (int)e->pid,
                   left ? ", but for an empty call that waits in the process" : "");
}

/* As long as nothing runs: asks others, and gives up in the end, with an error unless it has begun
 * after all. */
static hf_err *wait_for_begin(executing *e, double *next_move)
{
    const hf_arguments *a = e->session->arguments;
    double waited = now() - e->asked, limit = a->wait > 0 ? a->wait : DEFAULT_WAIT;
    char what[96];
    if (hf_scratch_was_interrupted())
        return give_up(e, "interrupted while it was waited for");
    if (waited >= limit) {
        snprintf(what, sizeof(what), "process %d did not come to a safe point within %g s",
                 (int)e->pid, limit);
        return give_up(e, what);
    }
    if (waited < *next_move)
        return NULL;
    *next_move += NEXT_MOVE;
    return ask_other(e);
}

/* Follows the code until it has ended. */
static hf_err *follow(executing *e)
{
    double next_move = FIRST_MOVE, looked = now(), nap;
    for (;;) {
        bool interrupted = hf_scratch_was_interrupted(); /* it may have ended before */
        hf_err *err = hf_exec_output_read(&e->output);
        double at = now();
        if (err)
            return err;
        if (e->output.begun && !e->began)
            e->began = at;
        if (e->output.done) {
            e->ended = at;
            return NULL;
        }
        if (at - looked > 0.1) {
            looked = at;
            if (!hf_execution_is_there(e->execution))
                return hf_exec_output_read(&e->output), ended(e);
        }
        if (e->output.begun && interrupted)
            return hf_fail(HF_ERR_INTERRUPTED,
                           "interrupted; the code goes on in process %d, and what it prints from "
                           "now on is lost",
                           (int)e->pid);
        err = e->output.begun ? NULL : wait_for_begin(e, &next_move);
        if (err)
            return err;
        nap = (at - e->asked) / 16;
        nap = nap < 5e-5 ? 5e-5 : nap > LONGEST_NAP ? LONGEST_NAP : nap;
        nanosleep(&(struct timespec){.tv_nsec = (long)(nap * 1e9)}, NULL);
    }
}

static void show_json(const executing *e, hf_json *j)
{
    const hf_execution_info *info = hf_execution_describe(e->execution);
    const hf_exec_output *o = &e->output;
    hf_json_object(j, NULL);
    hf_json_int(j, "pid", e->pid);
    hf_json_text(j, "python", info->version);
    hf_json_text(j, "way", info->by_script ? "debugger interface" : "pending call");
    hf_json_text(j, "outcome", o->status ? "raised" : "done");
    hf_json_uint(j, "thread", o->thread);
    hf_json_real(j, "served_after_ms", (e->began - e->asked) * 1e3);
    hf_json_real(j, "answered_after_ms", (e->ended - e->asked) * 1e3);
    hf_json_real(j, "pause_ms", (double)info->pause / 1e6);
    hf_json_uint(j, "stops", info->stops);
    hf_json_text_n(j, "stdout", (const char *)o->texts[0].data, o->texts[0].length);
    hf_json_text_n(j, "stderr", (const char *)o->texts[1].data, o->texts[1].length);
    hf_json_uint(j, "dropped_bytes", o->dropped);
    hf_json_end(j);
}

static void announce(const executing *e, size_t length)
{
    const hf_execution_info *info = hf_execution_describe(e->execution);
    char threads[32] = "only thread";
    if (info->threads > 1)
        snprintf(threads, sizeof(threads), "%u threads", info->threads);
    hf_note("process %d (CPython %s) is asked to run %zu byte%s of Python in itself: its %s will "
            "stand still for about %s; then %s runs it, at a safe point",
            (int)e->pid, info->version, length, length == 1 ? "" : "s", threads,
            hf_format_pause(PAUSE_OF_A_THREAD * info->threads).text,
            info->main_only   ? "its main thread"
            : info->by_script ? "its main thread, or another that runs meanwhile,"
                              : "the first that comes by");
}

static hf_err *execute(executing *e, const hf_buf *code, const char *name)
{
    hf_session *s = e->session;
    hf_err *err = hf_target_open_pid(e->pid, &e->live);
    hf_execution_plan plan;
    if (!err)
        err = hf_probe_execution(e->live, &plan);
    if (!err)
        err = hf_execution_open(e->live, &plan, &e->execution);
    if (err)
        return err;
    announce(e, code->length);
    err = hf_exchange_open(e->live, HF_BOOT_RECORDS, &e->exchange);
    if (err)
        return err;
    current = &e->exchange;
    hf_scratch_at_end(forget_code);
    hf_exec_output_init(&e->output, e->exchange.out, s->text != NULL, s->json != NULL);
    err = put_files(e, code, name);
    hf_scratch_wait(true);
    if (!err)
        err = ask(e);
    if (!err)
        err = follow(e);
    hf_scratch_wait(false);
    if (err)
        return err;
    hf_scratch_hold_signals();
    hf_execution_tidy(e->execution);
    hf_scratch_release_signals();
    if (e->output.dropped)
        hf_note("%llu bytes of output were dropped: more than 64 MB, or no room for it",
                (unsigned long long)e->output.dropped);
    const hf_execution_info *info = hf_execution_describe(e->execution);
    hf_note("thread %u began it %.1f ms after it was asked; the threads stood still for %s",
            e->output.thread, (e->began - e->asked) * 1e3, hf_format_pause(info->pause).text);
    if (s->json)
        show_json(e, s->json);
    s->status = e->output.status ? HF_STATUS_SUSPECTS : HF_STATUS_OK;
    return NULL;
}

hf_err *hf_cmd_exec(hf_session *s)
{
    executing e = {.session = s, .exchange = {.parent = -1, .folder = -1, .code = -1, .out = -1}};
    hf_buf code HF_AUTO(hf_buf_deinit) = {0};
    hf_source source;
    const char *name = NULL;
    hf_err *err = find_code(s->arguments, &code, &name);
    if (!err)
        err = hf_source_resolve(s->arguments->operands[0], &source);
    if (!err && !source.pid)
        err = hf_fail(HF_ERR_USAGE, "'%s' is a file; exec needs a process", source.path);
    if (!err) {
        e.pid = source.pid;
        err = execute(&e, &code, name);
    }
    current = NULL;
    hf_exchange_close(&e.exchange);
    hf_exec_output_deinit(&e.output);
    hf_buf_deinit(&e.text);
    hf_buf_deinit(&e.script);
    hf_execution_free(e.execution);
    hf_target_free(e.live);
    return err;
}
