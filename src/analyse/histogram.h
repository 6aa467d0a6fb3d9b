/* analyse/histogram.h - how many objects of which type, and how many bytes. */
#ifndef HF_ANALYSE_HISTOGRAM_H
#define HF_ANALYSE_HISTOGRAM_H

#include "analyse/dominators.h"

typedef struct hf_filter {
    const char *type;   /* shell pattern (fnmatch) on the type's title, or NULL */
    const char *module; /* the same on its module */
} hf_filter;

bool hf_filter_accepts(const hf_graph *g, const hf_filter *filter, uint32_t type);

typedef struct hf_histogram_row {
    uint32_t type; /* row in types, or name number of the module when by_module */
    const char *title;
    uint64_t objects, size, block, external;
} hf_histogram_row;

typedef struct hf_histogram {
    hf_histogram_row *rows; /* most bytes (block + external) first */
    size_t count;
    hf_histogram_row total;
} hf_histogram;

/* What the objects of a row take. */
static inline uint64_t hf_histogram_bytes(const hf_histogram_row *row)
{
    return row->block + row->external;
}

hf_err *hf_histogram_compute(const hf_graph *g, const hf_filter *filter, bool by_module,
                             hf_histogram *ret);
/* The same of the objects for which chosen[] is not 0. */
hf_err *hf_histogram_of(const hf_graph *g, const uint8_t *chosen, hf_histogram *ret);
void hf_histogram_deinit(hf_histogram *h);

#endif
