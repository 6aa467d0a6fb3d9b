/* acquire/process_tree.h - processes and those that they have started.
 *
 * Made of /proc/PID/stat: each process names its parent there, whichever thread of that has started
 * it. /proc/PID/task/TID/children would say the same the other way round, but may leave out
 * processes while others come and go (proc(5)), and is not in every kernel. A process whose parent
 * has ended belongs to whoever the kernel gave it to. Numbers are those of our own pid namespace.
 *
 * One pass over /proc is no instant: a child may be forked behind it, and where a parent ends in
 * the midst of it, a child may name a process that is not there any more, and would be lost with
 * all below it. So passes are made until two in a row tell the same tree. */
#ifndef HF_ACQUIRE_PROCESS_TREE_H
#define HF_ACQUIRE_PROCESS_TREE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HF_NO_ROW SIZE_MAX

typedef struct hf_tree_row {
    pid_t pid;
    uint64_t start_time; /* with pid it names the process */
    size_t parent;       /* row of its parent; HF_NO_ROW where that is not in the tree */
    uint32_t depth;      /* of a row without a parent: 0 */
} hf_tree_row;

/* In the order in which it is drawn: each process before its children, those by age. */
typedef struct hf_process_tree {
    hf_tree_row *rows;
    size_t count;
} hf_process_tree;

enum { HF_PROCESS_PASSES = 8 }; /* at most; then the last one counts */

/* A process as one pass has seen it. */
typedef struct hf_process_seen {
    pid_t pid, parent;
    uint64_t start_time;
} hf_process_seen;

/* Makes one pass; who asks frees *ret. */
typedef hf_err *hf_process_lister(void *context, hf_process_seen **ret, size_t *ret_count);

/* The tree of one process, or with root 0 those of all. Zombies, copies that a snapshot is
 * being made of, and ourselves are not in it. HF_ERR_NO_PROCESS where there is no root. The
 * caller calls hf_process_tree_deinit(). */
hf_err *hf_process_tree_read(pid_t root, hf_process_tree *ret);
void hf_process_tree_deinit(hf_process_tree *tree);

/* The same of processes that were seen, in any order, and of what `list` tells again and again. */
hf_err *hf_process_tree_of(const hf_process_seen *seen, size_t count, pid_t root,
                           hf_process_tree *ret);
hf_err *hf_process_tree_settle(hf_process_lister *list, void *context, pid_t root,
                               hf_process_tree *ret);

/* The row behind the last descendant of `row`. */
size_t hf_process_tree_end(const hf_process_tree *tree, size_t row);

#endif
