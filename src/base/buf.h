/* base/buf.h - a growing byte buffer with a limit.
 *
 * Running out of memory or past the limit sets `failed` and drops what is appended from then on;
 * the owner checks once at the end. Pointers into it are invalid after the next append. */
#ifndef HF_BASE_BUF_H
#define HF_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hf_buf {
    uint8_t *data;
    size_t length, capacity, limit;
    bool failed;
} hf_buf;

/* limit: bytes it may grow to; 0 for none. No allocation until the first append. */
void hf_buf_init(hf_buf *b, size_t limit);
void hf_buf_deinit(hf_buf *b);

void hf_buf_clear(hf_buf *b); /* keeps the memory */

/* Room for n more bytes at data + length, or NULL. The caller adds to length what it wrote. */
uint8_t *hf_buf_reserve(hf_buf *b, size_t n);

void hf_buf_add(hf_buf *b, const void *bytes, size_t n);
void hf_buf_text(hf_buf *b, const char *text);
void hf_buf_char(hf_buf *b, char c);
void hf_buf_varint(hf_buf *b, uint64_t value);
void hf_buf_format(hf_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void hf_buf_vformat(hf_buf *b, const char *format, va_list arguments);

/* Terminates with a zero byte (not counted in length) and returns the text; "" when empty or
 * failed. */
const char *hf_buf_string(hf_buf *b);

#endif
