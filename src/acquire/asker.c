#include "acquire/asker.h"

#include "acquire/inside.h"
#include "acquire/priority.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <time.h>

enum {
    WATCH_EVERY = 4,     /* milliseconds */
    CRASHES_FORGIVEN = 2 /* of a group: the copy may have caught one object at work */
};

/* What the serving thread knows; the main thread sees only f->serving. */
typedef struct asker {
    hf_freezing *f;
    const hf_copy_process *copy;
    const hf_gadgets *gadgets;
    hf_err *(*watch)(void *context);
    void *context;
    hf_arena arena;
    bool sealed;
    hf_map failures; /* group -> how often */
    uint64_t *words;
    size_t *batch;
} asker;

static hf_err *seal(asker *a)
{
    if (a->sealed)
        return NULL;
    a->words = malloc(HF_ARENA_WORDS);
    a->batch = malloc(HF_QUESTIONS_MAX * sizeof(*a->batch));
    if (!a->words || !a->batch)
        return hf_fail_memory();
    hf_priority_lower(a->copy->process.pid); /* from now on it runs code */
    hf_err *err = hf_copy_seal(a->copy, a->gadgets, &a->arena);
    a->sealed = !err;
    return err;
}

static bool has_failed(const asker *a, const hf_question *question)
{
    uint32_t failures = hf_map_get(&a->failures, question->group);
    return failures != HF_MAP_NONE && failures > CRASHES_FORGIVEN;
}

static bool note_failure(asker *a, const hf_question *question, hf_answer_end end)
{
    uint32_t failures = hf_map_get(&a->failures, question->group);
    failures = failures == HF_MAP_NONE ? 0 : failures;
    failures += end == HF_ANSWER_CRASHED ? 1 : CRASHES_FORGIVEN + 1;
    return hf_map_put(&a->failures, question->group, failures);
}

/* Fills a batch from question `next` on; those of groups that have failed are told so. */
static size_t fill(asker *a, const hf_request *r, size_t *next)
{
    size_t count = 0;
    for (; *next < r->count && count < HF_QUESTIONS_MAX; (*next)++) {
        if (!has_failed(a, &r->questions[*next]))
            a->batch[count++] = *next;
        else if (!count)
            r->tell(r->context, &(hf_answer){.question = *next, .end = HF_ANSWER_NOT_ASKED});
        else
            break; /* in order: it is told before the next batch */
    }
    return count;
}

static hf_err *answer(asker *a, const hf_request *r)
{
    hf_err *err = seal(a);
    for (size_t next = 0; !err && next < r->count;) {
        size_t count = fill(a, r, &next), done = 0;
        hf_answer_end end;
        const hf_questioning q = {.copy = a->copy,
                                  .arena = a->arena,
                                  .questions = r->questions,
                                  .batch = a->batch,
                                  .count = count,
                                  .tell = r->tell,
                                  .context = r->context,
                                  .words = a->words};
        err = a->watch(a->context);
        if (!err && hf_freezing_interrupted())
            err = hf_fail(HF_ERR_REFUSED, "interrupted");
        if (!err && count)
            err = hf_questions_put(&q, &done, &end);
        if (err || done == count)
            continue;
        next = a->batch[done];
        if (!note_failure(a, &r->questions[a->batch[done - 1]], end))
            err = hf_fail_memory();
    }
    return err;
}

/* Waits for a request, and looks after the target's memory meanwhile. False: no more of them. */
static bool next_request(asker *a)
{
    hf_serving *s = &a->f->serving;
    while (!s->request && !s->ending) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += WATCH_EVERY * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&s->changed, &s->lock, &until) != ETIMEDOUT)
            continue;
        s->failed = a->watch(a->context);
        if (s->failed)
            return false;
    }
    return !s->ending;
}

/* Whether the copy stands still as ever. One that is being killed does not, from the moment of
 * the signal on. */
static bool is_held(const hf_copy_process *copy)
{
    unsigned long message;
    return ptrace(PTRACE_GETEVENTMSG, copy->process.pid, NULL, &message) == 0;
}

void hf_asker_serve(hf_freezing *f, const hf_copy_process *copy, const hf_gadgets *gadgets,
                    hf_err *(*watch)(void *context), void *context)
{
    asker a = {.f = f, .copy = copy, .gadgets = gadgets, .watch = watch, .context = context};
    hf_serving *s = &f->serving;
    hf_map_init(&a.failures);
    pthread_mutex_lock(&s->lock);
    s->serves = s->served = s->over = true;
    pthread_cond_broadcast(&s->changed);
    while (!s->failed && next_request(&a)) {
        const hf_request *r = s->request;
        pthread_mutex_unlock(&s->lock);
        hf_err *err = answer(&a, r);
        pthread_mutex_lock(&s->lock);
        s->failed = err;
        s->request = NULL;
        pthread_cond_broadcast(&s->changed);
    }
    if (!s->failed && !is_held(copy))
        s->failed = hf_fail(HF_ERR_REFUSED, "its copy was killed");
    s->serves = false;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    hf_map_deinit(&a.failures);
    free(a.words);
    free(a.batch);
}

bool hf_target_may_be_asked(const hf_target *frozen)
{
    return frozen->held && frozen->held->options.keep_copy;
}

hf_err *hf_target_ask(hf_target *frozen, const hf_question *questions, size_t count,
                      void (*tell)(void *context, const hf_answer *answer), void *context)
{
    if (!hf_target_may_be_asked(frozen))
        return hf_fail(HF_ERR_REFUSED, "it has no copy that could be asked");
    hf_serving *s = &frozen->held->serving;
    const hf_request request = {questions, count, tell, context};
    pthread_mutex_lock(&s->lock);
    if (s->serves)
        s->request = &request;
    pthread_cond_broadcast(&s->changed);
    while (s->request && s->serves)
        pthread_cond_wait(&s->changed, &s->lock);
    s->request = NULL;
    hf_err *err = s->failed;
    s->failed = NULL;
    if (!err && !s->serves)
        err = hf_fail(HF_ERR_REFUSED, "its copy is no more");
    pthread_mutex_unlock(&s->lock);
    return err;
}

void hf_target_end_copy(hf_target *frozen)
{
    if (!frozen->held)
        return;
    hf_freezing *f = frozen->held;
    frozen->held = NULL;
    hf_serving *s = &f->serving;
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    frozen->lost = s->failed != NULL;
    hf_err_free(s->failed);
    frozen->freeze.pause = f->info.pause;
    hf_freezing_free(f);
}
