/* acquire/processes.h - the processes of this machine that we may see. */
#ifndef HF_ACQUIRE_PROCESSES_H
#define HF_ACQUIRE_PROCESSES_H

#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

/* All pids in /proc, ascending; the caller frees *ret. */
hf_err *hf_processes_list(pid_t **ret, size_t *ret_count);

/* The parent of a process, as the kernel names it now; HF_ERR_NO_PROCESS where there
 * is no process. */
hf_err *hf_processes_parent(pid_t pid, pid_t *ret);

/* The children of a process that are programs of their own, ascending: no zombies and no copies of
 * ours. The caller frees *ret. */
hf_err *hf_processes_children(pid_t parent, pid_t **ret, size_t *ret_count);

#endif
