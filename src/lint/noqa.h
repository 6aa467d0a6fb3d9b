/* lint/noqa.h - comments that silence findings. */
#ifndef HF_LINT_NOQA_H
#define HF_LINT_NOQA_H

#include "lint/finding.h"
#include "lint/syntax.h"

/* Sets `silenced` of the findings from `first` on where a comment on their first or last line says
 * `noqa` (all rules) or `noqa: HF101, HF103` (these), or where `holdfast: noqa` alone on a line
 * says so for the whole file. */
void hf_noqa_apply(const hf_syntax *s, hf_findings *findings, uint32_t first);

#endif
