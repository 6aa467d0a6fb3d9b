/* lint/glob.c - see lint/glob.h. Of the stars before a place that does not match only the last one
 * of its part, and then the last '**', need to take more: whatever an earlier one could still
 * reach, these reach too. So no pattern takes more than its length times that of the path. */
#include "lint/glob.h"

#include <ctype.h>
#include <string.h>

static int is_ascii(int c)
{
    return c < 128;
}

/* [:name:] at `p`: whether c is of that class. *ret_end is behind it, or NULL if there is
 * no such class. */
static bool is_of_class(const char *p, unsigned char c, const char **ret_end)
{
    static const struct {
        const char *name;
        int (*is)(int);
    } classes[] = {{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank},
                   {"cntrl", iscntrl}, {"digit", isdigit}, {"graph", isgraph},
                   {"lower", islower}, {"print", isprint}, {"punct", ispunct},
                   {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit}};
    const char *name = p + 2, *end = strstr(name, ":]");
    *ret_end = NULL;
    for (size_t i = 0; end && i < sizeof(classes) / sizeof(*classes); i++)
        if (strlen(classes[i].name) == (size_t)(end - name) &&
            strncmp(classes[i].name, name, (size_t)(end - name)) == 0) {
            *ret_end = end + 2;
            return is_ascii(c) && classes[i].is(c);
        }
    return false;
}

/* One byte of a set, or the first of a range; moves *p behind it. False at the end of
 * the pattern. */
static bool take(const char **p, unsigned char *ret)
{
    *p += **p == '\\';
    *ret = (unsigned char)**p;
    *p += **p != 0;
    return *ret != 0;
}

/* [...] at *pattern against one byte; moves *pattern behind it. A set that does not
 * end matches nothing. */
static bool match_set(const char **pattern, unsigned char c)
{
    const char *p = *pattern + 1;
    bool negated = *p == '!' || *p == '^', found = false;
    p += negated;
    for (bool first = true; first || *p != ']'; first = false) {
        const char *end = NULL;
        unsigned char low, high;
        if (p[0] == '[' && p[1] == ':') {
            found |= is_of_class(p, c, &end);
            if (!end)
                return false;
            p = end;
            continue;
        }
        if (!take(&p, &low))
            return false;
        high = low;
        if (*p == '-' && p[1] && p[1] != ']' && (p++, !take(&p, &high)))
            return false;
        found |= c == low || (c >= low && c <= high); /* git takes b for one of [b-a] */
    }
    *pattern = p + 1;
    return found != negated && c != '/';
}

/* One byte of a path against what stands at *pattern, which is no star; moves *pattern
 * behind it. */
static bool match_one(const char **pattern, unsigned char c)
{
    const char *p = *pattern;
    if (*p == '[')
        return match_set(pattern, c);
    if (*p == '?') {
        *pattern = p + 1;
        return c != '/';
    }
    p += *p == '\\';
    *pattern = p + (*p != 0);
    return *p && (unsigned char)*p == c;
}

/* Whether '**' stands here alone between slashes, or behind text without anything special from
 * the start of the pattern on: git compares such text first, and takes what follows for a pattern
 * of its own. */
static bool is_any_folders(const char *pattern, const char *p)
{
    bool begins = p == pattern + strcspn(pattern, "*?[\\");
    if (p[0] != '*' || p[1] != '*' || (!begins && p[-1] != '/'))
        return false;
    p += strspn(p, "*");
    return !*p || *p == '/';
}

bool hf_glob(const char *pattern, const char *path)
{
    const char *p = pattern, *t = path;
    const char *star = NULL, *star_text = NULL;       /* behind a star, and what it has not taken */
    const char *folders = NULL, *folders_text = NULL; /* the same of a '**' and its slash */
    for (;;) {
        if (is_any_folders(pattern, p)) {
            p += strspn(p, "*");
            if (!*p)
                return true;
            folders = ++p;
            folders_text = t;
            star = NULL;
        } else if (*p == '*') {
            star = p += strspn(p, "*");
            star_text = t;
        } else if (*t && *p && match_one(&p, (unsigned char)*t)) {
            t++;
        } else if (!*t && !*p) {
            return true;
        } else if (star && *star_text && *star_text != '/') {
            p = star;
            t = ++star_text;
        } else if (folders && (folders_text = strchr(folders_text, '/'))) {
            p = folders;
            t = ++folders_text;
            star = NULL;
        } else {
            return false;
        }
    }
}
