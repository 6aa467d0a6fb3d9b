/* HF103: a container at the top of a module that functions only ever add to. */
#include "lint/growth.h"
#include "lint/rules/rules.h"

static void visit(hf_check *c, uint32_t assignment)
{
    hf_growing found = hf_growing_global(c->m, assignment);
    if (found.growth == HF_GROWTH_ENDLESS)
        hf_report_global(c, found.use, assignment, "is only ever added to");
}

const hf_rule hf_rule_module_container = {
    .code = "HF103",
    .name = "growing-module-container",
    .reason = "A container at the top of a module lives as long as the process. This one is added "
              "to when functions run, and nothing anywhere takes out of it.",
    .bad = "_quotes = {}\n"
           "\n"
           "def quote_for(customer, product):\n"
           "    key = (customer, product)\n"
           "    if key not in _quotes:\n"
           "        _quotes[key] = customer.price_of(product)\n"
           "    return _quotes[key]\n",
    .good = "_quotes = {}\n"
            "\n"
            "def quote_for(customer, product):\n"
            "    if len(_quotes) > 1000:\n"
            "        _quotes.clear()\n"
            "    key = (customer, product)\n"
            "    if key not in _quotes:\n"
            "        _quotes[key] = customer.price_of(product)\n"
            "    return _quotes[key]\n",
    .fix = "Give it a limit (functools.lru_cache, collections.deque(maxlen=...), a cache with "
           "expiry), or remove entries when what they are about ends.",
    .pattern = "unbounded-cache",
    .confidence = HF_CONFIDENCE_MEDIUM,
    .whole_file = true,
    .kinds = {HF_KIND_ASSIGNMENT},
    .visit = visit,
};
