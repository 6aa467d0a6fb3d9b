/* HF503: a queue without bound that is fed without end. */
#include "lint/containers.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

static const char *const queues[] = {
    "queue.Queue",           "queue.LifoQueue",       "queue.PriorityQueue",
    "queue.SimpleQueue",     "asyncio.Queue",         "asyncio.LifoQueue",
    "asyncio.PriorityQueue", "multiprocessing.Queue", NULL};

static bool is_bounded(const hf_module *m, uint32_t call)
{
    uint32_t limit = hf_keyword(m, call, "maxsize");
    if (!limit)
        limit = hf_argument(m, call, 0);
    return hf_has_splat(m, call) || (limit && !hf_text_is(&m->syntax, limit, "0"));
}

typedef struct queue_uses {
    uint32_t put;   /* a put without end, or 0 */
    bool throttled; /* somebody looks at its length, or it is handed on */
} queue_uses;

/* put(None), put({"type": "closed"}), put(Event(Kind.end)): said once to end something. */
static bool carries_data(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t value = hf_argument(m, call, 0);
    for (uint32_t n = value; value && n < s->nodes[value].after; n++) {
        if (hf_kind_of(s, n) != HF_KIND_IDENTIFIER)
            continue;
        const hf_binding *b = hf_meaning(m, n);
        if (b && m->scopes[b->scope].kind == HF_SCOPE_FUNCTION)
            return true;
    }
    return false;
}

/* stop(), close(): puts back what is left, once. */
static bool is_for_ending(const char *name)
{
    static const char *const beginnings[] = {"stop",  "close",    "shutdown", "drain",
                                             "flush", "__exit__", "__del__",  "__aexit__"};
    name += *name == '_' && name[1] != '_';
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

/* A queue that its owner feeds in a loop of its own, or with what requests bring. One for
 * each connection ends with that, and functions that are handed to another thread are not
 * fed from outside. */
static bool is_lasting(hf_module *m, uint32_t put)
{
    uint32_t function = hf_function_around(m, put);
    return hf_enclosing(&m->syntax, put, HF_KIND_WHILE) > function || hf_is_handler(m, function);
}

static void look_at_use(hf_module *m, uint32_t use, queue_uses *found)
{
    const hf_syntax *s = &m->syntax;
    static const char *const feeding[] = {"put", "put_nowait", NULL};
    static const char *const looking[] = {"qsize", "full", "join", NULL};
    found->throttled |= hf_attribute_uses(m, "pause_reading") != 0; /* of its transport */
    uint32_t around = hf_parent(s, use);
    if (hf_kind_of(s, around) != HF_KIND_ATTRIBUTE) {
        hf_use how = hf_use_of(m, use);
        found->throttled |= how == HF_USE_ESCAPE || how == HF_USE_BIND;
        return;
    }
    const char *method = hf_last_name(m, around);
    found->throttled |= hf_is_one_of(method, looking);
    found->throttled |= strcmp(method, "get_nowait") == 0 && hf_in_loop(m, use);
    if (!found->put && hf_is_one_of(method, feeding) && carries_data(m, hf_parent(s, around)) &&
        hf_repeats_at(m, use) == HF_REPEATS_ALWAYS &&
        !is_for_ending(hf_definition_name(m, hf_function_around(m, use))))
        found->put = use;
}

static void visit(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t value = hf_child(s, assignment, HF_FIELD_RIGHT);
    uint32_t target = hf_child(s, assignment, HF_FIELD_LEFT);
    if (!value || hf_kind_of(s, value) != HF_KIND_CALL ||
        !hf_is_one_of(hf_called(m, value), queues) || is_bounded(m, value))
        return;
    const char *attribute = hf_self_attribute(m, target);
    const hf_binding *b = hf_meaning(m, target);
    uint32_t u = 0;
    if (b && b->scope == 0)
        u = b->uses;
    else if (*attribute)
        u = hf_map_get(&m->attribute_uses, hf_strtab_find(&s->names, attribute, strlen(attribute)));
    queue_uses found = {0};
    for (; u && u != HF_MAP_NONE; u = m->next_use[u])
        if (u != target)
            look_at_use(m, u, &found);
    if (!found.put || found.throttled || (*attribute && !is_lasting(m, found.put)))
        return;
    hf_finding *f = hf_report(c, found.put,
                              "%s (line %u) has no bound: it grows whenever its "
                              "consumer is slower, or gone",
                              hf_last_name(m, target), hf_line_of(s, s->nodes[target].start));
    if (*attribute)
        hf_holder_is(c, f, HF_HOLDER_INSTANCE, hf_class_around(m, assignment), attribute);
    else
        hf_holder_is(c, f, HF_HOLDER_GLOBAL, 0, hf_identifier_text(s, target));
}

const hf_rule hf_rule_unbounded_queue = {
    .code = "HF503",
    .name = "queue-without-bound",
    .reason = "A queue without maxsize takes everything. Fed without end, it holds all that its "
              "consumer has not got to yet.",
    .bad = "import queue\n"
           "\n"
           "outbox = queue.Queue()\n"
           "\n"
           "def receive(socket):\n"
           "    while True:\n"
           "        outbox.put(socket.read())\n",
    .good = "import queue\n"
            "\n"
            "outbox = queue.Queue(maxsize=1000)\n"
            "\n"
            "def receive(socket):\n"
            "    while True:\n"
            "        outbox.put(socket.read())\n",
    .fix =
        "Give it a maxsize: put() then waits (or put_nowait() fails) and the producer learns that "
        "it is too fast.",
    .pattern = "queue-backlog",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .kinds = {HF_KIND_ASSIGNMENT},
    .visit = visit,
};
