/* lint/ignore.c - see lint/ignore.h. */
#include "lint/ignore.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "lint/arena.h"
#include "lint/glob.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct hf_ignore_line {
    const char *text; /* of the arena; without '!', leading and trailing '/' */
    bool negated, folders_only, anchored;
} hf_ignore_line;

typedef struct hf_ignore_lines {
    hf_ignore_line *items;
    uint32_t count, capacity;
} hf_ignore_lines;

struct hf_ignore {
    const hf_ignore *outer;
    const char *folder;
    size_t folder_length;
    hf_ignore_lines any, git; /* of .ignore, of .gitignore */
    bool is_top;              /* git looks no further out */
    hf_arena arena;
};

/* Without the spaces at its end, but for one behind a backslash. */
static size_t trimmed(const char *line, size_t length)
{
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '\\' && i + 1 < length)
            kept = ++i + 1;
        else if (line[i] != ' ')
            kept = i + 1;
    }
    return kept;
}

static hf_err *add_line(hf_ignore *g, hf_ignore_lines *lines, const char *line, size_t length)
{
    length = trimmed(line, length);
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
    if (!p.text || !hf_array_room(&lines->items, lines->count, &lines->capacity))
        return hf_fail_memory();
    lines->items[lines->count++] = p;
    return NULL;
}

static hf_err *add_text(hf_ignore *g, hf_ignore_lines *lines, const char *text, size_t length)
{
    const char *end = text + length;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        const char *here = stop ? stop : end;
        bool returns = here > text && here[-1] == '\r';
        hf_err *err = add_line(g, lines, text, (size_t)(here - text) - returns);
        if (err)
            return err;
        text = here + 1;
    }
    return NULL;
}

enum { FILE_MAX = 1 << 20 };

static hf_err *add_file(hf_ignore *g, hf_ignore_lines *lines, const char *name)
{
    hf_buf path HF_AUTO(hf_buf_deinit), text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&path, 65536);
    hf_buf_init(&text, FILE_MAX);
    hf_buf_format(&path, "%s/%s", g->folder, name);
    FILE *in = fopen(hf_buf_string(&path), "re");
    if (!in)
        return NULL; /* none, or not for us to read */
    uint8_t *room = hf_buf_reserve(&text, FILE_MAX);
    if (room)
        text.length = fread(room, 1, FILE_MAX, in);
    fclose(in);
    return add_text(g, lines, (const char *)text.data, text.length);
}

bool hf_ignore_is_top(const char *folder)
{
    hf_buf path HF_AUTO(hf_buf_deinit);
    hf_buf_init(&path, 65536);
    hf_buf_format(&path, "%s/.git", folder);
    struct stat st;
    return stat(hf_buf_string(&path), &st) == 0;
}

static hf_err *make(const char *folder, const hf_ignore *outer, hf_ignore **ret)
{
    HF_AUTO(hf_ignore_freep) hf_ignore *g = calloc(1, sizeof(*g));
    if (!g || !(g->folder = hf_arena_text(&g->arena, folder, strlen(folder))))
        return hf_fail_memory();
    g->outer = outer;
    g->folder_length = strlen(folder);
    *ret = hf_take(g);
    return NULL;
}

hf_err *hf_ignore_read(const char *folder, bool in_repository, const hf_ignore *outer,
                       hf_ignore **ret)
{
    HF_AUTO(hf_ignore_freep) hf_ignore *g = NULL;
    hf_err *err = make(folder, outer, &g);
    if (!err)
        err = add_file(g, &g->any, ".ignore");
    g->is_top = !err && hf_ignore_is_top(folder);
    if (!err && g->is_top)
        err = add_file(g, &g->git, ".git/info/exclude");
    if (!err && in_repository)
        err = add_file(g, &g->git, ".gitignore");
    if (!err)
        *ret = hf_take(g);
    return err;
}

hf_err *hf_ignore_parse(const char *folder, const char *text, size_t length, const hf_ignore *outer,
                        hf_ignore **ret)
{
    HF_AUTO(hf_ignore_freep) hf_ignore *g = NULL;
    hf_err *err = make(folder, outer, &g);
    if (!err)
        err = add_text(g, &g->git, text, length);
    if (!err)
        *ret = hf_take(g);
    return err;
}

void hf_ignore_free(hf_ignore *g)
{
    if (!g)
        return;
    free(g->any.items);
    free(g->git.items);
    hf_arena_deinit(&g->arena);
    free(g);
}

static bool matches(const hf_ignore_line *p, const char *below, bool is_folder)
{
    if (p->folders_only && !is_folder)
        return false;
    if (p->anchored)
        return hf_glob(p->text, below);
    const char *last = strrchr(below, '/');
    return hf_glob(p->text, last ? last + 1 : below);
}

/* What a folder's patterns say about a path: the last that matches decides. NULL: nothing. */
static const hf_ignore_line *decision(const hf_ignore *g, const hf_ignore_lines *lines,
                                      const char *path, bool is_folder)
{
    if (strncmp(path, g->folder, g->folder_length) != 0)
        return NULL;
    const char *below = path + g->folder_length;
    below += strspn(below, "/");
    for (uint32_t i = lines->count; i-- > 0;)
        if (*below && matches(&lines->items[i], below, is_folder))
            return &lines->items[i];
    return NULL;
}

bool hf_ignore_matches(const hf_ignore *ignore, const char *path, bool is_folder)
{
    const hf_ignore_line *found = NULL;
    for (const hf_ignore *g = ignore; g && !found; g = g->outer)
        found = decision(g, &g->any, path, is_folder);
    for (const hf_ignore *g = ignore; g && !found; g = g->is_top ? NULL : g->outer)
        found = decision(g, &g->git, path, is_folder);
    return found && !found->negated;
}
