/* Has a Python run code, and tells how it went, as one line of JSON; for the end-to-end tests.
 *
 *     tool_exec PID CODE [--wait MILLISECONDS] [--die-at-step N] [--die-after MICROSECONDS]
 *               [--before COMMAND]
 *
 * With --before a command of the shell is run between the last look and the first stop.
 *
 * With --die-... it kills itself with SIGKILL: at the Nth act on the target, or after a time. */
#include "acquire/edit.h"
#include "acquire/exchange.h"
#include "acquire/step.h"
#include "base/bytes.h"
#include "cpython/boot.h"
#include "cpython/execute.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static long die_at, steps;

static void step(void)
{
    if (++steps == die_at)
        kill(getpid(), SIGKILL);
}

static void die_after(long microseconds)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    struct itimerspec when = {.it_value = {.tv_sec = microseconds / 1000000,
                                           .tv_nsec = microseconds % 1000000 * 1000 + 1}};
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &when, NULL))
        perror("timer");
}

static int fail_with(hf_err *err)
{
    printf("{\"error\": \"%s\", \"steps\": %ld}\n", hf_err_message(err), steps);
    hf_err_free(err);
    return 1;
}

static hf_err *put_files(hf_exchange *x, const char *code, bool by_script, hf_buf *text)
{
    hf_buf whole = {0}, boot = {0};
    hf_boot_code("<test>", code, strlen(code), &whole);
    hf_boot_program(x->path, &boot);
    hf_boot_text(x->path, x->path + strlen(x->path) - 8, text);
    hf_err *err = hf_exchange_put_code(x, whole.data, whole.length);
    if (!err)
        err = hf_exchange_put(x, "boot", boot.data, boot.length);
    if (!err && by_script)
        err = hf_exchange_put(x, "run", text->data, text->length);
    hf_buf_deinit(&whole);
    hf_buf_deinit(&boot);
    return err;
}

static uint8_t state_of(const hf_exchange *x)
{
    uint8_t state = 0;
    return pread(x->out, &state, 1, HF_BOOT_STATE) == 1 ? state : 0;
}

/* Whether it ended in time; else the request is taken back. */
static bool await(hf_execution *e, hf_exchange *x, long milliseconds)
{
    bool waited = false;
    for (long i = 0; i < 4 * milliseconds; i++) {
        if (state_of(x) == HF_BOOT_DONE) {
            hf_execution_tidy(e);
            return true;
        }
        nanosleep(&(struct timespec){.tv_nsec = 250000}, NULL);
    }
    if (!hf_exchange_take_back(x))
        return false;
    hf_err_free(hf_execution_take_back(e, &waited));
    if (!waited)
        hf_exchange_leave(x);
    return false;
}

int main(int argc, char **argv)
{
    hf_target *live;
    hf_execution *execution;
    hf_execution_plan plan;
    hf_exchange x;
    hf_buf text = {0}, path = {0};
    long wait = 2000, after = 0;
    const char *before = NULL;
    for (int i = 3; i + 1 < argc; i += 2) {
        long value = strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--wait") == 0)
            wait = value;
        else if (strcmp(argv[i], "--die-at-step") == 0)
            die_at = value;
        else if (strcmp(argv[i], "--die-after") == 0)
            after = value;
        else if (strcmp(argv[i], "--before") == 0)
            before = argv[i + 1];
    }
    if (argc < 3)
        return fprintf(stderr, "tool_exec PID CODE [options]\n"), 2;
    umask(077);
    hf_step_hook = step;
    hf_err *err = hf_target_open_pid((pid_t)strtol(argv[1], NULL, 10), &live);
    if (err)
        return fail_with(err);
    err = hf_execution_find(live, &plan);
    if (!err)
        err = hf_execution_open(live, &plan, &execution);
    if (err)
        return fail_with(err);
    err = hf_exchange_open(live, HF_BOOT_RECORDS, &x);
    if (err)
        return fail_with(err);
    if (after)
        die_after(after);
    err = put_files(&x, argv[2], hf_execution_describe(execution)->by_script, &text);
    hf_buf_format(&path, "%s/run", x.path);
    if (before && system(before))
        return 2;
    if (!err)
        err = hf_execution_ask(execution, hf_buf_string(&text), hf_buf_string(&path));
    if (!err)
        hf_exchange_sweep(&x);
    bool done = !err && await(execution, &x, wait);
    hf_exchange_close(&x);
    if (err)
        return fail_with(err);
    printf("{\"done\": %s, \"steps\": %ld}\n", done ? "true" : "false", steps);
    hf_buf_deinit(&text);
    hf_buf_deinit(&path);
    hf_execution_free(execution);
    hf_target_free(live);
    return 0;
}
