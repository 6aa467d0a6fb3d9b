/* graph/questions.h - questions to the copy, from the child that decodes to the parent
 * that holds it.
 *
 * A message is an array of hf_question; an empty one says that there will be no more. The answer is
 * a row of records, each a head and its words, and a last one whose question is HF_NO_QUESTION: its
 * `count` is the length of the text behind it, which says why the copy could not be asked ("" when
 * it could), or, after the last message, the pause of the target in nanoseconds. */
#ifndef HF_GRAPH_QUESTIONS_H
#define HF_GRAPH_QUESTIONS_H

#include "cpython/heap.h"
#include "graph/sandbox.h"

/* In the child: an hf_asking over the link, which must outlive it. */
hf_asking hf_questions_over(hf_sandbox_link *link);

/* In the parent: answers one message from the child. */
void hf_questions_answer(hf_target *frozen, int fd, const uint8_t *body, size_t length);

#endif
