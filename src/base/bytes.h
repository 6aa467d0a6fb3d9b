/* base/bytes.h - little-endian numbers at any alignment, varints, and the checked cursor through
 * which all foreign bytes are parsed.
 *
 * The cursor's `bad` flag sticks: a parser checks it once a record, not once a byte, and every
 * read past the end gives zero. */
#ifndef HF_BASE_BYTES_H
#define HF_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t hf_load_u16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint32_t hf_load_u32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint64_t hf_load_u64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

/* Small numbers of either sign to small numbers without sign: 0 -1 1 -2 -> 0 1 2 3. */
static inline uint64_t hf_zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline int64_t hf_unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

enum { HF_VARINT_MAX = 10 }; /* bytes that one varint may take */

/* Writes `value` as LEB128 to p, which has room for HF_VARINT_MAX bytes; returns the end. */
static inline uint8_t *hf_put_varint(uint8_t *p, uint64_t value)
{
    while (value >= 0x80) {
        *p++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *p++ = (uint8_t)value;
    return p;
}

typedef struct hf_cursor {
    const uint8_t *p, *end;
    bool bad;
} hf_cursor;

/* bytes may be NULL where n is 0, as an empty buffer's are: the cursor then stands at the
 * end of nothing. */
static inline hf_cursor hf_cursor_over(const void *bytes, size_t n)
{
    const uint8_t *p = bytes ? bytes : (const uint8_t *)"";
    return (hf_cursor){.p = p, .end = p + n};
}

static inline size_t hf_cursor_left(const hf_cursor *c)
{
    return (size_t)(c->end - c->p);
}

/* n bytes and move on, or NULL and bad. The bytes belong to what the cursor runs over. */
static inline const uint8_t *hf_cursor_bytes(hf_cursor *c, size_t n)
{
    if (c->bad || n > hf_cursor_left(c)) {
        c->bad = true;
        return NULL;
    }
    const uint8_t *p = c->p;
    c->p += n;
    return p;
}

static inline uint8_t hf_cursor_u8(hf_cursor *c)
{
    const uint8_t *p = hf_cursor_bytes(c, 1);
    return p ? *p : 0;
}

static inline uint32_t hf_cursor_u32(hf_cursor *c)
{
    const uint8_t *p = hf_cursor_bytes(c, 4);
    return p ? hf_load_u32(p) : 0;
}

static inline uint64_t hf_cursor_u64(hf_cursor *c)
{
    const uint8_t *p = hf_cursor_bytes(c, 8);
    return p ? hf_load_u64(p) : 0;
}

/* LEB128, of at most 10 bytes; what does not fit 64 bits is dropped. */
static inline uint64_t hf_cursor_varint(hf_cursor *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && c->p < c->end; shift += 7) {
        uint8_t byte = *c->p++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return v;
    }
    c->bad = true;
    return 0;
}

#endif
