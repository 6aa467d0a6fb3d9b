/* HF202: an object that registers itself with one that outlives it, and never leaves. */
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

static const char *const registering[] = {
    "on",         "connect",      "subscribe",    "add_listener", "addListener",   "add_handler",
    "addHandler", "add_callback", "add_observer", "register",     "register_hook", "bind",
    "attach",     "observe",      "listen",       "watch",        "add_hook",      NULL};
/* Of these, those whose argument is a handler whatever it is made of; socket.connect() is none. */
static const char *const taking_objects[] = {
    "subscribe",    "add_listener", "addListener",   "add_handler", "addHandler", "add_callback",
    "add_observer", "addObserver",  "register_hook", "add_hook",    NULL};
static const char *const leaving[] = {"off",
                                      "disconnect",
                                      "unsubscribe",
                                      "remove_listener",
                                      "removeListener",
                                      "remove_handler",
                                      "removeHandler",
                                      "remove_callback",
                                      "remove_observer",
                                      "unregister",
                                      "unbind",
                                      "detach",
                                      "unobserve",
                                      "unwatch",
                                      "remove_hook",
                                      "deregister",
                                      "removeFilter",
                                      NULL};

/* Whether the object that is registered with came from outside of this one: a parameter, a name of
 * the module, an import. */
static bool outlives(hf_module *m, uint32_t object)
{
    const hf_binding *b = hf_meaning(m, object);
    if (!b)
        return false;
    if (b->kind == HF_BOUND_BY_PARAMETER)
        return !*hf_self_attribute(m, hf_parent(&m->syntax, object)) ||
               hf_parameter(m, m->scopes[b->scope].node, 0, NULL) != b->node;
    return b->scope == 0 && b->kind == HF_BOUND_BY_ASSIGNMENT;
}

static bool anybody_leaves(const hf_module *m)
{
    for (const char *const *word = leaving; *word; word++)
        if (hf_strtab_find(&m->syntax.names, *word, strlen(*word)) != HF_STR_NONE)
            return true;
    return false;
}

/* self.method among the arguments: the attribute, or 0. */
static uint32_t bound_method(hf_module *m, uint32_t call)
{
    uint32_t class_node = hf_class_around(m, call), argument;
    for (uint32_t n = 0; (argument = hf_argument(m, call, n)); n++) {
        const char *name = hf_self_attribute(m, argument);
        if (*name && class_node && hf_method(m, class_node, name))
            return argument;
    }
    return 0;
}

/* An object that lives as long as the program: a name of the module that is bound to it
 * once, a logger. */
static bool is_lasting(hf_module *m, uint32_t object)
{
    const hf_binding *b = hf_meaning(m, object);
    if (b)
        return b->writes == 1 && (b->kind == HF_BOUND_BY_IMPORT ||
                                  (b->scope == 0 && b->kind == HF_BOUND_BY_ASSIGNMENT) ||
                                  (b->value && is_lasting(m, b->value)));
    return hf_kind_of(&m->syntax, object) == HF_KIND_CALL &&
           strcmp(hf_called(m, object), "logging.getLogger") == 0;
}

/* Whether a handler is made where it is registered: a function of the function, a lambda, a
 * partial; with `objects` an object too. */
static bool is_made_here(hf_module *m, uint32_t handler, uint32_t function, bool objects)
{
    const hf_syntax *s = &m->syntax;
    hf_kind kind = hf_kind_of(s, handler);
    if (kind == HF_KIND_LAMBDA)
        return true;
    if (kind == HF_KIND_CALL) { /* partial(f, x), Handler(x) */
        const char *name = hf_last_name(m, hf_child(s, handler, HF_FIELD_FUNCTION));
        return strcmp(name, "partial") == 0 || (objects && *name >= 'A' && *name <= 'Z');
    }
    const hf_binding *b = hf_meaning(m, handler);
    if (!b || b->writes != 1 || m->scopes[b->scope].node != function || !b->value)
        return false;
    return b->kind == HF_BOUND_BY_FUNCTION ||
           (b->kind == HF_BOUND_BY_ASSIGNMENT && hf_kind_of(s, b->value) != HF_KIND_IDENTIFIER &&
            is_made_here(m, b->value, function, objects));
}

/* Whether what is made of a class is put into something wherever it is made: it is
 * meant to live. */
static bool is_kept_anyway(hf_module *m, uint32_t class_node)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, hf_child(s, class_node, HF_FIELD_NAME));
    bool kept = false;
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u]) {
        uint32_t call = hf_parent(s, u), around = hf_parent(s, call);
        if (hf_kind_of(s, call) != HF_KIND_CALL || hf_field_of(s, u) != HF_FIELD_FUNCTION)
            continue;
        uint32_t left =
            hf_kind_of(s, around) == HF_KIND_ASSIGNMENT ? hf_child(s, around, HF_FIELD_LEFT) : 0;
        uint32_t method = hf_kind_of(s, around) == HF_KIND_ARGUMENTS
                              ? hf_child(s, hf_parent(s, around), HF_FIELD_FUNCTION)
                              : 0;
        bool stored = (left && hf_kind_of(s, left) != HF_KIND_IDENTIFIER) ||
                      (method && strcmp(hf_last_name(m, method), "append") == 0) ||
                      hf_kind_of(s, around) == HF_KIND_LIST_COMPREHENSION;
        if (!stored)
            return false;
        kept = true;
    }
    return kept;
}

