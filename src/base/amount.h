/* base/amount.h - numbers as people read them.
 *
 * The labels are small values, to be used in the call that prints them:
 *     hf_table_cell(t, "%s", hf_format_bytes(n).text); */
#ifndef HF_BASE_AMOUNT_H
#define HF_BASE_AMOUNT_H

#include "base/buf.h"

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

/* Behind the last text of `out`: "412.0 MiB", "-48 bytes". */
void hf_say_bytes(hf_buf *out, int64_t bytes);
/* "1 object", "1,204 objects"; of "entry" "2 entries". */
void hf_say_count(hf_buf *out, uint64_t count, const char *noun);

#endif
