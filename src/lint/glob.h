/* lint/glob.h - the patterns of .gitignore files. */
#ifndef HF_LINT_GLOB_H
#define HF_LINT_GLOB_H

#include <stdbool.h>

/* Whether a pattern is the whole of a path. '*' and '?' stand for anything but a slash, [...] for
 * one byte of a set (ranges, [!...], [[:digit:]] and its like), '**' between slashes for any
 * number of folders, and behind the last one for all that is below. A backslash takes the next
 * byte as it is. */
bool hf_glob(const char *pattern, const char *path);

#endif
