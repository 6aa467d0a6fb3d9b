/* HF203: entries in registries of the interpreter, under names that never come again. */
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

static const char *const registries[] = {"sys.modules", "linecache.cache",
                                         "sys.path_importer_cache", "copyreg.dispatch_table", NULL};

/* Names of classes and functions are as many as the program has. */
static bool names_code(const hf_syntax *s, uint32_t node)
{
    const hf_node *n = &s->nodes[node];
    static const char *const words[] = {"__name__", "__class__", "__module__", "__qualname__"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (memmem(s->text + n->start, n->end - n->start, words[i], strlen(words[i])))
            return true;
    return false;
}

/* f"{name}.{part}" where not all of them are texts that stand in the source. */
static bool interpolates_variable(const hf_module *m, uint32_t string)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t c = hf_first_child(s, string); c; c = hf_next_sibling(s, c)) {
        uint32_t value = hf_kind_of(s, c) == HF_KIND_INTERPOLATION ? hf_first_child(s, c) : 0;
        const hf_binding *b = value ? hf_meaning(m, value) : NULL;
        bool constant =
            b && b->writes == 1 && b->value && hf_kind_of(s, b->value) == HF_KIND_STRING;
        if (value && !constant)
            return true;
    }
    return false;
}

/* Whether a name is made from something that varies: a format, an f-string, a sum, a number. */
static bool varies(hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    node = hf_unwrapped(s, node);
    if (node && names_code(s, node))
        return false;
    switch (node ? hf_kind_of(s, node) : HF_KIND_OTHER) {
    case HF_KIND_STRING:
        return interpolates_variable(m, node);
    case HF_KIND_BINARY_OPERATOR: {
        uint32_t left = hf_child(s, node, HF_FIELD_LEFT);
        bool first = hf_kind_of(s, left) == HF_KIND_STRING;
        return first != (hf_kind_of(s, hf_child(s, node, HF_FIELD_RIGHT)) == HF_KIND_STRING);
    }
    case HF_KIND_CALL:
        return strcmp(hf_last_name(m, hf_child(s, node, HF_FIELD_FUNCTION)), "format") == 0;
    case HF_KIND_IDENTIFIER: {
        const hf_binding *b = hf_meaning(m, node);
        return b && b->kind == HF_BOUND_BY_ASSIGNMENT && b->writes == 1 && b->value &&
               m->scopes[b->scope].kind == HF_SCOPE_FUNCTION &&
               hf_kind_of(s, b->value) != HF_KIND_IDENTIFIER && varies(m, b->value);
    }
    default:
        return false;
    }
}

/* Whether the file ever takes an entry out again. */
static bool is_cleared(hf_module *m, const char *registry)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t n = 1; n < s->count; n++) {
        if (hf_kind_of(s, n) != HF_KIND_ATTRIBUTE)
            continue;
        const char *name = hf_qualified(m, n);
        if (!name || strncmp(name, registry, strlen(registry)) != 0)
            continue;
        const char *method = name + strlen(registry);
        uint32_t around = hf_parent(s, n);
        bool deleted = hf_kind_of(s, around) == HF_KIND_SUBSCRIPT &&
                       hf_kind_of(s, hf_parent(s, around)) == HF_KIND_DELETE;
        if (strcmp(method, ".pop") == 0 || strcmp(method, ".clear") == 0 || (!*method && deleted))
            return true;
    }
    return false;
}

static void visit_store(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t left = hf_child(s, assignment, HF_FIELD_LEFT);
    if (!left || hf_kind_of(s, left) != HF_KIND_SUBSCRIPT)
        return;
    const char *name = hf_qualified(m, hf_child(s, left, HF_FIELD_VALUE));
    if (!name || !hf_is_one_of(name, registries) ||
        !varies(m, hf_child(s, left, HF_FIELD_SUBSCRIPT)) ||
        hf_repeats_at(m, assignment) < HF_REPEATS_UNKNOWN || is_cleared(m, name))
        return;
    hf_finding *f = hf_report(
        c, left, "%s gets an entry under a new name each time, and none is removed", name);
    if (f && (strcmp(name, "sys.modules") == 0 || strcmp(name, "linecache.cache") == 0))
        f->pattern = "module-churn";
}

/* c_char * n, but not c_char * 16 */
static bool has_open_length(const hf_syntax *s, uint32_t type)
{
    return hf_kind_of(s, type) == HF_KIND_BINARY_OPERATOR &&
           hf_kind_of(s, hf_child(s, type, HF_FIELD_RIGHT)) != HF_KIND_INTEGER;
}

static void visit(hf_check *c, uint32_t node)
{
    hf_module *m = c->m;
    if (hf_kind_of(&m->syntax, node) == HF_KIND_ASSIGNMENT) {
        visit_store(c, node);
        return;
    }
    if (strcmp(hf_called(m, node), "logging.getLogger") == 0 &&
        varies(m, hf_argument(m, node, 0)) && hf_repeats_at(m, node) >= HF_REPEATS_LOOP)
        hf_report(c, node,
                  "logging keeps each logger for ever; here every object gets one of its "
                  "own name");
    if (strcmp(hf_called(m, node), "ctypes.POINTER") == 0 && hf_argument(m, node, 0) &&
        has_open_length(&m->syntax, hf_argument(m, node, 0)) &&
        hf_repeats_at(m, node) >= HF_REPEATS_UNKNOWN && hf_function_around(m, node))
        hf_report(c, node, "ctypes keeps the pointer type of each length for ever");
}

const hf_rule hf_rule_process_registry = {
    .code = "HF203",
    .name = "entry-in-process-registry",
    .reason = "sys.modules, linecache, the loggers of logging and the pointer types of ctypes keep "
              "each entry until the process ends. A name with a number in it makes a new one each "
              "time.",
    .bad = "import logging\n"
           "\n"
           "class Connection:\n"
           "    def __init__(self, number):\n"
           "        self.log = logging.getLogger('connection.%d' % number)\n"
           "\n"
           "def serve(socket):\n"
           "    while True:\n"
           "        Connection(socket.accept())\n",
    .good = "import logging\n"
            "\n"
            "log = logging.getLogger('connection')\n"
            "\n"
            "class Connection:\n"
            "    def __init__(self, number):\n"
            "        self.log = logging.LoggerAdapter(log, {'connection': number})\n"
            "\n"
            "def serve(socket):\n"
            "    while True:\n"
            "        Connection(socket.accept())\n",
    .fix = "Use a fixed name, and put what varies into the message, a LoggerAdapter or a dict of "
           "your own; take entries out when they are done.",
    .pattern = "registry-growth",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .kinds = {HF_KIND_ASSIGNMENT, HF_KIND_CALL},
    .visit = visit,
};
