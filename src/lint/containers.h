/* lint/containers.h - containers and what is done with them.
 *
 * Whether a container only ever grows is told from each place where it is used. A place that hands
 * it to somebody else says nothing about what happens to it there: it counts as an escape, and the
 * rules are silent. */
#ifndef HF_LINT_CONTAINERS_H
#define HF_LINT_CONTAINERS_H

#include "lint/module.h"

typedef enum hf_container {
    HF_CONTAINER_NONE,
    HF_CONTAINER_LIST,
    HF_CONTAINER_DICT,
    HF_CONTAINER_SET,
    HF_CONTAINER_DEQUE,
} hf_container;

/* The container without a bound that an expression makes: a display, a comprehension, a call of
 * list, dict, set, defaultdict, OrderedDict, Counter, deque without maxlen. */
hf_container hf_container_made(hf_module *m, uint32_t expression);
bool hf_is_empty_display(hf_module *m, uint32_t expression); /* [], {}, list(), defaultdict(list) */

typedef enum hf_use {
    HF_USE_READ,   /* looked at: iteration, len(), `in`, d[k], .get() */
    HF_USE_SIZED,  /* its size is compared with something */
    HF_USE_ADD,    /* grows: append, add, d[k] = v, += */
    HF_USE_REMOVE, /* shrinks: pop, clear, del, -= */
    HF_USE_BIND,   /* the name is given another object */
    HF_USE_ESCAPE, /* somebody else gets it */
} hf_use;

/* What is done with the container that `node`, a name or an attribute, stands for there. */
hf_use hf_use_of(const hf_module *m, uint32_t node);

/* Of a use that adds: what is added and, for keyed containers, under which key; else 0. */
typedef struct hf_addition {
    uint32_t value, key;
    bool by_method; /* append() and the like, not d[k] = v */
    bool nested;    /* it is a member that grows: d[k].append(v) */
} hf_addition;
hf_addition hf_addition_of(const hf_module *m, uint32_t node);

/* What all uses of a container together say. */
typedef struct hf_uses {
    uint32_t reads, sized, removes, binds, escapes;
    uint32_t adds;  /* inside functions */
    uint32_t first; /* the first use that adds inside a function, or 0 */
} hf_uses;
void hf_uses_count(const hf_module *m, uint32_t node, hf_uses *uses); /* adds one use */

#endif
