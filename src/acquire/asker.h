/* acquire/asker.h - the thread that holds a copy, and puts questions to it.
 *
 * ptrace belongs to a thread: the one that made the copy must hold it to its end. So, where the
 * copy is to be asked, or read on demand, that thread does not end with the freeze; it serves. The
 * other side are the functions of ask.h, and hf_target_end_copy(). */
#ifndef HF_ACQUIRE_ASKER_H
#define HF_ACQUIRE_ASKER_H

#include "acquire/ask.h"
#include "acquire/inject.h"
#include "acquire/ladder.h"
#include "acquire/seal.h"

/* Holds the copy, waits for questions and answers them, until there are to be no more, or `watch`
 * fails; it is called every few milliseconds. In the end it is known whether the copy was whole
 * until then. The copy stays the caller's. */
void hf_asker_serve(hf_freezing *f, const hf_copy_process *copy, const hf_gadgets *gadgets,
                    hf_err *(*watch)(void *context), void *context);

/* One batch of questions, all of groups that have not failed. (questioning.c) */
typedef struct hf_questioning {
    const hf_copy_process *copy;
    hf_arena arena;
    const hf_question *questions;
    const size_t *batch; /* which of them */
    size_t count;        /* at most HF_QUESTIONS_MAX */
    void (*tell)(void *context, const hf_answer *answer);
    void *context;
    uint64_t *words; /* room for HF_ARENA_WORDS bytes */
} hf_questioning;

enum { HF_QUESTIONS_MAX = HF_ARENA_QUESTIONS / sizeof(hf_stub_question) };

/* Puts them, tells the answers, and stops behind the first that fails. *ret_done: how many were
 * told; *ret_end: how the last one ended. HF_ERR_REFUSED: the copy is no more. */
hf_err *hf_questions_put(const hf_questioning *q, size_t *ret_done, hf_answer_end *ret_end);

#endif
