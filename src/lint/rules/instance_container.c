/* HF105: a container of an object that lives as long as the program, fed without end. */
#include "lint/containers.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

/* Whether all calls of a class in this file are in places that run once. */
static bool is_made_once(hf_module *m, uint32_t class_node)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, hf_child(s, class_node, HF_FIELD_NAME));
    uint32_t calls = 0;
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u]) {
        uint32_t around = hf_parent(s, u);
        if (hf_kind_of(s, around) != HF_KIND_CALL || hf_field_of(s, u) != HF_FIELD_FUNCTION)
            continue;
        if (hf_in_loop(m, u) || hf_repeats_at(m, u) != HF_REPEATS_NEVER)
            return false;
        calls++;
    }
    return calls > 0;
}

/* One method may add once, another for each request: any that is without end counts. */
static uint32_t endless_addition(hf_module *m, uint32_t class_node, const char *attribute,
                                 hf_container container)
{
    uint32_t number = hf_strtab_find(&m->syntax.names, attribute, strlen(attribute));
    uint32_t u = hf_map_get(&m->attribute_uses, number);
    for (; u && u != HF_MAP_NONE; u = m->next_use[u]) {
        hf_uses one = {0};
        hf_uses_count(m, u, container, &one);
        if (one.first && hf_is_inside(&m->syntax, u, class_node) && !hf_is_registration(m, u) &&
            !hf_has_few_keys(m, u) && hf_repeats_at(m, u) == HF_REPEATS_ALWAYS)
            return u;
    }
    return 0;
}

static void visit(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t target = hf_child(s, assignment, HF_FIELD_LEFT);
    const char *attribute = hf_self_attribute(m, target);
    uint32_t class_node = *attribute ? hf_class_around(m, assignment) : 0;
    uint32_t function = hf_function_around(m, assignment);
    if (!class_node || strcmp(hf_definition_name(m, function), "__init__") != 0 ||
        hf_container_made(m, hf_child(s, assignment, HF_FIELD_RIGHT)) == HF_CONTAINER_NONE)
        return;
    hf_container container = hf_container_made(m, hf_child(s, assignment, HF_FIELD_RIGHT));
    hf_uses uses = hf_uses_of_attribute(m, attribute, container);
    if (!hf_only_grows(&uses) || !is_made_once(m, class_node))
        return;
    uint32_t addition = endless_addition(m, class_node, attribute, container);
    if (!addition)
        return;
    hf_finding *f =
        hf_report(c, addition,
                  "%s.%s (line %u) is only ever added to, and its %s is "
                  "made once",
                  hf_definition_name(m, class_node), attribute,
                  hf_line_of(s, s->nodes[target].start), hf_definition_name(m, class_node));
    hf_holder_is(c, f, HF_HOLDER_INSTANCE, class_node, attribute);
    hf_unless(c, f, "frees .%s", attribute);
    /* Whatever part of its name the module is imported by: shop.store, or store from inside. */
    for (const char *part = m->name; *part; part += *part == '.') {
        size_t length = strcspn(part, ".");
        hf_unless(c, f, "makes %s from %.*s", hf_definition_name(m, class_node), (int)length, part);
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
