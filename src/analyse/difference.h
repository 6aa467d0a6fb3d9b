/* analyse/difference.h - what changed between two snapshots of one process.
 *
 * CPython does not move objects: the same address with the same type is taken for the same object,
 * a reused address with another type is a new one. */
#ifndef HF_ANALYSE_DIFFERENCE_H
#define HF_ANALYSE_DIFFERENCE_H

#include "analyse/histogram.h"

typedef struct hf_difference_row {
    const char *title;      /* of the type */
    int64_t objects, bytes; /* new - old */
    uint64_t born, died;    /* objects */
    uint64_t old_objects, new_objects;
} hf_difference_row;

/* A container (dict, list, set, deque, instance ...) present in both with another length,
 * and no garbage. */
typedef struct hf_container_row {
    uint32_t old_object, new_object;
    int64_t length;   /* new - old */
    int64_t retained; /* bytes, new - old; 0 without dominators */
} hf_container_row;

typedef struct hf_difference {
    bool same_process;
    double seconds;           /* between the two */
    hf_difference_row *types; /* most grown bytes first */
    size_t type_count;
    hf_container_row *containers; /* most grown retained bytes first */
    size_t container_count;
    uint32_t *old_of; /* for each new object its old number, or HF_NO_OBJECT */
    uint64_t survivors, born, died;
} hf_difference;

/* old_dominators and new_dominators may be NULL. */
hf_err *hf_difference_compute(const hf_graph *old_graph, const hf_dominators *old_dominators,
                              const hf_graph *new_graph, const hf_dominators *new_dominators,
                              hf_difference *ret);
void hf_difference_deinit(hf_difference *d);

#endif
