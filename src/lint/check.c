/* lint/check.c - runs the rules over one module. */
#include "lint/rule.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "lint/repeats.h"

#include <string.h>
#include <strings.h>

void hf_finding_deinit(hf_finding *f)
{
    free(f->message);
    free(f->source);
    free(f->function);
    free(f->holder);
    free(f->unless);
    *f = (hf_finding){0};
}

void hf_findings_deinit(hf_findings *f)
{
    for (uint32_t i = 0; i < f->count; i++)
        hf_finding_deinit(&f->items[i]);
    free(f->items);
    *f = (hf_findings){0};
}

const hf_rule *hf_rule_find(const char *code)
{
    for (const hf_rule *const *r = hf_rules; *r; r++)
        if (strcasecmp((*r)->code, code) == 0)
            return *r;
    return NULL;
}

const char *hf_confidence_name(hf_confidence confidence)
{
    static const char *const names[] = {[HF_CONFIDENCE_LOW] = "low",
                                        [HF_CONFIDENCE_MEDIUM] = "medium",
                                        [HF_CONFIDENCE_HIGH] = "high"};
    return names[confidence];
}

/* "Class.method" of the definitions around a node. */
static char *function_text(const hf_module *m, uint32_t node)
{
    const char *names[8];
    unsigned count = 0;
    uint32_t scope = m->scope_of[node];
    for (; scope && count < 8; scope = m->scopes[scope].parent) {
        hf_kind kind = hf_kind_of(&m->syntax, m->scopes[scope].node);
        if (kind == HF_KIND_FUNCTION || kind == HF_KIND_CLASS)
            names[count++] = hf_definition_name(m, m->scopes[scope].node);
    }
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, 4096);
    while (count--) {
        hf_buf_text(&text, names[count]);
        if (count)
            hf_buf_char(&text, '.');
    }
    return strdup(hf_buf_string(&text));
}

enum { SOURCE_MAX = 400 }; /* bytes of a line that are shown */

static char *source_line(const hf_syntax *s, uint32_t line)
{
    uint32_t start = s->lines[line - 1];
    uint32_t end = line < s->line_count ? s->lines[line] : s->length;
    while (end > start && (s->text[end - 1] == '\n' || s->text[end - 1] == '\r'))
        end--;
    if (end - start > SOURCE_MAX) {
        end = start + SOURCE_MAX;
        while (end > start && (s->text[end] & 0xc0) == 0x80)
            end--;
    }
    return strndup(s->text + start, end - start);
}

hf_finding *hf_report(hf_check *c, uint32_t node, const char *format, ...)
{
    const hf_syntax *s = &c->m->syntax;
    if (!c->rule->in_tests && hf_is_test(c->m, node))
        return NULL;
    hf_buf message HF_AUTO(hf_buf_deinit);
    hf_buf_init(&message, 4096);
    va_list arguments;
    va_start(arguments, format);
    hf_buf_vformat(&message, format, arguments);
    va_end(arguments);
    if (!hf_array_room(&c->findings->items, c->findings->count, &c->findings->capacity)) {
        c->findings->failed = true;
        return NULL;
    }
    hf_finding *f = &c->findings->items[c->findings->count++];
    uint32_t start = s->nodes[node].start, end = s->nodes[node].end;
    *f = (hf_finding){.rule = c->rule,
                      .pattern = c->rule->pattern,
                      .start = start,
                      .end = end,
                      .line = hf_line_of(s, start),
                      .column = hf_column_of(s, start),
                      .end_line = hf_line_of(s, end),
                      .end_column = hf_column_of(s, end)};
    f->message = strdup(hf_buf_string(&message));
    f->source = source_line(s, f->line);
    f->function = function_text(c->m, node);
    if (!f->message || !f->source || !f->function)
        c->findings->failed = true;
    return f;
}

static void set_text(hf_check *c, char **text, const hf_buf *built)
{
    free(*text);
    *text = built->failed ? NULL : strndup((const char *)built->data, built->length);
    if (!*text)
        c->findings->failed = true;
}

