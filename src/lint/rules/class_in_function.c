/* HF802: classes that are made again and again. */
#include "lint/repeats.h"
#include "lint/rules/rules.h"

static const char *const makers[] = {"collections.namedtuple",
                                     "typing.NamedTuple",
                                     "dataclasses.make_dataclass",
                                     "types.new_class",
                                     "enum.Enum",
                                     "typing.TypedDict",
                                     NULL};

/* type(name, bases, namespace) makes a class, type(x) does not. */
static bool makes_class(hf_module *m, uint32_t call)
{
    const char *called = hf_called(m, call);
    return hf_is_one_of(called, makers) && hf_argument_count(m, call) >= 2;
}

/* What a factory makes is its caller's: it may well be remembered there. */
static bool is_returned(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, call);
    if (hf_kind_of(s, around) == HF_KIND_RETURN)
        return true;
    const hf_binding *b = hf_kind_of(s, around) == HF_KIND_ASSIGNMENT
                              ? hf_meaning(m, hf_child(s, around, HF_FIELD_LEFT))
                              : NULL;
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u])
        if (hf_kind_of(s, hf_parent(s, u)) == HF_KIND_RETURN)
            return true;
    return false;
}

static void visit(hf_check *c, uint32_t node)
{
    hf_module *m = c->m;
    uint32_t function = hf_function_around(m, node);
    if (!function || !makes_class(m, node))
        return;
    if (is_returned(m, node))
        return;
    if (!hf_in_loop(m, node) && hf_repeats_at(m, node) != HF_REPEATS_ALWAYS)
        return;
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
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
