/* HF201: atexit and the like, called again and again. */
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
    uint32_t guard = hf_enclosing(s, call, HF_KIND_IF);
    return guard && guard > hf_function_around(m, call);
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    const char *called = hf_called(m, call);
    if (!hf_is_one_of(called, registering) || is_undone(m, called) || is_guarded(m, call))
        return;
    uint32_t handler = hf_argument(m, call, 0);
    bool bound = *hf_self_attribute(m, handler) != 0;
    hf_repeats repeats = hf_repeats_at(m, call);
    uint32_t function = hf_function_around(m, call);
    bool constructor =
        function && bound && strcmp(hf_definition_name(m, function), "__init__") == 0;
    if (repeats < HF_REPEATS_LOOP && !(constructor && repeats == HF_REPEATS_UNKNOWN))
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
