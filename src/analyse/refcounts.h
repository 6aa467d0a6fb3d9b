/* analyse/refcounts.h - references that objects count, and that nothing of the heap accounts for.
 *
 * An object counts how many references there are to it. Those that objects, running calls and the
 * interpreter hold are found; what is left over is held by C code: an extension that keeps an
 * object on purpose, a function of C that runs just now, or one that has forgotten to let go.
 * Objects that nothing but such references keeps are what a forgotten reference costs. Immortal
 * objects and those in the data of binaries keep no count that could be compared. */
#ifndef HF_ANALYSE_REFCOUNTS_H
#define HF_ANALYSE_REFCOUNTS_H

#include "analyse/histogram.h"

/* What is known to be held by C without a mistake; see refcounts.c for each. */
typedef struct hf_surplus_reason {
    const char *reason;      /* a sentence */
    const char *type;        /* title; NULL: of any */
    uint64_t most;           /* references of one object that it explains */
    uint64_t objects;        /* ... where at most so many of the type have some; 0: always */
    uint32_t before_version; /* PY_VERSION_HEX from which on it is none; 0: of all */
    bool interned;           /* of interned strings only */
    bool reached;            /* only of what something else keeps as well */
} hf_surplus_reason;

extern const hf_surplus_reason hf_surplus_reasons[]; /* ended by a row without a reason */

/* How the references to one object add up. */
typedef struct hf_refcount_balance {
    int64_t counted; /* -1: immortal */
    uint64_t from_objects;
    uint64_t from_roots; /* running calls, threads, interpreters, static types */
    uint64_t surplus;    /* counted and not found; 0 where the count is not to be compared */
    const hf_surplus_reason *reason; /* what explains it, or NULL */
    bool compared;
} hf_refcount_balance;

typedef struct hf_surplus_row {
    uint32_t type;       /* row in types */
    uint64_t objects;    /* with references that nothing accounts for */
    uint64_t references; /* ... all together */
    uint64_t most;       /* ... of one object */
    uint32_t example;    /* that one */
    uint64_t alone;      /* of the objects, those that nothing else keeps */
    uint64_t retained;   /* bytes that these keep */
} hf_surplus_row;

typedef struct hf_refcounts {
    hf_surplus_row *rows; /* most retained first, then most references */
    size_t count;
    uint64_t compared;            /* objects whose count was compared */
    uint64_t immortal;            /* objects that keep none */
    uint64_t objects, references; /* of the rows */
    uint64_t retained;
    uint64_t explained, explained_references; /* left out of the rows */
    uint64_t *reasons;                        /* objects that each of hf_surplus_reasons explains */
    bool cannot_tell;                         /* counts of this build leave references out */
} hf_refcounts;

/* all: leave nothing out that is known to be no mistake. */
hf_err *hf_refcounts_find(hf_graph *g, const hf_dominators *d, const hf_filter *filter, bool all,
                          hf_refcounts *ret);
void hf_refcounts_deinit(hf_refcounts *r);

/* Of one object. */
hf_err *hf_refcounts_of(hf_graph *g, const hf_dominators *d, uint32_t object,
                        hf_refcount_balance *ret);

#endif
