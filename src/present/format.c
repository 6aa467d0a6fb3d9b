/* present/format.c - see present/format.h. */
#include "present/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

hf_format_label hf_format_bytes(uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    hf_format_label label;
    if (bytes < 1024) {
        snprintf(label.text, sizeof(label.text), "%" PRIu64 " byte%s", bytes,
                 bytes == 1 ? "" : "s");
        return label;
    }
    size_t unit = 0;
    double scaled = (double)bytes / 1024;
    /* 1023.95 would be written as 1024.0. */
    while (scaled >= 1023.95 && unit + 1 < sizeof(units) / sizeof(*units)) {
        scaled /= 1024;
        unit++;
    }
    snprintf(label.text, sizeof(label.text), "%.1f %s", scaled, units[unit]);
    return label;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

hf_format_label hf_format_bytes_change(int64_t bytes)
{
    hf_format_label label = {.text = "0"};
    if (bytes)
        snprintf(label.text, sizeof(label.text), "%c%.30s", bytes < 0 ? '-' : '+',
                 hf_format_bytes(magnitude(bytes)).text);
    return label;
}

hf_format_label hf_format_rate(double bytes_per_second)
{
    hf_format_label label;
    double size = fabs(bytes_per_second);
    snprintf(label.text, sizeof(label.text), "%s%.30s/s", bytes_per_second < 0 ? "-" : "",
             hf_format_bytes(size < 1e18 ? (uint64_t)llround(size) : (uint64_t)1e18).text);
    return label;
}

hf_format_label hf_format_at_most(double share)
{
    hf_format_label label;
    if (share < 0.0001)
        snprintf(label.text, sizeof(label.text), "less than 0.01%%");
    else
        snprintf(label.text, sizeof(label.text), "at most %.2g%%", 100 * share);
    return label;
}

hf_format_label hf_format_count(uint64_t count)
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count), used = 0;
    hf_format_label label;
    for (size_t i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            label.text[used++] = ',';
        label.text[used++] = digits[i];
    }
    label.text[used] = 0;
    return label;
}

hf_format_label hf_format_count_change(int64_t count)
{
    hf_format_label label = {.text = "0"};
    if (count)
        snprintf(label.text, sizeof(label.text), "%c%.30s", count < 0 ? '-' : '+',
                 hf_format_count(magnitude(count)).text);
    return label;
}

hf_format_label hf_format_share(uint64_t part, uint64_t whole)
{
    hf_format_label label = {.text = "-"};
    if (whole)
        snprintf(label.text, sizeof(label.text), "%.1f%%", 100.0 * (double)part / (double)whole);
    return label;
}

hf_format_label hf_format_pause(uint64_t nanoseconds)
{
    hf_format_label label;
    if (nanoseconds < 999500)
        snprintf(label.text, sizeof(label.text), "%.0f us", (double)nanoseconds / 1e3);
    else if (nanoseconds < 999950000)
        snprintf(label.text, sizeof(label.text), "%.1f ms", (double)nanoseconds / 1e6);
    else
        snprintf(label.text, sizeof(label.text), "%.2f s", (double)nanoseconds / 1e9);
    return label;
}

hf_format_label hf_format_seconds(double seconds)
{
    hf_format_label label;
    uint64_t whole = seconds > 0 ? (uint64_t)seconds : 0;
    if (seconds < 120)
        snprintf(label.text, sizeof(label.text), "%.1f s", seconds);
    else if (whole < 3600)
        snprintf(label.text, sizeof(label.text), "%" PRIu64 "m %02" PRIu64 "s", whole / 60,
                 whole % 60);
    else if (whole < 86400)
        snprintf(label.text, sizeof(label.text), "%" PRIu64 "h %02" PRIu64 "m", whole / 3600,
                 whole / 60 % 60);
    else
        snprintf(label.text, sizeof(label.text), "%" PRIu64 "d %02" PRIu64 "h", whole / 86400,
                 whole / 3600 % 24);
    return label;
}

hf_format_label hf_format_address(uint64_t address)
{
    hf_format_label label;
    snprintf(label.text, sizeof(label.text), "0x%" PRIx64, address);
    return label;
}

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
    hf_format_digits(out, magnitude(value));
}
