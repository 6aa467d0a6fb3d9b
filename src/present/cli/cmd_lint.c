/* present/cli/cmd_lint.c - mistakes that keep memory, in source. */
#include "base/cleanup.h"
#include "present/cli/session.h"
#include "present/show_lint.h"

#include <string.h>

static void free_report(hf_lint_report **report)
{
    hf_lint_report_free(*report);
}

/* Sets enabled[i] of the rules whose code begins with one of the words of a list like "HF1,HF204". */
static hf_err *set_rules(const char *option, const char *list, bool value, bool *enabled)
{
    for (const char *p = list; *p;) {
        size_t length = strcspn(p, ", ");
        bool found = length == 0;
        for (unsigned i = 0; length && i < hf_rule_count; i++)
            if (strncmp(hf_rules[i]->code, p, length) == 0)
                found = true, enabled[i] = value;
        if (!found)
            return hf_fail(HF_ERR_USAGE,
                           "lint: %s: no rule '%.*s'; 'holdfast lint --explain all' "
                           "lists them",
                           option, (int)length, p);
        p += length + (p[length] != 0);
    }
    return NULL;
}

static hf_err *explain(hf_session *s, const char *code)
{
    const hf_rule *rule = strcmp(code, "all") == 0 ? NULL : hf_rule_find(code);
    if (!rule && strcmp(code, "all") != 0)
        return hf_fail(HF_ERR_USAGE, "lint: no rule '%s'; 'holdfast lint --explain all' lists them",
                       code);
    if (s->text)
        hf_show_rule_text(s->text, rule);
    if (s->json)
        hf_show_rule_json(s->json, rule);
    return NULL;
}

hf_err *hf_cmd_lint(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    if (a->explain)
        return explain(s, a->explain);
    if (!a->operand_count)
        return hf_fail(HF_ERR_USAGE, "lint needs PATH...; see 'holdfast lint --help'");
    HF_AUTO(hf_freep) bool *enabled = malloc(hf_rule_count);
    if (!enabled)
        return hf_fail_memory();
    memset(enabled, a->select == NULL, hf_rule_count);
    hf_err *err = a->select ? set_rules("--select", a->select, true, enabled) : NULL;
    if (!err && a->ignore)
        err = set_rules("--ignore", a->ignore, false, enabled);
    if (err)
        return err;
    HF_AUTO(free_report) hf_lint_report *report = NULL;
    hf_lint_options options = {.enabled = enabled, .threads = (unsigned)a->jobs};
    err = hf_lint_run(a->operands, a->operand_count, &options, &report);
    if (err)
        return err;
    hf_lint_view view = {.report = report};
    if (s->text)
        hf_show_lint_text(s->text, &view);
    if (s->json)
        hf_show_lint_json(s->json, &view);
    if (report->findings.count)
        s->status = HF_STATUS_SUSPECTS;
    return NULL;
}
