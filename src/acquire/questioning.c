/* One batch of questions in the copy: run, look why it stopped, read what it says. */
#include "acquire/asker.h"
#include "acquire/inside.h"
#include "acquire/step.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU 31 /* sys/ptrace.h of other libraries; asm/ptrace-abi.h */
#endif

/* A question is endless when the copy has computed this long for it alone, nanoseconds: for a
 * container of millions it takes some ten milliseconds. Where it does not compute (its memory
 * comes from a disk that does not answer), the clock on the wall decides. */
#define QUESTION_CPU  UINT64_C(500000000)
#define QUESTION_WALL UINT64_C(20000000000)

enum { AT_ONCE = 256 }; /* questions read or written with one system call */

enum { WORDS_MAX = 1 << 27 }; /* told by one object: more than any memory's worth of them */

typedef struct run {
    const hf_questioning *q;
    clockid_t clock; /* of the copy's processor time */
    hf_stub_control control;
    size_t first;   /* of the batch: where the stub starts */
    uint64_t known; /* words of that question that were told */
} run;

static uint64_t question_address(const run *r, size_t i)
{
    return r->q->arena.questions + i * sizeof(hf_stub_question);
}

static bool read_control(run *r)
{
    return hf_process_read(&r->q->copy->process, r->q->arena.control, &r->control,
                           sizeof(r->control));
}

static bool write_control(const run *r)
{
    const hf_arena *a = &r->q->arena;
    const hf_stub_control c = {.cursor = a->words,
                               .end = a->words + HF_ARENA_WORDS,
                               .current = question_address(r, r->first),
                               .last = question_address(r, r->q->count),
                               .skip = r->known};
    return hf_copy_write(r->q->copy, a->control, &c, sizeof(c));
}

static bool write_questions(const run *r)
{
    hf_stub_question batch[AT_ONCE];
    for (size_t done = 0; done < r->q->count;) {
        size_t n = r->q->count - done < AT_ONCE ? r->q->count - done : AT_ONCE;
        for (size_t i = 0; i < n; i++) {
            const hf_question *question = &r->q->questions[r->q->batch[done + i]];
            batch[i] = (hf_stub_question){question->object, question->function};
        }
        if (!hf_copy_write(r->q->copy, question_address(r, done), batch, n * sizeof(*batch)))
            return false;
        done += n;
    }
    return true;
}

