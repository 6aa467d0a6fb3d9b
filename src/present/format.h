/* present/format.h - foreign texts as people read them; numbers are base/amount.h. */
#ifndef HF_PRESENT_FORMAT_H
#define HF_PRESENT_FORMAT_H

#include "base/amount.h"

#include <stdio.h>

/* Texts of a heap are somebody else's: what could steer a terminal (control characters, C1, bidi
 * overrides, what is no UTF-8) is written as \n, \x1b, \u202e. At most `limit` characters of the
 * result are appended, an ellipsis included; 0: no limit. */
void hf_format_untrusted(hf_buf *out, const char *text, size_t length, size_t limit);

/* The same of a path, cut in its middle: paths that begin alike differ at the end. */
void hf_format_path(hf_buf *out, const char *path, size_t limit);

/* Columns that a terminal needs for a UTF-8 text: its code points. */
size_t hf_format_width(const char *text, size_t length);

/* Bytes of the part of a UTF-8 text that is at most `width` columns wide. */
size_t hf_format_prefix(const char *text, size_t length, size_t width);

/* One code point off the front of a text; 0 < *ret_length <= length. False where it is no valid
 * UTF-8 (then one byte is taken); *ret_code is U+FFFD. */
bool hf_format_decode(const char *text, size_t length, uint32_t *ret_code, size_t *ret_length);

/* Writes a number in decimal; a large export has tens of millions of them, and printf takes ten
 * times as long. */
void hf_format_digits(FILE *out, uint64_t value);
void hf_format_signed_digits(FILE *out, int64_t value);

#endif
