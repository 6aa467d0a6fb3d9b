/* trace/sites.h - a run by line, function, file or stack: who asked for how much. Of a run that
 * followed native calls, also by the native function that a line has called. */
#ifndef HF_TRACE_SITES_H
#define HF_TRACE_SITES_H

#include "trace/select.h"

typedef enum hf_site_kind {
    HF_SITE_LINE,      /* a place in Python code, or all of a function or file */
    HF_SITE_NO_PYTHON, /* start and end of the interpreter, and threads that it does not know */
    HF_SITE_OTHER,     /* stacks for which the tree had no room */
} hf_site_kind;

typedef struct hf_site {
    hf_site_kind kind;
    uint32_t code, line; /* of HF_SITE_LINE; of HF_BY_FILE one code of the file */
    uint32_t node;       /* one that allocated there, for its stack */
    /* node of the native function that asked (trace/native_askers.h); HF_NODE_NONE: none, or not
     * asked */
    uint32_t asker;
    hf_count chosen;  /* what the selection takes of it */
    hf_count before;  /* of two runs: what it takes of the older one */
    hf_count native;  /* the part of `chosen` that native code asked for, called there */
    hf_counts counts; /* all measures of all blocks asked for there, whatever is selected */
    hf_counts native_counts;
} hf_site;

typedef enum hf_order {
    HF_ORDER_BYTES,
    HF_ORDER_BLOCKS,
    HF_ORDER_CHANGE, /* by how much the bytes of `chosen` and `before` differ, either way */
} hf_order;

typedef struct hf_sites {
    hf_site *rows; /* largest first; those that have nothing of the selection are left out */
    size_t count;
    hf_site all; /* the sums; its place means nothing */
} hf_sites;

typedef struct hf_sites_options {
    hf_by by;
    hf_order order;
    /* what the import system asked for counts at the line that imports; stacks are without its
     * calls */
    bool hide_imports;
    /* what several native functions asked for at one place has rows of its own; stacks have native
     * calls */
    bool native;
} hf_sites_options;

/* chosen: of each node (see hf_select()); before: likewise, or NULL. */
hf_err *hf_sites_compute(const hf_capture *c, const hf_sites_options *options,
                         const hf_count *chosen, const hf_count *before, hf_sites *ret);
void hf_sites_deinit(hf_sites *s);

/* Whether a call is left out of stacks. */
bool hf_site_hides(const hf_capture *c, const hf_sites_options *options, const hf_node *n);

#endif
