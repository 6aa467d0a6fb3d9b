/* lint/finding.h - what the rules found. */
#ifndef HF_LINT_FINDING_H
#define HF_LINT_FINDING_H

#include "base/buf.h"

/* What keeps the memory, where a finding can name it: the key under which a snapshot is asked. */
typedef enum hf_holder_kind {
    HF_HOLDER_NONE,
    HF_HOLDER_GLOBAL,   /* module and name: shop.pricing, _quotes */
    HF_HOLDER_CLASS,    /* class and attribute that all instances share */
    HF_HOLDER_INSTANCE, /* class and attribute of each instance */
    HF_HOLDER_FUNCTION, /* the function itself: its cache or its defaults */
} hf_holder_kind;

typedef struct hf_finding {
    const struct hf_rule *rule;
    const char *pattern; /* the rule's, or a narrower one: the word of diagnose */
    uint32_t file;       /* index in the report */
    uint32_t start, end; /* bytes of the file's text */
    uint32_t line, column, end_line, end_column; /* from 1, columns in characters */
    uint32_t cell; /* of a notebook, from 1; else 0. Lines are those of the cell then */
    char *message;
    char *source;   /* the line */
    char *function; /* "Class.method" around it; "" at module level */
    hf_holder_kind holder_kind;
    char *holder;            /* "module:Class.attribute", or NULL */
    char *unless;            /* facts of other files that prove it wrong, one a line; or NULL */
    bool silenced;           /* by noqa, or contradicted by `unless` */
    uint64_t bytes, objects; /* what a snapshot shows behind it; 0 without one */
} hf_finding;

typedef struct hf_findings {
    hf_finding *items;
    uint32_t count, capacity;
    bool failed; /* out of memory */
} hf_findings;

void hf_finding_deinit(hf_finding *f); /* its texts */
void hf_findings_deinit(hf_findings *f);

#endif
