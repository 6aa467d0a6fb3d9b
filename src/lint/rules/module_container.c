/* HF103: a container at the top of a module that functions only ever add to. */
#include "lint/containers.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

/* What is told when modules are imported is told once: classes, functions, decorators. */
static bool is_registration(hf_check *c, uint32_t use)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t function = hf_function_around(m, use);
    if (hf_repeats_function(m, function) == HF_REPEATS_NEVER)
        return true;
    hf_addition added = hf_addition_of(m, use);
    static const char *const words[] = {"cls", "klass", "class_", "func", "fn", "function", NULL};
    const char *value = hf_identifier_text(s, added.value), *key = hf_identifier_text(s, added.key);
    return hf_is_one_of(value, words) || hf_is_one_of(key, words);
}

static void visit(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t name = hf_child(s, assignment, HF_FIELD_LEFT);
    const hf_binding *b = hf_meaning(m, name);
    if (!b || b->node != name || b->scope != 0 || b->kind != HF_BOUND_BY_ASSIGNMENT ||
        hf_container_made(m, b->value) == HF_CONTAINER_NONE)
        return;
    hf_uses uses = {0};
    uint32_t first = 0;
    for (uint32_t u = b->uses; u; u = m->next_use[u]) {
        if (u == name)
            continue;
        hf_uses_count(m, u, &uses);
        if (!first && uses.first == u && !is_registration(c, u))
            first = u;
    }
    if (!first || uses.removes || uses.binds || uses.escapes || uses.sized)
        return;
    hf_finding *f = hf_report(c, first, "%s (line %u) is only ever added to",
                              hf_identifier_text(s, name), hf_line_of(s, s->nodes[name].start));
    hf_holder_is(c, f, HF_HOLDER_GLOBAL, 0, hf_identifier_text(s, name));
    hf_unless(c, f, "frees %s.%s", m->name, hf_identifier_text(s, name));
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
