/* lint/growth.h - whether a place that adds to a container adds again and again. */
#ifndef HF_LINT_GROWTH_H
#define HF_LINT_GROWTH_H

#include "lint/containers.h"

typedef enum hf_growth_kind {
    HF_GROWTH_NONE,
    HF_GROWTH_BY_KEYS, /* remembers under keys of which there may be few */
    HF_GROWTH_ENDLESS, /* each time something new */
} hf_growth_kind;

/* Whether a use that adds, run without end, may add few: a memo with keys of one part that name no
 * individuals, or an interface to register something. */
bool hf_may_add_few(hf_module *m, uint32_t use);

/* A container at the top of a module that functions only ever add to. */
typedef struct hf_growing {
    uint32_t use; /* the first that makes it grow so, or 0 */
    hf_growth_kind growth;
} hf_growing;

/* What the assignment that makes a container leads to; nothing if it makes none at the top
 * of the module. */
hf_growing hf_growing_global(hf_module *m, uint32_t assignment);

/* `if key not in seen: seen.add(key); warn(...)`: what is remembered is what was complained
 * about, once each. */
bool hf_is_said_once(hf_module *m, uint32_t use);

#endif
