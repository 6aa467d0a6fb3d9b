/* analyse/births.h - objects by when they were born, of a process that runs under `holdfast run`.
 *
 * A birth is known to a tenth of a second. What reuses memory of an object before it counts from
 * when that memory was asked for where nobody tells of new objects (info.check.births_by_block). */
#ifndef HF_ANALYSE_BIRTHS_H
#define HF_ANALYSE_BIRTHS_H

#include "analyse/histogram.h"

typedef struct hf_birth_row {
    uint32_t type;           /* row in types */
    uint32_t file, line;     /* of hf_allocated_at(); 0: not known */
    uint64_t objects, bytes; /* bytes: block + external; weighted where lines are sampled */
    uint64_t sampled;        /* the objects that these estimates rest on */
    double variance;         /* of the estimate of bytes; 0: it is exact */
} hf_birth_row;

/* Objects that were chosen, by type and line. */
typedef struct hf_birth_rows {
    hf_birth_row *rows; /* most bytes first */
    size_t count;
    hf_birth_row total;
} hf_birth_rows;

typedef struct hf_born {
    uint8_t *chosen; /* of each object: not 0 where it was born since then */
    hf_birth_rows by_line;
    hf_birth_row unknown; /* noted, but not when: any of them may belong there */
} hf_born;

static inline bool hf_births_known(const hf_graph *g)
{
    return g->born != NULL;
}

/* Whether an object was born at or after a time, in ns since 1970; false where that is
 * not known. */
bool hf_is_born_since(const hf_graph *g, uint32_t object, uint64_t since);

/* Seconds from its birth to the snapshot; negative where that is not known. */
double hf_object_age(const hf_graph *g, uint32_t object);

/* 95 of 100 times the true bytes are no farther from row->bytes than this. */
uint64_t hf_birth_margin(const hf_birth_row *row);

/* Objects that the filter accepts (NULL: all) and that were born since then. hf_births_known() must
 * hold. The caller releases *ret with hf_born_deinit(). */
hf_err *hf_born_compute(const hf_graph *g, const hf_filter *filter, uint64_t since, hf_born *ret);
void hf_born_deinit(hf_born *b);

/* Objects for which chosen[] is not 0. The caller releases *ret with hf_birth_rows_deinit(). */
hf_err *hf_birth_rows_compute(const hf_graph *g, const uint8_t *chosen, hf_birth_rows *ret);
void hf_birth_rows_deinit(hf_birth_rows *r);

#endif
