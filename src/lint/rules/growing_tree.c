/* HF704: an XML stream whose tree is never cleared. */
#include "lint/rules/rules.h"

#include <string.h>

static const char *const parsers[] = {
    "xml.etree.ElementTree.iterparse",  "xml.etree.ElementTree.XMLPullParser",
    "xml.etree.cElementTree.iterparse", "lxml.etree.iterparse",
    "lxml.etree.XMLPullParser",         NULL};

static bool calls_on_elements(const hf_module *m, const char *name)
{
    return hf_strtab_find(&m->syntax.names, name, strlen(name)) != HF_STR_NONE;
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    if (!hf_is_one_of(hf_called(m, call), parsers) || calls_on_elements(m, "clear") ||
        calls_on_elements(m, "remove") || !hf_function_around(m, call))
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
