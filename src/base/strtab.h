/* base/strtab.h - each text once, named by a number.
 *
 * Texts are bytes with a length (UTF-8 by convention, zero bytes allowed); each also has a zero
 * byte behind it. Number 0 is always the empty text. Pointers stay valid until the next
 * insertion. */
#ifndef HF_BASE_STRTAB_H
#define HF_BASE_STRTAB_H

#include "base/buf.h"

#include <stdint.h>

typedef struct hf_strtab {
    hf_buf text;      /* all texts, one after the other */
    uint64_t *starts; /* count + 1 offsets into it */
    uint32_t *slots;  /* hash table of numbers + 1 */
    uint32_t count;
    uint32_t capacity; /* of starts */
    uint32_t slot_count;
} hf_strtab;

#define HF_STR_NONE UINT32_MAX

bool hf_strtab_init(hf_strtab *t); /* false when out of memory */
void hf_strtab_deinit(hf_strtab *t);

/* The number of a text, new or old; HF_STR_NONE when out of memory. */
uint32_t hf_strtab_add(hf_strtab *t, const char *text, size_t length);

/* The number of a text that is there, or HF_STR_NONE. */
uint32_t hf_strtab_find(const hf_strtab *t, const char *text, size_t length);

/* The text of a number; "" for a number out of range. */
const char *hf_strtab_get(const hf_strtab *t, uint32_t number);
size_t hf_strtab_length(const hf_strtab *t, uint32_t number);

#endif
