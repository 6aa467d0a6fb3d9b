/* HF805: sys.intern of whatever comes in. */
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

enum { PARTS_DEEP = 3 };

/* The text is, or comes out of, the variable of a loop over a file, a reader, a sequence of rows:
 * `for line in lines: key, rest = line.split()`. */
static bool comes_from_loop(hf_module *m, uint32_t text, unsigned depth)
{
    const hf_syntax *s = &m->syntax;
    while (text && hf_kind_of(s, text) != HF_KIND_IDENTIFIER)
        text = hf_first_child(s, text);
    const hf_binding *b = text ? hf_meaning(m, text) : NULL;
    uint32_t loop = b ? hf_parent(s, b->node) : 0;
    if (loop && hf_kind_of(s, loop) == HF_KIND_PATTERN_LIST)
        loop = hf_parent(s, loop);
    if (loop && depth < PARTS_DEEP && b->writes == 1 && hf_kind_of(s, loop) == HF_KIND_ASSIGNMENT)
        return comes_from_loop(m, hf_child(s, loop, HF_FIELD_RIGHT), depth + 1);
    if (!loop ||
        (hf_kind_of(s, loop) != HF_KIND_FOR && hf_kind_of(s, loop) != HF_KIND_FOR_IN_CLAUSE))
        return false;
    uint32_t right = hf_child(s, loop, HF_FIELD_RIGHT);
    static const char *const readers[] = {"csv.reader", "csv.DictReader", "open", NULL};
    if (hf_kind_of(s, right) == HF_KIND_CALL && depth < PARTS_DEEP &&
        hf_kind_of(s, hf_child(s, right, HF_FIELD_FUNCTION)) == HF_KIND_ATTRIBUTE &&
        comes_from_loop(m, right, depth + 1))
        return true; /* for key, value in row.items(), where row is one of many */
    return hf_kind_of(s, right) == HF_KIND_IDENTIFIER || hf_is_one_of(hf_called(m, right), readers);
}

/* The text is, or comes out of, what a handler is called with: request.path. */
static bool comes_from_request(hf_module *m, uint32_t text)
{
    uint32_t function = hf_function_around(m, text);
    while (text && hf_kind_of(&m->syntax, text) != HF_KIND_IDENTIFIER)
        text = hf_first_child(&m->syntax, text);
    const hf_binding *b = text ? hf_meaning(m, text) : NULL;
    return b && b->kind == HF_BOUND_BY_PARAMETER && m->scopes[b->scope].node == function &&
           hf_is_handler(m, function) &&
           strcmp(hf_self_name(m, function), hf_identifier_text(&m->syntax, b->node)) != 0;
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    uint32_t text = hf_argument(m, call, 0);
    if (strcmp(hf_called(m, call), "sys.intern") != 0 || !text ||
        !(comes_from_loop(m, text, 0) || comes_from_request(m, text)))
        return;
    hf_report(c, call, "every different text stays in the interpreter's table of interned strings");
}

const hf_rule hf_rule_interned_input = {
    .code = "HF805",
    .name = "interned-input",
    .reason = "sys.intern() puts a text into a table of the interpreter; CPython 3.12 never takes "
              "one out again. Fine for the names of columns, not for their values.",
    .bad = "import sys\n"
           "\n"
           "def load(lines):\n"
           "    for line in lines:\n"
           "        yield sys.intern(line)\n",
    .good = "def load(lines):\n"
            "    known = {}\n"
            "    for line in lines:\n"
            "        yield known.setdefault(line, line)\n",
    .fix = "Share equal texts through a dict of your own that goes when the work is done.",
    .pattern = "interned-strings",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
