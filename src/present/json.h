/* present/json.h - a streaming JSON writer: no document is built.
 *
 * Inside an object every call names its key, inside an array the key is NULL. Strings are bytes
 * from anywhere: what is no UTF-8 becomes U+FFFD. Numbers above 2^53 are written in full; addresses
 * go out as hexadecimal strings, because readers that know only doubles would round them. Failing
 * output is seen by the owner of the stream through ferror(). */
#ifndef HF_PRESENT_JSON_H
#define HF_PRESENT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { HF_JSON_DEPTH = 64 };

typedef struct hf_json {
    FILE *out;
    unsigned depth;
    char closing[HF_JSON_DEPTH]; /* '}' or ']' of each open level */
    bool empty[HF_JSON_DEPTH];
} hf_json;

void hf_json_init(hf_json *j, FILE *out);

void hf_json_object(hf_json *j, const char *key);
void hf_json_array(hf_json *j, const char *key);
void hf_json_end(hf_json *j); /* of the innermost; the outermost ends the line */

void hf_json_text(hf_json *j, const char *key, const char *text); /* NULL is written as null */
void hf_json_text_n(hf_json *j, const char *key, const char *text, size_t length);
void hf_json_uint(hf_json *j, const char *key, uint64_t value);
void hf_json_int(hf_json *j, const char *key, int64_t value);
void hf_json_real(hf_json *j, const char *key, double value); /* not finite: null */
void hf_json_bool(hf_json *j, const char *key, bool value);
void hf_json_address(hf_json *j, const char *key, uint64_t address); /* 0: null */

#endif
