/* lint/rules.c - the table of rules. */
#include "lint/rules/rules.h"

const hf_rule *const hf_rules[] = {
#define X(name) &hf_rule_##name,
    HF_RULES(X)
#undef X
        NULL};

const unsigned hf_rule_count = sizeof(hf_rules) / sizeof(*hf_rules) - 1;
