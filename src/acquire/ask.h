/* acquire/ask.h - questions to the copy: code of the target, run where it can do no harm.
 *
 * Only the program itself understands some of its memory. A copy-on-write copy of it has the code
 * and the data, belongs to nobody, and is about to be thrown away; so it may be asked. Before the
 * first question it is cut off from all that it shares with the target and the world (seal.h), and
 * it is held by ptrace throughout: it is let run from one question to the end of the batch, and a
 * system call, a fault or too much time ends that. The target itself is never asked.
 *
 * A question is a function of the form
 *
 *     int function(void *object, int (*visit)(void *, void *), void *argument)
 *
 * which calls visit(x, argument) for each x that it knows, ends at once when that is not 0, and
 * returns. The answer is the list of x. Function, object and answer are a stranger's numbers: the
 * worst that a wrong one can do is to end the copy. */
#ifndef HF_ACQUIRE_ASK_H
#define HF_ACQUIRE_ASK_H

#include "acquire/target.h"

typedef struct hf_question {
    uint64_t object, function;
    uint32_t group; /* when one of a group fails, the others are not asked */
} hf_question;

/* How a question ended; part of the protocol of the sandbox. */
typedef enum hf_answer_end {
    HF_ANSWER_WHOLE = 0, /* the function has returned, and this is the end of the list */
    HF_ANSWER_MORE,      /* there is more to come for this question */
    HF_ANSWER_CRASHED,   /* a fault, or another signal */
    HF_ANSWER_ENDLESS,   /* it took too long, or told more than memory can hold */
    HF_ANSWER_CALLED,    /* it attempted a system call, which was not made */
    HF_ANSWER_NOT_ASKED, /* another of its group has failed, or the copy is no more */
    HF_ANSWER_END_COUNT
} hf_answer_end;

typedef struct hf_answer {
    size_t question; /* index */
    hf_answer_end end;
    const uint64_t *words; /* valid during the call */
    size_t count;
} hf_answer;

/* Whether `frozen` has a copy to be asked: hf_freeze() was told to keep it, and the way
 * was a fork. */
bool hf_target_may_be_asked(const hf_target *frozen);

/* Asks, until hf_target_end_copy(); calls `tell`, from another thread, for each question in order,
 * at least once, last with another end than HF_ANSWER_MORE. Parts that were told before a question
 * failed are void. HF_ERR_REFUSED: the copy cannot be cut off, or is no more, and the message says
 * why; nothing or only a part has been told then. */
hf_err *hf_target_ask(hf_target *frozen, const hf_question *questions, size_t count,
                      void (*tell)(void *context, const hf_answer *answer), void *context);

#endif
