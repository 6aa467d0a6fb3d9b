/* HF101: a cache decorator on a method. The cache lives on the class and its keys hold self. */
#include "lint/rules/rules.h"

#include "lint/caches.h"

/* __new__ and methods that something else makes class methods: their first parameter says so. */
static bool takes_class(hf_module *m, uint32_t function)
{
    static const char *const names[] = {"cls", "klass", "mcs", "mcls", "metacls", NULL};
    return hf_is_one_of(hf_self_name(m, function), names);
}

static void visit(hf_check *c, uint32_t function)
{
    hf_module *m = c->m;
    uint32_t class_node = hf_class_of_method(m, function);
    if (!class_node || hf_has_decorator(m, function, "staticmethod") ||
        hf_has_decorator(m, function, "classmethod") || hf_is_enumeration(m, class_node) ||
        hf_is_metaclass(m, class_node) || takes_class(m, function))
        return;
    for (uint32_t n = 0, d; (d = hf_decorator(m, function, n)); n++) {
        hf_cache cache = hf_cache_of_decorator(m, d);
        if (!cache.name || cache.per_object)
            continue;
        hf_finding *f =
            hf_report(c, d, "%s on method %s.%s keeps every instance that it was called on%s",
                      cache.name, hf_definition_name(m, class_node),
                      hf_definition_name(m, function), cache.bounded ? ", up to its limit" : "");
        hf_holder_is(c, f, HF_HOLDER_FUNCTION, class_node, hf_definition_name(m, function));
        return;
    }
}

const hf_rule hf_rule_cache_on_method = {
    .code = "HF101",
    .name = "cache-on-method",
    .reason = "A cache around a method is one cache for the whole class, and self is part of each "
              "key: instances never die.",
    .bad = "import functools\n"
           "\n"
           "class Report:\n"
           "    @functools.lru_cache(maxsize=None)\n"
           "    def section(self, name):\n"
           "        return self.load(name)\n",
    .good = "import functools\n"
            "\n"
            "class Report:\n"
            "    def __init__(self):\n"
            "        self.section = functools.lru_cache(maxsize=100)(self._section)\n"
            "\n"
            "    @functools.cached_property\n"
            "    def totals(self):\n"
            "        return self.load('totals')\n",
    .fix =
        "Use functools.cached_property, or keep the cache on the instance (made in __init__), or "
        "cache a function of what the result depends on.",
    .pattern = "method-lru-cache",
    .confidence = HF_CONFIDENCE_HIGH,
    .in_tests = true,
    .kinds = {HF_KIND_FUNCTION},
    .visit = visit,
};
