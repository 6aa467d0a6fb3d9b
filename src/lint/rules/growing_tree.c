/* HF704: an XML stream whose tree is never cleared. */
#include "lint/containers.h"
#include "lint/rules/rules.h"

#include <string.h>

static const char *const parsers[] = {
    "xml.etree.ElementTree.iterparse",  "xml.etree.ElementTree.XMLPullParser",
    "xml.etree.cElementTree.iterparse", "lxml.etree.iterparse",
    "lxml.etree.XMLPullParser",         NULL};

static bool is_parser(hf_module *m, uint32_t call)
{
    return hf_kind_of(&m->syntax, call) == HF_KIND_CALL &&
           hf_is_one_of(hf_called(m, call), parsers);
}

/* Whether elements of this parser may be cleared: in its function, or in one that has no parser
 * of its own. */
static bool is_cleared(hf_module *m, uint32_t call, const char *name)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t u = hf_attribute_uses(m, name); u; u = hf_next_attribute(m, u)) {
        uint32_t function = hf_function_around(m, u);
        bool other = false;
        for (uint32_t n = function; function && n < s->nodes[function].after; n++)
            other |= is_parser(m, n) && n != call;
        if (!other || function == hf_function_around(m, call))
            return true;
    }
    return false;
}

/* events=("start",): who wants no element that is whole has none to clear, and looks at the top
 * or keeps all. */
static bool wants_whole_elements(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    bool pulled = strcmp(hf_last_name(m, hf_child(s, call, HF_FIELD_FUNCTION)), "iterparse") != 0;
    uint32_t events = hf_keyword(m, call, "events");
    if (!events)
        events = hf_argument(m, call, pulled ? 0 : 1);
    hf_kind kind = events ? hf_kind_of(s, events) : HF_KIND_OTHER;
    if (kind != HF_KIND_TUPLE && kind != HF_KIND_LIST)
        return true; /* ends alone, or what cannot be told */
    for (uint32_t n = events; n < s->nodes[events].after; n++)
        if (hf_kind_of(s, n) == HF_KIND_STRING_CONTENT && hf_text_is(s, n, "end"))
            return true;
    return false;
}

/* for event, element in iterparse(file): ..., and behind the loop element is the root: the
 * tree is wanted. */
static bool is_used_behind(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t loop = hf_parent(s, call);
    if (hf_kind_of(s, loop) != HF_KIND_FOR)
        return false;
    uint32_t target = hf_child(s, loop, HF_FIELD_LEFT);
    for (uint32_t n = target; n < s->nodes[target].after; n++) {
        const hf_binding *b = hf_kind_of(s, n) == HF_KIND_IDENTIFIER ? hf_meaning(m, n) : NULL;
        for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u])
            if (u >= s->nodes[loop].after && hf_use_of(m, u) != HF_USE_BIND)
                return true;
    }
    return false;
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    if (!is_parser(m, call) || !hf_function_around(m, call) || is_cleared(m, call, "clear") ||
        is_cleared(m, call, "remove") || !wants_whole_elements(m, call) || is_used_behind(m, call))
        return;
    const char *name = hf_last_name(m, hf_child(&m->syntax, call, HF_FIELD_FUNCTION));
    hf_report(c, call,
              "%s builds the whole tree behind its events, and nothing here clears elements", name);
}

const hf_rule hf_rule_growing_tree = {
    .code = "HF704",
    .name = "xml-tree-never-cleared",
    .reason =
        "iterparse() and XMLPullParser tell events, and build the whole tree beside them: each "
        "element stays in its parent until it is cleared.",
    .bad = "import xml.etree.ElementTree as ElementTree\n"
           "\n"
           "def names(path):\n"
           "    for event, element in ElementTree.iterparse(path):\n"
           "        yield element.get('name')\n",
    .good = "import xml.etree.ElementTree as ElementTree\n"
            "\n"
            "def names(path):\n"
            "    for event, element in ElementTree.iterparse(path):\n"
            "        yield element.get('name')\n"
            "        element.clear()\n",
    .fix = "element.clear() when it is handled; for a stream without end, also root.clear().",
    .pattern = "parser-tree-retention",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .whole_file = true,
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
