/* acquire/rest.h - is the target at rest? See hf_rest_word. */
#ifndef HF_ACQUIRE_REST_H
#define HF_ACQUIRE_REST_H

#include "acquire/freeze.h"
#include "acquire/process.h"

/* Whether the words hold in the memory of a process; words that cannot be read do not.
 * required_only: leave out those that are only hoped for. */
bool hf_rest_in_process(const hf_process *p, const hf_freeze_options *options, bool required_only);

/* Whether all words hold in frozen memory. */
bool hf_rest_in_frozen(const hf_target *frozen, const hf_freeze_options *options);

/* Looks again and again, without stopping anything, until the process is at rest or the time is
 * up. Settles for the required words in the second half of it. */
void hf_rest_wait(const hf_process *p, const hf_freeze_options *options, uint64_t nanoseconds);

#endif
