/* HF404: the collector is turned off, out of reach, or told to keep everything. */
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

enum { OUT_OF_REACH = 1000000 }; /* objects: no collection before so many */

static uint64_t number_of(const hf_syntax *s, uint32_t node)
{
    uint64_t value = 0;
    const hf_node *n = &s->nodes[node];
    for (uint32_t i = n->start; i < n->end && value < UINT32_MAX; i++)
        if (s->text[i] >= '0' && s->text[i] <= '9')
            value = value * 10 + (uint64_t)(s->text[i] - '0');
        else if (s->text[i] != '_')
            return 1;
    return value;
}

static bool mentions(const hf_module *m, const char *name)
{
    return hf_strtab_find(&m->syntax.names, name, strlen(name)) != HF_STR_NONE;
}

static void visit_threshold(hf_check *c, uint32_t call)
{
    const hf_syntax *s = &c->m->syntax;
    uint32_t first = hf_argument(c->m, call, 0);
    if (!first || hf_kind_of(s, first) != HF_KIND_INTEGER)
        return;
    uint64_t threshold = number_of(s, first);
    if ((threshold == 0 || threshold >= OUT_OF_REACH) && !mentions(c->m, "collect"))
        hf_report(c, call,
                  "with this threshold the collector does not run: cycles are never freed");
}

/* A second call in the function sets it back. */
static bool is_set_back(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t function = hf_function_around(m, call);
    for (uint32_t n = function; function && n < s->nodes[function].after; n++)
        if (n != call && hf_kind_of(s, n) == HF_KIND_CALL &&
            strcmp(hf_called(m, n), "gc.set_debug") == 0)
            return true;
    return false;
}

/* debug & ~gc.DEBUG_LEAK */
static bool is_taken_out(const hf_syntax *s, uint32_t flag, uint32_t arguments)
{
    for (uint32_t n = hf_parent(s, flag); n > arguments; n = hf_parent(s, n))
        if (hf_kind_of(s, n) == HF_KIND_UNARY_OPERATOR)
            return true;
    return false;
}

static void visit_debug(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    if (is_set_back(m, call))
        return;
    uint32_t arguments = hf_child(s, call, HF_FIELD_ARGUMENTS);
    for (uint32_t n = arguments; n && n < s->nodes[arguments].after; n++) {
        const char *name = hf_qualified(m, n);
        if (name && !is_taken_out(s, n, arguments) &&
            (strcmp(name, "gc.DEBUG_SAVEALL") == 0 || strcmp(name, "gc.DEBUG_LEAK") == 0)) {
            hf_finding *f =
                hf_report(c, n, "%s keeps all garbage in gc.garbage instead of freeing it", name);
            if (f)
                f->pattern = "debug-instrumentation";
            return;
        }
    }
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    const char *called = hf_called(m, call);
    if (strncmp(called, "gc.", 3) != 0)
        return;
    if (strcmp(called, "gc.disable") == 0 && !mentions(m, "enable") && !mentions(m, "collect")) {
        hf_finding *f = hf_report(c, call,
                                  "the collector is turned off and nothing turns it on: "
                                  "cycles are never freed");
        hf_unless(c, f, "calls gc.enable");
    } else if (strcmp(called, "gc.freeze") == 0 && !mentions(m, "unfreeze") &&
               !mentions(m, "collect") && hf_repeats_at(m, call) >= HF_REPEATS_LOOP) {
        hf_report(c, call,
                  "each gc.freeze() takes what lives now out of the collector's sight, "
                  "garbage included, for ever");
    } else if (strcmp(called, "gc.set_threshold") == 0) {
        visit_threshold(c, call);
    } else if (strcmp(called, "gc.set_debug") == 0) {
        visit_debug(c, call);
    }
}

const hf_rule hf_rule_collector_off = {
    .code = "HF404",
    .name = "collector-off",
    .reason =
        "Objects that refer to each other are freed by the collector alone. Turned off, or told "
        "to keep what it finds, it frees none.",
    .bad = "import gc\n"
           "\n"
           "def start():\n"
           "    gc.disable()\n",
    .good = "import gc\n"
            "\n"
            "def import_all(rows):\n"
            "    gc.disable()\n"
            "    try:\n"
            "        return [row.parse() for row in rows]\n"
            "    finally:\n"
            "        gc.enable()\n",
    .fix = "Turn it on again in a finally; in a server that fears its pauses, call gc.collect() "
           "between requests or gc.freeze() once before forking.",
    .pattern = "cycle-gc-off",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
