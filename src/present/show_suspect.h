/* present/show_suspect.h - the verdict and one suspect of a diagnosis, of one process or of several
 * alike. */
#ifndef HF_PRESENT_SHOW_SUSPECT_H
#define HF_PRESENT_SHOW_SUSPECT_H

#include "analyse/signature.h"
#include "present/json.h"
#include "present/text.h"

typedef struct hf_verdict_label {
    const char *word; /* "LEAK" */
    const char *name; /* "suspects": in JSON and in tables */
    hf_style style;
} hf_verdict_label;

/* Static lifetime. */
const hf_verdict_label *hf_show_verdict(hf_verdict verdict);

typedef struct hf_suspect_view {
    const hf_suspect *suspect;
    const char *finding; /* what the linter says of its source, or NULL */
    const char *where;   /* "in 3 of 4 workers: 4712, ...": told once for all of them; else NULL */
    /* Of all processes that have it: */
    uint64_t retained;
    int64_t grown, grown_objects;
    double bytes_per_second;
    uint64_t heap_bytes; /* all objects of the one process; 0: there are several */
    bool compared;       /* what grew is known */
    double seconds;      /* the time between the first snapshot and the last; 0: of several */
} hf_suspect_view;

/* The paragraph behind its number; those behind the first begin with an empty line. */
void hf_show_suspect_text(hf_text *t, size_t number, const hf_suspect_view *view);

/* The members that are the same for one process and for several, into an open object. */
void hf_show_suspect_members(hf_json *j, const hf_suspect_view *view);

#endif
