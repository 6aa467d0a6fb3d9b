#include "acquire/rest.h"

#include "acquire/ladder.h"
#include "base/bytes.h"

#include <sched.h>
#include <time.h>

static bool holds(const hf_rest_word *word, const uint8_t *bytes)
{
    switch (word->size) {
    case 1:
        return *bytes == word->wanted;
    case 4:
        return hf_load_u32(bytes) == word->wanted;
    case 8:
        return hf_load_u64(bytes) == word->wanted;
    default:
        return false;
    }
}

bool hf_rest_in_process(const hf_process *p, const hf_freeze_options *options, bool required_only)
{
    for (size_t i = 0; i < options->rest_count; i++) {
        const hf_rest_word *word = &options->rest[i];
        uint8_t bytes[8];
        if (required_only && !word->required)
            continue;
        if (word->size > sizeof(bytes) || !hf_process_read(p, word->address, bytes, word->size) ||
            !holds(word, bytes))
            return false;
    }
    return true;
}

bool hf_rest_in_frozen(const hf_target *frozen, const hf_freeze_options *options)
{
    for (size_t i = 0; i < options->rest_count; i++) {
        const hf_rest_word *word = &options->rest[i];
        const void *bytes = hf_target_view(frozen, word->address, word->size);
        if (!bytes || !holds(word, bytes))
            return false;
    }
    return true;
}

void hf_rest_wait(const hf_process *p, const hf_freeze_options *options, uint64_t nanoseconds)
{
    uint64_t start = hf_now(CLOCK_MONOTONIC), waited = 0;
    for (; waited < nanoseconds; waited = hf_now(CLOCK_MONOTONIC) - start) {
        if (hf_rest_in_process(p, options, waited > nanoseconds / 2))
            return;
        /* A busy collector rests for some microseconds only: a long sleep would miss them. */
        if (waited < nanoseconds / 4)
            sched_yield();
        else
            nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
    }
}
