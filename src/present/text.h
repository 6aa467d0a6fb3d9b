/* present/text.h - plain text for people: styles where the stream is a terminal, and tables. */
#ifndef HF_PRESENT_TEXT_H
#define HF_PRESENT_TEXT_H

#include "present/format.h"

#include <stdio.h>

typedef enum hf_style {
    HF_STYLE_PLAIN,
    HF_STYLE_BOLD,
    HF_STYLE_DIM,
    HF_STYLE_BAD,
    HF_STYLE_GOOD
} hf_style;

typedef struct hf_text {
    FILE *out;
    bool colour;
    size_t columns; /* of the terminal; 0: none, lines may be as long as they are */
} hf_text;

/* Prints text of our own. */
void hf_text_print(hf_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same in a style. */
void hf_text_styled(hf_text *t, hf_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What is printed between the two has the style. */
void hf_text_begin(hf_text *t, hf_style style);
void hf_text_end(hf_text *t, hf_style style);

/* Prints somebody else's text, escaped. */
void hf_text_untrusted(hf_text *t, const char *text);

/* Prints somebody else's text escaped and filled: the first line starts at column `at`, the others
 * are indented to it, breaks fall between words before column `width`, or before the end of a
 * narrower terminal. */
void hf_text_fill(hf_text *t, const char *text, size_t at, size_t width);

/* A table: cells are told row by row, widths are found when it is printed. The last column is
 * never padded, and cut only where a terminal ends and `cut` is set: what people copy is whole. */
typedef struct hf_column {
    const char *title;
    bool right; /* aligned to the right */
} hf_column;

typedef struct hf_table {
    const hf_column *columns;
    size_t column_count, cell_count;
    hf_buf text, starts; /* cells one behind the other; uint64_t offsets of their starts */
    size_t indent;
    bool cut;
} hf_table;

void hf_table_init(hf_table *t, const hf_column *columns, size_t column_count, size_t indent);
void hf_table_deinit(hf_table *t);
void hf_table_cell(hf_table *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void hf_table_untrusted(hf_table *t, const char *text, size_t length, size_t limit);
/* A path, which is cut in its middle. */
void hf_table_path(hf_table *t, const char *path, size_t limit);
void hf_table_print(const hf_table *t, hf_text *out);

#endif
