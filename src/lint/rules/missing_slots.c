/* HF801: a small data class of which very many are kept. */
#include "lint/containers.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

static bool has_slots(const hf_module *m, uint32_t class_node)
{
    for (uint32_t i = 0; i < m->scope_count; i++)
        if (m->scopes[i].node == class_node && m->scopes[i].kind == HF_SCOPE_CLASS)
            return hf_binding_in(m, i, "__slots__") != HF_NO_BINDING;
    return true;
}

/* __init__ that does nothing but self.x = x: how many, or 0. */
static uint32_t plain_fields(hf_module *m, uint32_t init)
{
    const hf_syntax *s = &m->syntax;
    uint32_t body = init ? hf_child(s, init, HF_FIELD_BODY) : 0, fields = 0;
    for (uint32_t n = body ? hf_first_child(s, body) : 0; n; n = hf_next_sibling(s, n)) {
        uint32_t assignment = hf_first_child(s, n);
        if (assignment && hf_kind_of(s, assignment) == HF_KIND_STRING)
            continue;
        if (!assignment || hf_kind_of(s, assignment) != HF_KIND_ASSIGNMENT ||
            !*hf_self_attribute(m, hf_child(s, assignment, HF_FIELD_LEFT)))
            return 0;
        fields++;
    }
    return fields;
}

/* In a loop over lines, rows or what a file has, or without end: a loop over a few things is no bulk. */
static bool is_in_bulk(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t loop = hf_enclosing(s, call, HF_KIND_FOR);
    if (loop && loop > hf_function_around(m, call)) {
        static const char *const few[] = {"devices", "keys",    "options",  "columns", "fields",
                                          "args",    "plugins", "sections", NULL};
        uint32_t over = hf_child(s, loop, HF_FIELD_RIGHT);
        if (strcmp(hf_called(m, over), "enumerate") == 0 && hf_argument(m, over, 0))
            over = hf_argument(m, over, 0);
        if (hf_kind_of(s, over) == HF_KIND_CALL)
            over = hf_child(s, over, HF_FIELD_FUNCTION);
        return !hf_is_one_of(hf_last_name(m, over), few);
    }
    return hf_in_loop(m, call) || hf_repeats_at(m, call) == HF_REPEATS_ALWAYS;
}

/* One call of the class whose result is added to a container again and again, or 0. */
static uint32_t made_in_bulk(hf_module *m, uint32_t class_node)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, hf_child(s, class_node, HF_FIELD_NAME));
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u]) {
        uint32_t call = hf_parent(s, u), value = call;
        if (hf_kind_of(s, call) != HF_KIND_CALL || hf_field_of(s, u) != HF_FIELD_FUNCTION ||
            !hf_function_around(m, call) || !is_in_bulk(m, call))
            continue;
        uint32_t assignment = hf_parent(s, call);
        const hf_binding *local = hf_kind_of(s, assignment) == HF_KIND_ASSIGNMENT
                                      ? hf_meaning(m, hf_child(s, assignment, HF_FIELD_LEFT))
                                      : NULL;
        uint32_t mention = local ? local->uses : value;
        for (; mention; mention = local ? m->next_use[mention] : 0) {
            uint32_t append = hf_parent(s, hf_parent(s, mention));
            uint32_t method =
                hf_kind_of(s, append) == HF_KIND_CALL ? hf_child(s, append, HF_FIELD_FUNCTION) : 0;
            if (hf_kind_of(s, hf_parent(s, mention)) == HF_KIND_ARGUMENTS && method &&
                hf_kind_of(s, method) == HF_KIND_ATTRIBUTE &&
                strcmp(hf_last_name(m, method), "append") == 0 &&
                *hf_self_attribute(m, hf_child(s, method, HF_FIELD_OBJECT)))
                return append;
        }
    }
    return 0;
}

static void visit(hf_check *c, uint32_t class_node)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    if (hf_child(s, class_node, HF_FIELD_SUPERCLASSES) || hf_decorator(m, class_node, 0) ||
        has_slots(m, class_node) || hf_is_test(m, class_node))
        return;
    uint32_t init = hf_method(m, class_node, "__init__");
    uint32_t fields = plain_fields(m, init);
    uint32_t append = fields >= 2 ? made_in_bulk(m, class_node) : 0;
    if (append)
        hf_report(c, hf_child(s, class_node, HF_FIELD_NAME),
                  "each %s carries a dict for its %u fields, and line %u keeps one after the other",
                  hf_definition_name(m, class_node), fields, hf_line_of(s, s->nodes[append].start));
}

const hf_rule hf_rule_missing_slots = {
    .code = "HF801",
    .name = "many-without-slots",
    .reason = "An instance without __slots__ has a dict of its own; where very many small ones are "
              "kept, the dicts take more than the data.",
    .bad = "class Sample:\n"
           "    def __init__(self, time, value):\n"
           "        self.time = time\n"
           "        self.value = value\n"
           "\n"
           "class Archive:\n"
           "    def __init__(self):\n"
           "        self.samples = []\n"
           "\n"
           "    def load(self, rows):\n"
           "        for time, value in rows:\n"
           "            self.samples.append(Sample(time, value))\n",
    .good = "class Sample:\n"
            "    __slots__ = ('time', 'value')\n"
            "\n"
            "    def __init__(self, time, value):\n"
            "        self.time = time\n"
            "        self.value = value\n"
            "\n"
            "class Archive:\n"
            "    def __init__(self):\n"
            "        self.samples = []\n"
            "\n"
            "    def load(self, rows):\n"
            "        for time, value in rows:\n"
            "            self.samples.append(Sample(time, value))\n",
    .fix = "Declare __slots__, use dataclasses.dataclass(slots=True) or a tuple; for numbers, an "
           "array.",
    .pattern = "missing-slots",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .kinds = {HF_KIND_CLASS},
    .visit = visit,
};
