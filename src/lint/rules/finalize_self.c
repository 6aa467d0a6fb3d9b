/* HF401: weakref.finalize that holds what it waits for. */
#include "lint/rules/rules.h"

#include <string.h>

/* Whether an expression holds the object itself: the name, a bound method of it, a lambda or
 * partial that uses it. */
static bool holds(hf_module *m, uint32_t expression, const hf_binding *object)
{
    const hf_syntax *s = &m->syntax;
    hf_kind kind = hf_kind_of(s, expression);
    if (kind == HF_KIND_IDENTIFIER)
        return hf_meaning(m, expression) == object;
    if (kind == HF_KIND_ATTRIBUTE) {
        const char *name = hf_self_attribute(m, expression);
        uint32_t class_node = hf_class_around(m, expression);
        uint32_t method = *name && class_node ? hf_method(m, class_node, name) : 0;
        return method && !hf_has_decorator(m, method, "staticmethod") &&
               !hf_has_decorator(m, method, "classmethod") &&
               hf_meaning(m, hf_child(s, expression, HF_FIELD_OBJECT)) == object;
    }
    if (kind == HF_KIND_CALL && strcmp(hf_called(m, expression), "functools.partial") == 0) {
        uint32_t argument;
        for (uint32_t n = 0; (argument = hf_argument(m, expression, n)); n++)
            if (holds(m, argument, object))
                return true;
    }
    if (kind == HF_KIND_LAMBDA)
        for (uint32_t n = expression; n < s->nodes[expression].after; n++)
            if (hf_kind_of(s, n) == HF_KIND_IDENTIFIER && hf_meaning(m, n) == object)
                return true;
    return false;
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    if (strcmp(hf_called(m, call), "weakref.finalize") != 0)
        return;
    const hf_binding *object = hf_meaning(m, hf_argument(m, call, 0));
    uint32_t argument;
    for (uint32_t n = 1; object && (argument = hf_argument(m, call, n)); n++)
        if (holds(m, argument, object)) {
            hf_report(c, argument,
                      "the finalizer holds the object that it waits for: it never dies "
                      "before the process");
            return;
        }
}

const hf_rule hf_rule_finalize_self = {
    .code = "HF401",
    .name = "finalizer-holds-object",
    .reason = "weakref.finalize keeps its callback and arguments until the object dies. A bound "
              "method of the object holds the object: it never does.",
    .bad = "import weakref\n"
           "\n"
           "class Blob:\n"
           "    def __init__(self, path):\n"
           "        self.path = path\n"
           "        weakref.finalize(self, self.remove)\n"
           "\n"
           "    def remove(self):\n"
           "        print(self.path)\n",
    .good = "import os\n"
            "import weakref\n"
            "\n"
            "class Blob:\n"
            "    def __init__(self, path):\n"
            "        self.path = path\n"
            "        weakref.finalize(self, os.unlink, path)\n",
    .fix = "Give it a function (or static method) and the values it needs, not the object.",
    .pattern = "finalizer-retention",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
