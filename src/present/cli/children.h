/* present/cli/children.h - what else may leak: the Python processes that a process has started. */
#ifndef HF_PRESENT_CLI_CHILDREN_H
#define HF_PRESENT_CLI_CHILDREN_H

#include "base/buf.h"

#include <sys/types.h>

/* Adds a sentence that names the children of pid that run Python and were not looked at; nothing
 * where there are none. Servers that fork leak in their workers, not in the process that one finds
 * first. */
void hf_children_tell(pid_t pid, hf_buf *ret);

#endif
