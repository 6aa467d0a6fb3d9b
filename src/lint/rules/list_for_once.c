/* HF703: a list that is made to be gone through once. */
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

/* all([form.is_valid() for ...]) may be meant to call them all, which all() alone would not. */
static bool stops_early(const hf_module *m, const char *called, uint32_t list)
{
    const hf_syntax *s = &m->syntax;
    uint32_t element = hf_child(s, list, HF_FIELD_BODY);
    if (strcmp(called, "any") != 0 && strcmp(called, "all") != 0)
        return false;
    for (uint32_t n = element; element && n < s->nodes[element].after; n++)
        if (hf_kind_of(s, n) == HF_KIND_CALL || hf_kind_of(s, n) == HF_KIND_AWAIT)
            return true;
    return false;
}

/* any([x is None for x in (start, end)]): as many as stand there, which is no matter. */
static bool is_over_display(const hf_syntax *s, uint32_t list)
{
    uint32_t clause = hf_child_kind(s, list, HF_KIND_FOR_IN_CLAUSE);
    hf_kind kind = clause ? hf_kind_of(s, hf_child(s, clause, HF_FIELD_RIGHT)) : HF_KIND_OTHER;
    return kind == HF_KIND_TUPLE || kind == HF_KIND_LIST || kind == HF_KIND_SET;
}

/* A generator with await in it is an asynchronous one, which sum() does not take. */
static bool is_asynchronous(const hf_syntax *s, uint32_t list)
{
    for (uint32_t n = list; n < s->nodes[list].after; n++)
        if (hf_kind_of(s, n) == HF_KIND_AWAIT || hf_kind_of(s, n) == HF_KIND_ASYNC)
            return true;
    return false;
}

/* sum([...]), any([...]): a generator does the same without the list. ''.join() is not among them:
 * it makes a list of its own where it gets none. */
static void visit_call(hf_check *c, uint32_t call)
{
    static const char *const consumers[] = {"sum", "any", "all", "min", "max", "math.fsum", NULL};
    const hf_syntax *s = &c->m->syntax;
    uint32_t argument = hf_argument(c->m, call, 0);
    const char *called = hf_called(c->m, call);
    if (argument && hf_kind_of(s, argument) == HF_KIND_LIST_COMPREHENSION &&
        hf_is_one_of(called, consumers) && !is_asynchronous(s, argument) &&
        !stops_early(c->m, called, argument) && !is_over_display(s, argument) &&
        !hf_argument(c->m, call, 1))
        hf_report(c, argument, "%s() needs no list: a generator gives it one element at a time",
                  called);
}

/* for x in list(y for y in ...) */
static void visit_loop(hf_check *c, uint32_t loop)
{
    hf_module *m = c->m;
    uint32_t right = hf_child(&m->syntax, loop, HF_FIELD_RIGHT);
    if (!right || hf_kind_of(&m->syntax, right) != HF_KIND_CALL ||
        strcmp(hf_called(m, right), "list") != 0)
        return;
    uint32_t argument = hf_argument(m, right, 0);
    if (argument && hf_kind_of(&m->syntax, argument) == HF_KIND_GENERATOR &&
        hf_kind_of(&m->syntax, loop) == HF_KIND_FOR_IN_CLAUSE)
        hf_report(c, right, "the list is gone through once: the generator alone will do");
}

static void visit(hf_check *c, uint32_t node)
{
    if (hf_kind_of(&c->m->syntax, node) == HF_KIND_CALL)
        visit_call(c, node);
    else
        visit_loop(c, node);
}

const hf_rule hf_rule_list_for_once = {
    .code = "HF703",
    .name = "list-to-go-through-once",
    .reason =
        "The list holds all elements at the same time, for a function that looks at one after "
        "the other; any() and all() may even stop at the first.",
    .bad = "def total(orders):\n"
           "    return sum([order.price for order in orders])\n",
    .good = "def total(orders):\n"
            "    return sum(order.price for order in orders)\n",
    .fix = "Leave the brackets out.",
    .pattern = "whole-file-read",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_CALL, HF_KIND_FOR_IN_CLAUSE},
    .visit = visit,
};
