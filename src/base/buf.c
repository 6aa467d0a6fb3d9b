#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

void hf_buf_init(hf_buf *b, size_t limit)
{
    *b = (hf_buf){.limit = limit};
}

void hf_buf_deinit(hf_buf *b)
{
    free(b->data);
    *b = (hf_buf){0};
}

static bool grow(hf_buf *b, size_t wanted)
{
    size_t capacity = b->capacity ? b->capacity : 64;
    while (capacity < wanted)
        capacity *= 2;
    uint8_t *data = realloc(b->data, capacity);
    if (!data)
        return false;
    b->data = data;
    b->capacity = capacity;
    return true;
}

uint8_t *hf_buf_reserve_more(hf_buf *b, size_t n)
{
    size_t wanted;
    if (b->failed || __builtin_add_overflow(b->length, n, &wanted) || wanted > SIZE_MAX / 2 ||
        (b->limit && wanted > b->limit) || (wanted > b->capacity && !grow(b, wanted))) {
        b->failed = true;
        return NULL;
    }
    return b->data + b->length;
}

void hf_buf_text(hf_buf *b, const char *text)
{
    hf_buf_add(b, text, strlen(text));
}

void hf_buf_vformat(hf_buf *b, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, arguments);
    uint8_t *room = n < 0 ? NULL : hf_buf_reserve(b, (size_t)n + 1);
    if (room) {
        vsnprintf((char *)room, (size_t)n + 1, format, again);
        b->length += (size_t)n;
    }
    va_end(again);
}

void hf_buf_format(hf_buf *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    hf_buf_vformat(b, format, arguments);
    va_end(arguments);
}

const char *hf_buf_string(hf_buf *b)
{
    uint8_t *end = hf_buf_reserve(b, 1);
    if (!end)
        return "";
    *end = 0;
    return (const char *)b->data;
}
