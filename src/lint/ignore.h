/* lint/ignore.h - what .ignore and .gitignore files leave out.
 *
 * Both have git's language (lint/glob.h). .gitignore counts as git says: up to the top of the
 * repository. .ignore, which ripgrep, fd and others read too, counts in every folder above, and
 * what it says goes before what any .gitignore says, so that it may also bring back what git is
 * not to see. */
#ifndef HF_LINT_IGNORE_H
#define HF_LINT_IGNORE_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* The patterns of one folder, in front of those of the folder around it. */
typedef struct hf_ignore hf_ignore;

/* Reads FOLDER/.ignore, FOLDER/.gitignore if `in_repository`, and .git/info/exclude where FOLDER is
 * the top of a repository. *ret is never NULL on success; `outer` (or NULL) must outlive it. */
hf_err *hf_ignore_read(const char *folder, bool in_repository, const hf_ignore *outer,
                       hf_ignore **ret);

/* The same from a text, for patterns that stand elsewhere. */
hf_err *hf_ignore_parse(const char *folder, const char *text, size_t length, const hf_ignore *outer,
                        hf_ignore **ret);
void hf_ignore_free(hf_ignore *ignore); /* only this folder's */
HF_RELEASE_BY(hf_ignore, hf_ignore_free)

/* Whether a path below the folder (written as that folder is, plus '/' and the rest) is ignored. */
bool hf_ignore_matches(const hf_ignore *ignore, const char *path, bool is_folder);

/* Whether a folder is the top of a repository: .gitignore files of folders around it
 * do not count. */
bool hf_ignore_is_top(const char *folder);

#endif
