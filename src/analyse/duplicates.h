/* analyse/duplicates.h - equal immutable objects that are kept more than once.
 *
 * Equal are str, bytes, int and float objects of the same size, length and value, and tuples and
 * frozensets whose members are equal or the same (analyse/equality.h). The snapshot keeps a value
 * only up to a limit: of a longer one nothing is claimed, but how much there is. Values are told
 * apart by a hash of 64 bits. Of a tuple only its own bytes count, its members for themselves. */
#ifndef HF_ANALYSE_DUPLICATES_H
#define HF_ANALYSE_DUPLICATES_H

#include "graph/graph.h"

typedef struct hf_duplicate {
    uint32_t example;
    uint64_t copies; /* objects with this value */
    uint64_t saved;  /* bytes that go when one is kept of them */
} hf_duplicate;

typedef struct hf_duplicates {
    hf_duplicate *rows; /* most saved first; only values that are there more than once */
    size_t count;
    uint64_t objects, saved;           /* of all rows: objects that could go, and their bytes */
    uint64_t compared;                 /* objects whose whole value is known */
    uint64_t too_long, too_long_bytes; /* ... and not known: longer than the limit */
} hf_duplicates;

/* Nothing is found in a snapshot without values. */
hf_err *hf_duplicates_find(hf_graph *g, hf_duplicates *ret);
void hf_duplicates_deinit(hf_duplicates *d);

#endif
