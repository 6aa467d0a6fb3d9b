/* trace/sites.h - a capture by line: which line asked for how much, whoever had called it. */
#ifndef HF_TRACE_SITES_H
#define HF_TRACE_SITES_H

#include "trace/capture.h"

typedef enum hf_measure {
    HF_MEASURE_PEAK,
    HF_MEASURE_LIVE, /* what leaks: never freed */
    HF_MEASURE_TOTAL,
    HF_MEASURE_TEMPORARY,
} hf_measure;

typedef enum hf_site_kind {
    HF_SITE_LINE,
    HF_SITE_NO_PYTHON, /* start and end of the interpreter, and threads that it does not know */
    HF_SITE_OTHER,     /* stacks for which the tree had no room */
} hf_site_kind;

typedef struct hf_site {
    hf_site_kind kind;
    uint32_t code, line; /* of HF_SITE_LINE */
    hf_counts counts;    /* of all blocks asked for there */
    hf_counts native;    /* the part that came from malloc and mmap, called by native code there */
} hf_site;

typedef struct hf_sites {
    hf_site *rows; /* largest first, by bytes of the measure; those that have none are left out */
    size_t count;
    hf_counts all, all_native;
} hf_sites;

hf_err *hf_sites_compute(const hf_capture *c, hf_measure measure, hf_sites *ret);
void hf_sites_deinit(hf_sites *s);

hf_count hf_measure_of(const hf_counts *counts, hf_measure measure);

#endif
