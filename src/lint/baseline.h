/* lint/baseline.h - findings that are known already, in a file: only new ones are told.
 *
 * One line each: code, path, function and source line, separated by tabs. No line numbers, so that
 * code may move; of findings that are alike as many are known as lines are. */
#ifndef HF_LINT_BASELINE_H
#define HF_LINT_BASELINE_H

#include "lint/lint.h"

#include <stdio.h>

/* Takes the findings out of a report that the file has; *ret_known: how many. */
hf_err *hf_baseline_apply(const char *path, hf_lint_report *report, uint32_t *ret_known);

/* Writes all findings of a report; failing output is seen by the owner of the stream. */
void hf_baseline_write(const hf_lint_report *report, FILE *out);

#endif
