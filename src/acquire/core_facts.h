/* acquire/core_facts.h - what a core file of ours says beyond what core files can say.
 *
 * A note named "HOLDFAST" of type 1; other readers pass it over. Its description:
 *
 *     varint  how many numbers, then the numbers, varints, in the order of the table in
 *             core_facts.c; readers take what they know, so the table grows at its end
 *     varint  how many texts, then each behind its length, likewise
 *     varint  how many threads, then for each its id, and its name behind its length */
#ifndef HF_ACQUIRE_CORE_FACTS_H
#define HF_ACQUIRE_CORE_FACTS_H

#include "acquire/core_file.h"
#include "acquire/freeze.h"
#include "base/buf.h"

/* Appends the description. */
void hf_core_facts_encode(const hf_target_info *info, const hf_freeze_info *freeze, hf_buf *ret);

/* Puts what the note of `core` says in place of what stands in the target; nothing where there is
 * no such note, or it makes no sense. */
hf_err *hf_core_facts_apply(const hf_core_file *core, hf_target *target);

#endif
