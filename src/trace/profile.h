/* trace/profile.h - a run as one tree of frames: what `tree`, flame graphs and exports show.
 *
 * Equal frames below one another's callers are one node, whichever process they ran in; frames that
 * are not to be seen (of the import system, of native code) count at their caller. The upside-down
 * tree has the places that allocated at its top and their callers below. */
#ifndef HF_TRACE_PROFILE_H
#define HF_TRACE_PROFILE_H

#include "trace/select.h"

typedef struct hf_frame {
    hf_node_kind kind;
    uint32_t code;    /* of a call: hf_kind_is_call() */
    uint32_t line;    /* 0: none, or the frame is a whole function */
    uint32_t process; /* of HF_NODE_PROCESS */
} hf_frame;

typedef struct hf_profile_node {
    uint32_t parent; /* a lower number; of the first node: itself */
    uint32_t frame;
} hf_profile_node;

typedef struct hf_profile {
    hf_frame *frames;
    hf_profile_node *nodes; /* the first is the whole run, and has no frame of its own */
    uint32_t *of;           /* of each node of the capture: its node here */
    size_t frame_count, node_count, of_count;
} hf_profile;

typedef struct hf_profile_options {
    bool functions;    /* a frame is a function, not a line */
    bool processes;    /* each process has a frame of its own at the bottom */
    bool hide_imports; /* frames of the import system */
    bool hide_native;
} hf_profile_options;

/* The caller releases *ret with hf_profile_deinit(). */
hf_err *hf_profile_compute(const hf_capture *c, const hf_profile_options *options, hf_profile *ret);

/* The upside-down tree, of at most `most` nodes, those with most bytes. `counts`: of each node of
 * the capture. Of native code that has no name the caller is shown. */
hf_err *hf_profile_invert(const hf_capture *c, const hf_profile_options *options,
                          const hf_count *counts, size_t most, hf_profile *ret);

void hf_profile_deinit(hf_profile *p);

typedef struct hf_profile_sums {
    hf_count *own, *total; /* of each node */
} hf_profile_sums;

/* Adds numbers of the capture's nodes up. The caller releases *ret with
 * hf_profile_sums_deinit(). */
hf_err *hf_profile_add_up(const hf_profile *p, const hf_count *counts, hf_profile_sums *ret);
void hf_profile_sums_deinit(hf_profile_sums *s);

/* Which nodes to show: at most `most` of those above 0, largest first; with a node its parent. */
typedef struct hf_profile_choice {
    uint32_t *nodes; /* ascending: a parent before its children */
    size_t count;
    size_t left_out;  /* nodes above 0 that are not among them */
    double threshold; /* the largest weight of those */
} hf_profile_choice;

void hf_profile_choice_deinit(hf_profile_choice *choice);

/* weights: of each node, never more than its parent's. The caller releases *ret with
 * hf_profile_choice_deinit(). */
hf_err *hf_profile_choose(const hf_profile *p, const double *weights, size_t most,
                          hf_profile_choice *ret);

/* Keeps the `most` nodes with the largest share of any of the measures. *ret tells what they were
 * before, by their number now (the caller releases it), and what was left out; its threshold is a
 * share. The sums are those of before. */
hf_err *hf_profile_cut(hf_profile *p, const hf_profile_sums *sums, size_t sum_count, size_t most,
                       hf_profile_choice *ret);

/* A file of CPython's import system. */
bool hf_file_is_import(const char *file);

#endif
