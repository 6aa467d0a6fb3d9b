/* lint/growth.h - whether a place that adds to a container adds again and again. */
#ifndef HF_LINT_GROWTH_H
#define HF_LINT_GROWTH_H

#include "lint/containers.h"

/* Whether a use that adds (HF_USE_ADD, in a function) does so without end and each time with something
 * new, as far as can be told: it is called without end, or handles requests, or adds under keys that
 * hardly come twice. What registers classes and functions, or is called while modules are imported,
 * is none. */
bool hf_keeps_growing(hf_module *m, uint32_t use);

/* `if key not in seen: seen.add(key); warn(...)`: what is remembered is what was complained about, once each. */
bool hf_is_said_once(hf_module *m, uint32_t use);

#endif
