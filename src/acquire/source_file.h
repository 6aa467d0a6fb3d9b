/* acquire/source_file.h - opens a file that a heap names, and does no more than its process could.
 *
 * A heap is a stranger's bytes, and we may be root: the path in it may name a device, a pipe that
 * nobody writes to, a symbolic link, or a file that its process may not read itself. */
#ifndef HF_ACQUIRE_SOURCE_FILE_H
#define HF_ACQUIRE_SOURCE_FILE_H

#include <stdint.h>
#include <sys/types.h>

/* Opens an absolute path for reading as process `pid` would find it: below its root, which symbolic
 * links cannot leave, and with its user and group (their extra groups are not taken over) where
 * that is not who we are already. Nothing but a regular file is opened at all.
 *
 * pid 0: a path that a snapshot file names; below our own root, with our own rights.
 * Returns a descriptor; -1 for whatever cannot be had in this way, also for a process that is no
 * longer the one that was started at `start_time`, and on kernels before 5.6. */
int hf_source_open(pid_t pid, uint64_t start_time, const char *path);

/* Opens a regular file for reading by a path below the folder `root`, which symbolic links cannot
 * leave: absolute ones begin at it. -1 for whatever cannot be had so. */
int hf_open_below(int root, const char *path);

#endif
