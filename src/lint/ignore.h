/* lint/ignore.h - .gitignore files, as git reads them. */
#ifndef HF_LINT_IGNORE_H
#define HF_LINT_IGNORE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* The patterns of one folder, in front of those of the folder around it. */
typedef struct hf_ignore hf_ignore;

/* Reads FOLDER/.gitignore and, where FOLDER is the top of a repository, .git/info/exclude. *ret is
 * never NULL on success; `outer` (or NULL) must outlive it. */
hf_err *hf_ignore_read(const char *folder, const hf_ignore *outer, hf_ignore **ret);

/* The same from a text, for patterns that stand elsewhere. */
hf_err *hf_ignore_parse(const char *folder, const char *text, size_t length, const hf_ignore *outer,
                        hf_ignore **ret);
void hf_ignore_free(hf_ignore *ignore); /* only this folder's */

/* Whether a path below the folder (written as that folder is, plus '/' and the rest) is ignored. */
bool hf_ignore_matches(const hf_ignore *ignore, const char *path, bool is_folder);

/* Whether a folder is the top of a repository: patterns of folders around it do not count. */
bool hf_ignore_is_top(const char *folder);

/* Whether a path matches a pattern of .gitignore's language that begins at its start. */
bool hf_ignore_glob(const char *pattern, const char *path);

#endif
