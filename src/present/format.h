/* present/format.h - numbers and foreign texts as people read them.
 *
 * The labels are small values, to be used in the call that prints them:
 *     hf_table_cell(t, "%s", hf_format_bytes(n).text); */
#ifndef HF_PRESENT_FORMAT_H
#define HF_PRESENT_FORMAT_H

#include "base/buf.h"

#include <stdio.h>

typedef struct hf_format_label {
    char text[40];
} hf_format_label;

hf_format_label hf_format_bytes(uint64_t bytes);         /* "412.0 MiB", "48 bytes" */
hf_format_label hf_format_bytes_change(int64_t bytes);   /* "+1.2 MiB", "0" */
hf_format_label hf_format_rate(double bytes_per_second); /* "1.2 MiB/s" */
hf_format_label hf_format_count(uint64_t count);         /* "1,204,113" */
hf_format_label hf_format_count_change(int64_t count);   /* "+2,400" */
hf_format_label hf_format_at_most(double share);         /* "at most 3.4%", "less than 0.01%" */
hf_format_label hf_format_share(uint64_t part, uint64_t whole); /* "31.2%", "-" of nothing */
hf_format_label hf_format_pause(uint64_t nanoseconds);          /* "8.1 ms", "740 us" */
hf_format_label hf_format_seconds(double seconds);   /* "10.2 s", "3m 20s", "2h 11m", "3d 04h" */
hf_format_label hf_format_address(uint64_t address); /* "0x7f31c2a41b80" */

/* Texts of a heap are somebody else's: what could steer a terminal (control characters, C1, bidi
 * overrides, what is no UTF-8) is written as \n, \x1b, \u202e. At most `limit` characters of the
 * result are appended, an ellipsis included; 0: no limit. */
void hf_format_untrusted(hf_buf *out, const char *text, size_t length, size_t limit);

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
