/* present/cli/snapshot_tree.h - snapshot --tree: one file for each process of a tree,
 * and a manifest. */
#ifndef HF_PRESENT_CLI_SNAPSHOT_TREE_H
#define HF_PRESENT_CLI_SNAPSHOT_TREE_H

#include "graph/snapshot.h"
#include "present/cli/session.h"

/* The process of the first operand and those below it, one after the other, so that never two of
 * them stand still. --output names a folder, or with "%p" in it a file for each pid. */
hf_err *hf_snapshot_tree(hf_session *s, pid_t root);

/* Writes one process to `path`, whole or not at all; `info` of a snapshot, `raw` with
 * --raw. (cmd_snapshot.c) */
hf_err *hf_snapshot_process(hf_session *s, pid_t pid, const char *path, hf_snapshot_info *info,
                            hf_raw_info *raw);

#endif
