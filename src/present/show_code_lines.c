/* present/show_code_lines.c - see present/show_code_lines.h. */
#include "present/show_code_lines.h"

#include "base/cleanup.h"
#include "present/show_trace.h"

#include <string.h>

enum { LINES_MAX = 2000 }; /* of a function, with those between that have nothing */

/* In a capture of nonsense more may be held than was allocated. */
static hf_count freed_of(const hf_counts *n)
{
    return (hf_count){n->total.bytes > n->live.bytes ? n->total.bytes - n->live.bytes : 0,
                      n->total.blocks > n->live.blocks ? n->total.blocks - n->live.blocks : 0};
}

/* Bytes, of a sampled run with how wrong they may be. */
static void add_bytes(hf_table *table, const hf_capture *c, uint64_t bytes)
{
    uint64_t margin = hf_capture_margin(c, bytes);
    if (margin)
        hf_table_cell(table, "%s ±%s", hf_format_bytes(bytes).text, hf_format_bytes(margin).text);
    else
        hf_table_cell(table, "%s", hf_format_bytes(bytes).text);
}

static void add_numbers(hf_table *table, const hf_capture *c, const hf_counts *n)
{
    add_bytes(table, c, n->total.bytes);
    add_bytes(table, c, freed_of(n).bytes);
    add_bytes(table, c, n->live.bytes);
    add_bytes(table, c, n->peak.bytes);
    hf_table_cell(table, "%s", hf_format_count(n->total.blocks).text);
}

static void add_source(hf_table *table, const hf_source_text *s, uint32_t line)
{
    if (!s->starts || line < 1 || line > s->line_count) {
        hf_table_cell(table, "%s", "");
        return;
    }
    const char *text = (const char *)s->bytes.data + s->starts[line - 1];
    size_t length = s->starts[line] - s->starts[line - 1];
    while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    hf_buf tabs HF_AUTO(hf_buf_deinit) = {0};
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\t')
            hf_buf_text(&tabs, "    ");
        else
            hf_buf_char(&tabs, text[i]);
    }
    hf_table_untrusted(table, hf_buf_string(&tabs), tabs.length, 0);
}

static void add_line(hf_table *table, const hf_capture *c, uint32_t line, const hf_counts *n,
                     const hf_source_text *source)
{
    if (line)
        hf_table_cell(table, "%u", line);
    else
        hf_table_cell(table, "%s", "-");
    if (n)
        add_numbers(table, c, n);
    for (size_t i = 0; !n && i < 5; i++)
        hf_table_cell(table, "%s", "");
    add_source(table, source, line);
}

void hf_show_code_lines_text(hf_text *t, const hf_capture *c, const hf_code_lines *l,
                             const hf_code_function *f, const hf_source_text *source)
{
    const hf_column columns[] = {{"LINE", true},   {"ALLOCATED", true},   {"FREED", true},
                                 {"HELD", true},   {"AT THE PEAK", true}, {"BLOCKS", true},
                                 {"SOURCE", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 7, 0);
    table.cut = true;
    hf_buf title HF_AUTO(hf_buf_deinit) = {0};
    hf_show_frame(&title, c, &(hf_frame){.kind = HF_NODE_PYTHON, .code = f->code}, true);
    hf_text_untrusted(t, hf_buf_string(&title));
    hf_text_print(t, "%s\n", source->newer ? ", whose file has changed since the run" : "");
    const hf_code_line *rows = l->lines + f->first;
    uint32_t last = rows[f->count - 1].line, next = f->first_line;
    size_t shown = 0;
    for (size_t i = 0; i < f->count; i++) {
        bool gaps = source->starts && last - f->first_line < LINES_MAX;
        for (; gaps && rows[i].line && next < rows[i].line; next++)
            add_line(&table, c, next, NULL, source);
        if (shown++ < LINES_MAX)
            add_line(&table, c, rows[i].line, &rows[i].counts, source);
        next = rows[i].line >= next ? rows[i].line + 1 : next;
    }
    hf_table_cell(&table, "%s", "");
    add_numbers(&table, c, &f->counts);
    hf_table_cell(&table, "(all)");
    hf_table_print(&table, t);
}

static void json_numbers(hf_json *j, const hf_capture *c, const hf_counts *n)
{
    hf_json_count(j, c, "allocated", n->total);
    hf_json_count(j, c, "freed", freed_of(n));
    hf_json_count(j, c, "held", n->live);
    hf_json_count(j, c, "peak", n->peak);
    hf_json_count(j, c, "temporary", n->temporary);
}

void hf_show_code_lines_json(hf_json *j, const hf_capture *c, const hf_code_lines *l, size_t top)
{
    hf_json_object(j, NULL);
    hf_json_array(j, "functions");
    for (size_t i = 0; i < l->function_count && i < top; i++) {
        const hf_code_function *f = &l->functions[i];
        hf_json_object(j, NULL);
        hf_json_place(j, c, f->code, f->first_line);
        json_numbers(j, c, &f->counts);
        hf_json_array(j, "lines");
        for (size_t k = 0; k < f->count; k++) {
            hf_json_object(j, NULL);
            hf_json_uint(j, "line", l->lines[f->first + k].line);
            json_numbers(j, c, &l->lines[f->first + k].counts);
            hf_json_end(j);
        }
        hf_json_end(j);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_uint(j, "functions_in_all", l->function_count);
    hf_json_end(j);
}
