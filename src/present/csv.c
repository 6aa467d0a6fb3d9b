/* present/csv.c - see present/csv.h. */
#include "present/csv.h"

#include "present/format.h"

#include <string.h>

void hf_csv_init(hf_csv *c, FILE *out)
{
    *c = (hf_csv){.out = out};
}

static void begin_field(hf_csv *c)
{
    if (c->column++)
        putc_unlocked(',', c->out);
}

/* Spaces at the ends are kept by quoting: some readers strip them. */
static bool needs_quotes(const char *text, size_t length)
{
    if (length && (text[0] == ' ' || text[length - 1] == ' '))
        return true;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '"' || text[i] == ',' || text[i] == '\n' || text[i] == '\r')
            return true;
    return false;
}

/* Printable ASCII that needs no quotes: most fields are. */
static bool is_simple(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] >= 0x7f || text[i] == '"' || text[i] == ',')
            return false;
    return true;
}

void hf_csv_text(hf_csv *c, const char *text, size_t length)
{
    begin_field(c);
    if (is_simple(text, length)) {
        fwrite_unlocked(text, 1, length, c->out);
        return;
    }
    bool quotes = needs_quotes(text, length);
    if (quotes)
        fputc('"', c->out);
    for (size_t i = 0; i < length;) {
        uint32_t code;
        size_t step;
        if (!hf_format_decode(text + i, length - i, &code, &step))
            fputs("\xef\xbf\xbd", c->out);
        else if (code == '"')
            fputs("\"\"", c->out);
        else if (code == 0)
            fputs("\xe2\x90\x80", c->out); /* U+2400: a NUL ends the line for many readers */
        else
            fwrite(text + i, 1, step, c->out);
        i += step;
    }
    if (quotes)
        fputc('"', c->out);
}

void hf_csv_uint(hf_csv *c, uint64_t value)
{
    begin_field(c);
    hf_format_digits(c->out, value);
}

void hf_csv_int(hf_csv *c, int64_t value)
{
    begin_field(c);
    hf_format_signed_digits(c->out, value);
}

void hf_csv_address(hf_csv *c, uint64_t address)
{
    begin_field(c);
    /* By hand: a large heap has tens of millions of them, and a format costs ten times as much. */
    char digits[18];
    size_t at = sizeof(digits);
    do {
        digits[--at] = "0123456789abcdef"[address & 15];
        address >>= 4;
    } while (address);
    digits[--at] = 'x';
    digits[--at] = '0';
    fwrite_unlocked(digits + at, 1, sizeof(digits) - at, c->out);
}

void hf_csv_end(hf_csv *c)
{
    fputs("\r\n", c->out);
    c->column = 0;
}
