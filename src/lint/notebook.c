/* lint/notebook.c - see lint/notebook.h.
 *
 * JSON is read as a stream of tokens; what is not wanted is skipped by counting brackets, so that
 * no nesting takes our stack. */
#include "lint/notebook.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <ctype.h>
#include <string.h>

typedef struct reader {
    const char *p, *end;
    bool bad;
} reader;

static void skip_blanks(reader *r)
{
    while (r->p < r->end && strchr(" \t\r\n", *r->p) && *r->p)
        r->p++;
}

static bool take(reader *r, char c)
{
    skip_blanks(r);
    if (r->p >= r->end || *r->p != c)
        return false;
    r->p++;
    return true;
}

static void add_code_point(hf_buf *out, uint32_t code)
{
    if (code < 0x80) {
        hf_buf_char(out, (char)code);
    } else if (code < 0x800) {
        hf_buf_char(out, (char)(0xc0 | code >> 6));
        hf_buf_char(out, (char)(0x80 | (code & 0x3f)));
    } else if (code < 0x10000) {
        hf_buf_char(out, (char)(0xe0 | code >> 12));
        hf_buf_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
        hf_buf_char(out, (char)(0x80 | (code & 0x3f)));
    } else {
        hf_buf_char(out, (char)(0xf0 | code >> 18));
        hf_buf_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
        hf_buf_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
        hf_buf_char(out, (char)(0x80 | (code & 0x3f)));
    }
}

static uint32_t hex4(reader *r)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef";
        char c = r->p < r->end ? (char)(*r->p | 0x20) : 0;
        const char *digit = c ? strchr(digits, c) : NULL;
        if (!digit) {
            r->bad = true;
            return 0xfffd;
        }
        value = value << 4 | (uint32_t)(digit - digits);
        r->p++;
    }
    return value;
}

static void read_escape(reader *r, hf_buf *out)
{
    char c = r->p < r->end ? *r->p++ : 0;
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *known = c ? strchr(from, c) : NULL;
    if (known) {
        hf_buf_char(out, to[known - from]);
    } else if (c == 'u') {
        uint32_t code = hex4(r);
        if (code >= 0xd800 && code < 0xdc00 && r->end - r->p > 6 && r->p[0] == '\\' &&
            r->p[1] == 'u') {
            r->p += 2;
            uint32_t low = hex4(r);
            code = low >= 0xdc00 && low < 0xe000
                       ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
                       : 0xfffd;
        }
        add_code_point(out, (code >= 0xd800 && code < 0xe000) || !code ? 0xfffd : code);
    } else {
        r->bad = true;
    }
}

/* A text at the cursor, appended to out. */
static bool read_text(reader *r, hf_buf *out)
{
    if (!take(r, '"'))
        return false;
    while (r->p < r->end && *r->p != '"' && !r->bad) {
        if (*r->p == '\\') {
            r->p++;
            read_escape(r, out);
        } else {
            hf_buf_char(out, *r->p++);
        }
    }
    if (r->p >= r->end) {
        r->bad = true;
        return false;
    }
    r->p++;
    return !r->bad;
}

/* Any value, whatever is in it. */
static void skip_value(reader *r)
{
    uint64_t depth = 0;
    do {
        skip_blanks(r);
        if (r->p >= r->end) {
            r->bad = true;
            return;
        }
        char c = *r->p;
        if (c == '"') {
            for (r->p++; r->p < r->end && *r->p != '"'; r->p++)
                r->p += *r->p == '\\' && r->p + 1 < r->end;
            r->p += r->p < r->end;
        } else if (c == '[' || c == '{') {
            depth++;
            r->p++;
        } else if (c == ']' || c == '}') {
            if (!depth) {
                r->bad = true;
                return;
            }
            depth--;
            r->p++;
        } else if (c == ',' || c == ':') {
            r->p++;
            if (!depth) {
                r->bad = true;
                return;
            }
            continue;
        } else {
            while (r->p < r->end && !strchr(" \t\r\n,:]}[{\"", *r->p))
                r->p++;
        }
    } while (depth);
}

/* A text, or an array of texts. */
static void read_source(reader *r, hf_buf *out)
{
    if (!take(r, '[')) {
        r->bad |= !read_text(r, out);
        return;
    }
    if (take(r, ']'))
        return;
    do {
        r->bad |= !read_text(r, out);
    } while (!r->bad && take(r, ','));
    r->bad |= !take(r, ']');
}

/* %time, !ls, ?name; but neither `% name` nor `!= name`, which go on with an expression. */
static bool is_magic(const char *p, const char *end)
{
    if (p == end || *p == '?')
        return p < end;
    bool word = p + 1 < end && (isalpha((unsigned char)p[1]) || p[1] == '%');
    return (*p == '%' && word) || (*p == '!' && p + 1 < end && p[1] != '=');
}

static const char *behind(const char *p, const char *end, const char *others)
{
    while (p < end && (isalnum((unsigned char)*p) || strchr(others, *p)))
        p++;
    return p;
}

/* A statement of IPython in a line, as in `files = !ls` and `name?`, becomes `0` and a comment: the
 * block that it stands in may have no other. */
