/* base/buf.h - a growing byte buffer with a limit.
 *
 *     hf_buf text HF_AUTO(hf_buf_deinit) = {0};    empty, without a limit
 *
 * Running out of memory or past the limit sets `failed` and drops what is appended from then on;
 * the owner checks once at the end. Pointers into it are invalid after the next append. */
#ifndef HF_BASE_BUF_H
#define HF_BASE_BUF_H

#include "base/bytes.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct hf_buf {
    uint8_t *data;
    size_t length, capacity, limit;
    bool failed;
} hf_buf;

/* limit: bytes it may grow to; 0 for none. No allocation until the first append. */
void hf_buf_init(hf_buf *b, size_t limit);
void hf_buf_deinit(hf_buf *b);

static inline void hf_buf_clear(hf_buf *b) /* keeps the memory */
{
    b->length = 0;
}

/* What hf_buf_reserve() does where there is no room yet. */
uint8_t *hf_buf_reserve_more(hf_buf *b, size_t n);

/* Room for n more bytes at data + length, or NULL. The caller adds to length what it wrote. */
static inline uint8_t *hf_buf_reserve(hf_buf *b, size_t n)
{
    /* What is allocated is within the limit, but for what doubling added. */
    if (n <= b->capacity - b->length && !b->limit && !b->failed)
        return b->data + b->length;
    return hf_buf_reserve_more(b, n);
}

static inline void hf_buf_add(hf_buf *b, const void *bytes, size_t n)
{
    uint8_t *room = n ? hf_buf_reserve(b, n) : NULL;
    if (!room)
        return;
    memcpy(room, bytes, n);
    b->length += n;
}

static inline void hf_buf_char(hf_buf *b, char c)
{
    hf_buf_add(b, &c, 1);
}

static inline void hf_buf_varint(hf_buf *b, uint64_t value)
{
    uint8_t *room = hf_buf_reserve(b, HF_VARINT_MAX);
    if (room)
        b->length += (size_t)(hf_put_varint(room, value) - room);
}

/* Append a text without its zero byte; text as printf() makes it. */
void hf_buf_text(hf_buf *b, const char *text);
void hf_buf_format(hf_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void hf_buf_vformat(hf_buf *b, const char *format, va_list arguments);

/* Terminates with a zero byte (not counted in length) and returns the text; "" when empty or
 * failed. */
const char *hf_buf_string(hf_buf *b);

#endif
