/* lint/caches.c - see lint/caches.h. */
#include "lint/caches.h"

#include <string.h>

bool hf_has_base(hf_module *m, uint32_t class_node, const char *const *names)
{
    const hf_syntax *s = &m->syntax;
    uint32_t bases = hf_child(s, class_node, HF_FIELD_SUPERCLASSES);
    for (uint32_t b = bases ? hf_first_child(s, bases) : 0; b; b = hf_next_sibling(s, b)) {
        const char *name = hf_qualified(m, b);
        if (name && (hf_is_one_of(name, names) || hf_is_one_of(hf_last_name(m, b), names)))
            return true;
    }
    return false;
}

bool hf_is_enumeration(hf_module *m, uint32_t class_node)
{
    static const char *const names[] = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", NULL};
    return hf_has_base(m, class_node, names);
}

bool hf_is_metaclass(hf_module *m, uint32_t class_node)
{
    static const char *const names[] = {"type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType",
                                        NULL};
    return hf_has_base(m, class_node, names);
}

typedef struct known_cache {
    const char *qualified;
    const char *limit;    /* keyword of its limit */
    unsigned limit_place; /* its place among the arguments */
    bool limited;         /* without that argument */
} known_cache;

static const known_cache known[] = {
    {"functools.lru_cache", "maxsize", 0, true},
    {"functools.cache", NULL, 0, false},
    {"backports.functools_lru_cache.lru_cache", "maxsize", 0, true},
    {"fastcache.lru_cache", "maxsize", 0, true},
    {"fastcache.clru_cache", "maxsize", 0, true},
    {"async_lru.alru_cache", "maxsize", 0, true},
    {"asyncache.cached", NULL, 0, false},
    {"cachetools.func.lru_cache", "maxsize", 0, true},
    {"cachetools.func.lfu_cache", "maxsize", 0, true},
    {"cachetools.func.fifo_cache", "maxsize", 0, true},
    {"cachetools.func.rr_cache", "maxsize", 0, true},
    {"cachetools.func.ttl_cache", "maxsize", 0, true},
    {"cachetools.cached", NULL, 0, false},
    {"methodtools.lru_cache", NULL, 0, false}, /* per instance */
    {"memoization.cached", "max_size", 0, false},
};

static bool is_none(const hf_syntax *s, uint32_t node)
{
    return node && hf_kind_of(s, node) == HF_KIND_NONE;
}

static bool is_bounded(const hf_module *m, uint32_t call, const known_cache *k)
{
    uint32_t limit = k->limit && call ? hf_keyword(m, call, k->limit) : 0;
    if (!limit && call && k->limit)
        limit = hf_argument(m, call, k->limit_place);
    return limit ? !is_none(&m->syntax, limit) : k->limited;
}

static hf_cache cache_named(hf_module *m, const char *name, uint32_t call)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        const known_cache *k = &known[i];
        if (strcmp(name, k->qualified) != 0)
            continue;
        hf_cache cache = {.name = k->qualified, .bounded = is_bounded(m, call, k)};
        cache.per_object = strncmp(name, "methodtools.", 12) == 0;
        if (call && strstr(name, ".cached"))
            cache.store = hf_keyword(m, call, "cache") ? hf_keyword(m, call, "cache")
                                                       : hf_argument(m, call, 0);
        return cache;
    }
    return (hf_cache){0};
}

/* A function of this module that does nothing with its argument but cache it:
 *     def memoize(f):
 *         return functools.lru_cache(maxsize=None)(f) */
static hf_cache cache_inside(hf_module *m, uint32_t function)
{
    const hf_syntax *s = &m->syntax;
    uint32_t end = s->nodes[function].after;
    uint32_t parameter = hf_parameter(m, function, 0, NULL);
    for (uint32_t node = function + 1; parameter && node < end; node++) {
        if (hf_kind_of(s, node) != HF_KIND_CALL)
            continue;
        uint32_t argument = hf_argument(m, node, 0), callee = hf_child(s, node, HF_FIELD_FUNCTION);
        if (!argument || hf_meaning(m, argument) == NULL ||
            hf_meaning(m, argument) != hf_meaning(m, parameter))
            continue;
        bool called = hf_kind_of(s, callee) == HF_KIND_CALL;
        const char *name = called ? hf_called(m, callee) : hf_qualified(m, callee);
        hf_cache cache = name ? cache_named(m, name, called ? callee : 0) : (hf_cache){0};
        if (cache.name)
            return cache;
    }
    return (hf_cache){0};
}

hf_cache hf_cache_of_decorator(hf_module *m, uint32_t decorator)
{
    const hf_syntax *s = &m->syntax;
    uint32_t call = hf_kind_of(s, decorator) == HF_KIND_CALL ? decorator : 0;
    uint32_t callee = call ? hf_child(s, call, HF_FIELD_FUNCTION) : decorator;
    const char *name = hf_qualified(m, callee);
    if (name)
        return cache_named(m, name, call);
    const hf_binding *b = hf_meaning(m, callee);
    if (!b || b->writes != 1 || !b->value)
        return (hf_cache){0};
    if (b->kind == HF_BOUND_BY_FUNCTION)
        return cache_inside(m, b->value);
    /* memoize = functools.lru_cache(maxsize=None) */
    if (b->kind == HF_BOUND_BY_ASSIGNMENT && !call && hf_kind_of(s, b->value) == HF_KIND_CALL)
        return cache_named(m, hf_called(m, b->value), b->value);
    return (hf_cache){0};
}
