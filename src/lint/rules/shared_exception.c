/* HF303: one exception object that is raised again and again. */
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

/* The value of a name of the module or of the class that makes the object, or 0. */
static uint32_t made_once(hf_module *m, uint32_t raised)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, raised);
    if (!b && *hf_self_attribute(m, raised)) {
        uint32_t class_node = hf_class_around(m, raised);
        for (uint32_t i = 0; i < m->scope_count; i++) {
            uint32_t found = m->scopes[i].node == class_node && m->scopes[i].kind == HF_SCOPE_CLASS
                                 ? hf_binding_in(m, i, hf_self_attribute(m, raised))
                                 : HF_NO_BINDING;
            if (found != HF_NO_BINDING)
                b = &m->bindings[found];
        }
    }
    if (!b || b->kind != HF_BOUND_BY_ASSIGNMENT || b->writes != 1 || !b->value ||
        m->scopes[b->scope].kind == HF_SCOPE_FUNCTION || hf_kind_of(s, b->value) != HF_KIND_CALL)
        return 0;
    return b->value;
}

static void visit(hf_check *c, uint32_t statement)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t raised = hf_first_child(s, statement);
    if (!raised || hf_field_of(s, raised) == HF_FIELD_CAUSE || !hf_function_around(m, statement))
        return;
    uint32_t value = made_once(m, raised);
    const char *type = value ? hf_last_name(m, hf_child(s, value, HF_FIELD_FUNCTION)) : "";
    static const char *const others[] = {"namedtuple", "type", /* which make no exception */
                                         "SystemExit", NULL};  /* and one that ends the process */
    if (!*type || hf_is_one_of(type, others))
        return;
    hf_report(c, raised, "%s (line %u) is one object: each raise adds frames to its traceback",
              hf_last_name(m, raised), hf_line_of(s, s->nodes[value].start));
}

const hf_rule hf_rule_shared_exception = {
    .code = "HF303",
    .name = "shared-exception",
    .reason = "Raising an exception appends to its traceback. One object that is raised again and "
              "again collects frames and their locals for ever.",
    .bad = "class NotReady(Exception):\n"
           "    pass\n"
           "\n"
           "NOT_READY = NotReady('try again')\n"
           "\n"
           "def read(device):\n"
           "    if not device.ready:\n"
           "        raise NOT_READY\n",
    .good = "class NotReady(Exception):\n"
            "    pass\n"
            "\n"
            "def read(device):\n"
            "    if not device.ready:\n"
            "        raise NotReady('try again')\n",
    .fix = "Raise a new object each time.",
    .pattern = "traceback-retention",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_RAISE},
    .visit = visit,
};
