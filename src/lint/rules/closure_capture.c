/* HF206: a stored closure that keeps a large local alive. */
#include "lint/rules/rules.h"

#include <string.h>

static const char *const storing[] = {
    "append",       "add",          "appendleft", "at",       "call_at",   "call_later",
    "schedule",     "register",     "subscribe",  "connect",  "on",        "add_callback",
    "add_listener", "add_observer", "setdefault", "enterabs", "enter",     "add_handler",
    "after",        "add_job",      "add_timer",  "defer",    "run_later", NULL};
static const char *const large_makers[] = {"bytearray",
                                           "bytes",
                                           "json.load",
                                           "json.loads",
                                           "pickle.load",
                                           "pickle.loads",
                                           "numpy.load",
                                           "numpy.zeros",
                                           "numpy.ones",
                                           "numpy.empty",
                                           "numpy.full",
                                           "pandas.read_csv",
                                           "pandas.read_sql",
                                           "csv.reader",
                                           "requests.get",
                                           "requests.post",
                                           "pandas.read_parquet",
                                           "urllib.request.urlopen",
                                           NULL};
static const char *const large_methods[] = {"read",       "readlines", "encode", "fetchall",
                                            "read_bytes", "read_text", NULL};

/* Whether an expression makes something that is likely to be large. */
static bool is_large(hf_module *m, uint32_t value)
{
    const hf_syntax *s = &m->syntax;
    value = hf_unwrapped(s, value);
    switch (value ? hf_kind_of(s, value) : HF_KIND_OTHER) {
    case HF_KIND_AWAIT:
        return is_large(m, hf_first_child(s, value));
    case HF_KIND_BINARY_OPERATOR:
        return is_large(m, hf_child(s, value, HF_FIELD_LEFT));
    case HF_KIND_CALL:
        if (hf_is_one_of(hf_called(m, value), large_makers))
            return hf_argument(m, value, 0) != 0;
        value = hf_child(s, value, HF_FIELD_FUNCTION);
        return hf_kind_of(s, value) == HF_KIND_ATTRIBUTE &&
               hf_is_one_of(hf_last_name(m, value), large_methods);
    default:
        return false;
    }
}

/* Whether a mention of the function stores it: an argument of a call that keeps what it gets, or an
 * attribute. Not a decorator, a call, a return. */
static bool is_stored(hf_module *m, uint32_t mention)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, mention);
    if (hf_kind_of(s, around) == HF_KIND_ASSIGNMENT && hf_field_of(s, mention) == HF_FIELD_RIGHT) {
        uint32_t left = hf_child(s, around, HF_FIELD_LEFT);
        if (hf_kind_of(s, left) == HF_KIND_SUBSCRIPT)
            left = hf_child(s, left, HF_FIELD_VALUE);
        const hf_binding *b = hf_meaning(m, left);
        return hf_kind_of(s, left) == HF_KIND_ATTRIBUTE || (b && b->scope == 0);
    }
    if (hf_kind_of(s, around) == HF_KIND_TUPLE)
        around = hf_parent(s, around);
    if (hf_kind_of(s, around) != HF_KIND_ARGUMENTS)
        return false;
    uint32_t method = hf_child(s, hf_parent(s, around), HF_FIELD_FUNCTION);
    if (!method || hf_kind_of(s, method) != HF_KIND_ATTRIBUTE ||
        !hf_is_one_of(hf_last_name(m, method), storing))
        return false;
    /* A local list dies. */
    const hf_binding *b = hf_meaning(m, hf_child(s, method, HF_FIELD_OBJECT));
    return !b || b->kind != HF_BOUND_BY_ASSIGNMENT || m->scopes[b->scope].kind != HF_SCOPE_FUNCTION;
}

/* The mention of a local def or a lambda that stores it, or 0. */
static uint32_t stored_mention(hf_module *m, uint32_t function)
{
    const hf_syntax *s = &m->syntax;
    if (hf_kind_of(s, function) == HF_KIND_LAMBDA)
        return is_stored(m, function) ? function : 0;
    const hf_binding *b = hf_meaning(m, hf_child(s, function, HF_FIELD_NAME));
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u])
        if (is_stored(m, u))
            return u;
    return 0;
}

static void visit(hf_check *c, uint32_t function)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t outer = hf_function_around(m, function);
    if (!outer || hf_kind_of(s, outer) != HF_KIND_FUNCTION || hf_class_of_method(m, function))
        return;
    uint32_t mention = stored_mention(m, function);
    uint32_t body = hf_child(s, function, HF_FIELD_BODY);
    for (uint32_t n = body; mention && body && n < s->nodes[body].after; n++) {
        const hf_binding *b = hf_kind_of(s, n) == HF_KIND_IDENTIFIER ? hf_meaning(m, n) : NULL;
        if (!b || b->writes != 1 || b->kind != HF_BOUND_BY_ASSIGNMENT ||
            m->scopes[b->scope].node != outer || !is_large(m, b->value))
            continue;
        hf_report(c, mention, "this function is stored and keeps %s (line %u) alive as long",
                  hf_identifier_text(s, n), hf_line_of(s, s->nodes[b->node].start));
        return;
    }
}

const hf_rule hf_rule_closure_capture = {
    .code = "HF206",
    .name = "closure-keeps-large-local",
    .reason = "A function that uses a local of the function around it keeps the whole object, "
              "however little of it it needs, for as long as it is stored itself.",
    .bad = "import json\n"
           "\n"
           "def handle(scheduler, body):\n"
           "    document = json.loads(body)\n"
           "\n"
           "    def audit():\n"
           "        print(document['id'])\n"
           "\n"
           "    scheduler.call_later(86400, audit)\n",
    .good = "import json\n"
            "\n"
            "def handle(scheduler, body):\n"
            "    document = json.loads(body)\n"
            "    number = document['id']\n"
            "\n"
            "    def audit():\n"
            "        print(number)\n"
            "\n"
            "    scheduler.call_later(86400, audit)\n",
    .fix = "Take out what is needed into a variable of its own (or functools.partial) and use only "
           "that.",
    .pattern = "closure-capture",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .kinds = {HF_KIND_FUNCTION, HF_KIND_LAMBDA},
    .visit = visit,
};
