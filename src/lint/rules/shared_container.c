/* HF104: a container in the body of a class, which all instances share, that only grows. */
#include "lint/caches.h"
#include "lint/containers.h"
#include "lint/growth.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

/* The class in whose body an assignment stands directly, or 0. */
static uint32_t class_of_body(const hf_module *m, uint32_t assignment)
{
    const hf_scope *scope = &m->scopes[m->scope_of[assignment]];
    return scope->kind == HF_SCOPE_CLASS ? scope->node : 0;
}

/* if self.pid != pid: self.forked.append(...): how often that is so, nobody can say. */
static bool is_conditional(const hf_module *m, uint32_t use)
{
    return hf_enclosing(&m->syntax, use, HF_KIND_IF) > hf_function_around(m, use);
}

/* append() from any instance is growth; d[k] = v is most often a table of a few, and so is what is
 * looked up before it is added. */
static bool grows(hf_module *m, uint32_t use)
{
    hf_addition added = hf_addition_of(m, use);
    uint32_t function = hf_function_around(m, use), key = hf_key_of(m, use);
    bool individual = hf_names_individual(m, key);
    bool endless = hf_repeats_at(m, use) == HF_REPEATS_ALWAYS;
    if (hf_is_registration(m, use) || hf_has_few_keys(m, use) || hf_is_said_once(m, use) ||
        (hf_is_memo(m, use) && !individual))
        return false;
    if (added.key && !added.nested) {
        const hf_binding *b = hf_meaning(m, added.key);
        bool given = b && b->kind == HF_BOUND_BY_PARAMETER;
        return endless && (given || individual || hf_is_open_key(m, added.key));
    }
    if (key && !added.nested && !endless && !individual)
        return false; /* into a set: as many as callers know of */
    return endless || hf_is_handler(m, function) || individual ||
           (!is_conditional(m, use) && !hf_has_decorator(m, function, "staticmethod"));
}

/* A class method is most often there to register something once: it has to be seen to run again. */
static bool is_run_once(hf_module *m, uint32_t function)
{
    static const char *const makers[] = {"__init__", "__post_init__", "__attrs_post_init__", NULL};
    if (hf_is_one_of(hf_definition_name(m, function), makers) &&
        hf_repeats_function(m, hf_method(m, hf_class_of_method(m, function), "__init__")) <
            HF_REPEATS_LOOP)
        return true; /* each object of a kind, of which there may be few */
    return hf_is_registrar(m, function) || hf_is_class_hook(m, function) ||
           (hf_has_decorator(m, function, "classmethod") &&
            hf_repeats_function(m, function) != HF_REPEATS_ALWAYS);
}

/* self.items = [] in __init__: each instance has its own, and the one of the class stays empty. */
static bool is_made_anew(hf_module *m, uint32_t class_node, const char *attribute)
{
    for (uint32_t u = hf_attribute_uses(m, attribute); u; u = hf_next_attribute(m, u))
        if (hf_use_of(m, u) == HF_USE_BIND && *hf_self_attribute(m, u) &&
            hf_class_around(m, u) == class_node)
            return true;
    return false;
}

static void visit(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t class_node = class_of_body(m, assignment);
    uint32_t name = hf_child(s, assignment, HF_FIELD_LEFT);
    const hf_binding *b = class_node ? hf_meaning(m, name) : NULL;
    if (!b || b->node != name || b->writes != 1 ||
        hf_container_made(m, b->value) == HF_CONTAINER_NONE)
        return;
    const char *attribute = hf_identifier_text(s, name);
    hf_uses uses = hf_uses_of_attribute(m, attribute, hf_container_made(m, b->value));
    if (!hf_only_grows(&uses) || is_made_anew(m, class_node, attribute))
        return;
    uint32_t function = hf_function_around(m, uses.first);
    if (!hf_is_inside(s, function, class_node) || is_run_once(m, function) ||
        hf_enclosing(s, function, HF_KIND_FUNCTION) || !grows(m, uses.first))
        return;
    hf_finding *f = hf_report(c, uses.first,
                              "%s.%s (line %u) is shared by all instances and only "
                              "ever added to",
                              hf_definition_name(m, class_node), attribute,
                              hf_line_of(s, s->nodes[name].start));
    hf_holder_is(c, f, HF_HOLDER_CLASS, class_node, attribute);
    hf_unless(c, f, "frees .%s", attribute);
}

const hf_rule hf_rule_shared_container = {
    .code = "HF104",
    .name = "growing-class-container",
    .reason =
        "A container in the body of a class is one object for all instances and lives as long "
        "as the class. Instances add to it, and nothing takes out of it.",
    .bad = "class Order:\n"
           "    history = []\n"
           "\n"
           "    def move_to(self, state):\n"
           "        self.history.append((self, state))\n",
    .good = "class Order:\n"
            "    def __init__(self):\n"
            "        self.history = []\n"
            "\n"
            "    def move_to(self, state):\n"
            "        self.history.append(state)\n",
    .fix = "Make it in __init__ if it belongs to the instance; else give it a limit.",
    .pattern = "collection-growth",
    .confidence = HF_CONFIDENCE_HIGH,
    .whole_file = true,
    .kinds = {HF_KIND_ASSIGNMENT},
    .visit = visit,
};
