/* base/library_path.c - see base/library_path.h. */
#include "base/library_path.h"

#include <stddef.h>
#include <string.h>

const char *hf_library_part(const char *path)
{
    static const char *const libraries[] = {"site-packages/", "dist-packages/"};
    for (size_t i = 0; i < 2; i++) {
        const char *found = strstr(path, libraries[i]);
        if (found)
            return found + strlen(libraries[i]);
    }
    const char *library = strstr(path, "/lib/python3");
    const char *end = library ? strchr(library + strlen("/lib/python3"), '/') : NULL;
    return end ? end + 1 : NULL;
}
