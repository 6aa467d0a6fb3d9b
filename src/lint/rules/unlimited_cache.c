/* HF102: cachetools and the like with a store that has no limit. */
#include "lint/caches.h"
#include "lint/containers.h"
#include "lint/rules/rules.h"

#include <string.h>

/* {} or dict(): cachetools then remembers everything. */
static bool is_plain_dict(hf_module *m, uint32_t store)
{
    const hf_binding *b = hf_meaning(m, store);
    if (b && b->writes == 1 && b->value && b->kind == HF_BOUND_BY_ASSIGNMENT) {
        hf_uses uses = hf_uses_of_name(m, b, HF_CONTAINER_NONE);
        if (uses.removes || uses.sized)
            return false;
        store = b->value;
    }
    return hf_container_made(m, store) == HF_CONTAINER_DICT;
}

static void visit(hf_check *c, uint32_t function)
{
    hf_module *m = c->m;
    uint32_t first = hf_parameter(m, function, 0, NULL);
    for (uint32_t n = 0, d; first && (d = hf_decorator(m, function, n)); n++) {
        hf_cache cache = hf_cache_of_decorator(m, d);
        bool unlimited_library = cache.name && !cache.bounded && !cache.store &&
                                 (strncmp(cache.name, "cachetools.func.", 16) == 0 ||
                                  strcmp(cache.name, "async_lru.alru_cache") == 0);
        if (!unlimited_library && !(cache.store && is_plain_dict(m, cache.store)))
            continue;
        hf_finding *f = hf_report(c, d, "%s around %s has no limit", cache.name,
                                  hf_definition_name(m, function));
        hf_holder_is(c, f, HF_HOLDER_FUNCTION, hf_class_of_method(m, function),
                     hf_definition_name(m, function));
    }
}

const hf_rule hf_rule_unlimited_cache = {
    .code = "HF102",
    .name = "cache-without-limit",
    .reason = "The cache keeps the result for every combination of arguments that was ever asked "
              "for.",
    .bad = "from cachetools import cached\n"
           "\n"
           "@cached(cache={})\n"
           "def price(customer, product):\n"
           "    return customer.price_of(product)\n",
    .good = "from cachetools import TTLCache, cached\n"
            "\n"
            "@cached(cache=TTLCache(maxsize=1024, ttl=600))\n"
            "def price(customer, product):\n"
            "    return customer.price_of(product)\n",
    .fix = "Give it a store with a limit: cachetools.LRUCache(maxsize=...), TTLCache.",
    .pattern = "unbounded-cache",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_FUNCTION},
    .visit = visit,
};
