/* HF504: threads that are made again and again and never end, or are kept when they have. */
#include "lint/caches.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"
#include "lint/tasks.h"

#include <string.h>

/* A wait without a time limit, or an endless loop without a way out: line of it, or 0. */
static uint32_t never_ends(hf_module *m, uint32_t function)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t n = function; n < s->nodes[function].after; n++) {
        if (hf_kind_of(s, n) == HF_KIND_WHILE &&
            hf_kind_of(s, hf_child(s, n, HF_FIELD_CONDITION)) == HF_KIND_TRUE) {
            bool leaves = false;
            for (uint32_t k = n; k < s->nodes[n].after; k++)
                leaves |= hf_kind_of(s, k) == HF_KIND_BREAK || hf_kind_of(s, k) == HF_KIND_RETURN ||
                          hf_kind_of(s, k) == HF_KIND_RAISE;
            if (!leaves)
                return n;
        }
        uint32_t callee = hf_kind_of(s, n) == HF_KIND_CALL ? hf_child(s, n, HF_FIELD_FUNCTION) : 0;
        if (callee && hf_kind_of(s, callee) == HF_KIND_ATTRIBUTE &&
            strcmp(hf_last_name(m, callee), "wait") == 0 && !hf_argument_count(m, n) &&
            !hf_keyword(m, n, "timeout") && !hf_has_splat(m, n))
            return n;
    }
    return 0;
}

/* The function that a thread runs: target=name, self.method, or run() of its class; or 0. */
static uint32_t target_of(hf_module *m, uint32_t call)
{
    uint32_t target = hf_keyword(m, call, "target");
    const char *method = hf_self_attribute(m, target);
    if (*method)
        return hf_method(m, hf_class_around(m, call), method);
    const hf_binding *b = target ? hf_meaning(m, target) : NULL;
    return b && b->kind == HF_BOUND_BY_FUNCTION && b->writes == 1 ? b->value : 0;
}

/* A class of this file that is a thread. */
static uint32_t thread_class(hf_module *m, uint32_t call)
{
    static const char *const bases[] = {"threading.Thread", NULL};
    const hf_binding *b = hf_meaning(m, hf_child(&m->syntax, call, HF_FIELD_FUNCTION));
    return b && b->kind == HF_BOUND_BY_CLASS && b->writes == 1 && hf_has_base(m, b->value, bases)
               ? b->value
               : 0;
}

/* Whether the function waits for the thread, whatever happens: it is one at a time. */
static bool is_joined(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, call);
    const hf_binding *b = hf_kind_of(s, around) == HF_KIND_ASSIGNMENT
                              ? hf_meaning(m, hf_child(s, around, HF_FIELD_LEFT))
                              : NULL;
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u])
        if (strcmp(hf_last_name(m, hf_parent(s, u)), "join") == 0 &&
            hf_enclosing(s, u, HF_KIND_IF) <= hf_function_around(m, call))
            return true;
    return false;
}

/* if self._writer is None: self._writer = Thread(...): there is one. */
static bool is_guarded(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t branch = hf_enclosing(s, call, HF_KIND_IF);
    uint32_t around = hf_parent(s, call);
    return branch > hf_function_around(m, call) && hf_kind_of(s, around) == HF_KIND_ASSIGNMENT &&
           *hf_self_attribute(m, hf_child(s, around, HF_FIELD_LEFT));
}

/* elif self.count() < LIMIT: one more worker of a pool. */
static bool is_counted(const hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t function = hf_function_around(m, call);
    static const hf_kind branches[] = {HF_KIND_IF, HF_KIND_ELIF};
    for (size_t i = 0; i < sizeof(branches) / sizeof(*branches); i++) {
        uint32_t branch = hf_enclosing(s, call, branches[i]);
        uint32_t condition = branch > function ? hf_child(s, branch, HF_FIELD_CONDITION) : 0;
        uint32_t operators = condition && hf_kind_of(s, condition) == HF_KIND_COMPARISON
                                 ? hf_child(s, condition, HF_FIELD_OPERATORS)
                                 : 0;
        if (operators && (hf_text_is(s, operators, "<") || hf_text_is(s, operators, "<=")))
            return true;
    }
    return false;
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    uint32_t own_class = thread_class(m, call);
    uint32_t function = own_class                  ? hf_method(m, own_class, "run")
                        : hf_makes_thread(m, call) ? target_of(m, call)
                                                   : 0;
    static const char *const servers[] = {"serve_forever", "serve",   "start",  "run",
                                          "open",          "connect", "target", NULL};
    uint32_t caller = hf_function_around(m, call);
    if (!function || !caller || hf_in_loop(m, call) || is_joined(m, call) || is_guarded(m, call) ||
        is_counted(m, call) || strstr(hf_definition_name(m, caller), "server") ||
        hf_is_one_of(hf_definition_name(m, caller), servers))
        return; /* a loop that starts some workers is a pool, one for a server is its own */
    uint32_t wait = never_ends(m, function);
    if (wait && hf_repeats_at(m, call) == HF_REPEATS_ALWAYS)
        hf_report(c, call,
                  "each call starts a thread that may wait for ever (line %u), with its "
                  "stack and its locals",
                  hf_line_of(&m->syntax, m->syntax.nodes[wait].start));
}

const hf_rule hf_rule_thread_per_call = {
    .code = "HF504",
    .name = "endless-thread-per-call",
    .reason =
        "A thread holds its stack and the locals of its functions until it ends. One that waits "
        "without a limit, started for each call, may never.",
    .bad = "import threading\n"
           "\n"
           "def watch(upload):\n"
           "    upload.finished.wait()\n"
           "\n"
           "def accept(upload):\n"
           "    threading.Thread(target=watch, args=(upload,), daemon=True).start()\n"
           "\n"
           "def serve(socket):\n"
           "    while True:\n"
           "        accept(socket.accept())\n",
    .good = "import threading\n"
            "\n"
            "def watch(upload):\n"
            "    upload.finished.wait(timeout=60)\n"
            "\n"
            "def accept(upload):\n"
            "    threading.Thread(target=watch, args=(upload,), daemon=True).start()\n"
            "\n"
            "def serve(socket):\n"
            "    while True:\n"
            "        accept(socket.accept())\n",
    .fix = "Wait with a timeout, or let a pool of fixed size (concurrent.futures) do the work.",
    .pattern = "thread-accumulation",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
