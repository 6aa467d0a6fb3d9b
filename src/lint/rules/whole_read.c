/* HF701: a whole file in memory where the loop behind it needs one line at a time. */
#include "lint/rules/rules.h"

#include <string.h>

/* What is iterated over: readlines(), read().splitlines(), read().split("\n"), through one variable
 * that serves nothing else. */
static bool reads_whole(hf_module *m, uint32_t expression)
{
    const hf_syntax *s = &m->syntax;
    uint32_t function =
        hf_kind_of(s, expression) == HF_KIND_CALL ? hf_child(s, expression, HF_FIELD_FUNCTION) : 0;
    if (!function || hf_kind_of(s, function) != HF_KIND_ATTRIBUTE)
        return false;
    const char *method = hf_last_name(m, function);
    uint32_t object = hf_child(s, function, HF_FIELD_OBJECT);
    if (strcmp(method, "readlines") == 0)
        return hf_argument_count(m, expression) == 0;
    if (strcmp(method, "splitlines") != 0 && strcmp(method, "split") != 0)
        return false;
    if (strcmp(method, "split") == 0) {
        uint32_t separator = hf_argument(m, expression, 0);
        if (!separator ||
            (!hf_text_is(s, separator, "'\\n'") && !hf_text_is(s, separator, "\"\\n\"") &&
             !hf_text_is(s, separator, "b'\\n'")))
            return false;
    }
    uint32_t inner =
        hf_kind_of(s, object) == HF_KIND_CALL ? hf_child(s, object, HF_FIELD_FUNCTION) : 0;
    return inner && hf_kind_of(s, inner) == HF_KIND_ATTRIBUTE &&
           strcmp(hf_last_name(m, inner), "read") == 0 && hf_argument_count(m, object) == 0;
}

/* What a loop runs over, in the end. */
static uint32_t source_of(hf_module *m, uint32_t expression)
{
    const hf_binding *b = hf_meaning(m, expression);
    if (!b || b->kind != HF_BOUND_BY_ASSIGNMENT || b->writes != 1 || !b->value ||
        m->scopes[b->scope].kind != HF_SCOPE_FUNCTION)
        return expression;
    uint32_t uses = 0;
    for (uint32_t u = b->uses; u; u = m->next_use[u])
        uses++;
    const hf_syntax *s = &m->syntax; /* behind its `with` the file is closed */
    return uses == 2 && hf_enclosing(s, expression, HF_KIND_WITH) ==
                            hf_enclosing(s, b->value, HF_KIND_WITH)
               ? b->value
               : expression;
}

/* A loop that reads or writes the same file would disturb itself without the list. */
static bool touches_files(hf_module *m, uint32_t loop)
{
    const hf_syntax *s = &m->syntax;
    static const char *const names[] = {"seek", "readline", "tell", "truncate", NULL};
    for (uint32_t n = loop; n < s->nodes[loop].after; n++)
        if (hf_kind_of(s, n) == HF_KIND_ATTRIBUTE && hf_is_one_of(hf_last_name(m, n), names))
            return true;
    return false;
}

static void visit(hf_check *c, uint32_t loop)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t right = hf_child(s, loop, HF_FIELD_RIGHT);
    if (!right || touches_files(m, loop))
        return;
    uint32_t source = source_of(m, right);
    if (reads_whole(m, source))
        hf_report(c, source, "the whole file is read, and the loop needs one line at a time");
}

const hf_rule hf_rule_whole_read = {
    .code = "HF701",
    .name = "whole-file-for-a-loop",
    .reason = "readlines() and read().splitlines() hold the whole file, as many objects, while the "
              "loop looks at one line; a file gives its lines by itself.",
    .bad = "def count(path):\n"
           "    with open(path) as stream:\n"
           "        return sum(len(line) for line in stream.readlines())\n",
    .good = "def count(path):\n"
            "    with open(path) as stream:\n"
            "        return sum(len(line) for line in stream)\n",
    .fix = "for line in stream: ...; of a response, iter_lines() with stream=True.",
    .pattern = "whole-file-read",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_FOR, HF_KIND_FOR_IN_CLAUSE},
    .visit = visit,
};
