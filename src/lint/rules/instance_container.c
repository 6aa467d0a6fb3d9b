/* HF105: a container of an object that lives as long as the program, fed without end. */
#include "lint/classes.h"
#include "lint/growth.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

/* for n in range(low, high): seen.add(n) */
static bool is_of_range(hf_module *m, uint32_t use)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, hf_addition_of(m, use).value);
    uint32_t loop = b ? hf_parent(s, b->node) : 0;
    return loop && hf_kind_of(s, loop) == HF_KIND_FOR &&
           strcmp(hf_called(m, hf_child(s, loop, HF_FIELD_RIGHT)), "range") == 0;
}

/* One method may add once, another for each request: any that is without end counts. */
static uint32_t endless_addition(hf_module *m, uint32_t class_node, const char *attribute,
                                 hf_container container)
{
    for (uint32_t u = hf_attribute_uses(m, attribute); u; u = hf_next_attribute(m, u)) {
        hf_uses one = {0};
        hf_uses_count(m, u, container, &one);
        uint32_t inside = hf_class_around(m, u);
        if (!one.first || !inside || !hf_derives(m, inside, class_node) ||
            hf_is_registration(m, u) || hf_has_few_keys(m, u) || is_of_range(m, u) ||
            hf_may_add_few(m, u))
            continue;
        if (hf_repeats_at(m, u) == HF_REPEATS_ALWAYS || hf_is_handler(m, hf_function_around(m, u)))
            return u;
    }
    return 0;
}

/* items: list = field(default_factory=list) in the body of a dataclass: the expression that makes
 * it, or 0. */
static uint32_t factory_of(hf_module *m, uint32_t value)
{
    static const char *const fields[] = {"dataclasses.field", "attr.ib", "attrs.field", NULL};
    if (!value || hf_kind_of(&m->syntax, value) != HF_KIND_CALL ||
        !hf_is_one_of(hf_called(m, value), fields))
        return 0;
    uint32_t factory = hf_keyword(m, value, "default_factory");
    return factory ? factory : hf_keyword(m, value, "factory");
}

typedef struct made {
    uint32_t class_node;
    const char *attribute; /* "" if none is made */
    hf_container container;
} made;

/* self.items = [] in __init__, or a field of a dataclass. */
static made what_is_made(hf_module *m, uint32_t assignment)
{
    const hf_syntax *s = &m->syntax;
    uint32_t target = hf_child(s, assignment, HF_FIELD_LEFT);
    uint32_t value = hf_child(s, assignment, HF_FIELD_RIGHT);
    made found = {.attribute = ""};
    if (hf_kind_of(s, target) == HF_KIND_ATTRIBUTE) {
        uint32_t function = hf_function_around(m, assignment);
        if (function && strcmp(hf_definition_name(m, function), "__init__") == 0)
            found.attribute = hf_self_attribute(m, target);
        if (*found.attribute)
            found.container = hf_container_made(m, value);
    } else if (hf_kind_of(s, target) == HF_KIND_IDENTIFIER &&
               m->scopes[m->scope_of[assignment]].kind == HF_SCOPE_CLASS) {
        uint32_t factory = factory_of(m, value);
        found.container = factory ? hf_container_of_factory(m, factory) : HF_CONTAINER_NONE;
        found.attribute = hf_identifier_text(s, target);
    }
    found.class_node = found.container ? hf_class_around(m, assignment) : 0;
    return found;
}

static void visit(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    made held = what_is_made(m, assignment);
    if (!held.class_node)
        return;
    hf_uses uses = hf_uses_of_attribute(m, held.attribute, held.container);
    if (!hf_only_grows(&uses) || !hf_class_is_made_once(m, held.class_node))
        return;
    uint32_t addition = endless_addition(m, held.class_node, held.attribute, held.container);
    if (!addition)
        return;
    const char *name = hf_definition_name(m, held.class_node);
    hf_finding *f =
        hf_report(c, addition, "%s.%s (line %u) is only ever added to, and its %s is made once",
                  name, held.attribute, hf_line_of(s, s->nodes[assignment].start), name);
    hf_holder_is(c, f, HF_HOLDER_INSTANCE, held.class_node, held.attribute);
    hf_unless(c, f, "frees .%s", held.attribute);
    /* Whatever part of its name the module is imported by: shop.store, or store from inside. */
    for (const char *part = m->name; *part; part += *part == '.') {
        size_t length = strcspn(part, ".");
        hf_unless(c, f, "makes %s from %.*s", name, (int)length, part);
        part += length;
    }
}

const hf_rule hf_rule_instance_container = {
    .code = "HF105",
    .name = "growing-instance-container",
    .reason = "The object is made once and lives as long as the program; one of its containers is "
              "added to without end, and nothing takes out of it.",
    .bad = "class Indexer:\n"
           "    def __init__(self):\n"
           "        self.submitted = {}\n"
           "\n"
           "    def index(self, document):\n"
           "        self.submitted[document.name] = document\n"
           "\n"
           "indexer = Indexer()\n"
           "\n"
           "def serve(connection):\n"
           "    while True:\n"
           "        indexer.index(connection.receive())\n",
    .good = "class Indexer:\n"
            "    def __init__(self):\n"
            "        self.submitted = {}\n"
            "\n"
            "    def index(self, document):\n"
            "        self.submitted[document.name] = document\n"
            "\n"
            "    def done(self, document):\n"
            "        del self.submitted[document.name]\n"
            "\n"
            "indexer = Indexer()\n"
            "\n"
            "def serve(connection):\n"
            "    while True:\n"
            "        indexer.index(connection.receive())\n",
    .fix = "Remove entries when what they are about ends, or give it a limit "
           "(collections.deque(maxlen=...), a cache with expiry).",
    .pattern = "collection-growth",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .whole_file = true,
    .kinds = {HF_KIND_ASSIGNMENT},
    .visit = visit,
};
