/* agent/text.c - see agent/text.h. */
#include "agent/text.h"

#include "agent/agent.h"
#include "agent/layout.h"

#include <string.h>

static uint32_t bits(uintptr_t text, int32_t offset, int32_t mask)
{
    uint32_t word = *(const uint32_t *)(text + (uintptr_t)offset);
    return (word & (uint32_t)mask) >> __builtin_ctz((uint32_t)mask);
}

static uint64_t characters(uintptr_t text)
{
    uint64_t n = text ? *(const uint64_t *)(text + (uintptr_t)hf_layout->text_length) : 0;
    return n < HF_TEXT_LONGEST ? n : HF_TEXT_LONGEST;
}

uint64_t hf_text_most(uintptr_t text)
{
    return 4 * characters(text);
}

static uint8_t *put_character(uint8_t *p, uint32_t c)
{
    if (c < 0x80) {
        *p++ = (uint8_t)c;
    } else if (c < 0x800) {
        *p++ = (uint8_t)(0xc0 | c >> 6);
        *p++ = (uint8_t)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *p++ = (uint8_t)(0xe0 | c >> 12);
        *p++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        *p++ = (uint8_t)(0x80 | (c & 0x3f));
    } else {
        *p++ = (uint8_t)(0xf0 | (c >> 18 & 7));
        *p++ = (uint8_t)(0x80 | (c >> 12 & 0x3f));
        *p++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        *p++ = (uint8_t)(0x80 | (c & 0x3f));
    }
    return p;
}

uint32_t hf_text_copy(uintptr_t text, uint8_t *ret)
{
    const hf_agent_layout *l = hf_layout;
    uint64_t n = characters(text);
    if (!n || !bits(text, l->text_compact, l->text_compact_mask))
        return 0;
    uint32_t kind = bits(text, l->text_kind, l->text_kind_mask);
    bool ascii = bits(text, l->text_ascii, l->text_ascii_mask);
    uintptr_t data = text + (uintptr_t)(ascii ? l->text_ascii_size : l->text_compact_size);
    uint8_t *p = ret;
    for (uint64_t i = 0; i < n; i++) {
        uint32_t c = kind == 1   ? ((const uint8_t *)data)[i]
                     : kind == 2 ? ((const uint16_t *)data)[i]
                                 : ((const uint32_t *)data)[i];
        p = put_character(p, c);
    }
    return (uint32_t)(p - ret);
}

uint32_t hf_bytes_length(uintptr_t bytes)
{
    uint64_t n = bytes ? *(const uint64_t *)(bytes + (uintptr_t)hf_layout->bytes_length) : 0;
    return (uint32_t)(n < HF_BYTES_LONGEST ? n : HF_BYTES_LONGEST);
}

uint32_t hf_bytes_copy(uintptr_t bytes, uint8_t *ret)
{
    uint32_t n = hf_bytes_length(bytes);
    memcpy(ret, (const void *)(bytes + (uintptr_t)hf_layout->bytes_data), n);
    return n;
}
