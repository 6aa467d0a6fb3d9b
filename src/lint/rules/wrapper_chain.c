/* HF207: a function that is replaced by a wrapper around itself, again and again. */
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

static bool is_same_text(const hf_syntax *s, uint32_t a, uint32_t b)
{
    const hf_node *x = &s->nodes[a], *y = &s->nodes[b];
    return x->end - x->start == y->end - y->start &&
           memcmp(s->text + x->start, s->text + y->start, x->end - x->start) == 0;
}

/* The def or lambda that an expression stands for, where it is one of `function`; or 0. */
static uint32_t local_function(hf_module *m, uint32_t expression, uint32_t function)
{
    if (hf_kind_of(&m->syntax, expression) == HF_KIND_LAMBDA)
        return expression;
    const hf_binding *b = hf_meaning(m, expression);
    return b && b->kind == HF_BOUND_BY_FUNCTION && b->writes == 1 &&
                   m->scopes[b->scope].node == function
               ? b->value
               : 0;
}

/* Whether a function uses what `target` was before: a local with `old = target`. */
static bool uses_previous(hf_module *m, uint32_t wrapper, uint32_t target, uint32_t function)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t n = wrapper; n < s->nodes[wrapper].after; n++) {
        const hf_binding *b = hf_kind_of(s, n) == HF_KIND_IDENTIFIER ? hf_meaning(m, n) : NULL;
        if (b && b->kind == HF_BOUND_BY_ASSIGNMENT && b->writes == 1 && b->value &&
            m->scopes[b->scope].node == function && is_same_text(s, b->value, target))
            return true;
    }
    return false;
}

/* Whether the file gives the attribute anything but wrappers: it is set back. */
static bool is_set_back(hf_module *m, uint32_t target)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t u = hf_attribute_uses(m, hf_last_name(m, target)); u;
         u = hf_next_attribute(m, u)) {
        uint32_t around = hf_parent(s, u), function = hf_function_around(m, u);
        if (u != target && function && hf_kind_of(s, around) == HF_KIND_ASSIGNMENT &&
            hf_field_of(s, u) == HF_FIELD_LEFT)
            return true;
    }
    return false;
}

/* Something that lasts longer than the call: a name of the module or an import. */
static bool is_outside(hf_module *m, uint32_t target)
{
    const hf_syntax *s = &m->syntax;
    while (target && hf_kind_of(s, target) == HF_KIND_ATTRIBUTE)
        target = hf_child(s, target, HF_FIELD_OBJECT);
    const hf_binding *b = hf_meaning(m, target);
    return b && b->scope == 0;
}

static void visit(hf_check *c, uint32_t assignment)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t function = hf_function_around(m, assignment);
    uint32_t target = hf_child(s, assignment, HF_FIELD_LEFT);
    uint32_t value = hf_child(s, assignment, HF_FIELD_RIGHT);
    if (!function || !value || hf_kind_of(s, target) != HF_KIND_ATTRIBUTE)
        return;
    uint32_t wrapper = local_function(m, hf_unwrapped(s, value), function);
    if (!wrapper || !is_outside(m, target) || !uses_previous(m, wrapper, target, function) ||
        is_set_back(m, target) || hf_enclosing(s, assignment, HF_KIND_IF) > function ||
        hf_repeats_at(m, assignment) < HF_REPEATS_LOOP)
        return;
    hf_report(c, assignment,
              "each call wraps what is there already in one more function: the chain only gets "
              "longer");
}

const hf_rule hf_rule_wrapper_chain = {
    .code = "HF207",
    .name = "wrapper-around-wrapper",
    .reason =
        "A hook that is replaced by a function that calls the one before keeps it. Done again "
        "and again, all wrappers stay, with what they captured, and each call goes through "
        "all of them.",
    .bad = "import sys\n"
           "\n"
           "def install(request):\n"
           "    previous = sys.excepthook\n"
           "\n"
           "    def hook(kind, value, traceback):\n"
           "        print(request)\n"
           "        previous(kind, value, traceback)\n"
           "\n"
           "    sys.excepthook = hook\n"
           "\n"
           "def serve(requests):\n"
           "    for request in requests:\n"
           "        install(request)\n",
    .good = "import sys\n"
            "\n"
            "def serve(requests):\n"
            "    previous = sys.excepthook\n"
            "    for request in requests:\n"
            "        sys.excepthook = lambda *error: print(request)\n"
            "        try:\n"
            "            request.run()\n"
            "        finally:\n"
            "            sys.excepthook = previous\n",
    .fix = "Install the wrapper once, or put back what was there when the work is done.",
    .pattern = "wrapper-chain",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_ASSIGNMENT},
    .visit = visit,
};