static void mask_line(char *line, char *end)
{
    char *p = line;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (!is_magic(p, end)) {
        const char *name = behind(p, end, "_.?"), *left = behind(p, end, "_., ");
        bool help = name == end && p < end && end[-1] == '?';
        bool assigned = left > p && left < end && *left == '=';
        if (assigned)
            p += left + 1 - p;
        while (assigned && p < end && *p == ' ')
            p++;
        if (!help && !(assigned && is_magic(p, end) && *p != '?'))
            return;
    }
    *p = '0';
    if (p + 1 < end)
        p[1] = '#';
}

/* Lines that are not Python; a cell of another language is all comments. */
static void mask_magic(char *text, size_t length)
{
    bool all = length > 2 && memcmp(text, "%%", 2) == 0 &&
               (length < 6 || (memcmp(text, "%%time", 6) != 0 && memcmp(text, "%%capt", 6) != 0));
    for (size_t i = 0; i < length;) {
        char *stop = memchr(text + i, '\n', length - i), *end = stop ? stop : text + length;
        if (all && text + i < end)
            text[i] = '#';
        else if (!all)
            mask_line(text + i, end);
        i = (size_t)(end - text) + 1;
    }
}

typedef struct output {
    hf_buf text;
    uint32_t lines;
    hf_notebook *notebook;
} output;

static void add_cell(output *o, uint32_t number, hf_buf *source)
{
    hf_notebook *n = o->notebook;
    if (!hf_array_room(&n->first_lines, n->count, &n->first_capacity) ||
        !hf_array_room(&n->numbers, n->count, &n->number_capacity)) {
        o->text.failed = true;
        return;
    }
    n->first_lines[n->count] = o->lines + 1;
    n->numbers[n->count++] = number;
    if (source->length)
        mask_magic((char *)source->data, source->length);
    hf_buf_add(&o->text, source->data, source->length);
    hf_buf_char(&o->text, '\n');
    for (size_t i = 0; i < source->length; i++)
        o->lines += source->data[i] == '\n';
    o->lines++;
}

static void read_cell(reader *r, output *o, uint32_t number)
{
    hf_buf key HF_AUTO(hf_buf_deinit), kind HF_AUTO(hf_buf_deinit), source HF_AUTO(hf_buf_deinit);
    hf_buf_init(&key, 1 << 16);
    hf_buf_init(&kind, 1 << 16);
    hf_buf_init(&source, o->text.limit);
    r->bad |= !take(r, '{');
    if (!r->bad && !take(r, '}')) {
        do {
            hf_buf_clear(&key);
            if (!read_text(r, &key) || !take(r, ':'))
                r->bad = true;
            else if (strcmp(hf_buf_string(&key), "cell_type") == 0)
                r->bad |= !read_text(r, &kind);
            else if (strcmp(hf_buf_string(&key), "source") == 0)
                read_source(r, &source);
            else
                skip_value(r);
        } while (!r->bad && take(r, ','));
        r->bad |= !take(r, '}');
    }
    if (!r->bad && strcmp(hf_buf_string(&kind), "code") == 0)
        add_cell(o, number, &source);
}

static void read_cells(reader *r, output *o)
{
    r->bad |= !take(r, '[');
    if (r->bad || take(r, ']'))
        return;
    uint32_t number = 0;
    do {
        read_cell(r, o, ++number);
    } while (!r->bad && take(r, ','));
    r->bad |= !take(r, ']');
}

void hf_notebook_deinit(hf_notebook *n)
{
    free(n->first_lines);
    free(n->numbers);
    *n = (hf_notebook){0};
}

const char *hf_notebook_extract(hf_buf *text, hf_notebook *notebook)
{
    reader r = {.p = (const char *)text->data, .end = (const char *)text->data + text->length};
    output o = {.notebook = notebook};
    hf_buf key HF_AUTO(hf_buf_deinit);
    hf_buf_init(&key, 1 << 16);
    hf_buf_init(&o.text, text->limit);
    notebook->count = 0;
    if (!text->length || !take(&r, '{'))
        r.bad = true;
    do {
        hf_buf_clear(&key);
        if (r.bad || !read_text(&r, &key) || !take(&r, ':'))
            r.bad = true;
        else if (strcmp(hf_buf_string(&key), "cells") == 0)
            read_cells(&r, &o);
        else
            skip_value(&r);
    } while (!r.bad && take(&r, ','));
    if (!r.bad && !o.text.failed) {
        hf_buf swap = *text;
        *text = o.text;
        o.text = swap;
    }
    bool bad = r.bad || o.text.failed;
    hf_buf_deinit(&o.text);
    return bad ? "no notebook that can be read: skipped" : NULL;
}

void hf_notebook_place(const hf_notebook *n, uint32_t line, uint32_t *ret_cell, uint32_t *ret_line)
{
    uint32_t low = 0, high = n->count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (n->first_lines[middle] <= line)
            low = middle;
        else
            high = middle;
    }
    *ret_cell = n->count ? n->numbers[low] : 1;
    *ret_line = n->count && n->first_lines[low] <= line ? line - n->first_lines[low] + 1 : line;
}
