/* present/format.c - see present/format.h. */
#include "present/format.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

bool hf_format_decode(const char *text, size_t length, uint32_t *ret_code, size_t *ret_length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *p = (const uint8_t *)text;
    size_t need = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    uint32_t code = need == 1 ? p[0] : p[0] & (0x7fu >> need);
    bool valid = need <= length && !(p[0] >= 0x80 && p[0] < 0xc0) && p[0] < 0xf8;
    for (size_t i = 1; valid && i < need; i++) {
        valid = (p[i] & 0xc0) == 0x80;
        code = code << 6 | (p[i] & 0x3f);
    }
    valid = valid && code >= least[need] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    *ret_code = valid ? code : 0xfffd;
    *ret_length = valid ? need : 1;
    return valid;
}

/* Writes what stands for one code point; returns its width. */
static size_t put_escaped(char piece[16], const char *text, uint32_t code, size_t length,
                          bool valid)
{
    static const char letters[] = "\aa\bb\tt\nn\vv\ff\rr";
    if (!valid)
        return (size_t)snprintf(piece, 16, "\\x%02x", (uint8_t)text[0]);
    for (size_t i = 0; i + 1 < sizeof(letters); i += 2)
        if (code == (uint8_t)letters[i])
            return (size_t)snprintf(piece, 16, "\\%c", letters[i + 1]);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        return (size_t)snprintf(piece, 16, "\\x%02x", code);
    /* Line and paragraph separators, and what turns the direction of writing or has no width. */
    if ((code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
        (code >= 0x2060 && code <= 0x2069) || code == 0xfeff || code == 0x61c)
        return (size_t)snprintf(piece, 16, "\\u%04x", code);
    memcpy(piece, text, length);
    piece[length] = 0;
    return 1;
}

void hf_format_untrusted(hf_buf *out, const char *text, size_t length, size_t limit)
{
    size_t width = 0, cut_length = out->length;
    for (size_t i = 0; i < length;) {
        uint32_t code;
        size_t step;
        char piece[16];
        bool valid = hf_format_decode(text + i, length - i, &code, &step);
        width += put_escaped(piece, text + i, code, step, valid);
        if (limit && width > limit) {
            if (!out->failed)
                out->length = cut_length;
            hf_buf_text(out, "…");
            return;
        }
        hf_buf_text(out, piece);
        if (!limit || width < limit)
            cut_length = out->length;
        i += step;
    }
}

/* Where the end of a path begins that is no wider than this: at the first name or entry there. */
static size_t end_of_path(const char *text, size_t length, size_t all, size_t width)
{
    enum { NEAR = 24 };
    size_t start = hf_format_prefix(text, length, all - width);
    size_t name = strcspn(text + start, ".[");
    return name < NEAR && start + name < length ? start + name : start;
}

void hf_format_path(hf_buf *out, const char *path, size_t limit)
{
    enum { HEAD = 3 }; /* of which one stays in front: names at the end tell paths apart */
    HF_AUTO(hf_buf_deinit) hf_buf escaped = {0};
    hf_format_untrusted(&escaped, path, strlen(path), 0);
    const char *text = hf_buf_string(&escaped);
    size_t length = strlen(text), width = hf_format_width(text, length);
    if (escaped.failed)
        out->failed = true;
    if (width <= limit) {
        hf_buf_text(out, text);
        return;
    }
    size_t head = limit / HEAD;
    hf_buf_add(out, text, hf_format_prefix(text, length, head));
    hf_buf_text(out, "…");
    hf_buf_text(out, text + end_of_path(text, length, width, limit - head - 1));
}

size_t hf_format_width(const char *text, size_t length)
{
    size_t width = 0;
    for (size_t i = 0; i < length; i++)
        width += ((uint8_t)text[i] & 0xc0) != 0x80;
    return width;
}

size_t hf_format_prefix(const char *text, size_t length, size_t width)
{
    size_t i = 0;
    for (; i < length; i++)
        if (((uint8_t)text[i] & 0xc0) != 0x80 && width-- == 0)
            break;
    return i;
}

void hf_format_digits(FILE *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    fwrite_unlocked(digits + at, 1, sizeof(digits) - at, out);
}

void hf_format_signed_digits(FILE *out, int64_t value)
{
    if (value < 0)
        putc_unlocked('-', out);
    hf_format_digits(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}
