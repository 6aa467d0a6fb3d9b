/* present/cli/memory_tree.h - memory --tree: a server and its workers, page by page. */
#ifndef HF_PRESENT_CLI_MEMORY_TREE_H
#define HF_PRESENT_CLI_MEMORY_TREE_H

#include "present/cli/session.h"

/* The process of the first operand and those below it. */
hf_err *hf_memory_tree(hf_session *s);

#endif
