/* HF106: a default argument that is one object for all calls, and collects. */
#include "lint/containers.h"
#include "lint/rules/rules.h"

static void check_parameter(hf_check *c, uint32_t function, uint32_t name, uint32_t value)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, name);
    hf_container container = hf_container_made(m, value);
    if (!b || b->writes != 1 || container == HF_CONTAINER_NONE)
        return;
    hf_uses uses = hf_uses_of_name(m, b, container);
    if (!uses.first || uses.removes || uses.binds || uses.sized)
        return;
    hf_finding *f = hf_report(c, uses.first,
                              "adds to the default of parameter %s, which is one object for all "
                              "calls",
                              hf_identifier_text(s, name));
    hf_holder_is(c, f, HF_HOLDER_FUNCTION, hf_class_of_method(m, function),
                 hf_definition_name(m, function));
}

static void visit(hf_check *c, uint32_t function)
{
    uint32_t name, value;
    if (hf_enclosing(&c->m->syntax, function, HF_KIND_FUNCTION))
        return; /* a local function has new defaults each time */
    for (uint32_t n = 0; (name = hf_parameter(c->m, function, n, &value)); n++)
        if (value)
            check_parameter(c, function, name, value);
}

const hf_rule hf_rule_mutable_default = {
    .code = "HF106",
    .name = "collecting-default",
    .reason = "A default argument is made once, when the function is defined. What is added to it "
              "stays until the process ends.",
    .bad = "def record(event, batch=[]):\n"
           "    batch.append(event)\n"
           "    return len(batch)\n",
    .good = "def record(event, batch=None):\n"
            "    if batch is None:\n"
            "        batch = []\n"
            "    batch.append(event)\n"
            "    return len(batch)\n",
    .fix = "Use None as the default and make the container in the body; for a cache, use "
           "functools.lru_cache with a limit.",
    .pattern = "mutable-default",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_FUNCTION},
    .visit = visit,
};
