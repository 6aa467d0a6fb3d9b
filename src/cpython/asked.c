#include "cpython/asked.h"

#include "base/array.h"
#include "cpython/heap_inside.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXT_MAX = 400 };

void hf_asked_init(hf_asked *a)
{
    *a = (hf_asked){0};
    hf_map_init(&a->index);
}

void hf_asked_deinit(hf_asked *a)
{
    hf_map_deinit(&a->index);
    free(a->answers);
    free(a->words);
    free(a->types);
    free(a->questions);
    free(a->scratch);
    *a = (hf_asked){0};
}

bool hf_asked_knows(const hf_asked *a, uint32_t type)
{
    return type < a->type_count && a->types[type].answered &&
           a->types[type].failed == HF_ANSWER_WHOLE;
}

const uint64_t *hf_asked_words(const hf_asked *a, uint64_t address, uint64_t *ret_count)
{
    uint32_t place = hf_map_get(&a->index, address);
    if (place == HF_MAP_NONE)
        return NULL;
    *ret_count = a->answers[place].count;
    return a->words + a->answers[place].first;
}

void hf_ask_about(hf_heap *heap, const hf_type_record *type, uint64_t address)
{
    hf_asked *a = &heap->asked;
    /* On a list of the collector: only there may its functions be called. */
    if (!type->traverse || !hf_lists_has(heap, address))
        return;
    if (!hf_array_room(&a->questions, a->question_count, &a->question_capacity)) {
        a->failed = true;
        return;
    }
    a->questions[a->question_count++] = (hf_question){address, type->traverse, type->number};
}

/* One round: questions that wait when it begins. */
typedef struct asking {
    hf_heap *heap;
    const hf_question *questions;
    size_t count;
    size_t word_start; /* of the answer that comes in */
} asking;

static hf_asked_type *type_of(hf_asked *a, uint32_t number)
{
    size_t before = a->type_count;
    if (number < before)
        return &a->types[number];
    if (!hf_array_room(&a->types, number, &a->type_count)) {
        a->failed = true;
        return NULL;
    }
    memset(a->types + before, 0, (a->type_count - before) * sizeof(*a->types));
    return &a->types[number];
}

static void keep(asking *k, const hf_question *question)
{
    hf_asked *a = &k->heap->asked;
    if (!hf_array_room(&a->answers, a->count, &a->capacity) ||
        !hf_map_put(&a->index, question->object, (uint32_t)a->count)) {
        a->failed = true;
        return;
    }
    a->answers[a->count++] = (hf_answered){k->word_start, a->word_count - k->word_start};
}

static void hear(void *context, const hf_answer *answer)
{
    asking *k = context;
    hf_asked *a = &k->heap->asked;
    if (a->failed || answer->question >= k->count)
        return;
    if (!hf_array_reserve(&a->words, a->word_count + answer->count, &a->word_capacity)) {
        a->failed = true;
        return;
    }
    if (answer->count)
        memcpy(a->words + a->word_count, answer->words, answer->count * sizeof(*a->words));
    a->word_count += answer->count;
    if (answer->end == HF_ANSWER_MORE)
        return;
    const hf_question *question = &k->questions[answer->question];
    hf_asked_type *type = type_of(a, question->group);
    if (!type)
        return;
    if (answer->end == HF_ANSWER_WHOLE) {
        type->answered++;
        keep(k, question);
    } else {
        a->word_count = k->word_start; /* its parts are void */
        if (answer->end != HF_ANSWER_NOT_ASKED)
            type->failed = answer->end;
    }
    k->word_start = a->word_count;
}

/* What was told is a reference, so less is asked of it than of a scanned word. */
static void follow_answers(hf_heap *heap, size_t first)
{
    hf_asked *a = &heap->asked;
    for (size_t i = first; i < a->count && !heap->failed; i++) {
        for (uint64_t k = 0; k < a->answers[i].count; k++) {
            uint64_t target = a->words[a->answers[i].first + k];
            if (hf_reach(heap, target, true))
                continue;
            if (hf_marks_span(&heap->marks, target))
                heap->decode.implausible++;
            else
                heap->decode.unreadable++;
        }
    }
}

/* The types whose function did not end well, in words. */
static void describe_failures(hf_heap *heap)
{
    static const char *const how[HF_ANSWER_END_COUNT] = {
        [HF_ANSWER_CRASHED] = "crashed",
        [HF_ANSWER_ENDLESS] = "took too long",
        [HF_ANSWER_CALLED] = "attempted a system call",
    };
    hf_buf text, module, name;
    hf_buf_init(&text, TEXT_MAX);
    hf_buf_init(&module, 0);
    hf_buf_init(&name, 0);
    for (size_t i = 0; i < heap->asked.type_count && i < heap->types.count; i++) {
        const hf_asked_type *type = &heap->asked.types[i];
        if (!how[type->failed])
            continue;
        heap->asking.types_failed++;
        hf_buf_clear(&module);
        hf_buf_clear(&name);
        hf_type_names(&heap->decode, heap->types.records[i], &module, &name);
        if (text.length + module.length + name.length + 64 < TEXT_MAX)
            hf_buf_format(&text, "%s%s.%s %s", text.length ? "; " : "", hf_buf_string(&module),
                          hf_buf_string(&name), how[type->failed]);
    }
    snprintf(heap->asking.failures, sizeof(heap->asking.failures), "%s", hf_buf_string(&text));
    hf_buf_deinit(&text);
    hf_buf_deinit(&module);
    hf_buf_deinit(&name);
}

static void count_answers(hf_heap *heap)
{
    hf_asked *a = &heap->asked;
    heap->asking.objects = a->count;
    heap->asking.references = a->word_count;
    for (size_t i = 0; i < a->type_count; i++)
        heap->asking.types += a->types[i].answered != 0;
    describe_failures(heap);
}

hf_err *hf_ask_all(hf_heap *heap, const hf_asking *how)
{
    hf_asked *a = &heap->asked;
    hf_err *err = NULL;
    while (a->question_count && !err && !a->failed && !heap->failed) {
        asking k = {heap, a->questions, a->question_count, a->word_count};
        size_t before = a->count;
        a->questions = NULL;
        a->question_count = a->question_capacity = 0;
        err = how->ask(how->context, k.questions, k.count, hear, &k);
        a->word_count = k.word_start;
        free((void *)(uintptr_t)k.questions);
        follow_answers(heap, before);
        hf_reach_rest(heap); /* which may find objects to be asked */
    }
    if (err && hf_err_code_of(err) == HF_ERR_REFUSED) {
        snprintf(heap->asking.why_not, sizeof(heap->asking.why_not), "%s", hf_err_message(err));
        hf_err_free(err);
        err = NULL;
    }
    if (!err && a->failed)
        err = hf_fail_memory();
    count_answers(heap);
    return err;
}
