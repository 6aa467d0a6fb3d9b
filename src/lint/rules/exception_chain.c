/* HF302: each exception has the one before it as its cause. */
#include "lint/rules/rules.h"

#include <string.h>

enum { CALLS_DEEP = 2 };

/* The def of this name, or 0. */
static uint32_t function_named(const hf_module *m, const char *name)
{
    for (uint32_t i = 0; i < m->function_count; i++)
        if (strcmp(hf_definition_name(m, m->functions[i]), name) == 0)
            return m->functions[i];
    return 0;
}

/* Whether what runs in `region` calls `function`, or another of the file that does. */
static bool calls(hf_module *m, uint32_t region, uint32_t function, unsigned depth)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t n = region; n < s->nodes[region].after; n++) {
        if (hf_kind_of(s, n) != HF_KIND_CALL)
            continue;
        const char *name = hf_last_name(m, hf_child(s, n, HF_FIELD_FUNCTION));
        bool foreign = strchr(hf_called(m, n), '.') != NULL; /* of an import */
        uint32_t called = *name && !foreign ? function_named(m, name) : 0;
        if (called &&
            (called == function || (depth < CALLS_DEEP && calls(m, called, function, depth + 1))))
            return true;
    }
    return false;
}

/* Whether the handler may catch what the statement raises: only then the chain grows. A local is
 * another one in each call, so that its chain can only grow in one. */
static bool may_catch(hf_module *m, uint32_t handler, uint32_t statement, bool local)
{
    const hf_syntax *s = &m->syntax;
    uint32_t attempt = hf_parent(s, handler);
    uint32_t body = hf_child(s, attempt, HF_FIELD_BODY);
    if (!body || hf_kind_of(s, attempt) != HF_KIND_TRY)
        return false;
    uint32_t function = hf_function_around(m, statement);
    return hf_is_inside(s, statement, body) || (!local && function && calls(m, body, function, 0));
}

/* Whether some handler of the file that may catch what the statement raises stores what it caught
 * under this attribute or name. */
static bool is_stored_by_handler(hf_module *m, uint32_t cause, uint32_t statement)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *own = hf_meaning(m, cause);
    bool local = own && own->scope != 0 && !own->declared_global;
    const char *attribute = hf_self_attribute(m, cause);
    uint32_t u =
        own ? own->uses
            : hf_map_get(&m->attribute_uses, s->nodes[hf_child(s, cause, HF_FIELD_ATTRIBUTE)].name);
    for (; u && u != HF_MAP_NONE; u = m->next_use[u]) {
        uint32_t assignment = hf_parent(s, u);
        if (hf_kind_of(s, assignment) != HF_KIND_ASSIGNMENT || hf_field_of(s, u) != HF_FIELD_LEFT)
            continue;
        if (!own && strcmp(hf_self_attribute(m, u), attribute) != 0)
            continue;
        uint32_t value = hf_child(s, assignment, HF_FIELD_RIGHT);
        const hf_binding *b = value ? hf_meaning(m, value) : NULL;
        uint32_t target = b ? hf_parent(s, b->node) : 0;
        uint32_t handler = target && hf_kind_of(s, target) == HF_KIND_AS_PATTERN_TARGET
                               ? hf_enclosing(s, target, HF_KIND_EXCEPT)
                               : 0;
        if (handler && may_catch(m, handler, statement, local))
            return true;
    }
    return false;
}

/* raise ... from CAUSE, or error.__cause__ = CAUSE. */
static uint32_t cause_of(const hf_module *m, uint32_t statement)
{
    const hf_syntax *s = &m->syntax;
    if (hf_kind_of(s, statement) == HF_KIND_RAISE)
        return hf_child(s, statement, HF_FIELD_CAUSE);
    static const char *const links[] = {"__cause__", "__context__", NULL};
    uint32_t left = hf_child(s, statement, HF_FIELD_LEFT);
    return left && hf_kind_of(s, left) == HF_KIND_ATTRIBUTE &&
                   hf_is_one_of(hf_last_name(m, left), links)
               ? hf_child(s, statement, HF_FIELD_RIGHT)
               : 0;
}

static void visit(hf_check *c, uint32_t statement)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t cause = cause_of(m, statement);
    if (!cause)
        return;
    const hf_binding *b = hf_meaning(m, cause);
    bool variable = b && b->kind == HF_BOUND_BY_ASSIGNMENT;
    if ((!variable && !*hf_self_attribute(m, cause)) || !is_stored_by_handler(m, cause, statement))
        return;
    const hf_node *n = &s->nodes[cause];
    hf_report(c, cause,
              "%.*s is the last exception that was caught: each new one keeps all before it",
              (int)(n->end - n->start), s->text + n->start);
}

const hf_rule hf_rule_exception_chain = {
    .code = "HF302",
    .name = "endless-exception-chain",
    .reason = "An exception raised `from` the one that was stored last time holds it as its cause, "
              "and that the one before: the chain, with all its frames, never ends.",
    .bad = "class Uplink:\n"
           "    last_error = None\n"
           "\n"
           "    def push(self, packet):\n"
           "        try:\n"
           "            self.attempt(packet)\n"
           "        except OSError as error:\n"
           "            self.last_error = error\n"
           "\n"
           "    def attempt(self, packet):\n"
           "        raise OSError('failed') from self.last_error\n",
    .good = "class Uplink:\n"
            "    def push(self, packet):\n"
            "        try:\n"
            "            self.attempt(packet)\n"
            "        except OSError as error:\n"
            "            raise RuntimeError('push failed') from error\n",
    .fix = "Raise from the exception that was just caught, or store its text instead of itself.",
    .pattern = "exception-chain",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_RAISE, HF_KIND_ASSIGNMENT},
    .visit = visit,
};
