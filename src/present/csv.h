/* present/csv.h - RFC 4180: CRLF between records, quotes where a field needs them, doubled inside.
 *
 * Texts are written as UTF-8; what is none becomes U+FFFD, as readers refuse a whole file for one
 * wrong byte. */
#ifndef HF_PRESENT_CSV_H
#define HF_PRESENT_CSV_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct hf_csv {
    FILE *out;
    unsigned column;
} hf_csv;

void hf_csv_init(hf_csv *c, FILE *out);
void hf_csv_text(hf_csv *c, const char *text, size_t length);
void hf_csv_uint(hf_csv *c, uint64_t value);
void hf_csv_int(hf_csv *c, int64_t value);
void hf_csv_address(hf_csv *c, uint64_t address);
void hf_csv_end(hf_csv *c); /* of the record */

#endif
