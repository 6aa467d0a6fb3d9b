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

static void write_string(hf_json *j, const char *text, size_t length)
{
    fputc('"', j->out);
    for (size_t i = 0; i < length;) {
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
    fputc('"', j->out);
}

/* Comma, line and key in front of a value. */
static void begin_value(hf_json *j, const char *key)
{
    if (!j->depth)
        return;
    unsigned level = j->depth - 1;
    assert((key != NULL) == (j->closing[level] == '}'));
    if (!j->empty[level])
        fputc(',', j->out);
    j->empty[level] = false;
    fprintf(j->out, "\n%*s", (int)(2 * j->depth), "");
    if (key) {
        write_string(j, key, strlen(key));
        fputs(": ", j->out);
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
        fprintf(j->out, "\n%*s", (int)(2 * j->depth), "");
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
    fprintf(j->out, "%" PRIu64, value);
}

void hf_json_int(hf_json *j, const char *key, int64_t value)
{
    begin_value(j, key);
    fprintf(j->out, "%" PRId64, value);
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
