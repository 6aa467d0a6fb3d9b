/* HF103: a container at the top of a module that functions only ever add to. */
#include "lint/growth.h"
#include "lint/rules/rules.h"

static void visit(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t name = hf_child(s, assignment, HF_FIELD_LEFT);
    const hf_binding *b = hf_meaning(m, name);
    if (!b || b->node != name || b->scope != 0 || b->kind != HF_BOUND_BY_ASSIGNMENT ||
        hf_function_around(m, assignment)) /* made anew each time by one that calls it global */
        return;
    hf_container container = hf_container_made(m, b->value);
    if (container == HF_CONTAINER_NONE)
        return;
    hf_uses uses = hf_uses_of_name(m, b, container);
    if (!hf_only_grows(&uses))
        return;
    for (uint32_t u = uses.first; u; u = m->next_use[u]) {
        hf_uses one = {0};
        hf_uses_count(m, u, container, &one);
        if (!one.first || !hf_keeps_growing(m, u))
            continue;
        hf_finding *f = hf_report(c, u, "%s (line %u) is only ever added to",
                                  hf_identifier_text(s, name), hf_line_of(s, s->nodes[name].start));
        hf_holder_is(c, f, HF_HOLDER_GLOBAL, 0, hf_identifier_text(s, name));
        hf_unless(c, f, "frees %s.%s", m->name, hf_identifier_text(s, name));
        return;
    }
}

const hf_rule hf_rule_module_container = {
    .code = "HF103",
    .name = "growing-module-container",
    .reason = "A container at the top of a module lives as long as the process. This one is added "
              "to when functions run, and nothing anywhere takes out of it.",
    .bad = "_quotes = {}\n"
           "\n"
           "def quote_for(customer, product):\n"
           "    key = (customer, product)\n"
           "    if key not in _quotes:\n"
           "        _quotes[key] = customer.price_of(product)\n"
           "    return _quotes[key]\n",
    .good = "_quotes = {}\n"
            "\n"
            "def quote_for(customer, product):\n"
            "    if len(_quotes) > 1000:\n"
            "        _quotes.clear()\n"
            "    key = (customer, product)\n"
            "    if key not in _quotes:\n"
            "        _quotes[key] = customer.price_of(product)\n"
            "    return _quotes[key]\n",
    .fix = "Give it a limit (functools.lru_cache, collections.deque(maxlen=...), a cache with "
           "expiry), or remove entries when what they are about ends.",
    .pattern = "unbounded-cache",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .whole_file = true,
    .kinds = {HF_KIND_ASSIGNMENT},
    .visit = visit,
};
