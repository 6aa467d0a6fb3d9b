/* present/show_tree.h - processes as trees: ps --tree, and what other commands say of trees. */
#ifndef HF_PRESENT_SHOW_TREE_H
#define HF_PRESENT_SHOW_TREE_H

#include "acquire/footprint.h"
#include "acquire/process_tree.h"
#include "present/json.h"
#include "present/text.h"

/* One process. */
typedef struct hf_tree_process {
    char version[24];    /* "" where it is no Python, or one that could not be proved */
    bool python, hidden; /* hidden: we may not look at it */
    bool ended;          /* while the others were looked at */
    bool measured;       /* footprint is known */
    hf_footprint footprint;
    double seconds; /* since it began */
    char *command;  /* "" where it is hidden */
} hf_tree_process;

/* Rows of several trees, in the order of hf_process_tree; rows of depth 0 begin one. */
typedef struct hf_tree_view {
    const hf_process_tree *tree;
    const hf_tree_process *processes; /* of each row */
    bool as_root;                     /* more rights are not to be had */
} hf_tree_view;

/* What a tree takes, bytes; processes that could not be measured are not in it. */
typedef struct hf_tree_sum {
    size_t processes, unmeasured;
    uint64_t rss, pss, private, swap;
} hf_tree_sum;

/* Of the tree that begins at row `root`. */
hf_tree_sum hf_tree_sum_of(const hf_tree_view *view, size_t root);

/* The rows, and the sum of each tree. */
void hf_show_tree_text(hf_text *t, const hf_tree_view *view);
void hf_show_tree_json(hf_json *j, const hf_tree_view *view);

/* What both say of one row, or of the tree that begins with it: into an open object. */
void hf_show_tree_row_members(hf_json *j, const hf_tree_view *view, size_t row);
void hf_show_tree_sum_members(hf_json *j, const hf_tree_view *view, size_t root);

/* "|  `- 4711": the pid of a row behind the lines that lead to it, to be drawn in a column. */
void hf_show_tree_pid(const hf_process_tree *tree, size_t row, hf_buf *ret);

/* "4711 and its 4 descendants take 812.4 MiB, ...". */
void hf_show_tree_sum(const hf_tree_view *view, size_t root, hf_buf *ret);

/* The program without its folder: what it runs stands behind, and terminals are narrow. */
const char *hf_show_short_command(const char *command);

#endif
