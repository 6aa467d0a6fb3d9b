/* lint/rules/rules.h - the list of rules, by code. A new rule is a file in this folder and a line
 * here. */
#ifndef HF_LINT_RULES_H
#define HF_LINT_RULES_H

#include "lint/rule.h"

#define HF_RULES(X)     \
    X(cache_on_method)  \
    X(module_container) \
    X(mutable_default)

#define X(name) extern const hf_rule hf_rule_##name;
HF_RULES(X)
#undef X

#endif
