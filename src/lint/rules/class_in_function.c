/* HF802: classes that are made again and again. */
#include "lint/caches.h"
#include "lint/containers.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

static const char *const makers[] = {"collections.namedtuple",
                                     "typing.NamedTuple",
                                     "dataclasses.make_dataclass",
                                     "types.new_class",
                                     "enum.Enum",
                                     "typing.TypedDict",
                                     NULL};

/* A class statement of a function that makes objects of it there and then. What is put into a table
 * or is a base of other classes is made for good. */
static bool is_class_for_one(hf_module *m, uint32_t class_node, uint32_t function)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, hf_child(s, class_node, HF_FIELD_NAME));
    if (!b || m->scopes[b->scope].node != function || hf_method(m, class_node, "__get__") ||
        hf_method(m, class_node, "__set__")) /* for the body of a class, which is made once */
        return false;
    bool called = false;
    for (uint32_t u = b->uses; u; u = m->next_use[u]) {
        uint32_t around = hf_parent(s, u);
        if (around == class_node)
            continue;
        if (hf_kind_of(s, around) != HF_KIND_CALL || hf_field_of(s, u) != HF_FIELD_FUNCTION)
            return false;
        called = true;
    }
    return called;
}

/* type(name, bases, members) without end, with a name that is put together or given: others make a
 * class for each of the classes that there are, and remember it. */
static bool has_new_name(hf_module *m, uint32_t call)
{
    uint32_t name = hf_argument(m, call, 0);
    const hf_binding *b = hf_meaning(m, name);
    bool given = b && b->kind == HF_BOUND_BY_PARAMETER;
    return (given || hf_is_built_text(m, name)) && hf_repeats_at(m, call) == HF_REPEATS_ALWAYS;
}

static bool makes_class(hf_module *m, uint32_t node, uint32_t function)
{
    if (hf_kind_of(&m->syntax, node) == HF_KIND_CLASS)
        return is_class_for_one(m, node, function);
    uint32_t arguments = hf_argument_count(m, node);
    const char *called = hf_called(m, node);
    return (hf_is_one_of(called, makers) && arguments >= 2) ||
           (strcmp(called, "type") == 0 && arguments == 3 && has_new_name(m, node));
}

/* `return locals()` */
static bool returns_all(hf_module *m, uint32_t function)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t n = function; n < s->nodes[function].after; n++)
        if (hf_kind_of(s, n) == HF_KIND_CALL && strcmp(hf_called(m, n), "locals") == 0)
            return true;
    return false;
}

/* What a factory makes is its caller's: it may well be remembered there. */
static bool is_returned(hf_module *m, uint32_t node, uint32_t function)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, node);
    if (hf_kind_of(s, around) == HF_KIND_RETURN || returns_all(m, function))
        return true;
    uint32_t name = hf_kind_of(s, node) == HF_KIND_CLASS ? hf_child(s, node, HF_FIELD_NAME)
                    : hf_kind_of(s, around) == HF_KIND_ASSIGNMENT
                        ? hf_child(s, around, HF_FIELD_LEFT)
                        : 0;
    const hf_binding *b = name ? hf_meaning(m, name) : NULL;
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u])
        if (hf_kind_of(s, hf_parent(s, u)) == HF_KIND_RETURN)
            return true;
    return false;
}

/* Methods are there to be called on many objects; of a function that nobody here calls as much
 * cannot be said. */
static bool is_run_often(hf_module *m, uint32_t node, uint32_t function)
{
    hf_repeats repeats = hf_repeats_at(m, node);
    uint32_t class_node = hf_class_of_method(m, function);
    bool method = class_node && !hf_is_class_hook(m, function) && !hf_is_metaclass(m, class_node) &&
                  !hf_is_for_starting(hf_definition_name(m, function));
    return repeats == HF_REPEATS_ALWAYS || (method && repeats > HF_REPEATS_NEVER);
}

/* A class statement says nothing of how often its function runs: that it is called from a loop over
 * something that ends, as the passes of a compiler are, is not often. */
static bool may_run_once(hf_module *m, uint32_t node)
{
    const char *name = hf_definition_name(m, hf_function_around(m, node));
    bool starts = strcmp(name, "__init__") != 0 && hf_is_for_starting(name);
    return hf_kind_of(&m->syntax, node) == HF_KIND_CLASS && !hf_in_loop(m, node) &&
           (starts || hf_repeats_at(m, node) < HF_REPEATS_ALWAYS);
}

/* result = known[key] = namedtuple(...): it is remembered. */
static bool is_remembered(hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t n = hf_parent(s, node); hf_kind_of(s, n) == HF_KIND_ASSIGNMENT;
         n = hf_parent(s, n))
        if (hf_kind_of(s, hf_child(s, n, HF_FIELD_LEFT)) == HF_KIND_SUBSCRIPT)
            return true;
    return false;
}

/* @functools.cache, @cached("fragments"): it runs once for each of its arguments. */
static bool is_cached(hf_module *m, uint32_t function)
{
    const hf_syntax *s = &m->syntax;
    uint32_t decorator;
    for (uint32_t n = 0; (decorator = hf_decorator(m, function, n)); n++) {
        bool call = hf_kind_of(s, decorator) == HF_KIND_CALL;
        uint32_t named = call ? hf_child(s, decorator, HF_FIELD_FUNCTION) : decorator;
        if (hf_cache_of_decorator(m, decorator).name || strstr(hf_last_name(m, named), "cached"))
            return true;
    }
    return false;
}

static void visit(hf_check *c, uint32_t node)
{
    hf_module *m = c->m;
    uint32_t function = hf_function_around(m, node);
    if (!function || !makes_class(m, node, function) || is_returned(m, node, function))
        return;
    if (!hf_in_loop(m, node) && !is_run_often(m, node, function))
        return;
    if (may_run_once(m, node) || is_remembered(m, node) || is_cached(m, function))
        return;
    if (hf_kind_of(&m->syntax, node) == HF_KIND_CLASS)
        node = hf_child(&m->syntax, node, HF_FIELD_NAME);
    hf_report(c, node,
              "each call makes a class: some 1 to 2 KB, in a cycle that only the collector "
              "frees");
}

const hf_rule hf_rule_class_in_function = {
    .code = "HF802",
    .name = "class-made-again-and-again",
    .reason = "A class is a large object in a reference cycle, known to its bases and to caches of "
              "its methods. One for each call costs time and memory, and is easily kept.",
    .bad = "import collections\n"
           "\n"
           "def parse(rows):\n"
           "    for row in rows:\n"
           "        Row = collections.namedtuple('Row', row.keys())\n"
           "        yield Row(*row.values())\n",
    .good = "import collections\n"
            "\n"
            "def parse(rows, names):\n"
            "    Row = collections.namedtuple('Row', names)\n"
            "    for row in rows:\n"
            "        yield Row(*row.values())\n",
    .fix = "Make the class once, outside of the loop or at the top of the module; remember classes "
           "by their fields, with a limit.",
    .pattern = "class-churn",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .kinds = {HF_KIND_CALL, HF_KIND_CLASS},
    .visit = visit,
};
