/* lint/rule.h - what a rule is, and how it says what it found.
 *
 * One table (rules.c) drives --explain, the documentation and the metadata of SARIF; each rule
 * stands in its own file in rules/. A rule is called for every node of its kinds. Its bad example
 * must be found and its good one must not: a test holds every rule to that. */
#ifndef HF_LINT_RULE_H
#define HF_LINT_RULE_H

#include "lint/finding.h"
#include "lint/module.h"

typedef enum hf_confidence {
    HF_CONFIDENCE_LOW,    /* right less often than not: runs where it is selected alone */
    HF_CONFIDENCE_MEDIUM, /* a reviewer has to look at how often it runs */
    HF_CONFIDENCE_HIGH,   /* wrong wherever it stands */
} hf_confidence;

const char *hf_confidence_name(hf_confidence confidence); /* "low", "medium", "high" */

struct hf_check;

enum { HF_RULE_KINDS = 4 };

typedef struct hf_rule {
    const char *code; /* "HF101" */
    const char *name; /* "cache-on-method" */
    const char *reason;
    const char *bad, *good; /* examples: Python, whole files */
    const char *fix;
    const char *pattern; /* the word that diagnose has for this mistake */
    hf_confidence confidence;
    bool whole_file; /* rests on what is nowhere done: silent where syntax errors may hide that */
    bool in_tests;   /* told of tests too, whose process ends soon: wrong however long it runs */
    hf_kind kinds[HF_RULE_KINDS];
    void (*visit)(struct hf_check *c, uint32_t node);
} hf_rule;

extern const hf_rule *const hf_rules[]; /* by code; NULL ends it */
extern const unsigned hf_rule_count;
const hf_rule *hf_rule_find(const char *code);

/* One file under the rules. */
typedef struct hf_check {
    hf_module *m;
    const hf_rule *rule; /* whose turn it is */
    hf_findings *findings;
} hf_check;

/* Adds a finding at `node`, unless that stands in a test and the rule is not about those.
 * The caller may set pattern, holder and unless of what is returned; NULL if none was added,
 * or without memory. */
hf_finding *hf_report(hf_check *c, uint32_t node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Names what a finding is about, for snapshots: `name` of a class of this module, or of the module
 * (class_node 0). Does nothing for NULL. */
void hf_holder_is(hf_check *c, hf_finding *f, hf_holder_kind kind, uint32_t class_node,
                  const char *name);

/* A finding at `use` about the container of the module that `assignment` makes; `what` says
 * what is wrong. */
void hf_report_global(hf_check *c, uint32_t use, uint32_t assignment, const char *what);

/* The finding is wrong if another file states this fact (see lint/facts.h). May be called again for
 * more facts. */
void hf_unless(hf_check *c, hf_finding *f, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs the rules for which `enabled` (one for each of hf_rules) is set over a module
 * that is built. */
void hf_check_module(hf_module *m, const bool *enabled, hf_findings *findings);

#endif
