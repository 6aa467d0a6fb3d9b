/* HF106: a default argument that is one object for all calls, and collects. */
#include "lint/containers.h"
#include "lint/rules/rules.h"

#include <string.h>

/* `if n < 250: _cache[n] = value`, `if not _once: _once.append(value)`: a limit, or the
 * first time only. */
static bool is_limited(hf_module *m, uint32_t use, const hf_binding *parameter)
{
    const hf_syntax *s = &m->syntax;
    uint32_t branch = hf_enclosing(s, use, HF_KIND_IF);
    if (!branch || branch < hf_function_around(m, use))
        return false;
    uint32_t condition = hf_child(s, branch, HF_FIELD_CONDITION);
    for (uint32_t n = condition; n < s->nodes[condition].after; n++) {
        uint32_t operators =
            hf_kind_of(s, n) == HF_KIND_COMPARISON ? hf_child(s, n, HF_FIELD_OPERATORS) : 0;
        if (operators && (hf_text_is(s, operators, "<") || hf_text_is(s, operators, "<=")))
            return true;
        if (hf_kind_of(s, n) == HF_KIND_NOT_OPERATOR &&
            hf_meaning(m, hf_first_child(s, n)) == parameter)
            return true;
    }
    return false;
}

/* `if _once: return _once[0]` */
static bool is_given_back(hf_module *m, const hf_binding *parameter)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t u = parameter->uses; u; u = m->next_use[u])
        if (hf_kind_of(s, hf_parent(s, u)) == HF_KIND_IF && hf_field_of(s, u) == HF_FIELD_CONDITION)
            return true;
    return false;
}

/* d["name"] = x, d.setdefault("name", x): one entry, however often. What is kept there may grow. */
static bool is_one_entry(hf_module *m, uint32_t use)
{
    const hf_syntax *s = &m->syntax;
    hf_addition added = hf_addition_of(m, use);
    hf_kind kind = added.key ? hf_kind_of(s, added.key) : HF_KIND_OTHER;
    uint32_t statement = hf_parent(s, hf_parent(s, use));
    bool plain = hf_kind_of(s, statement) == HF_KIND_ASSIGNMENT ||
                 (hf_kind_of(s, statement) == HF_KIND_CALL &&
                  hf_kind_of(s, hf_parent(s, statement)) != HF_KIND_ATTRIBUTE);
    return plain && !added.nested &&
           ((kind == HF_KIND_STRING && !hf_child_kind(s, added.key, HF_KIND_INTERPOLATION)) ||
            kind == HF_KIND_INTEGER);
}

/* A memo in a default is meant to be one for all calls: told where its keys are without end. */
static bool is_meant(hf_module *m, uint32_t use)
{
    return hf_is_registration(m, use) ||
           (hf_is_memo(m, use) && !hf_names_individual(m, hf_key_of(m, use)));
}

static uint32_t first_without_limit(hf_module *m, const hf_binding *parameter,
                                    hf_container container)
{
    for (uint32_t u = parameter->uses; u; u = m->next_use[u]) {
        hf_uses one = {0};
        hf_uses_count(m, u, container, &one);
        if (u != parameter->node && one.first && !is_limited(m, u, parameter) &&
            !is_one_entry(m, u) && !is_meant(m, u))
            return u;
    }
    return 0;
}

/* self.rows = rows, and nothing else is done with the parameter: the attribute, or 0. */
static uint32_t kept_as(hf_module *m, const hf_binding *parameter)
{
    const hf_syntax *s = &m->syntax;
    uint32_t attribute = 0;
    for (uint32_t u = parameter->uses; u; u = m->next_use[u]) {
        uint32_t around = hf_parent(s, u);
        if (u == parameter->node)
            continue;
        if (attribute || hf_kind_of(s, around) != HF_KIND_ASSIGNMENT ||
            hf_field_of(s, u) != HF_FIELD_RIGHT)
            return 0;
        attribute = hf_child(s, around, HF_FIELD_LEFT);
    }
    return attribute && *hf_self_attribute(m, attribute) ? attribute : 0;
}

/* Where a method adds to the attribute that the default of a parameter became, or 0. */
static uint32_t addition_to_attribute(hf_module *m, const hf_binding *parameter,
                                      hf_container container)
{
    uint32_t attribute = kept_as(m, parameter);
    uint32_t class_node = attribute ? hf_class_around(m, attribute) : 0;
    if (!class_node)
        return 0;
    const char *name = hf_self_attribute(m, attribute);
    hf_uses uses = hf_uses_of_attribute(m, name, container);
    if (uses.removes || uses.binds || uses.sized)
        return 0;
    for (uint32_t u = hf_attribute_uses(m, name); u; u = hf_next_attribute(m, u)) {
        hf_uses one = {0};
        hf_uses_count(m, u, container, &one);
        if (one.first && !hf_has_few_keys(m, u) && *hf_self_attribute(m, u) &&
            hf_class_around(m, u) == class_node)
            return u;
    }
    return 0;
}

/* Whether all that binds a parameter again is `|=` or `+=`, which add to the object
 * that is there. */
static bool is_only_added_to(hf_module *m, const hf_binding *b)
{
    uint32_t additions = 0;
    for (uint32_t u = b->uses; u; u = m->next_use[u])
        additions +=
            hf_kind_of(&m->syntax, hf_parent(&m->syntax, u)) == HF_KIND_AUGMENTED_ASSIGNMENT &&
            hf_field_of(&m->syntax, u) == HF_FIELD_LEFT;
    return b->writes == 1 + additions;
}

static void check_parameter(hf_check *c, uint32_t function, uint32_t name, uint32_t value)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, name);
    hf_container container = hf_container_made(m, value);
    if (!b || !is_only_added_to(m, b) || container == HF_CONTAINER_NONE ||
        strcmp(hf_definition_name(m, function), "__deepcopy__") == 0) /* copy.deepcopy gives one */
        return;
    hf_uses uses = hf_uses_of_name(m, b, container);
    if (uses.removes || uses.binds || uses.sized || is_given_back(m, b))
        return;
    uint32_t addition = first_without_limit(m, b, container);
    if (!addition)
        addition = addition_to_attribute(m, b, container);
    if (!addition)
        return;
    hf_finding *f = hf_report(c, addition,
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
