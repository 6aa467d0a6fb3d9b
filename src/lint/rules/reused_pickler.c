/* HF804: a Pickler that dumps again and again and remembers everything. */
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

/* Whether the memo of the pickler of this name is looked after anywhere in the file. */
static bool is_forgotten(const hf_module *m, uint32_t target)
{
    static const char *const members[] = {"clear_memo", "memo", NULL};
    for (const char *const *name = members; *name; name++)
        for (uint32_t u = hf_attribute_uses(m, *name); u; u = hf_next_attribute(m, u)) {
            uint32_t object = hf_child(&m->syntax, u, HF_FIELD_OBJECT);
            if (strcmp(hf_last_name(m, object), hf_last_name(m, target)) == 0)
                return true;
        }
    return false;
}

/* The uses of what a call is assigned to: of a name or of an attribute of self. */
static uint32_t first_use(hf_module *m, uint32_t target, bool *ret_local)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, target);
    const char *attribute = hf_self_attribute(m, target);
    *ret_local = b != NULL;
    if (b)
        return b->writes == 1 ? b->uses : 0;
    uint32_t found = *attribute
                         ? hf_map_get(&m->attribute_uses,
                                      hf_strtab_find(&s->names, attribute, strlen(attribute)))
                         : 0;
    return found == HF_MAP_NONE ? 0 : found;
}

static void visit(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t value = hf_child(s, assignment, HF_FIELD_RIGHT);
    if (!value || strcmp(hf_called(m, value), "pickle.Pickler") != 0 ||
        is_forgotten(m, hf_child(s, assignment, HF_FIELD_LEFT)))
        return;
    bool local;
    uint32_t target = hf_child(s, assignment, HF_FIELD_LEFT);
    for (uint32_t u = first_use(m, target, &local); u; u = m->next_use[u]) {
        uint32_t around = hf_parent(s, u);
        if (hf_kind_of(s, around) != HF_KIND_ATTRIBUTE ||
            strcmp(hf_last_name(m, around), "dump") != 0)
            continue;
        bool repeats = local ? hf_in_loop(m, u) && !hf_in_loop(m, assignment)
                             : hf_repeats_at(m, u) >= HF_REPEATS_UNKNOWN;
        if (!repeats)
            continue;
        hf_report(c, around,
                  "the pickler (line %u) remembers, and keeps, every object that it has "
                  "dumped",
                  hf_line_of(s, s->nodes[value].start));
        return;
    }
}

const hf_rule hf_rule_reused_pickler = {
    .code = "HF804",
    .name = "reused-pickler",
    .reason = "A Pickler keeps every object that it has dumped in its memo, to refer to it when it "
              "comes again.",
    .bad = "import pickle\n"
           "\n"
           "def send(records, stream):\n"
           "    pickler = pickle.Pickler(stream)\n"
           "    for record in records:\n"
           "        pickler.dump(record)\n",
    .good = "import pickle\n"
            "\n"
            "def send(records, stream):\n"
            "    for record in records:\n"
            "        pickle.dump(record, stream)\n",
    .fix = "pickle.dump() for each object, or pickler.clear_memo() behind each dump().",
    .pattern = "serializer-memo",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_ASSIGNMENT},
    .visit = visit,
};
