/* present/show_lint.c - findings as text and as JSON. */
#include "present/show_lint.h"

#include "base/cleanup.h"

#include <string.h>

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* Blanks of the line in front of what is shown, and where its mark goes. */
static void show_source(hf_text *t, const hf_finding *f)
{
    size_t indent = strspn(f->source, " \t");
    uint32_t column = f->column > indent ? f->column - (uint32_t)indent : 1;
    hf_text_styled(t, HF_STYLE_DIM, "%6u | ", f->line);
    hf_text_untrusted(t, f->source + indent);
    hf_text_print(t, "\n");
    uint32_t width = hf_format_width(f->source + indent, strlen(f->source + indent));
    uint32_t length = f->end_line == f->line ? f->end_column - f->column
                      : width >= column      ? width - column + 1
                                             : 1;
    hf_text_styled(t, HF_STYLE_DIM, "       | ");
    hf_text_print(t, "%*s", (int)column - 1, "");
    hf_buf marks HF_AUTO(hf_buf_deinit);
    hf_buf_init(&marks, 1000);
    for (uint32_t i = 0; i < (length ? length : 1) && i < 200; i++)
        hf_buf_char(&marks, '^');
    hf_text_styled(t, HF_STYLE_BAD, "%s", hf_buf_string(&marks));
    hf_text_print(t, "\n");
}

static void show_place(hf_text *t, const hf_lint_report *r, const hf_finding *f)
{
    hf_text_untrusted(t, r->files.items[f->file].shown);
    if (f->cell)
        hf_text_print(t, ":cell %u", f->cell);
    hf_text_print(t, ":%u:%u ", f->line, f->column);
}

static void show_finding(hf_text *t, const hf_lint_view *view, const hf_finding *f)
{
    show_place(t, view->report, f);
    hf_text_styled(t, HF_STYLE_BOLD, "%s ", f->rule->code);
    hf_text_untrusted(t, f->message);
    hf_text_print(t, "\n");
    show_source(t, f);
    if (f->objects)
        hf_text_styled(t, HF_STYLE_BAD, "       = the heap confirms it: %s in %s object%s\n",
                       hf_format_bytes(f->bytes).text, hf_format_count(f->objects).text,
                       plural(f->objects));
    hf_text_print(t, "       = ");
    hf_text_fill(t, f->rule->fix, 9, 100);
    hf_text_print(t, "\n");
}

static void show_notes(hf_text *t, const hf_lint_files *files)
{
    for (uint32_t i = 0; i < files->note_count; i++) {
        const hf_lint_note *n = &files->notes[i];
        hf_text_untrusted(t, n->path);
        if (n->line)
            hf_text_print(t, ":%u", n->line);
        hf_text_print(t, ": note: ");
        hf_text_untrusted(t, n->text);
        hf_text_print(t, "\n");
    }
    if (files->note_count)
        hf_text_print(t, "\n");
}

static void show_total(hf_text *t, const hf_lint_view *view)
{
    const hf_lint_report *r = view->report;
    uint32_t count = r->findings.count;
    hf_text_styled(t, count ? HF_STYLE_BAD : HF_STYLE_GOOD, "%s finding%s",
                   count ? hf_format_count(count).text : "no", plural(count));
    hf_text_print(t, " in %s file%s (%s line%s)", hf_format_count(r->files.count).text,
                  plural(r->files.count), hf_format_count(r->lines).text, plural(r->lines));
    if (r->silenced)
        hf_text_print(t, "; %s silenced by noqa", hf_format_count(r->silenced).text);
    if (view->known)
        hf_text_print(t, "; %s in the baseline", hf_format_count(view->known).text);
    hf_text_print(t, "\n");
    if (count)
        hf_text_print(t, "'holdfast lint --explain %s' says more about a rule\n",
                      r->findings.items[0].rule->code);
}

void hf_show_lint_text(hf_text *t, const hf_lint_view *view)
{
    const hf_lint_report *r = view->report;
    for (uint32_t i = 0; i < r->findings.count; i++)
        show_finding(t, view, &r->findings.items[i]);
    show_notes(t, &r->files);
    show_total(t, view);
}

