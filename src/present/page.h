/* present/page.h - one HTML file that needs nothing else: style, script and data are inside, and
 * its policy forbids it to load or send anything.
 *
 * What a program has named (files, functions) reaches the page only within the data, in which '<'
 * is written as an escape: no name can end the element. */
#ifndef HF_PRESENT_PAGE_H
#define HF_PRESENT_PAGE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdio.h>

typedef enum hf_page_kind { HF_PAGE_FLAMEGRAPH, HF_PAGE_PLOT } hf_page_kind;

/* title: escaped here. json: the data, `length` bytes. */
hf_err *hf_page_write(FILE *out, hf_page_kind kind, const char *title, const char *json,
                      size_t length);

#endif
