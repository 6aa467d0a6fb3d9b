/* HF701: a whole file in memory where the loop behind it needs one line at a time. */
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

/* read() of something, or the text of an answer of requests or httpx, decoded or not. */
static bool is_whole_text(hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    static const char *const answers[] = {"requests.get", "requests.post", "requests.request",
                                          "httpx.get",    "httpx.post",    NULL};
    for (unsigned depth = 0; depth < 4 && hf_kind_of(s, node) == HF_KIND_CALL; depth++) {
        uint32_t method = hf_child(s, node, HF_FIELD_FUNCTION);
        if (!method || hf_kind_of(s, method) != HF_KIND_ATTRIBUTE)
            return false;
        if (strcmp(hf_last_name(m, method), "read") == 0)
            return hf_argument_count(m, node) == 0;
        if (strcmp(hf_last_name(m, method), "decode") != 0 &&
            strcmp(hf_last_name(m, method), "strip") != 0)
            return false;
        node = hf_child(s, method, HF_FIELD_OBJECT);
    }
    if (hf_kind_of(s, node) != HF_KIND_ATTRIBUTE || (strcmp(hf_last_name(m, node), "text") != 0 &&
                                                     strcmp(hf_last_name(m, node), "content") != 0))
        return false;
    uint32_t answer = hf_child(s, node, HF_FIELD_OBJECT);
    const hf_binding *b = hf_meaning(m, answer);
    if (b && b->kind == HF_BOUND_BY_ASSIGNMENT && b->writes == 1 && b->value)
        answer = b->value;
    return hf_kind_of(s, answer) == HF_KIND_CALL && hf_is_one_of(hf_called(m, answer), answers);
}

/* json.loads("[" + ",".join(stream.readlines()) + "]"): lines of JSON made one document. */
static bool joins_json(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    static const char *const readers[] = {"read", "readlines", "splitlines", NULL};
    uint32_t text = hf_argument(m, call, 0);
    if (strcmp(hf_called(m, call), "json.loads") != 0 || !text ||
        hf_kind_of(s, text) != HF_KIND_BINARY_OPERATOR)
        return false;
    bool opens = false, reads = false;
    for (uint32_t n = text; n < s->nodes[text].after; n++) {
        hf_kind kind = hf_kind_of(s, n);
        opens |= kind == HF_KIND_STRING && s->nodes[n].end - s->nodes[n].start >= 3 &&
                 s->text[s->nodes[n].start + 1] == '[';
        reads |= kind == HF_KIND_ATTRIBUTE && hf_is_one_of(hf_last_name(m, n), readers);
    }
    return opens && reads;
}

/* What is iterated over: readlines(), read().splitlines(), read().split("\n"), through one variable
 * that serves nothing else. */
static bool reads_whole(hf_module *m, uint32_t expression)
{
    const hf_syntax *s = &m->syntax;
    uint32_t function =
        hf_kind_of(s, expression) == HF_KIND_CALL ? hf_child(s, expression, HF_FIELD_FUNCTION) : 0;
    if (!function || hf_kind_of(s, function) != HF_KIND_ATTRIBUTE)
        return false;
    if (joins_json(m, expression))
        return true;
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
    return is_whole_text(m, object);
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
