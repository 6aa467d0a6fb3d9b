/* HF102: cachetools and the like with a store that has no limit. */
#include "lint/caches.h"
#include "lint/containers.h"
#include "lint/repeats.h"
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
    return hf_is_mapping(m, store);
}

/* Whether something calls a function again and again with a text that is put together
 * then and there: its results hardly serve twice. Other functions may well be asked for a
 * few things only. */
static bool has_open_arguments(hf_module *m, uint32_t function)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, hf_child(s, function, HF_FIELD_NAME));
    bool method = hf_class_of_method(m, function) != 0;
    for (uint32_t u = b && !method ? b->uses : 0, argument; u; u = m->next_use[u]) {
        uint32_t call = hf_parent(s, u);
        if (hf_kind_of(s, call) != HF_KIND_CALL || hf_field_of(s, u) != HF_FIELD_FUNCTION ||
            hf_repeats_at(m, call) != HF_REPEATS_ALWAYS)
            continue;
        for (uint32_t n = 0; (argument = hf_argument(m, call, n)); n++)
            if (hf_is_built_text(m, argument))
                return true;
    }
    return false;
}

/* The function inside `function` that it returns, or 0. */
static uint32_t returned_function(hf_module *m, uint32_t function)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t n = function; n < s->nodes[function].after; n++) {
        if (hf_kind_of(s, n) != HF_KIND_RETURN || hf_function_around(m, n) != function)
            continue;
        const hf_binding *b = hf_meaning(m, hf_first_child(s, n));
        if (b && b->kind == HF_BOUND_BY_FUNCTION && b->writes == 1 &&
            m->scopes[b->scope].node == function)
            return b->value;
    }
    return 0;
}

/* Whether a key is made of what the caller gives: cache[args], cache[key] with key = (a, b). */
static bool is_made_of_arguments(hf_module *m, uint32_t key, uint32_t function)
{
    const hf_binding *b = key ? hf_meaning(m, key) : NULL;
    bool own = b && m->scopes[b->scope].node == function;
    return own && (b->kind == HF_BOUND_BY_PARAMETER ||
                   (b->kind == HF_BOUND_BY_ASSIGNMENT && b->writes == 1));
}

/* A decorator of one's own:
 *     def memoize(function):
 *         cache = {}
 *         def wrapper(*args):
 *             if args not in cache: cache[args] = function(*args) */
static void visit_decorator(hf_check *c, uint32_t decorator)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t parameter = hf_parameter(m, decorator, 0, NULL);
    const hf_binding *wrapped = parameter ? hf_meaning(m, parameter) : NULL;
    static const char *const classes[] = {"cls", "klass", "class_", NULL};
    if (parameter && hf_is_one_of(hf_identifier_text(s, parameter), classes))
        return; /* its objects by name, each of which is there for good */
    uint32_t wrapper = wrapped ? returned_function(m, decorator) : 0;
    for (uint32_t n = wrapper; wrapper && n < s->nodes[wrapper].after; n++) {
        const hf_binding *b = hf_kind_of(s, n) == HF_KIND_IDENTIFIER ? hf_meaning(m, n) : NULL;
        if (!b || b->writes != 1 || b->kind != HF_BOUND_BY_ASSIGNMENT ||
            m->scopes[b->scope].node != decorator || !hf_is_empty_display(m, b->value) ||
            !hf_is_mapping(m, b->value) || hf_use_of(m, n) != HF_USE_ADD)
            continue;
        hf_uses uses = hf_uses_of_name(m, b, HF_CONTAINER_DICT);
        hf_addition added = hf_addition_of(m, n);
        bool called = added.value && hf_kind_of(s, added.value) == HF_KIND_CALL;
        if (!hf_only_grows(&uses) || !is_made_of_arguments(m, added.key, wrapper) || !called ||
            hf_meaning(m, hf_child(s, added.value, HF_FIELD_FUNCTION)) != wrapped)
            continue;
        hf_report(c, n, "%s remembers every result for ever, for each combination of arguments",
                  hf_definition_name(m, decorator));
        return;
    }
}

static void visit(hf_check *c, uint32_t function)
{
    hf_module *m = c->m;
    visit_decorator(c, function);
    uint32_t first = hf_parameter(m, function, 0, NULL);
    for (uint32_t n = 0, d; first && (d = hf_decorator(m, function, n)); n++) {
        hf_cache cache = hf_cache_of_decorator(m, d);
        bool unlimited_library =
            cache.name && !cache.bounded && !cache.store &&
            (strncmp(cache.name, "cachetools.func.", 16) == 0 ||
             strcmp(cache.name, "async_lru.alru_cache") == 0 || has_open_arguments(m, function));
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
    .in_tests = true,
    .kinds = {HF_KIND_FUNCTION},
    .visit = visit,
};
