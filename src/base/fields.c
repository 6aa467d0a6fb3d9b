#include "base/fields.h"

void hf_numbers_put(hf_buf *out, const void *structure, const hf_number_field *fields, size_t count)
{
    hf_buf_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 0; /* little-endian: the low bytes come first */
        memcpy(&value, (const char *)structure + fields[i].offset, fields[i].size);
        hf_buf_varint(out, value);
    }
}

void hf_numbers_take(hf_cursor *c, void *structure, const hf_number_field *fields, size_t count)
{
    uint64_t found = hf_cursor_varint(c);
    for (uint64_t i = 0; i < found && !c->bad; i++) {
        uint64_t value = hf_cursor_varint(c);
        if (i >= count)
            continue;
        const hf_number_field *f = &fields[i];
        if (value > f->maximum || (f->size < sizeof(value) && value >> f->size * 8))
            c->bad = true;
        else
            memcpy((char *)structure + f->offset, &value, f->size);
    }
}

void hf_text_put(hf_buf *out, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    hf_buf_varint(out, length);
    hf_buf_add(out, text, length);
}
