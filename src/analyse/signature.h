/* analyse/signature.h - by what a leak is known again: on another host, in another build,
 * after a fix.
 *
 * A hash of the path with its names, but without keys, indices, addresses, line numbers and
 * threads, of the holder's type without what it holds, and of the pattern's word. */
#ifndef HF_ANALYSE_SIGNATURE_H
#define HF_ANALYSE_SIGNATURE_H

#include "analyse/diagnose.h"

enum { HF_SIGNATURE_LENGTH = 12 };

typedef struct hf_signature {
    char text[HF_SIGNATURE_LENGTH + 1]; /* hexadecimal */
} hf_signature;

hf_signature hf_signature_of(const hf_suspect *suspect);

/* Whether a text can be one. */
bool hf_signature_is_one(const char *text);

typedef enum hf_verification {
    HF_VERIFIED_GONE,
    HF_VERIFIED_STILL_THERE,
    HF_VERIFIED_TOO_EARLY,
} hf_verification;

/* Whether a leak that was known by this signature is gone. One snapshot cannot tell. */
hf_verification hf_signature_verify(const hf_diagnosis *d, size_t snapshots, const char *signature);

#endif
