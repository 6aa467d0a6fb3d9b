/* lint/ignore.c - see lint/ignore.h. */
#include "lint/ignore.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "lint/arena.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct hf_ignore_line {
    const char *text; /* of the arena; without '!', leading and trailing '/' */
    bool negated, folders_only, anchored;
} hf_ignore_line;

struct hf_ignore {
    const hf_ignore *outer;
    const char *folder;
    size_t folder_length;
    hf_ignore_line *patterns;
    uint32_t count, capacity;
    hf_arena arena;
};

/* One part of a path against one part of a pattern: *, ?, [...], backslash. A star gives back what
 * it took once, so that no pattern takes more than length times length. */
static bool match_class(const char **pattern, char c)
{
    const char *p = *pattern + 1;
    bool negated = *p == '!' || *p == '^', found = false;
    p += negated;
    for (bool first = true; *p && (first || *p != ']'); first = false) {
        char low = *p == '\\' && p[1] ? *++p : *p;
        p++;
        char high = low;
        if (*p == '-' && p[1] && p[1] != ']') {
            high = p[1];
            p += 2;
        }
        if ((unsigned char)c >= (unsigned char)low && (unsigned char)c <= (unsigned char)high)
            found = true;
    }
    if (!*p)
        return false;
    *pattern = p + 1;
    return found != negated;
}

static bool match_part(const char *p, const char *p_end, const char *t, const char *t_end)
{
    const char *star = NULL, *star_text = NULL;
    while (t < t_end) {
        const char *next = p;
        bool matches = false;
        if (p < p_end && *p == '*') {
            star = ++p;
            star_text = t;
            continue;
        }
        if (p < p_end && *p == '[') {
            matches = match_class(&next, *t) && next <= p_end;
        } else if (p < p_end) {
            if (*p == '\\' && p + 1 < p_end)
                next++;
            matches = (*next == '?' && next == p) || *next == *t;
            next++;
        }
        if (matches) {
            p = next;
            t++;
        } else if (star) {
            p = star;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < p_end && *p == '*')
        p++;
    return p == p_end;
}

/* Parts of a path against parts of a pattern; ** stands for any number of parts. */
bool hf_ignore_glob(const char *pattern, const char *path)
{
    const char *p = pattern, *t = path;
    const char *star = NULL, *star_text = NULL;
    for (;;) {
        if (strncmp(p, "**", 2) == 0 && (p[2] == '/' || !p[2])) {
            if (!p[2])
                return *t != 0;
            star = p += 3;
            star_text = t;
            continue;
        }
        const char *p_end = strchrnul(p, '/'), *t_end = strchrnul(t, '/');
        if (*p && *t && match_part(p, p_end, t, t_end) && !*p_end == !*t_end) {
            if (!*t_end)
                return true;
            p = p_end + 1;
            t = t_end + 1;
        } else if (star && *(star_text = strchrnul(star_text, '/'))) {
            p = star;
            t = ++star_text;
        } else {
            return false;
        }
    }
}

static hf_err *add_line(hf_ignore *g, const char *line, size_t length)
{
    while (length && (line[length - 1] == '\r' ||
                      (line[length - 1] == ' ' && (length < 2 || line[length - 2] != '\\'))))
        length--;
    if (!length || *line == '#')
        return NULL;
    hf_ignore_line p = {0};
    if (*line == '!') {
        p.negated = true;
        line++;
        length--;
    }
    if (length && line[length - 1] == '/') {
        p.folders_only = true;
        length--;
    }
    p.anchored = memchr(line, '/', length) != NULL;
    if (length && *line == '/') {
        line++;
        length--;
    }
    if (!length)
        return NULL;
    p.text = hf_arena_text(&g->arena, line, length);
    if (!p.text || !hf_array_room(&g->patterns, g->count, &g->capacity))
        return hf_fail_memory();
    g->patterns[g->count++] = p;
    return NULL;
}

static hf_err *add_text(hf_ignore *g, const char *text, size_t length)
{
    const char *end = text + length;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        const char *here = stop ? stop : end;
        hf_err *err = add_line(g, text, (size_t)(here - text));
        if (err)
            return err;
        text = here + 1;
    }
    return NULL;
}

enum { FILE_MAX = 1 << 20 };

static hf_err *add_file(hf_ignore *g, const char *folder, const char *name)
{
    hf_buf path HF_AUTO(hf_buf_deinit), text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&path, 65536);
    hf_buf_init(&text, FILE_MAX);
    hf_buf_format(&path, "%s/%s", folder, name);
    FILE *in = fopen(hf_buf_string(&path), "re");
    if (!in)
        return NULL; /* none, or not for us to read */
    uint8_t *room = hf_buf_reserve(&text, FILE_MAX);
    if (room)
        text.length = fread(room, 1, FILE_MAX, in);
    fclose(in);
    return add_text(g, (const char *)text.data, text.length);
}

bool hf_ignore_is_top(const char *folder)
{
    hf_buf path HF_AUTO(hf_buf_deinit);
    hf_buf_init(&path, 65536);
    hf_buf_format(&path, "%s/.git", folder);
    struct stat st;
    return stat(hf_buf_string(&path), &st) == 0;
}

static void free_ignore(hf_ignore **g)
{
    hf_ignore_free(*g);
}

static hf_err *make(const char *folder, const hf_ignore *outer, hf_ignore **ret)
{
    HF_AUTO(free_ignore) hf_ignore *g = calloc(1, sizeof(*g));
    if (!g || !(g->folder = hf_arena_text(&g->arena, folder, strlen(folder))))
        return hf_fail_memory();
    g->outer = outer;
    g->folder_length = strlen(folder);
    *ret = hf_take(g);
    return NULL;
}

hf_err *hf_ignore_read(const char *folder, const hf_ignore *outer, hf_ignore **ret)
{
    HF_AUTO(free_ignore) hf_ignore *g = NULL;
    hf_err *err = make(folder, hf_ignore_is_top(folder) ? NULL : outer, &g);
    if (!err && hf_ignore_is_top(folder))
        err = add_file(g, folder, ".git/info/exclude");
    if (!err)
        err = add_file(g, folder, ".gitignore");
    if (!err)
        *ret = hf_take(g);
    return err;
}

hf_err *hf_ignore_parse(const char *folder, const char *text, size_t length, const hf_ignore *outer,
                        hf_ignore **ret)
{
    HF_AUTO(free_ignore) hf_ignore *g = NULL;
    hf_err *err = make(folder, outer, &g);
    if (!err)
        err = add_text(g, text, length);
    if (!err)
        *ret = hf_take(g);
    return err;
}

void hf_ignore_free(hf_ignore *g)
{
    if (!g)
        return;
    free(g->patterns);
    hf_arena_deinit(&g->arena);
    free(g);
}

static bool matches(const hf_ignore_line *p, const char *below, bool is_folder)
{
    if (p->folders_only && !is_folder)
        return false;
    if (p->anchored)
        return hf_ignore_glob(p->text, below);
    const char *last = strrchr(below, '/');
    return hf_ignore_glob(p->text, last ? last + 1 : below);
}

bool hf_ignore_matches(const hf_ignore *ignore, const char *path, bool is_folder)
{
    for (const hf_ignore *g = ignore; g; g = g->outer) {
        if (strncmp(path, g->folder, g->folder_length) != 0)
            continue;
        const char *below = path + g->folder_length;
        while (*below == '/')
            below++;
        for (uint32_t i = g->count; i-- > 0;) /* the last that matches decides */
            if (*below && matches(&g->patterns[i], below, is_folder))
                return !g->patterns[i].negated;
    }
    return false;
}
