/* HF806: a mock in a program that runs on. */
#include "lint/classes.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

static const char *const mocks[] = {"unittest.mock.Mock",
                                    "unittest.mock.MagicMock",
                                    "unittest.mock.AsyncMock",
                                    "unittest.mock.NonCallableMock",
                                    "mock.Mock",
                                    "mock.MagicMock",
                                    NULL};

/* Whether the mention of a mock calls it, or one of its members: gateway(x), gateway.charge(x). */
static bool is_call_of(const hf_syntax *s, uint32_t mention)
{
    uint32_t around = hf_parent(s, mention);
    while (hf_kind_of(s, around) == HF_KIND_ATTRIBUTE) {
        mention = around;
        around = hf_parent(s, mention);
    }
    return hf_kind_of(s, around) == HF_KIND_CALL && hf_field_of(s, mention) == HF_FIELD_FUNCTION;
}

/* Whether the file resets the mock of this name, or one whose name is not seen. */
static bool is_reset(const hf_module *m, uint32_t name)
{
    for (uint32_t u = hf_attribute_uses(m, "reset_mock"); u; u = hf_next_attribute(m, u)) {
        uint32_t object = hf_child(&m->syntax, u, HF_FIELD_OBJECT);
        const char *of = hf_last_name(m, object);
        if (!*of || strcmp(of, hf_last_name(m, name)) == 0)
            return true;
    }
    return false;
}

/* The first use of a name of the module, or of an attribute of an object that is made
 * once; or 0. */
static uint32_t first_use(hf_module *m, uint32_t name, uint32_t assignment)
{
    const hf_binding *b = hf_meaning(m, name);
    if (b)
        return b->scope == 0 && b->node == name && b->writes == 1 ? b->uses : 0;
    uint32_t class_node = hf_class_around(m, assignment);
    return class_node && *hf_self_attribute(m, name) && hf_class_is_made_once(m, class_node)
               ? hf_attribute_uses(m, hf_last_name(m, name))
               : 0;
}

static void visit(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t name = hf_child(s, assignment, HF_FIELD_LEFT);
    uint32_t value = hf_child(s, assignment, HF_FIELD_RIGHT);
    if (!value || !hf_is_one_of(hf_called(m, value), mocks) || is_reset(m, name))
        return;
    for (uint32_t u = first_use(m, name, assignment); u; u = m->next_use[u]) {
        if (!is_call_of(s, u) || hf_repeats_at(m, u) != HF_REPEATS_ALWAYS)
            continue;
        hf_finding *f = hf_report(c, u, "%s is a mock: it keeps the arguments of every call",
                                  hf_last_name(m, name));
        uint32_t class_node = hf_meaning(m, name) ? 0 : hf_class_around(m, assignment);
        hf_holder_is(c, f, class_node ? HF_HOLDER_INSTANCE : HF_HOLDER_GLOBAL, class_node,
                     hf_last_name(m, name));
        return;
    }
}

const hf_rule hf_rule_recording_mock = {
    .code = "HF806",
    .name = "recording-mock",
    .reason = "A mock remembers each call with all its arguments, so that a test can ask. In a "
              "program that runs on, these lists never end.",
    .bad = "from unittest import mock\n"
           "\n"
           "gateway = mock.MagicMock()\n"
           "\n"
           "def serve(orders):\n"
           "    while True:\n"
           "        gateway.charge(orders.get())\n",
    .good = "class Gateway:\n"
            "    def charge(self, order):\n"
            "        return True\n"
            "\n"
            "gateway = Gateway()\n"
            "\n"
            "def serve(orders):\n"
            "    while True:\n"
            "        gateway.charge(orders.get())\n",
    .fix = "Write a small class that stands in, or call reset_mock() now and then.",
    .pattern = "mock-call-list",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_ASSIGNMENT},
    .visit = visit,
};
