/* HF806: a mock in a program that runs on. */
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

static void visit(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t name = hf_child(s, assignment, HF_FIELD_LEFT);
    const hf_binding *b = hf_meaning(m, name);
    if (!b || b->scope != 0 || b->node != name || b->writes != 1 || !b->value ||
        !hf_is_one_of(hf_called(m, b->value), mocks) || hf_is_test(m, assignment) ||
        hf_attribute_uses(m, "reset_mock"))
        return;
    for (uint32_t u = b->uses; u; u = m->next_use[u]) {
        if (!is_call_of(s, u) || hf_repeats_at(m, u) != HF_REPEATS_ALWAYS)
            continue;
        hf_finding *f = hf_report(c, u, "%s is a mock: it keeps the arguments of every call",
                                  hf_last_name(m, name));
        hf_holder_is(c, f, HF_HOLDER_GLOBAL, 0, hf_identifier_text(s, name));
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
