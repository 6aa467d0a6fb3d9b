/* agent/text.h - texts and bytes of CPython, copied without its help: it would allocate. */
#ifndef HF_AGENT_TEXT_H
#define HF_AGENT_TEXT_H

#include <stdint.h>

enum {
    HF_TEXT_LONGEST = 4096,
    HF_BYTES_LONGEST = 1 << 20
}; /* the rest of longer ones is cut off */

uint64_t hf_text_most(uintptr_t text); /* bytes of UTF-8 that it may take */
uint32_t hf_text_copy(uintptr_t text, uint8_t *ret);
uint32_t hf_bytes_length(uintptr_t bytes);
uint32_t hf_bytes_copy(uintptr_t bytes, uint8_t *ret);

#endif
