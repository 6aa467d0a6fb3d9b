/* present/cli/tree.h - the processes of --tree: which there are, which run Python,
 * what they take. */
#ifndef HF_PRESENT_CLI_TREE_H
#define HF_PRESENT_CLI_TREE_H

#include "present/show_tree.h"

typedef struct hf_family {
    hf_process_tree tree;
    hf_tree_process *processes; /* of each row */
} hf_family;

/* The tree of one process that runs Python, or with root 0 all trees that begin with one that does.
 * Descendants that are no Python are in it, since they take memory too. Nothing is stopped. The
 * caller calls hf_family_deinit(). */
hf_err *hf_family_read(pid_t root, hf_family *ret);
void hf_family_deinit(hf_family *f);

hf_tree_view hf_family_view(const hf_family *f);

/* Seconds since a process began. */
double hf_age_of(uint64_t start_ticks);

#endif
