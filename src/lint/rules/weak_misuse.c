/* HF204: weak containers that something strong defeats, and weak references that pile up. */
#include "lint/containers.h"
#include "lint/rules/rules.h"

#include <string.h>

/* Whether the class of this call keeps its n-th argument: self.x = parameter in __init__. */
static bool keeps_argument(hf_module *m, uint32_t call, uint32_t n)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, hf_child(s, call, HF_FIELD_FUNCTION));
    if (!b || b->kind != HF_BOUND_BY_CLASS || b->writes != 1)
        return false;
    uint32_t init = hf_method(m, b->value, "__init__");
    uint32_t name = init ? hf_parameter(m, init, n + 1, NULL) : 0;
    const hf_binding *parameter = name ? hf_meaning(m, name) : NULL;
    for (uint32_t u = parameter ? parameter->uses : 0; u; u = m->next_use[u]) {
        uint32_t around = hf_parent(s, u);
        if (hf_kind_of(s, around) == HF_KIND_ASSIGNMENT && hf_field_of(s, u) == HF_FIELD_RIGHT &&
            *hf_self_attribute(m, hf_child(s, around, HF_FIELD_LEFT)))
            return true;
    }
    return false;
}

static const char *type_of_name(hf_module *m, uint32_t node)
{
    const hf_binding *b = hf_meaning(m, node);
    return b && b->writes == 1 && b->value ? hf_called(m, b->value) : "";
}

/* layouts[widget] = Layout(widget), and Layout keeps its widget. */
static void visit(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t left = hf_child(s, assignment, HF_FIELD_LEFT);
    uint32_t value = hf_child(s, assignment, HF_FIELD_RIGHT);
    if (!value || hf_kind_of(s, left) != HF_KIND_SUBSCRIPT || hf_kind_of(s, value) != HF_KIND_CALL)
        return;
    const hf_binding *key = hf_meaning(m, hf_child(s, left, HF_FIELD_SUBSCRIPT));
    uint32_t container = hf_child(s, left, HF_FIELD_VALUE), argument;
    if (!key || strcmp(type_of_name(m, container), "weakref.WeakKeyDictionary") != 0)
        return;
    for (uint32_t n = 0; (argument = hf_argument(m, value, n)); n++)
        if (hf_meaning(m, argument) == key && keeps_argument(m, value, n)) {
            hf_finding *f = hf_report(c, assignment,
                                      "the value holds its key: no entry of %s ever "
                                      "dies",
                                      hf_identifier_text(s, container));
            hf_holder_is(c, f, HF_HOLDER_GLOBAL, 0, hf_identifier_text(s, container));
        }
}

const hf_rule hf_rule_weak_misuse = {
    .code = "HF204",
    .name = "weak-key-held-by-value",
    .reason = "A WeakKeyDictionary lets an entry die with its key. If the value holds the key, the "
              "key never dies.",
    .bad = "import weakref\n"
           "\n"
           "layouts = weakref.WeakKeyDictionary()\n"
           "\n"
           "class Layout:\n"
           "    def __init__(self, owner):\n"
           "        self.owner = owner\n"
           "\n"
           "def layout_of(widget):\n"
           "    layouts[widget] = Layout(widget)\n",
    .good = "import weakref\n"
            "\n"
            "layouts = weakref.WeakKeyDictionary()\n"
            "\n"
            "class Layout:\n"
            "    def __init__(self, owner):\n"
            "        self.owner = weakref.ref(owner)\n"
            "\n"
            "def layout_of(widget):\n"
            "    layouts[widget] = Layout(widget)\n",
    .fix = "Hold the key weakly in the value (weakref.ref), or keep the value on the key itself.",
    .pattern = "weakref-misuse",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_ASSIGNMENT},
    .visit = visit,
};
