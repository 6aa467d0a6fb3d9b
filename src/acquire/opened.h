/* acquire/opened.h - files and folders that a process has open or mapped, found by their names. */
#ifndef HF_ACQUIRE_OPENED_H
#define HF_ACQUIRE_OPENED_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* The path, as the process sees it, of the first file that it maps, or else of the first
 * descriptor, whose path is wanted. The caller frees *ret; NULL where there is none. */
hf_err *hf_opened_find(pid_t pid, bool (*is_wanted)(const char *path), char **ret);

/* Opens (O_PATH) a folder by an absolute path as process `pid` would find it: below its root, which
 * symbolic links cannot leave. */
hf_err *hf_folder_of_process(pid_t pid, const char *path, int *ret);

#endif
