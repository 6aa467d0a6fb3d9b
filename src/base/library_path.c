/* base/library_path.c - see base/library_path.h. */
#include "base/library_path.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Behind the first place of `directory`, or NULL. */
static const char *behind(const char *path, const char *end, const char *directory)
{
    const char *found = memmem(path, (size_t)(end - path), directory, strlen(directory));
    return found ? found + strlen(directory) : NULL;
}

/* Behind lib/python3, lib/python3.13t or lib/python313.zip, and not lib/python3_tools. */
static const char *behind_version(const char *path, const char *end, const char *directory)
{
    const char *version = path;
    while ((version = behind(version, end, directory)) && version < end) {
        bool is_version = *version == '/' || *version == '.' || isdigit((unsigned char)*version);
        const char *slash = is_version ? memchr(version, '/', (size_t)(end - version)) : NULL;
        if (slash)
            return slash + 1;
    }
    return NULL;
}

static const char *behind_standard_library(const char *path, const char *end)
{
    const char *part = behind_version(path, end, "/lib/python3");
    return part ? part : behind_version(path, end, "/lib64/python3");
}

const char *hf_library_part(const char *path, size_t length)
{
    static const char *const libraries[] = {"/site-packages/", "/dist-packages/"};
    const char *end = path + length;
    for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++) {
        const char *part = behind(path, end, libraries[i]);
        if (part)
            return part;
    }
    return behind_standard_library(path, end);
}

const char *hf_known_part(const char *path)
{
    const char *part = hf_library_part(path, strlen(path)), *base = strrchr(path, '/');
    if (part)
        return part;
    if (!base)
        return path;
    bool nameless = strcmp(base, "/__init__.py") == 0 || strcmp(base, "/__main__.py") == 0;
    const char *start = base;
    while (nameless && start > path && start[-1] != '/')
        start--;
    return start < base ? start : base + 1;
}
