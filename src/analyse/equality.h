/* analyse/equality.h - which immutable objects have the same value, as a hash of 64 bits.
 *
 * str, bytes, int and float by their values; tuples and frozensets by their members, to a depth of
 * eight: members whose value is not known, or may change, are equal to themselves alone. */
#ifndef HF_ANALYSE_EQUALITY_H
#define HF_ANALYSE_EQUALITY_H

#include "graph/graph.h"

typedef enum hf_equality_kind {
    HF_EQUALITY_NONE,     /* may change, or not known */
    HF_EQUALITY_VALUE,    /* its whole value is known */
    HF_EQUALITY_TOO_LONG, /* ... only the beginning of it */
    HF_EQUALITY_MEMBERS,  /* a tuple or a frozenset */
} hf_equality_kind;

typedef struct hf_equality {
    uint8_t *kinds;   /* hf_equality_kind, one an object */
    uint64_t *hashes; /* of those of kind VALUE and MEMBERS */
} hf_equality;

/* In a snapshot without values all is of kind NONE. Needs 9 bytes an object. */
hf_err *hf_equality_compute(hf_graph *g, hf_equality *ret);
void hf_equality_deinit(hf_equality *e);

#endif
