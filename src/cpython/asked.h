/* cpython/asked.h - what objects of unknown types have said of themselves.
 *
 * A type of a C extension that the collector knows has a function that tells its references,
 * tp_traverse. Run in a copy of the process (acquire/ask.h) it tells also those that lie in memory
 * which only the extension understands, and each of them owns a reference: the collector subtracts
 * them from the counts. Only objects on the collector's lists are asked, as it does itself. */
#ifndef HF_CPYTHON_ASKED_H
#define HF_CPYTHON_ASKED_H

#include "acquire/ask.h"
#include "base/map.h"
#include "cpython/heap.h"

typedef struct hf_answered {
    uint64_t first, count; /* of its words */
} hf_answered;

/* What became of a type. */
typedef struct hf_asked_type {
    uint64_t answered;
    hf_answer_end failed; /* HF_ANSWER_WHOLE: never */
} hf_asked_type;

typedef struct hf_asked {
    hf_map index; /* address -> its place in `answers` */
    hf_answered *answers;
    size_t count, capacity;
    uint64_t *words;
    size_t word_count, word_capacity;
    hf_asked_type *types; /* by number */
    size_t type_count;
    hf_question *questions; /* waiting */
    size_t question_count, question_capacity;
    struct hf_told *scratch; /* for matching answers with what decoders find: decode_asked.c */
    size_t scratch_capacity;
    bool failed; /* out of memory */
} hf_asked;

void hf_asked_init(hf_asked *a);
void hf_asked_deinit(hf_asked *a);

/* Whether all objects of a type that were asked have told. */
bool hf_asked_knows(const hf_asked *a, uint32_t type);

/* The words that the object has told, or NULL. */
const uint64_t *hf_asked_words(const hf_asked *a, uint64_t address, uint64_t *ret_count);

#endif
