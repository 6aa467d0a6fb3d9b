/* present/cli/cmd_lint.c - mistakes that keep memory, in source. */
#include "base/cleanup.h"
#include "lint/baseline.h"
#include "lint/config.h"
#include "present/cli/output.h"
#include "present/cli/progress.h"
#include "present/cli/session.h"
#include "present/cli/source.h"
#include "present/lint_heap.h"
#include "present/show_lint.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Whether "HF103", "HF1" or "all" means a rule. One of low confidence is meant by its whole code,
 * or by all. */
static bool is_meant(const hf_rule *rule, const char *word, size_t length)
{
    if (length == 3 && strncasecmp(word, "all", 3) == 0)
        return true;
    return strncasecmp(rule->code, word, length) == 0 &&
           (rule->confidence != HF_CONFIDENCE_LOW || length == strlen(rule->code));
}

/* Sets enabled[i] of the rules that `word` means. */
static hf_err *set_rule(const char *where, const char *word, size_t length, bool value,
                        bool *enabled)
{
    bool found = length == 0;
    for (unsigned i = 0; length && i < hf_rule_count; i++)
        if (is_meant(hf_rules[i], word, length))
            found = true, enabled[i] = value;
    if (found)
        return NULL;
    return hf_fail(HF_ERR_USAGE,
                   "lint: %s: no rule '%.*s'; 'holdfast lint --explain all' lists them", where,
                   (int)length, word);
}

/* A list of the command line, as "HF1,HF204", or else one of the configuration. */
static hf_err *set_rules(const char *option, const char *list, const char *const *configured,
                         uint32_t count, const char *file, bool value, bool *enabled)
{
    hf_err *err = NULL;
    for (uint32_t i = 0; !list && i < count && !err; i++)
        err = set_rule(file, configured[i], strlen(configured[i]), value, enabled);
    for (const char *p = list; p && *p && !err;) {
        size_t length = strcspn(p, ", ");
        err = set_rule(option, p, length, value, enabled);
        p += length + (p[length] != 0);
    }
    return err;
}

