/* lint/repeats.c - see lint/repeats.h. */
#include "lint/repeats.h"

#include <string.h>

enum { DEPTH_MAX = 6, CALLERS_MAX = 200 };

static hf_repeats function_at(hf_module *m, uint32_t function, unsigned depth);

static hf_repeats node_at(hf_module *m, uint32_t node, unsigned depth)
{
    uint32_t function = hf_function_around(m, node);
    if (!function) /* a loop at the top of a module goes over what is known when it is written */
        return hf_in_loop(m, node) && hf_enclosing(&m->syntax, node, HF_KIND_WHILE)
                   ? HF_REPEATS_ALWAYS
                   : HF_REPEATS_NEVER;
    if (hf_in_loop(m, node))
        return HF_REPEATS_ALWAYS;
    return function_at(m, function, depth);
}

/* One mention of a function's name: a call repeats as its place does; anything else hands the
 * function out. */
static hf_repeats mention(hf_module *m, uint32_t node, unsigned depth)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, node);
    hf_kind kind = hf_kind_of(s, around);
    if (kind == HF_KIND_CALL && hf_field_of(s, node) == HF_FIELD_FUNCTION)
        return hf_kind_of(s, hf_parent(s, around)) == HF_KIND_DECORATOR ? HF_REPEATS_NEVER
                                                                        : node_at(m, node, depth);
    if (kind == HF_KIND_DECORATOR)
        return HF_REPEATS_NEVER;
    return HF_REPEATS_ALWAYS; /* a callback */
}

static hf_repeats larger(hf_repeats a, hf_repeats b)
{
    return a > b ? a : b;
}

/* Entry points of programs: they run once, whoever calls them. */
static bool is_entry_point(const char *name)
{
    static const char *const names[] = {"main",
                                        "_main",
                                        "setup",
                                        "setUpModule",
                                        "setUpClass",
                                        "setup_module",
                                        "pytest_configure",
                                        "create_app",
                                        "ready",
                                        "AppConfig",
                                        "bootstrap",
                                        "setup_logging",
                                        "configure",
                                        "register",
                                        "install",
                                        NULL};
    return hf_is_one_of(name, names);
}

static hf_repeats function_at(hf_module *m, uint32_t function, unsigned depth)
{
    const hf_syntax *s = &m->syntax;
    if (depth >= DEPTH_MAX)
        return HF_REPEATS_UNKNOWN;
    if (hf_kind_of(s, function) == HF_KIND_LAMBDA)
        return HF_REPEATS_ALWAYS;
    const char *name = hf_definition_name(m, function);
    if (is_entry_point(name))
        return HF_REPEATS_NEVER;
    hf_repeats found = HF_REPEATS_NEVER;
    uint32_t use, seen = 0;
    bool method = hf_class_of_method(m, function) != 0;
    if (method && strcmp(name, "__init__") == 0) { /* as often as its class is called */
        uint32_t class_node = hf_class_of_method(m, function);
        const hf_binding *b = hf_meaning(m, hf_child(s, class_node, HF_FIELD_NAME));
        use = b ? b->uses : 0;
    } else if (method) {
        uint32_t head =
            hf_map_get(&m->attribute_uses, s->nodes[hf_child(s, function, HF_FIELD_NAME)].name);
        use = head == HF_MAP_NONE ? 0 : head;
    } else {
        const hf_binding *b = hf_meaning(m, hf_child(s, function, HF_FIELD_NAME));
        use = b ? b->uses : 0;
    }
    for (; use && found != HF_REPEATS_ALWAYS; use = m->next_use[use]) {
        hf_kind around = hf_kind_of(s, hf_parent(s, use));
        if (around == HF_KIND_FUNCTION || around == HF_KIND_CLASS || hf_is_inside(s, use, function))
            continue; /* its own name, or recursion */
        if (hf_kind_of(s, hf_parent(s, hf_parent(s, use))) == HF_KIND_CLASS)
            continue; /* a base */
        if (++seen > CALLERS_MAX)
            return HF_REPEATS_UNKNOWN;
        found = larger(found, mention(m, use, depth + 1));
    }
    return seen ? found : HF_REPEATS_UNKNOWN;
}

hf_repeats hf_repeats_at(hf_module *m, uint32_t node)
{
    return node_at(m, node, 0);
}

hf_repeats hf_repeats_function(hf_module *m, uint32_t function)
{
    return function_at(m, function, 0);
}

bool hf_is_registrar(hf_module *m, uint32_t function)
{
    return hf_repeats_function(m, function) == HF_REPEATS_NEVER;
}
