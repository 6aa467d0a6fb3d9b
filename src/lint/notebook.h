/* lint/notebook.h - the Python of a Jupyter notebook as one text.
 *
 * The source of all code cells is put one behind the other; lines that are no Python (%magic,
 * !shell) become comments, cells in other languages (%%bash) as a whole. */
#ifndef HF_LINT_NOTEBOOK_H
#define HF_LINT_NOTEBOOK_H

#include "base/buf.h"
#include "lint/arena.h"

typedef struct hf_notebook {
    uint32_t *first_lines; /* of each code cell: its first line in the text, from 1 */
    uint32_t *numbers;     /* of each code cell: its place among all cells, from 1 */
    uint32_t count, first_capacity, number_capacity;
} hf_notebook;

void hf_notebook_deinit(hf_notebook *notebook);

/* Turns the JSON in *text into Python in place. Returns why that cannot be done, or NULL. */
const char *hf_notebook_extract(hf_buf *text, hf_notebook *notebook);

/* The cell of a line of the text, and the line in it. */
void hf_notebook_place(const hf_notebook *notebook, uint32_t line, uint32_t *ret_cell,
                       uint32_t *ret_line);

#endif
