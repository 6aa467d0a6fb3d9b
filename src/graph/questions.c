#include "graph/questions.h"

#include "acquire/ask.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    AT_ONCE = 8192,  /* questions in a message */
    PIECE = 1 << 15, /* words of an answer that are handed on at once */
    TEXT_MAX = 512,
    GATHERED = 64 << 10, /* bytes sent at once */
};

#define HF_NO_QUESTION UINT32_MAX

typedef struct record {
    uint32_t question, end;
    uint64_t count;
} record;

static_assert(AT_ONCE * sizeof(hf_question) <= HF_SANDBOX_BODY_MAX, "a message holds them");

/* The parent's side. */
typedef struct replier {
    int fd;
    bool gone; /* the child does not listen any more */
    hf_buf out;
} replier;

static void flush(replier *r)
{
    r->gone = r->gone || r->out.failed || !hf_sandbox_send(r->fd, r->out.data, r->out.length);
    hf_buf_clear(&r->out);
}

static void reply(replier *r, const record *head, const void *bytes, size_t length)
{
    hf_buf_add(&r->out, head, sizeof(*head));
    hf_buf_add(&r->out, bytes, length);
    if (r->out.length >= GATHERED)
        flush(r);
}

static void hand_on(void *context, const hf_answer *answer)
{
    replier *r = context;
    if (r->gone)
        return;
    reply(r, &(record){(uint32_t)answer->question, (uint32_t)answer->end, answer->count},
          answer->words, answer->count * sizeof(uint64_t));
}

void hf_questions_answer(hf_target *frozen, int fd, const uint8_t *body, size_t length)
{
    replier r = {.fd = fd};
    hf_buf_init(&r.out, 0);
    size_t count = length / sizeof(hf_question);
    if (!count) {
        hf_target_end_copy(frozen);
        reply(&r, &(record){HF_NO_QUESTION, 0, hf_target_freeze_info(frozen)->pause}, NULL, 0);
    } else {
        hf_err *err =
            hf_target_ask(frozen, (const hf_question *)(const void *)body, count, hand_on, &r);
        const char *why = err ? hf_err_message(err) : "";
        reply(&r, &(record){HF_NO_QUESTION, 0, strlen(why)}, why, strlen(why));
        hf_err_free(err);
    }
    flush(&r);
    hf_buf_deinit(&r.out);
}

static hf_err *parent_gone(void)
{
    return hf_fail(HF_ERR_INTERRUPTED, "interrupted");
}

/* The child's side. Answers are short and many: they are read by the buffer. It never holds more
 * than the answer to one message, since the parent says nothing unasked. */
typedef struct listener {
    hf_sandbox_link *link;
    uint8_t buffer[GATHERED];
    size_t at, end;
    uint64_t words[PIECE];
} listener;

static bool hear(listener *l, void *to, size_t length)
{
    uint8_t *out = to;
    while (length) {
        if (l->at == l->end) {
            l->at = 0;
            l->end = hf_sandbox_receive_some(l->link, l->buffer, sizeof(l->buffer));
            if (!l->end)
                return false;
        }
        size_t n = l->end - l->at < length ? l->end - l->at : length;
        memcpy(out, l->buffer + l->at, n);
        l->at += n;
        out += n;
        length -= n;
    }
    return true;
}

/* The text at the end of an answer, as an error. */
static hf_err *reason(listener *l, uint64_t length)
{
    char text[TEXT_MAX + 1] = "";
    if (length > TEXT_MAX || !hear(l, text, length))
        return parent_gone();
    return length ? hf_fail(HF_ERR_REFUSED, "%s", text) : NULL;
}

/* Hands on one record with its words; a long one in pieces. */
static bool take_answer(listener *l, const record *head, size_t first,
                        void (*tell)(void *, const hf_answer *), void *context)
{
    hf_answer answer = {first + head->question, HF_ANSWER_MORE, l->words, 0};
    uint64_t left = head->count;
    for (; left > PIECE; left -= PIECE) {
        answer.count = PIECE;
        if (!hear(l, l->words, PIECE * sizeof(*l->words)))
            return false;
        tell(context, &answer);
    }
    answer.count = (size_t)left;
    answer.end = (hf_answer_end)head->end;
    if (!hear(l, l->words, answer.count * sizeof(*l->words)))
        return false;
    tell(context, &answer);
    return true;
}

static hf_err *ask_some(listener *l, const hf_question *questions, size_t first, size_t count,
                        void (*tell)(void *, const hf_answer *), void *context)
{
    record head;
    if (!hf_sandbox_call(l->link, questions + first, count * sizeof(*questions)))
        return parent_gone();
    for (;;) {
        if (!hear(l, &head, sizeof(head)))
            return parent_gone();
        if (head.question == HF_NO_QUESTION)
            return reason(l, head.count);
        if (head.question >= count || head.end >= HF_ANSWER_END_COUNT ||
            !take_answer(l, &head, first, tell, context))
            return parent_gone();
    }
}

static hf_err *ask(void *context, const hf_question *questions, size_t count,
                   void (*tell)(void *, const hf_answer *), void *tell_context)
{
    listener *l = malloc(sizeof(*l));
    if (!l)
        return hf_fail_memory();
    l->link = context;
    l->at = l->end = 0;
    hf_err *err = NULL;
    for (size_t first = 0; first < count && !err; first += AT_ONCE) {
        size_t n = count - first < AT_ONCE ? count - first : AT_ONCE;
        err = ask_some(l, questions, first, n, tell, tell_context);
    }
    free(l);
    return err;
}

static hf_err *end(void *context, uint64_t *ret_pause)
{
    hf_sandbox_link *link = context;
    record head;
    if (!hf_sandbox_call(link, NULL, 0) || !hf_sandbox_receive(link, &head, sizeof(head)))
        return parent_gone();
    *ret_pause = head.count;
    return NULL;
}

hf_asking hf_questions_over(hf_sandbox_link *link)
{
    return (hf_asking){.context = link, .ask = ask, .end = end};
}
