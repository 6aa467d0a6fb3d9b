/* base/fields.h - the numbers and texts of a struct, in a file that older and newer versions read.
 *
 * A varint with the number of numbers, the numbers in the order of a table, and each text
 * behind its length. Readers take what they know and leave the rest, so that a table may grow
 * at its end. */
#ifndef HF_BASE_FIELDS_H
#define HF_BASE_FIELDS_H

#include "base/buf.h"
#include "base/bytes.h"

typedef struct hf_number_field {
    size_t offset, size; /* of a member that is an unsigned number, a bool or an enum */
    uint64_t maximum;    /* more is damage */
} hf_number_field;

#define HF_NUMBER_UP_TO(type, field, maximum)                      \
    {                                                              \
        offsetof(type, field), sizeof(((type *)0)->field), maximum \
    }
#define HF_NUMBER(type, field) HF_NUMBER_UP_TO(type, field, UINT64_MAX)

/* Appends `count` members of a struct. */
void hf_numbers_put(hf_buf *out, const void *structure, const hf_number_field *fields,
                    size_t count);

/* Sets these members, as many as were written; the others keep what they have. A number that is
 * more than its maximum or its member can hold makes the cursor bad. */
void hf_numbers_take(hf_cursor *c, void *structure, const hf_number_field *fields, size_t count);

/* NULL is written as the empty text. */
void hf_text_put(hf_buf *out, const char *text);

#endif
