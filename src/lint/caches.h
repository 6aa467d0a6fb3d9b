/* lint/caches.h - decorators that remember results. */
#ifndef HF_LINT_CACHES_H
#define HF_LINT_CACHES_H

#include "lint/module.h"

typedef struct hf_cache {
    const char *name; /* NULL: no cache */
    bool bounded;     /* it has a limit */
    bool per_object;  /* the cache is found through self: it dies with it */
    uint32_t store;   /* the expression that makes the container, where it is an argument */
} hf_cache;

/* What a decorator (the expression behind @) is: functools, async_lru, cachetools; caches whose
 * keys are texts (aiocache, Django) hold no self and are none. Aliases, and decorators of the same
 * module that do nothing but wrap such a cache, are seen through. */
hf_cache hf_cache_of_decorator(hf_module *m, uint32_t decorator);

bool hf_is_enumeration(hf_module *m, uint32_t class_node); /* its members are made once */
bool hf_is_metaclass(hf_module *m, uint32_t class_node);

/* Whether a class has a base of one of these qualified names (or last names, where unresolved). */
bool hf_has_base(hf_module *m, uint32_t class_node, const char *const *names);

#endif
