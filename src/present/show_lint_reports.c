/* present/show_lint_reports.c - findings as other tools read them: SARIF and GitHub's
 * annotations. */
#include "present/show_lint.h"

#include "base/cleanup.h"

#include <string.h>

static const char *path_of(const hf_lint_view *view, const hf_finding *f)
{
    return view->report->files.items[f->file].shown;
}

/* RFC 3986: what is no letter, digit or "-._~/" goes out as %XX. */
static void json_uri(hf_json *j, const char *key, const char *path)
{
    hf_buf uri HF_AUTO(hf_buf_deinit);
    hf_buf_init(&uri, 1 << 20);
    if (*path == '/')
        hf_buf_text(&uri, "file://");
    for (const char *p = path; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || strchr("-._~/", *p);
        if (plain)
            hf_buf_char(&uri, *p);
        else
            hf_buf_format(&uri, "%%%02X", (unsigned char)*p);
    }
    hf_json_text(j, key, hf_buf_string(&uri));
}

static void json_message(hf_json *j, const char *key, const char *text)
{
    hf_json_object(j, key);
    hf_json_text(j, "text", text);
    hf_json_end(j);
}

/* Lines of a notebook are those of a cell, which these formats have no place for. */
static void message_text(const hf_finding *f, hf_buf *ret)
{
    hf_buf_clear(ret);
    hf_buf_text(ret, f->message);
    if (f->cell)
        hf_buf_format(ret, " (cell %u)", f->cell);
}

static void sarif_rule(hf_json *j, const hf_rule *rule)
{
    hf_json_object(j, NULL);
    hf_json_text(j, "id", rule->code);
    hf_json_text(j, "name", rule->name);
    json_message(j, "shortDescription", rule->reason);
    json_message(j, "help", rule->fix);
    hf_json_object(j, "defaultConfiguration");
    hf_json_bool(j, "enabled", rule->confidence != HF_CONFIDENCE_LOW);
    hf_json_text(j, "level", "warning");
    hf_json_end(j);
    hf_json_object(j, "properties");
    hf_json_text(j, "precision", hf_confidence_name(rule->confidence));
    hf_json_array(j, "tags");
    hf_json_text(j, NULL, "memory");
    hf_json_text(j, NULL, rule->pattern);
    hf_json_end(j);
    hf_json_end(j);
    hf_json_end(j);
}

static uint32_t place_of_rule(const hf_rule *rule)
{
    uint32_t i = 0;
    while (hf_rules[i] && hf_rules[i] != rule)
        i++;
    return i;
}

static void sarif_result(hf_json *j, const hf_lint_view *view, const hf_finding *f)
{
    hf_json_object(j, NULL);
    hf_json_text(j, "ruleId", f->rule->code);
    hf_json_uint(j, "ruleIndex", place_of_rule(f->rule));
    hf_json_text(j, "level", "warning");
    hf_buf message HF_AUTO(hf_buf_deinit);
    hf_buf_init(&message, 1 << 16);
    message_text(f, &message);
    json_message(j, "message", hf_buf_string(&message));
    hf_json_array(j, "locations");
    hf_json_object(j, NULL);
    hf_json_object(j, "physicalLocation");
    hf_json_object(j, "artifactLocation");
    json_uri(j, "uri", path_of(view, f));
    hf_json_end(j);
    hf_json_object(j, "region");
    hf_json_uint(j, "startLine", f->line);
    hf_json_uint(j, "startColumn", f->column);
    hf_json_uint(j, "endLine", f->end_line);
    hf_json_uint(j, "endColumn", f->end_column);
    json_message(j, "snippet", f->source);
    hf_json_end(j);
    hf_json_end(j);
    hf_json_end(j);
    hf_json_end(j);
    hf_json_end(j);
}

void hf_show_lint_sarif(hf_json *j, const hf_lint_view *view)
{
    hf_json_object(j, NULL);
    hf_json_text(j, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    hf_json_text(j, "version", "2.1.0");
    hf_json_array(j, "runs");
    hf_json_object(j, NULL);
    hf_json_object(j, "tool");
    hf_json_object(j, "driver");
    hf_json_text(j, "name", "holdfast");
    hf_json_text(j, "version", HF_VERSION);
    hf_json_array(j, "rules");
    for (const hf_rule *const *r = hf_rules; *r; r++)
        sarif_rule(j, *r);
    hf_json_end(j);
    hf_json_end(j);
    hf_json_end(j);
    hf_json_text(j, "columnKind", "unicodeCodePoints");
    hf_json_array(j, "results");
    for (uint32_t i = 0; i < view->report->findings.count; i++)
        sarif_result(j, view, &view->report->findings.items[i]);
    hf_json_end(j);
    hf_json_end(j);
    hf_json_end(j);
    hf_json_end(j);
}

/* What would end a property or a command is written as %XX, as the workflow commands want it. */
static void add_escaped(hf_buf *out, const char *text, const char *also)
{
    for (; *text; text++)
        if (strchr("%\r\n", *text) || strchr(also, *text))
            hf_buf_format(out, "%%%02X", (unsigned char)*text);
        else
            hf_buf_char(out, *text);
}

void hf_show_lint_github(hf_text *t, const hf_lint_view *view)
{
    hf_buf line HF_AUTO(hf_buf_deinit), message HF_AUTO(hf_buf_deinit);
    hf_buf_init(&line, 1 << 20);
    hf_buf_init(&message, 1 << 16);
    for (uint32_t i = 0; i < view->report->findings.count; i++) {
        const hf_finding *f = &view->report->findings.items[i];
        hf_buf_clear(&line);
        hf_buf_text(&line, "::warning file=");
        add_escaped(&line, path_of(view, f), ":,");
        hf_buf_format(&line, ",line=%u,endLine=%u,col=%u,endColumn=%u,title=%s %s::", f->line,
                      f->end_line, f->column, f->end_column, f->rule->code, f->rule->name);
        message_text(f, &message);
        add_escaped(&line, hf_buf_string(&message), "");
        hf_text_untrusted(t, hf_buf_string(&line));
        hf_text_print(t, "\n");
    }
}
