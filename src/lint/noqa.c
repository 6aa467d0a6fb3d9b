/* lint/noqa.c - see lint/noqa.h. */
#include "lint/noqa.h"

#include "lint/rule.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* The text behind `word` at the start of a comment or behind another `#` in it, or NULL. */
static const char *behind(const char *comment, const char *end, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = comment; p && p < end; p = memchr(p, '#', (size_t)(end - p))) {
        while (p < end && (*p == '#' || *p == ' ' || *p == '\t'))
            p++;
        if ((size_t)(end - p) >= length && strncasecmp(p, word, length) == 0)
            return p + length;
    }
    return NULL;
}

/* ": HF101, HF103" names a code; nothing behind the word names all. */
static bool names_code(const char *p, const char *end, const char *code)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (p >= end || *p != ':')
        return p >= end || !isalnum((unsigned char)*p);
    size_t length = strlen(code);
    for (p++; p < end;) {
        const char *word = p;
        while (p < end && (isalnum((unsigned char)*p)))
            p++;
        if ((size_t)(p - word) == length && strncasecmp(word, code, length) == 0)
            return true;
        if (p == word && *p != ' ' && *p != ',' && *p != '\t')
            return false; /* prose behind the codes */
        if (p == word)
            p++;
    }
    return false;
}

static void apply(const hf_syntax *s, const hf_span *comment, hf_findings *findings, uint32_t first)
{
    const char *start = s->text + comment->start, *end = s->text + comment->end;
    uint32_t line = hf_line_of(s, comment->start);
    const char *whole = behind(start, end, "holdfast: noqa");
    const char *here = whole ? whole : behind(start, end, "noqa");
    for (uint32_t i = first; here && i < findings->count; i++) {
        hf_finding *f = &findings->items[i];
        if ((whole || f->line == line || f->end_line == line) &&
            names_code(here, end, f->rule->code))
            f->silenced = true;
    }
}

void hf_noqa_apply(const hf_syntax *s, hf_findings *findings, uint32_t first)
{
    for (uint32_t i = 0; i < s->comment_count && first < findings->count; i++)
        apply(s, &s->comments[i], findings, first);
}
