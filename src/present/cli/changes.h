/* present/cli/changes.h - the difference of two graphs, with the paths of what grew. */
#ifndef HF_PRESENT_CLI_CHANGES_H
#define HF_PRESENT_CLI_CHANGES_H

#include "present/show.h"

typedef struct hf_changes_options {
    hf_filter filter;
    uint64_t top;
    bool grown_only; /* leave out what shrank or kept its bytes */
} hf_changes_options;

typedef struct hf_changes {
    hf_difference difference;
    size_t *types, *containers; /* what `view` shows */
    char **paths;
    hf_line_changes lines;
    hf_difference_view view;
} hf_changes;

/* The graphs and dominators must outlive *ret; release it with hf_changes_deinit(). */
hf_err *hf_changes_compute(hf_graph *old_graph, const hf_dominators *old_dominators,
                           hf_graph *new_graph, const hf_dominators *new_dominators,
                           const hf_changes_options *options, hf_changes *ret);
void hf_changes_deinit(hf_changes *c);

#endif
