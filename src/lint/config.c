/* lint/config.c - see lint/config.h. */
#include "lint/config.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "lint/text.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct reader {
    const char *path, *text, *p, *end;
    hf_lint_config *config;
} reader;

static hf_err *complain(const reader *r, const char *what)
{
    uint32_t line = 1;
    for (const char *p = r->text; p < r->p && p < r->end; p++)
        line += *p == '\n';
    return hf_fail(HF_ERR_USAGE, "%s:%u: %s", r->path, line, what);
}

static void skip(reader *r, bool lines)
{
    while (r->p < r->end) {
        if (*r->p == '#')
            while (r->p < r->end && *r->p != '\n')
                r->p++;
        else if (*r->p == ' ' || *r->p == '\t' || *r->p == '\r' || (lines && *r->p == '\n'))
            r->p++;
        else
            return;
    }
}

static hf_err *read_text(reader *r, const char **ret)
{
    char quote = r->p < r->end ? *r->p : 0;
    if (quote != '"' && quote != '\'')
        return complain(r, "a text in quotes is wanted here");
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, 65536);
    for (r->p++; r->p < r->end && *r->p != quote && *r->p != '\n'; r->p++) {
        if (*r->p == '\\' && quote == '"' && r->p + 1 < r->end)
            r->p++;
        hf_buf_char(&text, *r->p);
    }
    if (r->p >= r->end || *r->p != quote)
        return complain(r, "this text does not end on its line");
    r->p++;
    *ret = hf_arena_text(&r->config->arena, hf_buf_string(&text), text.length);
    return *ret ? NULL : hf_fail_memory();
}

static hf_err *read_list(reader *r, const char ***list, uint32_t *count, uint32_t *capacity)
{
    if (r->p >= r->end || *r->p != '[')
        return complain(r, "a list of texts is wanted here");
    for (r->p++;;) {
        skip(r, true);
        if (r->p < r->end && *r->p == ']') {
            r->p++;
            return NULL;
        }
        if (!hf_array_room(list, *count, capacity))
            return hf_fail_memory();
        hf_err *err = read_text(r, &(*list)[*count]);
        if (err)
            return err;
        (*count)++;
        skip(r, true);
        if (r->p < r->end && *r->p == ',')
            r->p++;
        else if (r->p >= r->end || *r->p != ']')
            return complain(r, "',' or ']' is wanted here");
    }
}

static hf_err *read_setting(reader *r)
{
    const char *key = r->p;
    while (r->p < r->end && (isalnum((unsigned char)*r->p) || *r->p == '-' || *r->p == '_'))
        r->p++;
    size_t length = (size_t)(r->p - key);
    hf_lint_config *c = r->config;
    skip(r, false);
    if (!length || r->p >= r->end || *r->p != '=')
        return complain(r, "KEY = VALUE is wanted here");
    r->p++;
    skip(r, false);
    if (length == 6 && memcmp(key, "select", 6) == 0)
        return read_list(r, &c->select, &c->select_count, &c->select_capacity);
    if (length == 6 && memcmp(key, "ignore", 6) == 0)
        return read_list(r, &c->ignore, &c->ignore_count, &c->ignore_capacity);
    if (length == 7 && memcmp(key, "exclude", 7) == 0)
        return read_list(r, &c->exclude, &c->exclude_count, &c->exclude_capacity);
    if (length == 8 && memcmp(key, "baseline", 8) == 0)
        return read_text(r, &c->baseline);
    r->p = key;
    return complain(r, "no such setting; there are select, ignore, exclude and baseline");
}

/* The end of the line that `p` is in. */
static const char *line_end(const char *p, const char *end)
{
    const char *stop = memchr(p, '\n', (size_t)(end - p));
    return stop ? stop : end;
}

/* [tool.holdfast.lint], blanks allowed. Lines of other tables that look so stand in texts of
 * several lines, which a pyproject.toml has no reason for. */
static bool is_our_table(const char *p, const char *end)
{
    static const char wanted[] = "[tool.holdfast.lint]";
    size_t found = 0;
    for (; p < end && found < sizeof(wanted) - 1; p++) {
        if (*p == ' ' || *p == '\t')
            continue;
        if (*p != wanted[found++])
            return false;
    }
    return found == sizeof(wanted) - 1;
}

hf_err *hf_lint_config_parse(const char *path, const char *text, size_t length,
                             hf_lint_config *config)
{
    reader r = {.path = path, .text = text, .p = text, .end = text + length, .config = config};
    while (r.p < r.end && !is_our_table(r.p, line_end(r.p, r.end)))
        r.p = line_end(r.p, r.end) + 1;
    if (r.p >= r.end)
        return NULL;
    r.p = line_end(r.p, r.end);
    config->path = hf_arena_text(&config->arena, path, strlen(path));
    for (;;) {
        skip(&r, true);
        if (r.p >= r.end || *r.p == '[')
            return config->path ? NULL : hf_fail_memory();
        hf_err *err = read_setting(&r);
        if (err)
            return err;
        skip(&r, false);
        if (r.p < r.end && *r.p != '\n')
            return complain(&r, "nothing is wanted behind the value");
    }
}

static hf_err *read_file(const char *path, hf_lint_config *config)
{
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, HF_TEXT_LARGEST);
    const char *skipped = NULL;
    hf_err *err = hf_text_read(path, &text, &skipped);
    if (err || skipped || !text.length)
        return err;
    return hf_lint_config_parse(path, (const char *)text.data, text.length, config);
}

hf_err *hf_lint_config_find(const char *path, hf_lint_config *config)
{
    char folder[PATH_MAX];
    struct stat st;
    if (!realpath(path, folder))
        return NULL; /* who reads the path will say so */
    if (stat(folder, &st) == 0 && !S_ISDIR(st.st_mode))
        *strrchr(folder, '/') = 0;
    for (;;) {
        hf_buf file HF_AUTO(hf_buf_deinit);
        hf_buf_init(&file, 65536);
        hf_buf_format(&file, "%s/pyproject.toml", folder);
        hf_err *err = access(hf_buf_string(&file), R_OK) == 0
                          ? read_file(hf_buf_string(&file), config)
                          : NULL;
        char *slash = strrchr(folder, '/');
        if (err || config->path || !slash)
            return err;
        *slash = 0;
    }
}

void hf_lint_config_deinit(hf_lint_config *c)
{
    free(c->select);
    free(c->ignore);
    free(c->exclude);
    hf_arena_deinit(&c->arena);
    *c = (hf_lint_config){0};
}
