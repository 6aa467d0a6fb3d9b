/* Freezes a process and tells how it went, as one line of JSON; for the end-to-end tests.
 *
 *     tool_freeze PID [--live] [--stop] [--plan] [--folder F] [--max-pause MS] [--attempts N]
 *                 [--rest ADDRESS:SIZE:WANTED] [--python] [--word ADDRESS]... [--repeat N]
 *                 [--ask FUNCTION:OBJECT:GROUP]...
 *                 [--die-at-step N] [--die-after MICROSECONDS] [--send-at-step N:SIGNAL]
 *
 * --python: waits for what a Python must satisfy to be at rest.
 *
 * With --die-... it kills itself with SIGKILL: at the Nth act on the target, or after a time. With
 * --send-... it sends the target a signal at the Nth act, and gives it 3 ms to do what it will. */
#include "acquire/ask.h"
#include "acquire/freeze.h"
#include "acquire/step.h"
#include "base/bytes.h"
#include "cpython/heap.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long die_at, send_at, steps;
static int sent;
static pid_t target;

static void step(void)
{
    if (++steps == die_at)
        kill(getpid(), SIGKILL);
    if (steps == send_at) {
        kill(target, sent);
        usleep(3000);
    }
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
    printf("{\"error\": %d, \"errno\": %d, \"message\": \"%s\", \"steps\": %ld}\n",
           (int)hf_err_code_of(err), hf_err_errno(err), hf_err_message(err), steps);
    hf_err_free(err);
    return 1;
}

static uint64_t word_at(const hf_target *frozen, uint64_t address)
{
    const void *bytes = address ? hf_target_view(frozen, address, 8) : NULL;
    return bytes ? hf_load_u64(bytes) : 0;
}

static void print_answer(void *context, const hf_answer *answer)
{
    bool *first = context;
    printf("%s[%zu, %d", *first ? "" : ", ", answer->question, (int)answer->end);
    for (size_t i = 0; i < answer->count; i++)
        printf(", %" PRIu64, answer->words[i]);
    printf("]");
    *first = false;
}

/* "answers": one list for each part of an answer: question, end, words. */
static void ask(hf_target *frozen, const hf_question *questions, size_t count)
{
    bool first = true;
    printf("\"answers\": [");
    hf_err *err = hf_target_ask(frozen, questions, count, print_answer, &first);
    hf_target_end_copy(frozen);
    printf("], \"why_not_asked\": \"%s\", ", err ? hf_err_message(err) : "");
    hf_err_free(err);
}

static void tell(hf_target *frozen, const uint64_t words[2], const hf_question *questions,
                 size_t count)
{
    static const char *const ways[] = {"fork", "stopped", "stop", "live"};
    const hf_freeze_info *i = hf_target_freeze_info(frozen);
    printf("{");
    if (count)
        ask(frozen, questions, count);
    printf("\"way\": \"%s\", \"why_not_fork\": \"%s\", \"predicted\": %" PRIu64
           ", \"pause\": %" PRIu64 ", \"attempts\": %u, \"at_rest\": %s, \"bytes\": %" PRIu64
           ", \"words\": [%" PRIu64 ", %" PRIu64 "], \"runtime\": %" PRIu64 ", \"steps\": %ld}\n",
           ways[i->way], i->why_not_fork, i->predicted_pause, i->pause, i->attempts,
           i->at_rest ? "true" : "false", i->bytes_copied, word_at(frozen, words[0]),
           word_at(frozen, words[1]), hf_target_symbol(frozen, "_PyRuntime", NULL), steps);
    fflush(stdout);
}

static int plan(hf_target *live, const hf_freeze_options *options)
{
    hf_freeze_plan p;
    hf_err *err = hf_freeze_plan_for(live, options, &p);
    if (err)
        return fail_with(err);
    printf("{\"way\": %d, \"why_not_fork\": \"%s\", \"predicted\": %" PRIu64 "}\n", (int)p.way,
           p.why_not_fork, p.predicted_pause);
    return 0;
}

typedef struct arguments {
    hf_freeze_options options;
    hf_rest_word rest;
    uint64_t words[2];
    hf_question questions[64];
    size_t word_count, question_count;
    long repeat, after;
    bool plan, python;
} arguments;

static void take(arguments *a, const char *name, char *value)
{
    if (strcmp(name, "--folder") == 0)
        a->options.spool_folder = value;
    else if (strcmp(name, "--max-pause") == 0)
        a->options.max_pause_ms = strtod(value, NULL);
    else if (strcmp(name, "--attempts") == 0)
        a->options.max_attempts = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(name, "--word") == 0 && a->word_count < 2)
        a->words[a->word_count++] = strtoull(value, NULL, 0);
    else if (strcmp(name, "--ask") == 0 && a->question_count < 64) {
        hf_question *q = &a->questions[a->question_count++];
        q->function = strtoull(value, &value, 0);
        q->object = strtoull(value + 1, &value, 0);
        q->group = (uint32_t)strtoul(value + 1, NULL, 0);
        a->options.keep_copy = true;
    } else if (strcmp(name, "--repeat") == 0)
        a->repeat = strtol(value, NULL, 10);
    else if (strcmp(name, "--die-at-step") == 0)
        die_at = strtol(value, NULL, 10);
    else if (strcmp(name, "--send-at-step") == 0) {
        send_at = strtol(value, &value, 10);
        sent = (int)strtol(value + 1, NULL, 10);
    } else if (strcmp(name, "--die-after") == 0)
        a->after = strtol(value, NULL, 10);
    else if (strcmp(name, "--rest") == 0) {
        a->rest = (hf_rest_word){.address = strtoull(value, &value, 0), .required = true};
        a->rest.size = (uint32_t)strtoul(value + 1, &value, 0);
        a->rest.wanted = strtoull(value + 1, &value, 0);
        a->options.rest = &a->rest;
        a->options.rest_count = 1;
    }
}

int main(int argc, char **argv)
{
    arguments a = {.repeat = 1};
    hf_target *live, *frozen;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--live") == 0)
            a.options.force_live = true;
        else if (strcmp(argv[i], "--stop") == 0)
            a.options.allow_stop = true;
        else if (strcmp(argv[i], "--python") == 0)
            a.python = true;
        else if (strcmp(argv[i], "--plan") == 0)
            a.plan = true;
        else if (i + 1 < argc) {
            take(&a, argv[i], argv[i + 1]);
            i++;
        }
    }
    hf_step_hook = step;
    target = argc > 1 ? (pid_t)strtol(argv[1], NULL, 10) : 0;
    hf_err *err = hf_target_open_pid(target, &live);
    if (err)
        return fail_with(err);
    hf_python_probe probe = {0};
    if (a.python) {
        err = hf_python_probe_live(live, &probe);
        a.options.rest = probe.rest;
        a.options.rest_count = probe.rest_count;
    }
    if (err)
        return fail_with(err);
    if (a.plan)
        return plan(live, &a.options);
    if (a.after)
        die_after(a.after);
    for (long i = 0; i < a.repeat; i++) {
        err = hf_freeze(live, &a.options, &frozen);
        if (err)
            return fail_with(err);
        tell(frozen, a.words, a.questions, a.question_count);
        hf_target_free(frozen);
    }
    hf_target_free(live);
    return 0;
}
