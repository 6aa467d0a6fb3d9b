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

static bool makes_weak_keys(hf_module *m, uint32_t value)
{
    return value && strcmp(hf_called(m, value), "weakref.WeakKeyDictionary") == 0;
}

/* A name or an attribute of self that is a WeakKeyDictionary. */
static bool is_weak_by_key(hf_module *m, uint32_t container)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, container);
    if (b)
        return b->writes == 1 && makes_weak_keys(m, b->value);
    const char *attribute = hf_self_attribute(m, container);
    uint32_t u = hf_attribute_uses(m, attribute);
    for (; u; u = hf_next_attribute(m, u)) {
        uint32_t assignment = hf_parent(s, u);
        if (hf_kind_of(s, assignment) == HF_KIND_ASSIGNMENT && hf_field_of(s, u) == HF_FIELD_LEFT &&
            makes_weak_keys(m, hf_child(s, assignment, HF_FIELD_RIGHT)))
            return true;
    }
    return false;
}

/* Whether a value holds a name: (key, 1), {"owner": key}, Layout(key) whose class keeps it,
 * key.method, partial(f, key), lambda: key. */
static bool holds(hf_module *m, uint32_t value, const hf_binding *key)
{
    const hf_syntax *s = &m->syntax;
    uint32_t argument;
    switch (hf_kind_of(s, value)) {
    case HF_KIND_IDENTIFIER:
        return hf_meaning(m, value) == key;
    case HF_KIND_LIST:
    case HF_KIND_TUPLE:
    case HF_KIND_SET:
    case HF_KIND_EXPRESSION_LIST:
    case HF_KIND_DICTIONARY:
        for (uint32_t e = hf_first_child(s, value); e; e = hf_next_sibling(s, e)) {
            uint32_t member = hf_kind_of(s, e) == HF_KIND_PAIR ? hf_child(s, e, HF_FIELD_VALUE) : e;
            if (hf_kind_of(s, member) == HF_KIND_IDENTIFIER && hf_meaning(m, member) == key)
                return true;
        }
        return false;
    case HF_KIND_LAMBDA:
        for (uint32_t n = value; n < s->nodes[value].after; n++)
            if (hf_kind_of(s, n) == HF_KIND_IDENTIFIER && hf_meaning(m, n) == key)
                return true;
        return false;
    case HF_KIND_CALL: {
        bool partial = strcmp(hf_called(m, value), "functools.partial") == 0;
        for (uint32_t n = 0; (argument = hf_argument(m, value, n)); n++)
            if (hf_meaning(m, argument) == key && (partial || keeps_argument(m, value, n)))
                return true;
        return false;
    }
    default:
        return false;
    }
}

/* layouts[widget] = Layout(widget), and Layout keeps its widget. */
static void visit(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t left = hf_child(s, assignment, HF_FIELD_LEFT);
    uint32_t value = hf_child(s, assignment, HF_FIELD_RIGHT);
    if (!value || hf_kind_of(s, left) != HF_KIND_SUBSCRIPT)
        return;
    const hf_binding *key = hf_meaning(m, hf_child(s, left, HF_FIELD_SUBSCRIPT));
    uint32_t container = hf_child(s, left, HF_FIELD_VALUE);
    if (!key || !is_weak_by_key(m, container))
        return;
    const char *attribute = hf_self_attribute(m, container);
    const char *shown = *attribute ? attribute : hf_identifier_text(s, container);
    if (!holds(m, hf_unwrapped(s, value), key))
        return;
    hf_finding *f =
        hf_report(c, assignment, "the value holds its key: no entry of %s ever dies", shown);
    if (*attribute)
        hf_holder_is(c, f, HF_HOLDER_INSTANCE, hf_class_around(m, assignment), attribute);
    else
        hf_holder_is(c, f, HF_HOLDER_GLOBAL, 0, shown);
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