static void json_finding(hf_json *j, const hf_lint_view *view, const hf_finding *f)
{
    hf_json_object(j, NULL);
    hf_json_text(j, "code", f->rule->code);
    hf_json_text(j, "rule", f->rule->name);
    hf_json_text(j, "path", view->report->files.items[f->file].shown);
    if (f->cell)
        hf_json_uint(j, "cell", f->cell);
    hf_json_uint(j, "line", f->line);
    hf_json_uint(j, "column", f->column);
    hf_json_uint(j, "end_line", f->end_line);
    hf_json_uint(j, "end_column", f->end_column);
    hf_json_text(j, "function", f->function);
    hf_json_text(j, "message", f->message);
    hf_json_text(j, "source", f->source);
    hf_json_text(j, "pattern", f->pattern);
    hf_json_text(j, "confidence", hf_confidence_name(f->rule->confidence));
    hf_json_text(j, "fix", f->rule->fix);
    hf_json_text(j, "holder", f->holder);
    if (view->snapshot) {
        hf_json_uint(j, "retained_bytes", f->bytes);
        hf_json_uint(j, "objects", f->objects);
    }
    hf_json_end(j);
}

void hf_show_lint_json(hf_json *j, const hf_lint_view *view)
{
    const hf_lint_report *r = view->report;
    hf_json_object(j, NULL);
    hf_json_array(j, "findings");
    for (uint32_t i = 0; i < r->findings.count; i++)
        json_finding(j, view, &r->findings.items[i]);
    hf_json_end(j);
    hf_json_array(j, "notes");
    for (uint32_t i = 0; i < r->files.note_count; i++) {
        hf_json_object(j, NULL);
        hf_json_text(j, "path", r->files.notes[i].path);
        hf_json_uint(j, "line", r->files.notes[i].line);
        hf_json_text(j, "text", r->files.notes[i].text);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_uint(j, "files", r->files.count);
    hf_json_uint(j, "lines", r->lines);
    hf_json_uint(j, "bytes", r->bytes);
    hf_json_uint(j, "silenced", r->silenced);
    hf_json_uint(j, "in_baseline", view->known);
    hf_json_text(j, "snapshot", view->snapshot);
    hf_json_end(j);
}

static void show_example(hf_text *t, const char *title, const char *code)
{
    hf_text_styled(t, HF_STYLE_BOLD, "%s\n", title);
    while (*code) {
        size_t length = strcspn(code, "\n");
        hf_text_print(t, "%s%.*s\n", length ? "    " : "", (int)length, code);
        code += length + (code[length] == '\n');
    }
    hf_text_print(t, "\n");
}

static void list_rules(hf_text *t)
{
    static const hf_column columns[] = {
        {"CODE", false}, {"NAME", false}, {"CONFIDENCE", false}, {"REASON", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 4, 0);
    table.cut = true;
    for (const hf_rule *const *r = hf_rules; *r; r++) {
        hf_table_cell(&table, "%s", (*r)->code);
        hf_table_cell(&table, "%s", (*r)->name);
        hf_table_cell(&table, "%s", hf_confidence_name((*r)->confidence));
        hf_table_cell(&table, "%s", (*r)->reason);
    }
    hf_table_print(&table, t);
}

void hf_show_rule_text(hf_text *t, const hf_rule *rule)
{
    if (!rule) {
        list_rules(t);
        return;
    }
    hf_text_styled(t, HF_STYLE_BOLD, "%s %s", rule->code, rule->name);
    hf_text_print(t, " (confidence: %s)\n\n", hf_confidence_name(rule->confidence));
    hf_text_fill(t, rule->reason, 0, 100);
    hf_text_print(t, "\n");
    if (rule->confidence == HF_CONFIDENCE_LOW)
        hf_text_print(
            t,
            "It is left out unless it is selected ('--select %s' or '--select all'), or a heap "
            "confirms it\n('--with SNAPSHOT').\n\n",
            rule->code);
    show_example(t, "Found:", rule->bad);
    show_example(t, "Sound:", rule->good);
    hf_text_styled(t, HF_STYLE_BOLD, "Fix: ");
    hf_text_fill(t, rule->fix, 5, 100);
    hf_text_print(t,
                  "\nThe pattern of 'holdfast diagnose' for it is %s. '# noqa: %s' behind a line "
                  "silences it there.\n",
                  rule->pattern, rule->code);
}

static void json_rule(hf_json *j, const hf_rule *rule)
{
    hf_json_object(j, NULL);
    hf_json_text(j, "code", rule->code);
    hf_json_text(j, "name", rule->name);
    hf_json_text(j, "reason", rule->reason);
    hf_json_text(j, "bad", rule->bad);
    hf_json_text(j, "good", rule->good);
    hf_json_text(j, "fix", rule->fix);
    hf_json_text(j, "pattern", rule->pattern);
    hf_json_text(j, "confidence", hf_confidence_name(rule->confidence));
    hf_json_end(j);
}

void hf_show_rule_json(hf_json *j, const hf_rule *rule)
{
    hf_json_object(j, NULL);
    hf_json_array(j, "rules");
    for (const hf_rule *const *r = hf_rules; *r; r++)
        if (!rule || rule == *r)
            json_rule(j, *r);
    hf_json_end(j);
    hf_json_end(j);
}
