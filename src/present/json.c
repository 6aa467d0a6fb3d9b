/* present/json.c - see present/json.h. */
#include "present/json.h"

#include "present/format.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

void hf_json_init(hf_json *j, FILE *out)
{
    *j = (hf_json){.out = out};
}

/* How many bytes from here on mean themselves. */
static size_t plain_length(const char *text, size_t length)
{
    size_t n = 0;
    while (n < length && text[n] >= ' ' && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
        n++;
    return n;
}

static void write_string(hf_json *j, const char *text, size_t length)
{
    putc_unlocked('"', j->out);
    for (size_t i = 0; i < length;) {
        size_t plain = plain_length(text + i, length - i);
        fwrite_unlocked(text + i, 1, plain, j->out);
        i += plain;
        if (i == length)
            break;
        uint32_t code;
        size_t step;
        if (!hf_format_decode(text + i, length - i, &code, &step))
            fputs("\xef\xbf\xbd", j->out);
        else if (code == '"' || code == '\\')
            fprintf(j->out, "\\%c", (char)code);
        else if (code < 0x20 || code == 0x7f)
            fprintf(j->out, "\\u%04x", code);
        else
            fwrite(text + i, 1, step, j->out);
        i += step;
    }
    putc_unlocked('"', j->out);
}

/* A new line, indented. */
static void begin_line(hf_json *j)
{
    putc_unlocked('\n', j->out);
    for (unsigned i = 0; i < j->depth; i++)
        fwrite_unlocked("  ", 1, 2, j->out);
}

/* Comma, line and key in front of a value. */
static void begin_value(hf_json *j, const char *key)
{
    if (!j->depth)
        return;
    unsigned level = j->depth - 1;
    assert((key != NULL) == (j->closing[level] == '}'));
    if (!j->empty[level])
        putc_unlocked(',', j->out);
    j->empty[level] = false;
    begin_line(j);
    if (key) {
        write_string(j, key, strlen(key));
        fwrite_unlocked(": ", 1, 2, j->out);
    }
}

static void open_level(hf_json *j, const char *key, char opening, char closing)
{
    begin_value(j, key);
    assert(j->depth < HF_JSON_DEPTH);
    fputc(opening, j->out);
    j->closing[j->depth] = closing;
    j->empty[j->depth++] = true;
}

void hf_json_object(hf_json *j, const char *key)
{
    open_level(j, key, '{', '}');
}

void hf_json_array(hf_json *j, const char *key)
{
    open_level(j, key, '[', ']');
}

void hf_json_end(hf_json *j)
{
    assert(j->depth);
    j->depth--;
    if (!j->empty[j->depth])
        begin_line(j);
    fputc(j->closing[j->depth], j->out);
    if (!j->depth)
        fputc('\n', j->out);
}

void hf_json_text_n(hf_json *j, const char *key, const char *text, size_t length)
{
    begin_value(j, key);
    if (text)
        write_string(j, text, length);
    else
        fputs("null", j->out);
}

void hf_json_text(hf_json *j, const char *key, const char *text)
{
    hf_json_text_n(j, key, text, text ? strlen(text) : 0);
}

void hf_json_uint(hf_json *j, const char *key, uint64_t value)
{
    begin_value(j, key);
    hf_format_digits(j->out, value);
}

void hf_json_int(hf_json *j, const char *key, int64_t value)
{
    begin_value(j, key);
    hf_format_signed_digits(j->out, value);
}

void hf_json_real(hf_json *j, const char *key, double value)
{
    begin_value(j, key);
    if (isfinite(value))
        fprintf(j->out, "%.10g", value);
    else
        fputs("null", j->out);
}

void hf_json_bool(hf_json *j, const char *key, bool value)
{
    begin_value(j, key);
    fputs(value ? "true" : "false", j->out);
}

void hf_json_address(hf_json *j, const char *key, uint64_t address)
{
    begin_value(j, key);
    if (address)
        fprintf(j->out, "\"0x%" PRIx64 "\"", address);
    else
        fputs("null", j->out);
}
