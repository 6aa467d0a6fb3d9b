/* present/gzip.h - bytes to a stream, as one gzip member. */
#ifndef HF_PRESENT_GZIP_H
#define HF_PRESENT_GZIP_H

#include "base/err.h"

#include <stddef.h>
#include <stdio.h>

typedef struct hf_gzip hf_gzip;

/* The stream stays the caller's, who sees failing output through ferror(). */
hf_err *hf_gzip_new(FILE *out, hf_gzip **ret);
void hf_gzip_add(hf_gzip *g, const void *bytes, size_t length);

/* Ends the member and frees it; NULL is fine. */
void hf_gzip_end(hf_gzip *g);

#endif