static uint64_t clock_of(const run *r)
{
    struct timespec t;
    return clock_gettime(r->clock, &t) ? 0 : (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static hf_err *copy_ended(void)
{
    return hf_fail(HF_ERR_REFUSED, "its copy ended while it was asked");
}

/* Watches it until it stops. It is interrupted when it has been at one question for too long. */
static hf_err *wait_for_stop(run *r, int *ret_status, bool *ret_late)
{
    pid_t pid = r->q->copy->process.pid;
    uint64_t at = 0, cpu = clock_of(r), wall = hf_now(CLOCK_MONOTONIC);
    long pause = 20000; /* nanoseconds */
    for (*ret_late = false;;) {
        pid_t waited = waitpid(pid, ret_status, __WALL | WNOHANG);
        if (waited == pid)
            return WIFSTOPPED(*ret_status) ? NULL : copy_ended();
        if (waited < 0 && errno != EINTR)
            return copy_ended();
        nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
        pause = pause < 2000000 ? pause * 2 : pause;
        if (*ret_late) {
            if (hf_now(CLOCK_MONOTONIC) - wall > QUESTION_WALL)
                return hf_fail(HF_ERR_REFUSED, "its copy could not be stopped while it was asked");
            continue;
        }
        if (read_control(r) && r->control.current != at) {
            at = r->control.current;
            cpu = clock_of(r);
            wall = hf_now(CLOCK_MONOTONIC);
        } else if (clock_of(r) - cpu > QUESTION_CPU ||
                   hf_now(CLOCK_MONOTONIC) - wall > QUESTION_WALL) {
            ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
            wall = hf_now(CLOCK_MONOTONIC);
            *ret_late = true;
        }
    }
}

/* Runs the stub to its next stop. *ret: HF_ANSWER_WHOLE when that is its end. */
static hf_err *go(run *r, hf_answer_end *ret)
{
    enum { CALL_STOP = SIGTRAP | 0x80 };
    const hf_arena *a = &r->q->arena;
    pid_t pid = r->q->copy->process.pid;
    int status = 0;
    bool late = false;
    hf_err *err = hf_machine_start_stub(pid, a->stub, a->control, a->stack_end);
    if (err)
        return err;
    hf_step();
    /* In this mode a system call stops it at its entry, and is not made when it goes on. */
    if (ptrace(PTRACE_SYSEMU, pid, NULL, 0) < 0)
        return copy_ended();
    hf_step();
    err = wait_for_stop(r, &status, &late);
    hf_step();
    if (err)
        return err;
    if (!read_control(r))
        return copy_ended();
    if (WSTOPSIG(status) == CALL_STOP)
        *ret = HF_ANSWER_CALLED;
    else if (WSTOPSIG(status) == SIGTRAP && status >> 16 == 0 &&
             hf_machine_stub_ended(pid, a->stub))
        *ret = HF_ANSWER_WHOLE;
    else
        *ret = late || status >> 16 ? HF_ANSWER_ENDLESS : HF_ANSWER_CRASHED;
    return NULL;
}

static void tell(const run *r, size_t i, hf_answer_end end, const uint64_t *words, uint64_t count)
{
    const hf_answer answer = {r->q->batch[i], end, words, (size_t)count};
    r->q->tell(r->q->context, &answer);
}

/* Tells the answers from the first to before `current`. What the copy says of its cursors is
 * believed only where they rise, within the room. *ret: words that belong to `current`. */
static hf_err *tell_whole(run *r, size_t current, uint64_t *ret)
{
    const hf_questioning *q = r->q;
    uint64_t used = (r->control.cursor - q->arena.words) / sizeof(uint64_t), at = 0;
    if (used > HF_ARENA_WORDS / sizeof(uint64_t))
        return copy_ended();
    if (used && !hf_process_read(&q->copy->process, q->arena.words, q->words, used * 8))
        return copy_ended();
    hf_stub_question batch[AT_ONCE];
    for (size_t i = r->first; i < current; i++) {
        size_t place = (i - r->first) % AT_ONCE;
        size_t n = current - i < AT_ONCE ? current - i : AT_ONCE;
        if (!place &&
            !hf_process_read(&q->copy->process, question_address(r, i), batch, n * sizeof(*batch)))
            return copy_ended();
        uint64_t end = (batch[place].function - q->arena.words) / sizeof(uint64_t);
        if (end < at || end > used)
            return copy_ended();
        tell(r, i, HF_ANSWER_WHOLE, q->words + at, end - at);
        at = end;
        r->known = 0;
    }
    *ret = at;
    return NULL;
}

/* Puts what is left of the batch, up to the next stop. */
static hf_err *go_once(run *r, hf_answer_end *ret_end)
{
    uint64_t behind = 0;
    if (!write_control(r))
        return copy_ended();
    hf_err *err = go(r, ret_end);
    if (err)
        return err;
    size_t current = (r->control.current - r->q->arena.questions) / sizeof(hf_stub_question);
    if (current < r->first || current > r->q->count)
        return copy_ended();
    err = tell_whole(r, current, &behind);
    if (err)
        return err;
    r->first = current;
    if (current == r->q->count) {
        *ret_end = HF_ANSWER_WHOLE;
        return NULL;
    }
    uint64_t used = (r->control.cursor - r->q->arena.words) / sizeof(uint64_t);
    if (*ret_end == HF_ANSWER_WHOLE) { /* the room was full */
        r->known += used - behind;
        if (used == behind && behind == 0)
            *ret_end = HF_ANSWER_CRASHED; /* full of nothing */
        else if (r->known > WORDS_MAX)
            *ret_end = HF_ANSWER_ENDLESS;
        else
            tell(r, current, HF_ANSWER_MORE, r->q->words + behind, used - behind);
    }
    if (*ret_end != HF_ANSWER_WHOLE)
        tell(r, r->first++, *ret_end, NULL, 0);
    return NULL;
}

hf_err *hf_questions_put(const hf_questioning *q, size_t *ret_done, hf_answer_end *ret_end)
{
    run r = {.q = q};
    *ret_end = HF_ANSWER_WHOLE;
    if (clock_getcpuclockid(q->copy->process.pid, &r.clock) || !write_questions(&r))
        return copy_ended();
    while (r.first < q->count && *ret_end == HF_ANSWER_WHOLE) {
        hf_err *err = go_once(&r, ret_end);
        if (err)
            return err;
    }
    *ret_done = r.first;
    return NULL;
}
