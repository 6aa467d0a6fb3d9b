/* HF201: atexit and the like, called again and again. */
#include "lint/classes.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

static const char *const registering[] = {"atexit.register", "os.register_at_fork",
                                          "gc.callbacks.append", "readline.set_startup_hook", NULL};

static bool is_undone(const hf_module *m, const char *called)
{
    const char *undo = strcmp(called, "atexit.register") == 0 ? "unregister" : "remove";
    return hf_strtab_find(&m->syntax.names, undo, strlen(undo)) != HF_STR_NONE;
}

/* `if not registered: registered = True; atexit.register(...)` registers once. */
static bool is_guarded(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t function = hf_function_around(m, call);
    uint32_t guard = hf_enclosing(s, call, HF_KIND_IF);
    if (guard && guard > function)
        return true;
    for (uint32_t n = function; n < call; n++) /* if self._started: return */
        if (hf_kind_of(s, n) == HF_KIND_RETURN && hf_enclosing(s, n, HF_KIND_IF) > function)
            return true;
    return false;
}

/* A lambda, a function of the function, partial(f, x). Other functions keep nothing
 * but their arguments. */
static bool keeps_something(hf_module *m, uint32_t handler)
{
    hf_kind kind = handler ? hf_kind_of(&m->syntax, handler) : HF_KIND_OTHER;
    const hf_binding *b = handler ? hf_meaning(m, handler) : NULL;
    return kind == HF_KIND_LAMBDA ||
           (kind == HF_KIND_CALL && strcmp(hf_called(m, handler), "functools.partial") == 0) ||
           (b && b->kind == HF_BOUND_BY_FUNCTION && b->scope != 0) ||
           (kind == HF_KIND_ATTRIBUTE && !hf_qualified(m, handler));
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    const char *called = hf_called(m, call);
    if (!hf_is_one_of(called, registering) || is_undone(m, called) || is_guarded(m, call))
        return;
    uint32_t handler = hf_argument(m, call, 0);
    bool bound = *hf_self_attribute(m, handler) != 0;
    if (!bound && !keeps_something(m, handler))
        return;
    uint32_t function = hf_function_around(m, call);
    if (function && hf_is_for_starting(hf_definition_name(m, function)) &&
        strcmp(hf_definition_name(m, function), "__init__") != 0)
        return;
    bool maker = function && strcmp(hf_definition_name(m, function), "__init__") == 0;
    if (hf_repeats_at(m, call) < (maker ? HF_REPEATS_LOOP : HF_REPEATS_ALWAYS) ||
        (bound && !maker && hf_class_is_made_once(m, hf_class_around(m, call))))
        return;
    hf_report(c, call,
              "%s runs each time and is never undone: the handler%s live until the process "
              "ends",
              called, bound ? " and its object" : "s");
}

const hf_rule hf_rule_exit_handler = {
    .code = "HF201",
    .name = "exit-handler-per-object",
    .reason =
        "What is registered with the interpreter stays registered until the process ends, and "
        "a bound method keeps its object with it.",
    .bad = "import atexit\n"
           "\n"
           "class Tracer:\n"
           "    def __init__(self):\n"
           "        self.spans = []\n"
           "        atexit.register(self.flush)\n"
           "\n"
           "def handle(requests):\n"
           "    for request in requests:\n"
           "        Tracer().trace(request)\n",
    .good = "import atexit\n"
            "\n"
            "tracer = Tracer()\n"
            "atexit.register(tracer.flush)\n"
            "\n"
            "def handle(requests):\n"
            "    for request in requests:\n"
            "        tracer.trace(request)\n",
    .fix =
        "Register one handler once, or undo it (atexit.unregister) when the object is closed; for "
        "clean-up of one object use weakref.finalize with a function that does not hold it.",
    .pattern = "listener-accumulation",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
