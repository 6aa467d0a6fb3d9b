/* lint/config.h - [tool.holdfast.lint] of a pyproject.toml.
 *
 *     [tool.holdfast.lint]
 *     select = ["HF1", "HF301"]     # only these; prefixes name the rules that begin so
 *     ignore = ["HF703"]
 *     exclude = ["migrations", "tests/data/"]
 *     baseline = "holdfast-lint.txt"
 *
 * Only texts and lists of texts are read, which is all that the table may hold; other tables are
 * skipped without being understood. */
#ifndef HF_LINT_CONFIG_H
#define HF_LINT_CONFIG_H

#include "base/err.h"
#include "lint/arena.h"

typedef struct hf_lint_config {
    const char *path; /* of the file; NULL: none has the table */
    const char **select, **ignore, **exclude;
    uint32_t select_count, ignore_count, exclude_count;
    uint32_t select_capacity, ignore_capacity, exclude_capacity;
    const char *baseline; /* beside the file; or NULL */
    hf_arena arena;
} hf_lint_config;

/* Reads the nearest pyproject.toml of `path`'s folder and those around it that has the table. */
hf_err *hf_lint_config_find(const char *path, hf_lint_config *config);

/* The same from a text; `path` is what errors name. */
hf_err *hf_lint_config_parse(const char *path, const char *text, size_t length,
                             hf_lint_config *config);
void hf_lint_config_deinit(hf_lint_config *config);

#endif