/* Whether a handler is also what the function gives: it is a decorator, used where
 * things are defined. */
static bool is_given_back(hf_module *m, uint32_t handler)
{
    const hf_binding *b = hf_meaning(m, handler);
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u])
        if (hf_kind_of(&m->syntax, hf_parent(&m->syntax, u)) == HF_KIND_RETURN)
            return true;
    return false;
}

/* plt.connect() is of the figure that is drawn now, and ends with it. */
static bool is_of_figure(hf_module *m, uint32_t method)
{
    const char *name = hf_qualified(m, method);
    return name && strcmp(name, "matplotlib.pyplot.connect") == 0;
}

/* A function that runs without end gives something that lasts one more handler each time. */
static void visit_repeated(hf_check *c, uint32_t call, uint32_t method)
{
    hf_module *m = c->m;
    uint32_t function = hf_function_around(m, call), argument;
    uint32_t object = hf_child(&m->syntax, method, HF_FIELD_OBJECT);
    if (!function || strcmp(hf_identifier_text(&m->syntax, object), "atexit") == 0 ||
        !is_lasting(m, object) || is_of_figure(m, method) || anybody_leaves(m) ||
        hf_enclosing(&m->syntax, call, HF_KIND_IF) > function ||
        hf_repeats_at(m, call) != HF_REPEATS_ALWAYS)
        return;
    const hf_binding *b = hf_meaning(m, object);
    bool module = b && b->kind == HF_BOUND_BY_IMPORT;
    bool objects = hf_is_one_of(hf_last_name(m, method), taking_objects);
    for (uint32_t n = 0; (argument = hf_argument(m, call, n)); n++) {
        hf_kind kind = hf_kind_of(&m->syntax, argument);
        if (is_made_here(m, argument, function, objects)) {
            if (is_given_back(m, argument))
                return;
            hf_report(c, call,
                      "each call registers one more handler here, and none is ever removed");
            return;
        }
        if (module && kind != HF_KIND_STRING)
            return; /* event.listen(engine, ...) of a module registers with its argument */
    }
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t method = hf_child(s, call, HF_FIELD_FUNCTION);
    if (!method || hf_kind_of(s, method) != HF_KIND_ATTRIBUTE ||
        !hf_is_one_of(hf_last_name(m, method), registering))
        return;
    visit_repeated(c, call, method);
    uint32_t function = hf_function_around(m, call);
    uint32_t object = hf_child(s, method, HF_FIELD_OBJECT);
    if (!function || !hf_class_of_method(m, function) ||
        strcmp(hf_definition_name(m, function), "__init__") != 0 || !outlives(m, object))
        return;
    uint32_t handler = bound_method(m, call);
    if (!handler || anybody_leaves(m) || hf_repeats_function(m, function) < HF_REPEATS_LOOP ||
        is_kept_anyway(m, hf_class_around(m, call)))
        return;
    hf_report(c, call, "each %s registers its %s with %s and never leaves it",
              hf_definition_name(m, hf_class_around(m, call)), hf_last_name(m, handler),
              hf_identifier_text(s, object));
}

const hf_rule hf_rule_listener = {
    .code = "HF202",
    .name = "listener-never-removed",
    .reason =
        "Whoever registers a method of itself with an object that lives longer is kept by it. "
        "Here objects are made again and again, and none of them ever leaves.",
    .bad = "class Client:\n"
           "    def __init__(self, session):\n"
           "        session.on('before-send', self.sign)\n"
           "\n"
           "    def sign(self, request):\n"
           "        request.signature = 1\n"
           "\n"
           "def handle(session, requests):\n"
           "    for request in requests:\n"
           "        Client(session).send(request)\n",
    .good = "class Client:\n"
            "    def __init__(self, session):\n"
            "        self.session = session\n"
            "        session.on('before-send', self.sign)\n"
            "\n"
            "    def sign(self, request):\n"
            "        request.signature = 1\n"
            "\n"
            "    def close(self):\n"
            "        self.session.off('before-send', self.sign)\n"
            "\n"
            "def handle(session, requests):\n"
            "    for request in requests:\n"
            "        client = Client(session)\n"
            "        client.send(request)\n"
            "        client.close()\n",
    .fix = "Remove the handler when the object is done, make the object once, or let the registry "
           "hold it weakly (weakref.WeakMethod).",
    .pattern = "listener-accumulation",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .whole_file = true,
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
