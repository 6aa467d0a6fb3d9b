/* lint/growth.c - see lint/growth.h. */
#include "lint/growth.h"

#include "lint/repeats.h"

#include <string.h>

/* register_option(), add_codec(): interfaces to tell something once. */
static bool is_for_setting_up(const char *name)
{
    static const char *const beginnings[] = {"register", "add_",  "set_",
                                             "install",  "setup", "configure"};
    name += strspn(name, "_");
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

/* Words in the names of functions and sets that remember what was complained about. */
static bool is_about_complaints(const char *name)
{
    static const char *const words[] = {"warn",     "WARN",     "report", "REPORT",
                                        "deprecat", "DEPRECAT", "logged", "LOGGED"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strstr(name, words[i]))
            return true;
    return false;
}

bool hf_is_said_once(hf_module *m, uint32_t use)
{
    static const char *const sayings[] = {"warn",  "warn_explicit", "warning", "error", "info",
                                          "debug", "exception",     "write",   "print", NULL};
    const hf_syntax *s = &m->syntax;
    if (hf_key_of(m, use) && !hf_addition_of(m, use).key &&
        (is_about_complaints(hf_last_name(m, use)) ||
         is_about_complaints(hf_definition_name(m, hf_function_around(m, use)))))
        return true;
    uint32_t branch = hf_enclosing(s, use, HF_KIND_IF);
    if (!branch || branch < hf_function_around(m, use))
        return false;
    for (uint32_t n = branch; n < s->nodes[branch].after; n++)
        if (hf_kind_of(s, n) == HF_KIND_CALL &&
            hf_is_one_of(hf_last_name(m, hf_child(s, n, HF_FIELD_FUNCTION)), sayings))
            return true;
    return false;
}

/* What says that nothing is added again and again. */
static bool is_settled(hf_module *m, uint32_t use, uint32_t function)
{
    return hf_is_said_once(m, use) || hf_is_registration(m, use) || hf_has_few_keys(m, use) ||
           is_for_setting_up(hf_definition_name(m, function)) ||
           /* once for each thing that is defined, or once at all */
           hf_enclosing(&m->syntax, function, HF_KIND_FUNCTION) || hf_is_class_hook(m, function) ||
           hf_is_first_time(m, use);
}

/* known[self.name] = ..., seen.add(self): of each object one. */
static bool is_of_instance(hf_module *m, uint32_t key)
{
    const hf_syntax *s = &m->syntax;
    uint32_t method = hf_function_around(m, key);
    const char *self = hf_class_of_method(m, method) ? hf_self_name(m, method) : "";
    for (uint32_t n = key; *self && n < s->nodes[key].after; n++)
        if (hf_kind_of(s, n) == HF_KIND_IDENTIFIER && strcmp(hf_identifier_text(s, n), self) == 0)
            return true;
    return false;
}

/* A container of `if __name__ == "__main__":` is one of a run. */
static bool is_of_script(const hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    uint32_t branch = hf_enclosing(s, node, HF_KIND_IF);
    uint32_t condition = branch ? hf_child(s, branch, HF_FIELD_CONDITION) : 0;
    for (uint32_t n = condition; n && n < s->nodes[condition].after; n++)
        if (strcmp(hf_identifier_text(s, n), "__name__") == 0)
            return true;
    return false;
}

bool hf_may_add_few(hf_module *m, uint32_t use)
{
    uint32_t key = hf_key_of(m, use);
    const char *name = hf_definition_name(m, hf_function_around(m, use));
    bool registers = strncmp(name + strspn(name, "_"), "register", 8) == 0;
    return key && (registers || hf_is_memo(m, use)) && !hf_is_open_key(m, key) &&
           !hf_names_individual(m, key);
}

/* Whether what is added is something new each time: appended, or under a key that names individuals
 * or the object itself. */
static bool is_new_each_time(hf_module *m, uint32_t use, uint32_t key)
{
    return !key || hf_addition_of(m, use).nested || hf_names_individual(m, key) ||
           (is_of_instance(m, key) && !hf_is_memo(m, use));
}

/* How a use that adds (HF_USE_ADD, in a function) lets its container grow, as far as can be told.
 * Without end if it is called without end or handles requests, and appends, or adds under keys
 * that name individuals; those need no more to be seen than a key of several parts. Other keys
 * may be few. What registers classes and functions, or is called while modules are imported,
 * makes none grow. */
static hf_growth_kind growth_of(hf_module *m, uint32_t use)
{
    uint32_t function = hf_function_around(m, use), key = hf_key_of(m, use);
    hf_repeats repeats = hf_repeats_function(m, function);
    if (repeats == HF_REPEATS_NEVER || is_settled(m, use, function))
        return HF_GROWTH_NONE;
    bool endless = repeats == HF_REPEATS_ALWAYS || hf_is_handler(m, function);
    if (!endless && !hf_is_open_key(m, key))
        return HF_GROWTH_NONE;
    bool grows = endless ? is_new_each_time(m, use, key) : hf_names_individual(m, key);
    return grows ? HF_GROWTH_ENDLESS : HF_GROWTH_BY_KEYS;
}

hf_growing hf_growing_global(hf_module *m, uint32_t assignment)
{
    hf_growing found = {0};
    uint32_t name = hf_child(&m->syntax, assignment, HF_FIELD_LEFT);
    const hf_binding *b = hf_meaning(m, name);
    if (!b || b->node != name || b->scope != 0 || b->kind != HF_BOUND_BY_ASSIGNMENT ||
        is_of_script(m, assignment) ||
        hf_function_around(m, assignment)) /* made anew each time by one that calls it global */
        return found;
    hf_container container = hf_container_made(m, b->value);
    if (container == HF_CONTAINER_NONE)
        return found;
    hf_uses uses = hf_uses_of_name(m, b, container);
    for (uint32_t u = hf_only_grows(&uses) ? uses.first : 0; u; u = m->next_use[u]) {
        hf_uses one = {0};
        hf_uses_count(m, u, container, &one);
        hf_growth_kind growth = one.first ? growth_of(m, u) : HF_GROWTH_NONE;
        if (growth > found.growth)
            found = (hf_growing){.use = u, .growth = growth};
    }
    return found;
}
