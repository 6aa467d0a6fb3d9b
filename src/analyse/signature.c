#include "analyse/signature.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* FNV-1a: short texts, and a result that is the same everywhere. */
static void mix(uint64_t *hash, char c)
{
    *hash = (*hash ^ (uint8_t)c) * 0x100000001b3ull;
}

/* Behind the bracket that closes the one at p; strings within may have brackets of their own. */
static const char *skip_bracket(const char *p, char open, char close)
{
    int depth = 0;
    char quote = 0;
    for (; *p; p++) {
        if (quote && *p == '\\' && p[1])
            p++;
        else if (quote)
            quote = *p == quote ? 0 : quote;
        else if (*p == '\'' || *p == '"')
            quote = *p;
        else if (*p == open)
            depth++;
        else if (*p == close && --depth == 0)
            return p + 1;
    }
    return p;
}

/* Names stay; what differs from run to run does not. */
static void mix_path(uint64_t *hash, const char *p)
{
    while (*p) {
        if (*p == '[' || *p == '<') {
            char open = *p;
            p = skip_bracket(p, open, open == '[' ? ']' : '>');
            mix(hash, open);
        } else if (p[0] == '0' && p[1] == 'x') {
            p += 2 + strspn(p + 2, "0123456789abcdef");
            mix(hash, '@');
        } else if (*p == ':' && isdigit((unsigned char)p[1])) {
            p += 1 + strspn(p + 1, "0123456789"); /* a line */
        } else if (!strncmp(p, ", thread ", 9)) {
            p += strcspn(p, ":");
        } else if (!strncmp(p, ".__dict__", 9)) {
            p += 9; /* versions differ in whether there is one */
        } else {
            mix(hash, *p++);
        }
    }
}

hf_signature hf_signature_of(const hf_suspect *suspect)
{
    uint64_t hash = 0xcbf29ce484222325ull;
    mix_path(&hash, suspect->path);
    mix(&hash, '\n');
    const char *end = strstr(suspect->type, " of ");
    size_t length = end ? (size_t)(end - suspect->type) : strlen(suspect->type);
    for (size_t i = 0; i < length; i++)
        mix(&hash, suspect->type[i]);
    mix(&hash, '\n');
    for (const char *p = suspect->pattern; *p; p++)
        mix(&hash, *p);
    hf_signature s;
    snprintf(s.text, sizeof(s.text), "%012llx", (unsigned long long)(hash >> 16));
    return s;
}

bool hf_signature_is_one(const char *text)
{
    return strlen(text) == HF_SIGNATURE_LENGTH &&
           strspn(text, "0123456789abcdef") == HF_SIGNATURE_LENGTH;
}

hf_verification hf_signature_verify(const hf_diagnosis *d, size_t snapshots, const char *signature)
{
    if (snapshots < 2)
        return HF_VERIFIED_TOO_EARLY;
    for (size_t i = 0; i < d->suspect_count; i++)
        if (!strcmp(hf_signature_of(&d->suspects[i]).text, signature))
            return HF_VERIFIED_STILL_THERE;
    return d->verdict == HF_VERDICT_TOO_EARLY ? HF_VERIFIED_TOO_EARLY : HF_VERIFIED_GONE;
}
