/* analyse/lines.h - how much was allocated at which line of source code: what tracemalloc's
 * statistics('lineno') tells, and which of it are which objects.
 *
 * Known only of processes that run tracemalloc, and of what they allocated since it was started. */
#ifndef HF_ANALYSE_LINES_H
#define HF_ANALYSE_LINES_H

#include "analyse/histogram.h"

typedef struct hf_line {
    uint32_t file; /* name number; 0 with line 0: no Python ran */
    uint32_t line;
    uint64_t objects;      /* that were chosen; weighted, as object_bytes, where they are sampled */
    uint64_t object_bytes; /* of these: block + external */
    uint64_t blocks;       /* all that tracemalloc has noted there: objects, and their buffers */
    uint64_t bytes;        /* of these, as they were asked for */
} hf_line;

typedef struct hf_lines {
    hf_line *rows; /* largest first: by bytes, of chosen objects by object_bytes */
    size_t count;
    hf_line total;   /* of all rows */
    hf_line unknown; /* objects chosen of which nothing was noted */
} hf_lines;

static inline bool hf_lines_known(const hf_graph *g)
{
    return g->site != NULL;
}

/* Where only samples were noted (src/agent/sample.h), how many objects like this one an
 * object of a known line stands for; else 1. Sums of it, and of it times bytes, have the true
 * sums as their expectation. */
double hf_object_weight(const hf_graph *g, uint32_t object);

static inline bool hf_lines_are_sampled(const hf_graph *g)
{
    return g->site && g->asked && g->info.check.sample_bytes;
}

/* All that was allocated, by the innermost line. With a filter only rows with objects that it
 * accepts. */
hf_err *hf_lines_compute(const hf_graph *g, const hf_filter *filter, hf_lines *ret);

/* Of some objects, by the line that says most about each: see hf_allocated_at(). blocks and
 * bytes stay 0. */
hf_err *hf_lines_of_objects(const hf_graph *g, const uint32_t *objects, size_t count,
                            hf_lines *ret);
void hf_lines_deinit(hf_lines *l);

/* The innermost frame in the program's own code where there is one: what a library allocated, it
 * did for its caller. Else the innermost. NULL where nothing is known of the object. */
const hf_site_frame *hf_allocated_at(const hf_graph *g, uint32_t object);

/* Whether a file is the program's own, and no part of the standard library or of an
 * installed package. */
bool hf_line_is_users(const char *path);

/* "pricing.py:42", "json/decoder.py:353"; `whole`: with the path as Python knows it. */
void hf_line_text(const hf_graph *g, uint32_t file, uint32_t line, bool whole, hf_buf *out);

/* What changed at a line between two snapshots. */
typedef struct hf_line_change {
    uint32_t file, line; /* names of the new graph; of the old one where gone */
    bool gone;           /* it is only in the old one */
    int64_t blocks, bytes;
    uint64_t blocks_now, bytes_now;
} hf_line_change;

typedef struct hf_line_changes {
    hf_line_change *rows; /* most grown bytes first; only lines that changed */
    size_t count;
} hf_line_changes;

/* Nothing where one of the two knows no lines. */
hf_err *hf_lines_compare(const hf_graph *old_graph, const hf_graph *new_graph,
                         hf_line_changes *ret);
void hf_line_changes_deinit(hf_line_changes *c);

#endif