void hf_holder_is(hf_check *c, hf_finding *f, hf_holder_kind kind, uint32_t class_node,
                  const char *name)
{
    if (!f)
        return;
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, 4096);
    hf_buf_format(&text, "%s:", c->m->name);
    if (class_node)
        hf_buf_format(&text, "%s.", hf_definition_name(c->m, class_node));
    hf_buf_text(&text, name);
    f->holder_kind = kind;
    set_text(c, &f->holder, &text);
}

void hf_unless(hf_check *c, hf_finding *f, const char *format, ...)
{
    if (!f)
        return;
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, 4096);
    if (f->unless)
        hf_buf_format(&text, "%s\n", f->unless);
    va_list arguments;
    va_start(arguments, format);
    hf_buf_vformat(&text, format, arguments);
    va_end(arguments);
    set_text(c, &f->unless, &text);
}

void hf_report_global(hf_check *c, uint32_t use, uint32_t assignment, const char *what)
{
    const hf_syntax *s = &c->m->syntax;
    uint32_t target = hf_child(s, assignment, HF_FIELD_LEFT);
    const char *name = hf_identifier_text(s, target);
    hf_finding *f =
        hf_report(c, use, "%s (line %u) %s", name, hf_line_of(s, s->nodes[target].start), what);
    hf_holder_is(c, f, HF_HOLDER_GLOBAL, 0, name);
    hf_unless(c, f, "frees %s.%s", c->m->name, name);
}

/* The rules of each kind of node, one list after the other. */
typedef struct schedule {
    const hf_rule *rules[HF_KIND_COUNT][32];
    unsigned counts[HF_KIND_COUNT];
} schedule;

static void plan(const bool *enabled, schedule *ret)
{
    memset(ret->counts, 0, sizeof(ret->counts));
    for (unsigned i = 0; hf_rules[i]; i++) {
        const hf_rule *rule = hf_rules[i];
        if (!enabled[i])
            continue;
        for (unsigned k = 0; k < HF_RULE_KINDS && rule->kinds[k]; k++) {
            hf_kind kind = rule->kinds[k];
            if (ret->counts[kind] < sizeof(ret->rules[0]) / sizeof(ret->rules[0][0]))
                ret->rules[kind][ret->counts[kind]++] = rule;
        }
    }
}

/* Whether what could not be parsed mentions what a finding is about, by any of its names
 * ("module:Class.name"), or the finding cannot say what that is: then "nowhere" is not known. */
static bool is_in_doubt(const hf_syntax *s, const hf_finding *f)
{
    const char *names = f->holder ? strchr(f->holder, ':') : NULL;
    if (!names)
        return true;
    while (*names) {
        names++;
        size_t length = strcspn(names, ".");
        if (hf_damage_mentions(s, names, length))
            return true;
        names += length;
    }
    return false;
}

static void drop_doubtful(const hf_syntax *s, hf_findings *findings, uint32_t first)
{
    uint32_t kept = first;
    for (uint32_t i = first; i < findings->count; i++) {
        if (is_in_doubt(s, &findings->items[i]))
            hf_finding_deinit(&findings->items[i]);
        else
            findings->items[kept++] = findings->items[i];
    }
    findings->count = kept;
}

void hf_check_module(hf_module *m, const bool *enabled, hf_findings *findings)
{
    schedule planned;
    plan(enabled, &planned);
    hf_check check = {.m = m, .findings = findings};
    for (uint32_t node = 0; node < m->syntax.count; node++) {
        hf_kind kind = hf_kind_of(&m->syntax, node);
        for (unsigned i = 0; i < planned.counts[kind]; i++) {
            check.rule = planned.rules[kind][i];
            uint32_t first = findings->count;
            check.rule->visit(&check, node);
            if (check.rule->whole_file && m->syntax.damaged)
                drop_doubtful(&m->syntax, findings, first);
        }
    }
    if (m->failed)
        findings->failed = true;
}
