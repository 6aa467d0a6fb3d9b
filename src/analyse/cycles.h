/* analyse/cycles.h - cycles of references, those of one shape together: what they look like, what
 * they keep, and which reference to weaken so that they fall apart by themselves.
 *
 * Among live objects only cycles that a program made are told: namespaces of modules, classes and
 * what refers to them (every function to its globals, every class to its bases) are left out, since
 * they hold each other by design and for as long as the process runs. */
#ifndef HF_ANALYSE_CYCLES_H
#define HF_ANALYSE_CYCLES_H

#include "analyse/collection.h"
#include "analyse/components.h"
#include "analyse/dominators.h"

typedef enum hf_cycle_kind {
    HF_CYCLE_PLAIN,
    HF_CYCLE_EXCEPTION, /* through a traceback, to the frame that keeps the exception */
    HF_CYCLE_FUNCTION,  /* a function that its own closure holds */
    HF_CYCLE_METHOD,    /* an object that keeps a bound method of its own */
    HF_CYCLE_CONTAINER, /* of built-in containers alone, to which no weak reference can lead */
    HF_CYCLE_SELF,      /* an object that refers to itself */
} hf_cycle_kind;

/* Cycles whose shortest way round is the same in types and names. */
typedef struct hf_cycle_row {
    hf_cycle_kind kind;
    uint64_t cycles;     /* components */
    uint64_t objects;    /* in them */
    uint64_t retained;   /* bytes that they and what they alone hold take */
    uint64_t finalizers; /* members with a __del__ that has not run */
    uint32_t example;    /* an object: where `text` starts */
    char *text;          /* the way round of the example: "shop.Node.children[0].parent" */
    char *weaken;        /* the reference to weaken: "shop.Node.parent" */
    bool breaks;         /* no cycle of the example is left without it */
    char *finalizer;     /* the type of a member with a __del__, or NULL */
    char *error_fix;     /* of an exception: analyse/error_cycles.h on the example, or NULL */
} hf_cycle_row;

typedef struct hf_cycles {
    hf_cycle_row *rows; /* most retained bytes first */
    size_t count;
    uint64_t cycles, objects, retained;
} hf_cycles;

/* live: cycles of what a collection leaves; else of what it frees. */
hf_err *hf_cycles_find(hf_graph *g, const hf_dominators *d, const hf_collection *collection,
                       bool live, hf_cycles *ret);
void hf_cycles_deinit(hf_cycles *c);

#endif
