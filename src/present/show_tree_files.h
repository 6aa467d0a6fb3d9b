/* present/show_tree_files.h - the files of snapshot --tree, and their manifest. */
#ifndef HF_PRESENT_SHOW_TREE_FILES_H
#define HF_PRESENT_SHOW_TREE_FILES_H

#include "acquire/target.h"
#include "present/show_tree.h"

typedef enum hf_tree_file_state {
    HF_TREE_FILE_NO_PYTHON,
    HF_TREE_FILE_TAKEN,
    HF_TREE_FILE_FAILED,
} hf_tree_file_state;

typedef struct hf_tree_file {
    hf_tree_file_state state;
    char *path, *why;               /* why: of a failure, else NULL */
    uint64_t bytes, objects, pause; /* objects: 0 with --raw; pause: nanoseconds */
    hf_way way;
} hf_tree_file;

typedef struct hf_tree_files_view {
    hf_tree_view tree;         /* one tree */
    const hf_tree_file *files; /* of each row */
    const char *manifest;
} hf_tree_files_view;

/* Processes that run Python, and those of them of which there is no file. */
size_t hf_tree_files_wanted(const hf_tree_files_view *view);
size_t hf_tree_files_failed(const hf_tree_files_view *view);

void hf_show_tree_files_text(hf_text *t, const hf_tree_files_view *view);

/* What the manifest says, and --json too. */
void hf_show_tree_files_json(hf_json *j, const hf_tree_files_view *view);

#endif
