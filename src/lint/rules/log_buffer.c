/* HF108: a logging handler that keeps every record. */
#include "lint/caches.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

/* Whether the file uses an attribute of this name, but for that of sys.stdout. */
static bool mentions(hf_module *m, const char *name)
{
    for (uint32_t u = hf_attribute_uses(m, name); u; u = hf_next_attribute(m, u)) {
        const char *qualified = hf_qualified(m, u);
        if (!qualified || strncmp(qualified, "sys.", 4) != 0)
            return true;
    }
    return false;
}

/* A method that does nothing but return False. */
static bool says_never(const hf_module *m, uint32_t method)
{
    const hf_syntax *s = &m->syntax;
    uint32_t body = method ? hf_child(s, method, HF_FIELD_BODY) : 0;
    bool never = false;
    for (uint32_t n = body ? hf_first_child(s, body) : 0; n; n = hf_next_sibling(s, n)) {
        uint32_t value = hf_first_child(s, n);
        if (hf_kind_of(s, n) == HF_KIND_RETURN)
            never = value && hf_kind_of(s, value) == HF_KIND_FALSE;
        else if (!value || hf_kind_of(s, value) != HF_KIND_STRING)
            return false;
    }
    return never;
}

/* class Handler(BufferingHandler): def shouldFlush(self, record): return False */
static void visit_class(hf_check *c, uint32_t class_node)
{
    static const char *const handlers[] = {"logging.handlers.BufferingHandler",
                                           "logging.handlers.MemoryHandler", NULL};
    hf_module *m = c->m;
    uint32_t method = hf_method(m, class_node, "shouldFlush");
    if (!hf_has_base(m, class_node, handlers) || !says_never(m, method) ||
        hf_method(m, class_node, "emit") || mentions(m, "flush") || mentions(m, "buffer"))
        return;
    hf_finding *f =
        hf_report(c, hf_child(&m->syntax, method, HF_FIELD_NAME),
                  "%s never empties its buffer: each record stays, with its arguments and "
                  "its traceback",
                  hf_definition_name(m, class_node));
    hf_holder_is(c, f, HF_HOLDER_INSTANCE, class_node, "buffer");
    hf_unless(c, f, "frees .buffer");
}

/* MemoryHandler(1000): its flush() does nothing where there is no target. */
static void visit(hf_check *c, uint32_t node)
{
    hf_module *m = c->m;
    uint32_t around = hf_parent(&m->syntax, node);
    if (hf_kind_of(&m->syntax, node) == HF_KIND_CLASS) {
        visit_class(c, node);
        return;
    }
    uint32_t target = hf_keyword(m, node, "target");
    if (!target)
        target = hf_argument(m, node, 2);
    if (strcmp(hf_called(m, node), "logging.handlers.MemoryHandler") != 0 ||
        hf_has_splat(m, node) || (target && hf_kind_of(&m->syntax, target) != HF_KIND_NONE) ||
        mentions(m, "setTarget") || mentions(m, "buffer"))
        return;
    if (hf_kind_of(&m->syntax, around) == HF_KIND_ASSIGNMENT &&
        hf_kind_of(&m->syntax, hf_child(&m->syntax, around, HF_FIELD_LEFT)) == HF_KIND_SUBSCRIPT)
        return; /* TABLE["name"] = MemoryHandler(9): nothing logs there */
    hf_report(c, node,
              "a MemoryHandler without a target keeps every record: its flush() does nothing");
}

const hf_rule hf_rule_log_buffer = {
    .code = "HF108",
    .name = "log-records-kept",
    .reason =
        "A buffering handler of logging keeps records until it flushes. One that says it never has "
        "to, or a MemoryHandler without target, keeps all of them, with their tracebacks.",
    .bad = "import logging\n"
           "from logging.handlers import BufferingHandler\n"
           "\n"
           "class Recent(BufferingHandler):\n"
           "    def shouldFlush(self, record):\n"
           "        return False\n"
           "\n"
           "logging.getLogger().addHandler(Recent(1000))\n",
    .good = "import logging\n"
            "from logging.handlers import BufferingHandler\n"
            "\n"
            "class Recent(BufferingHandler):\n"
            "    pass  # is emptied at 1000 records\n"
            "\n"
            "logging.getLogger().addHandler(Recent(1000))\n",
    .fix = "Let shouldFlush() look at the length of the buffer, give the handler a target, or keep "
           "formatted "
           "lines in a deque with maxlen.",
    .pattern = "traceback-retention",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_CALL, HF_KIND_CLASS},
    .visit = visit,
};