static hf_err *choose_rules(const hf_arguments *a, const hf_lint_config *config, bool *enabled)
{
    bool unchosen = !a->select && !config->select_count;
    for (unsigned i = 0; i < hf_rule_count;
         i++) /* of low confidence are for heaps that may confirm them */
        enabled[i] = unchosen && (a->with || hf_rules[i]->confidence != HF_CONFIDENCE_LOW);
    hf_err *err = set_rules("--select", a->select, config->select, config->select_count,
                            config->path, true, enabled);
    if (!err)
        err = set_rules("--ignore", a->ignore, config->ignore, config->ignore_count, config->path,
                        false, enabled);
    return err;
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

static void write_sarif(const hf_lint_view *view, FILE *out)
{
    hf_json json;
    hf_json_init(&json, out);
    hf_show_lint_sarif(&json, view);
}

static void write_baseline(const hf_lint_view *view, FILE *out)
{
    hf_baseline_write(view->report, out);
}

/* A file beside the usual output: it appears under its name when it is whole. */
static hf_err *write_file(const char *path, const hf_lint_view *view,
                          void (*write_it)(const hf_lint_view *view, FILE *out))
{
    HF_AUTO(hf_output_deinit) hf_output output = {0};
    hf_err *err = hf_output_open(path, &output);
    if (err)
        return err;
    write_it(view, output.stream);
    return hf_output_finish(&output);
}

static hf_err *join_snapshot(hf_session *s, const char *operand, hf_lint_report *report)
{
    HF_AUTO(hf_graph_freep) hf_graph *graph = NULL;
    HF_AUTO(hf_dominators_freep) hf_dominators *dominators = NULL;
    hf_err *err = hf_source_load(s, operand, &graph);
    if (!err)
        err = hf_dominators_compute(graph, &dominators);
    if (!err)
        hf_lint_join(graph, dominators, report);
    hf_progress_clear();
    return err;
}

static bool is_input(const char *operand)
{
    return strcmp(operand, "-") == 0;
}

static hf_err *run(hf_session *s, const hf_lint_config *config, const bool *enabled,
                   hf_lint_report **ret, hf_lint_view *view)
{
    const hf_arguments *a = s->arguments;
    HF_AUTO(hf_freep) char *root = config->path ? hf_folder_of(config->path) : NULL;
    if (config->path && !root)
        return hf_fail_memory();
    hf_lint_options options = {.enabled = enabled,
                               .exclude_root = root,
                               .exclude = config->exclude,
                               .exclude_count = config->exclude_count,
                               .input = is_input(a->operands[0]),
                               .input_name = a->stdin_filename,
                               .no_ignore = a->no_ignore,
                               .threads = (unsigned)a->jobs};
    HF_AUTO(hf_freep) char *beside = NULL; /* the configuration names a file of its own folder */
    if (config->baseline && *config->baseline != '/')
        beside = hf_path_join(root, config->baseline);
    const char *baseline = a->baseline ? a->baseline : beside ? beside : config->baseline;
    if (baseline && !a->write_baseline && access(baseline, F_OK) != 0)
        return hf_fail(HF_ERR_USAGE,
                       "lint: there is no baseline '%s' yet: --write-baseline makes one", baseline);
    hf_err *err = hf_lint_run(a->operands, a->operand_count, &options, ret);
    if (err)
        return err;
    view->report = *ret;
    if (baseline && !a->write_baseline)
        err = hf_baseline_apply(baseline, *ret, &view->known);
    if (!err && a->with) {
        view->snapshot = a->with;
        err = join_snapshot(s, a->with, *ret);
        if (!err && !a->select && !config->select_count)
            hf_lint_drop_unconfirmed(*ret);
    }
    return err;
}

static bool is_standard_output(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static hf_err *tell(hf_session *s, const hf_lint_view *view)
{
    const hf_arguments *a = s->arguments;
    /* Whoever reads a file there reads nothing else. */
    bool taken = is_standard_output(a->sarif) || is_standard_output(a->write_baseline);
    hf_text *text = taken ? NULL : s->text;
    hf_err *err = a->sarif ? write_file(a->sarif, view, write_sarif) : NULL;
    if (!err && a->write_baseline)
        err = write_file(a->write_baseline, view, write_baseline);
    if (err)
        return err;
    if (text && a->format && strcmp(a->format, "github") == 0)
        hf_show_lint_github(text, view);
    else if (text)
        hf_show_lint_text(text, view);
    if (text && a->write_baseline) {
        hf_text_print(text, "written to '");
        hf_text_untrusted(text, a->write_baseline);
        hf_text_print(text, "', for --baseline\n");
    }
    if (s->json)
        hf_show_lint_json(s->json, view);
    return NULL;
}

static hf_err *lint_paths(hf_session *s, const hf_lint_config *config)
{
    HF_AUTO(hf_freep) bool *enabled = malloc(hf_rule_count);
    HF_AUTO(hf_lint_report_freep) hf_lint_report *report = NULL;
    hf_lint_view view = {0};
    hf_err *err = enabled ? choose_rules(s->arguments, config, enabled) : hf_fail_memory();
    if (!err)
        err = run(s, config, enabled, &report, &view);
    if (!err)
        err = tell(s, &view);
    if (!err && report->findings.count && !s->arguments->write_baseline)
        s->status = HF_STATUS_SUSPECTS;
    return err;
}

static hf_err *check_input(const hf_arguments *a)
{
    for (size_t i = 0; i < a->operand_count; i++)
        if (is_input(a->operands[i]) && a->operand_count > 1)
            return hf_fail(HF_ERR_USAGE, "lint: '-' is standard input, and the only PATH then");
    if (a->stdin_filename && !is_input(a->operands[0]))
        return hf_fail(HF_ERR_USAGE, "lint: --stdin-filename goes with the PATH '-'");
    return NULL;
}

/* Of the file that standard input has the text of, or of its folder where it is not saved yet. */
static hf_err *find_config(const hf_arguments *a, hf_lint_config *ret)
{
    if (!is_input(a->operands[0]))
        return hf_lint_config_find(a->operands[0], ret);
    if (!a->stdin_filename)
        return hf_lint_config_find(".", ret);
    HF_AUTO(hf_freep) char *folder = hf_folder_of(a->stdin_filename);
    return folder ? hf_lint_config_find(folder, ret) : hf_fail_memory();
}

hf_err *hf_cmd_lint(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    if (a->explain)
        return explain(s, a->explain);
    if (!a->operand_count)
        return hf_fail(HF_ERR_USAGE, "lint needs PATH...; see 'holdfast lint --help'");
    hf_lint_config config HF_AUTO(hf_lint_config_deinit) = {0};
    hf_err *err = check_input(a);
    if (!err)
        err = find_config(a, &config);
    return err ? err : lint_paths(s, &config);
}
