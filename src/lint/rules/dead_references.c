/* HF205: weak references that are collected and never swept. */
#include "lint/containers.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

/* ref(app), ref(loop): of what there is one in a program, or as many as its source says. */
static bool is_of_program(hf_module *m, uint32_t call)
{
    static const char *const words[] = {"app",    "application", "loop",   "cls",    "klass",
                                        "module", "plugin",      "engine", "config", NULL};
    return hf_is_one_of(hf_last_name(m, hf_argument(m, call, 0)), words);
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    const char *called = hf_called(m, call);
    if ((strcmp(called, "weakref.ref") != 0 && strcmp(called, "weakref.WeakMethod") != 0) ||
        hf_argument(m, call, 1) || hf_keyword(m, call, "callback"))
        return; /* a callback may take it out */
    uint32_t value = call, around = hf_parent(s, call);
    if (hf_kind_of(s, around) == HF_KIND_TUPLE) {
        value = around;
        around = hf_parent(s, around);
    }
    uint32_t append = hf_kind_of(s, around) == HF_KIND_ARGUMENTS ? hf_parent(s, around) : 0;
    uint32_t method = append ? hf_child(s, append, HF_FIELD_FUNCTION) : 0;
    static const char *const names[] = {"append", "add", "appendleft", NULL};
    if (!method || !hf_is_one_of(hf_last_name(m, method), names) || value == 0)
        return;
    uint32_t holder = hf_child(s, method, HF_FIELD_OBJECT);
    const hf_binding *b = hf_meaning(m, holder);
    const char *attribute = hf_self_attribute(m, holder);
    if (!*attribute && !(b && b->scope == 0))
        return;
    uint32_t function = hf_function_around(m, call);
    if (!function || hf_repeats_function(m, function) == HF_REPEATS_NEVER ||
        hf_is_for_starting(hf_definition_name(m, function)) || is_of_program(m, call))
        return;
    hf_uses uses = b ? hf_uses_of_name(m, b, HF_CONTAINER_NONE)
                     : hf_uses_of_attribute(m, attribute, HF_CONTAINER_NONE);
    if (!hf_only_grows(&uses))
        return;
    hf_finding *f = hf_report(c, call, "dead references stay in %s", hf_last_name(m, holder));
    if (*attribute)
        hf_unless(c, f, "frees .%s", attribute);
    else
        hf_unless(c, f, "frees %s.%s", m->name, hf_identifier_text(s, holder));
}

const hf_rule hf_rule_dead_references = {
    .code = "HF205",
    .name = "dead-references-kept",
    .reason = "A weak reference lets its object die, but is itself an object that stays: one for "
              "each that ever was.",
    .bad = "import weakref\n"
           "\n"
           "class Model:\n"
           "    def __init__(self):\n"
           "        self.observers = []\n"
           "\n"
           "    def observe(self, view):\n"
           "        self.observers.append(weakref.ref(view))\n",
    .good = "import weakref\n"
            "\n"
            "class Model:\n"
            "    def __init__(self):\n"
            "        self.observers = weakref.WeakSet()\n"
            "\n"
            "    def observe(self, view):\n"
            "        self.observers.add(view)\n",
    .fix = "Use weakref.WeakSet, or give the reference a callback that takes it out.",
    .pattern = "weakref-misuse",
    .confidence = HF_CONFIDENCE_HIGH,
    .whole_file = true,
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
