/* lint/growth.h - whether a place that adds to a container adds again and again. */
#ifndef HF_LINT_GROWTH_H
#define HF_LINT_GROWTH_H

#include "lint/containers.h"

typedef enum hf_growth {
    HF_GROWTH_NONE,
    HF_GROWTH_BY_KEYS, /* remembers under keys of which there may be few */
    HF_GROWTH_ENDLESS, /* each time something new */
} hf_growth;

/* How a use that adds (HF_USE_ADD, in a function) lets its container grow, as far as can be told. Without end
 * if it is called without end or handles requests, and appends, or adds under keys that name individuals; those
 * need no more to be seen than a key of several parts. Other keys may be few. What registers classes and
 * functions, or is called while modules are imported, makes none grow. */
hf_growth hf_growth_of(hf_module *m, uint32_t use);

/* Whether a use that adds, run without end, may add few: a memo with keys of one part that name no
 * individuals, or an interface to register something. */
bool hf_may_add_few(hf_module *m, uint32_t use);

/* A container at the top of a module that functions only ever add to. */
typedef struct hf_growing {
    uint32_t use; /* the first that makes it grow so, or 0 */
    hf_growth growth;
} hf_growing;

/* What the assignment that makes a container leads to; nothing if it makes none at the top of the module. */
hf_growing hf_growing_global(hf_module *m, uint32_t assignment);

/* `if key not in seen: seen.add(key); warn(...)`: what is remembered is what was complained about, once each. */
bool hf_is_said_once(hf_module *m, uint32_t use);

#endif
