/* HF403: parents and children that hold each other where no collector frees them. */
#include "lint/rules/rules.h"

#include <string.h>

/* self.parent = parent in __init__; with `any` under whatever name. */
static bool keeps_parent(hf_module *m, uint32_t init, bool any)
{
    static const char *const names[] = {"parent", "owner", "_parent", "_owner", NULL};
    const hf_syntax *s = &m->syntax;
    for (uint32_t n = init; n < s->nodes[init].after; n++) {
        if (hf_kind_of(s, n) != HF_KIND_ASSIGNMENT)
            continue;
        uint32_t value = hf_child(s, n, HF_FIELD_RIGHT);
        const hf_binding *b = value ? hf_meaning(m, value) : NULL;
        const char *attribute = hf_self_attribute(m, hf_child(s, n, HF_FIELD_LEFT));
        if ((any ? *attribute != 0 : hf_is_one_of(attribute, names)) && b &&
            b->kind == HF_BOUND_BY_PARAMETER && b->writes == 1)
            return true;
    }
    return false;
}

/* A class of this file with that name calls it with self: Node(tag, self). */
static uint32_t made_by_parent(hf_module *m, uint32_t class_node)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, hf_child(s, class_node, HF_FIELD_NAME));
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u]) {
        uint32_t call = hf_parent(s, u), argument;
        if (hf_kind_of(s, call) != HF_KIND_CALL || hf_field_of(s, u) != HF_FIELD_FUNCTION)
            continue;
        uint32_t method = hf_function_around(m, call);
        const char *self = method ? hf_self_name(m, method) : "";
        for (uint32_t n = 0; *self && (argument = hf_argument(m, call, n)); n++)
            if (strcmp(hf_identifier_text(s, argument), self) == 0)
                return call;
    }
    return 0;
}

/* self.child = Child(self), self.children.append(Child(self)), self.children = [Child(self)] */
static bool is_kept_by_self(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, call);
    if (hf_kind_of(s, around) == HF_KIND_LIST || hf_kind_of(s, around) == HF_KIND_TUPLE)
        around = hf_parent(s, around);
    if (hf_kind_of(s, around) == HF_KIND_ASSIGNMENT)
        return *hf_self_attribute(m, hf_child(s, around, HF_FIELD_LEFT));
    if (hf_kind_of(s, around) != HF_KIND_ARGUMENTS)
        return false;
    uint32_t method = hf_child(s, hf_parent(s, around), HF_FIELD_FUNCTION);
    return (strcmp(hf_last_name(m, method), "append") == 0 ||
            strcmp(hf_last_name(m, method), "add") == 0) &&
           *hf_self_attribute(m, hf_child(s, method, HF_FIELD_OBJECT));
}

/* And nothing turns it on again. */
static bool calls_collector_off(hf_module *m)
{
    const hf_syntax *s = &m->syntax;
    bool off = hf_strtab_find(&s->names, "gc", 2) != HF_STR_NONE &&
               hf_strtab_find(&s->names, "enable", 6) == HF_STR_NONE;
    for (uint32_t n = 1; off && n < s->count; n++)
        if (hf_kind_of(s, n) == HF_KIND_CALL && strcmp(hf_called(m, n), "gc.disable") == 0)
            return true;
    return false;
}

/* Whether the attribute that holds the child is given None in time. */
static bool is_let_go(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t assignment = hf_parent(s, call);
    if (hf_kind_of(s, assignment) != HF_KIND_ASSIGNMENT)
        return false;
    const char *name = hf_self_attribute(m, hf_child(s, assignment, HF_FIELD_LEFT));
    for (uint32_t u = *name ? hf_attribute_uses(m, name) : 0; u; u = hf_next_attribute(m, u)) {
        uint32_t around = hf_parent(s, u), function = hf_function_around(m, u);
        uint32_t value =
            hf_kind_of(s, around) == HF_KIND_ASSIGNMENT ? hf_child(s, around, HF_FIELD_RIGHT) : 0;
        if (value && function && hf_kind_of(s, value) == HF_KIND_NONE &&
            strcmp(hf_definition_name(m, function), "__init__") != 0)
            return true;
    }
    return false;
}

static void visit(hf_check *c, uint32_t class_node)
{
    hf_module *m = c->m;
    uint32_t init = hf_method(m, class_node, "__init__");
    uint32_t call = init && keeps_parent(m, init, true) ? made_by_parent(m, class_node) : 0;
    if (!call || !(keeps_parent(m, init, false) || is_kept_by_self(m, call)))
        return;
    bool finalizer = hf_method(m, class_node, "__del__") != 0;
    if ((!finalizer && !calls_collector_off(m)) || is_let_go(m, call))
        return;
    hf_report(c, call, "parent and %s hold each other, and %s", hf_definition_name(m, class_node),
              finalizer ? "its __del__ waits for a collection" : "the collector is turned off");
}

const hf_rule hf_rule_parent_cycle = {
    .code = "HF403",
    .name = "parent-child-cycle",
    .reason = "Parent and child that hold each other are freed by the collector alone: late where "
              "one of them has a __del__, never where it is turned off.",
    .bad = "class Node:\n"
           "    def __init__(self, tag, parent=None):\n"
           "        self.parent = parent\n"
           "        self.children = []\n"
           "\n"
           "    def add(self, tag):\n"
           "        self.children.append(Node(tag, self))\n"
           "\n"
           "    def __del__(self):\n"
           "        print('gone')\n",
    .good = "import weakref\n"
            "\n"
            "class Node:\n"
            "    def __init__(self, tag, parent=None):\n"
            "        self.parent = weakref.ref(parent) if parent else None\n"
            "        self.children = []\n"
            "\n"
            "    def add(self, tag):\n"
            "        self.children.append(Node(tag, self))\n"
            "\n"
            "    def __del__(self):\n"
            "        print('gone')\n",
    .fix = "Let the child hold its parent weakly (weakref.ref), or replace __del__ by an explicit "
           "close().",
    .pattern = "cycle-gc-off",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .kinds = {HF_KIND_CLASS},
    .visit = visit,
};
