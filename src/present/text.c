/* present/text.c - see present/text.h. */
#include "present/text.h"

#include "base/cleanup.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

void hf_text_print(hf_text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(t->out, format, arguments);
    va_end(arguments);
}

void hf_text_begin(hf_text *t, hf_style style)
{
    static const char *const starts[] = {[HF_STYLE_PLAIN] = "",
                                         [HF_STYLE_BOLD] = "\033[1m",
                                         [HF_STYLE_DIM] = "\033[2m",
                                         [HF_STYLE_BAD] = "\033[1;31m",
                                         [HF_STYLE_GOOD] = "\033[32m"};
    if (t->colour)
        fputs(starts[style], t->out);
}

void hf_text_end(hf_text *t, hf_style style)
{
    if (t->colour && style != HF_STYLE_PLAIN)
        fputs("\033[0m", t->out);
}

void hf_text_styled(hf_text *t, hf_style style, const char *format, ...)
{
    hf_text_begin(t, style);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(t->out, format, arguments);
    va_end(arguments);
    hf_text_end(t, style);
}

void hf_text_untrusted(hf_text *t, const char *text)
{
    hf_buf escaped HF_AUTO(hf_buf_deinit) = {0};
    hf_format_untrusted(&escaped, text, strlen(text), 0);
    fputs(hf_buf_string(&escaped), t->out);
}

void hf_text_fill(hf_text *t, const char *text, size_t at, size_t width)
{
    size_t column = at;
    const char *p = text;
    if (t->columns && t->columns < width)
        width = t->columns;
    while (*p) {
        bool line_break = *p == '\n';
        size_t blanks = strspn(p, " \n");
        p += blanks;
        size_t length = strcspn(p, " \n");
        if (!length)
            break;
        hf_buf word HF_AUTO(hf_buf_deinit) = {0};
        hf_format_untrusted(&word, p, length, 0);
        const char *escaped = hf_buf_string(&word);
        size_t word_width = hf_format_width(escaped, strlen(escaped));
        if (line_break || (column > at && column + 1 + word_width > width)) {
            fprintf(t->out, "\n%*s", (int)at, "");
            column = at;
        } else if (column > at) {
            fputc(' ', t->out);
            column++;
        }
        fputs(escaped, t->out);
        column += word_width;
        p += length;
    }
    fputc('\n', t->out);
}

void hf_table_init(hf_table *t, const hf_column *columns, size_t column_count, size_t indent)
{
    *t = (hf_table){.columns = columns, .column_count = column_count, .indent = indent};
    hf_buf_init(&t->text, 0);
    hf_buf_init(&t->starts, 0);
}

void hf_table_deinit(hf_table *t)
{
    hf_buf_deinit(&t->text);
    hf_buf_deinit(&t->starts);
}

static void begin_cell(hf_table *t)
{
    uint64_t start = t->text.length;
    hf_buf_add(&t->starts, &start, sizeof(start));
    t->cell_count++;
}

void hf_table_cell(hf_table *t, const char *format, ...)
{
    begin_cell(t);
    va_list arguments;
    va_start(arguments, format);
    hf_buf_vformat(&t->text, format, arguments);
    va_end(arguments);
}

void hf_table_untrusted(hf_table *t, const char *text, size_t length, size_t limit)
{
    begin_cell(t);
    hf_format_untrusted(&t->text, text, length, limit);
}

void hf_table_path(hf_table *t, const char *path, size_t limit)
{
    begin_cell(t);
    hf_format_path(&t->text, path, limit);
}

static const char *cell_at(const hf_table *t, size_t cell, size_t *ret_length)
{
    const uint64_t *starts = (const uint64_t *)(const void *)t->starts.data;
    uint64_t end = cell + 1 < t->cell_count ? starts[cell + 1] : t->text.length;
    *ret_length = end - starts[cell];
    return (const char *)t->text.data + starts[cell];
}

static void print_cell(const hf_table *t, hf_text *out, size_t column, size_t column_width,
                       const char *text, size_t length)
{
    size_t width = hf_format_width(text, length);
    int padding = column_width > width ? (int)(column_width - width) : 0;
    bool last = column + 1 == t->column_count, right = t->columns[column].right;
    bool cut = width > column_width;
    if (cut)
        length = hf_format_prefix(text, length, column_width - 1);
    fprintf(out->out, "%*s%.*s%s%*s%s", right ? padding : 0, "", (int)length, text, cut ? "…" : "",
            right || last ? 0 : padding, "", last ? "\n" : "  ");
}

/* The width of the last column is what the others leave of the terminal. */
static void limit_last(const hf_table *t, const hf_text *out, size_t *widths)
{
    size_t used = t->indent, last = t->column_count - 1;
    for (size_t i = 0; i < last; i++)
        used += widths[i] + 2;
    if (t->cut && out->columns > used + strlen(t->columns[last].title) &&
        used + widths[last] > out->columns)
        widths[last] = out->columns - used;
}

void hf_table_print(const hf_table *t, hf_text *out)
{
    size_t widths[16] = {0};
    assert(t->column_count <= 16 && t->cell_count % t->column_count == 0);
    if (t->text.failed || t->starts.failed)
        return;
    for (size_t i = 0; i < t->column_count; i++)
        widths[i] = strlen(t->columns[i].title);
    for (size_t i = 0; i < t->cell_count; i++) {
        size_t length;
        const char *text = cell_at(t, i, &length);
        size_t width = hf_format_width(text, length);
        if (width > widths[i % t->column_count])
            widths[i % t->column_count] = width;
    }
    limit_last(t, out, widths);
    fprintf(out->out, "%*s", (int)t->indent, "");
    hf_text_begin(out, HF_STYLE_DIM);
    for (size_t i = 0; i < t->column_count; i++)
        print_cell(t, out, i, widths[i], t->columns[i].title, strlen(t->columns[i].title));
    hf_text_end(out, HF_STYLE_DIM);
    for (size_t i = 0; i < t->cell_count; i++) {
        size_t length;
        const char *text = cell_at(t, i, &length);
        if (i % t->column_count == 0)
            fprintf(out->out, "%*s", (int)t->indent, "");
        print_cell(t, out, i % t->column_count, widths[i % t->column_count], text, length);
    }
}
