/* present/show_lint.h - findings of the linter as people and programs read them. Apart from show.h,
 * because a build without the parser's sources has no linter. */
#ifndef HF_PRESENT_SHOW_LINT_H
#define HF_PRESENT_SHOW_LINT_H

#include "lint/lint.h"
#include "present/json.h"
#include "present/text.h"

typedef struct hf_lint_view {
    const hf_lint_report *report;
    uint32_t known;       /* findings that the baseline has, and that are not shown */
    const char *snapshot; /* findings are ranked by what this file shows behind them; or NULL */
} hf_lint_view;

void hf_show_lint_text(hf_text *t, const hf_lint_view *view);
void hf_show_lint_json(hf_json *j, const hf_lint_view *view);

/* SARIF 2.1.0, as code hosts read it. */
void hf_show_lint_sarif(hf_json *j, const hf_lint_view *view);

/* Workflow commands of GitHub Actions, one line for each finding. */
void hf_show_lint_github(hf_text *t, const hf_lint_view *view);

/* One rule at length, or (NULL) all of them in a table. */
void hf_show_rule_text(hf_text *t, const hf_rule *rule);
void hf_show_rule_json(hf_json *j, const hf_rule *rule);

#endif
