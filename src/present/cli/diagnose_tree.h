/* present/cli/diagnose_tree.h - diagnose --tree: all processes of a server, and what
 * leaks in them. */
#ifndef HF_PRESENT_CLI_DIAGNOSE_TREE_H
#define HF_PRESENT_CLI_DIAGNOSE_TREE_H

#include "present/cli/session.h"

/* The process of the first operand and those below it. In each round every process is taken,
 * one after the other; snapshots wait on disk until the end, so that one process at a time
 * is in memory. */
hf_err *hf_diagnose_tree(hf_session *s);

#endif
