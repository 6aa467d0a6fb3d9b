/* acquire/files.h - the files of a target's binaries, for what is not in its memory: their debug
 * information.
 *
 * Whoever opens them parses none of them; whoever parses them, in the sandbox, finds them mapped. A
 * file that is cut off by somebody while it is read raises SIGBUS, which ends the sandbox. */
#ifndef HF_ACQUIRE_FILES_H
#define HF_ACQUIRE_FILES_H

#include "acquire/binary_file.h"
#include "acquire/target.h"

enum { HF_FILES_MAX = 4 };

/* A file as a whole, mapped privately: what is written to it stays here. */
typedef struct hf_target_file {
    uint64_t inode; /* of the mapping that it belongs to */
    uint8_t *bytes;
    size_t size;
    char name[64]; /* base name */
} hf_target_file;

/* True for python3.13, libpython3.13.so.1.0, and whatever the executable is, which may
 * embed CPython. */
bool hf_file_may_be_python(const char *path, const char *executable);

/* Maps the files of a process's binaries that are called as CPython's are, and its executable, as
 * its user finds them below its root; but none that is another file than the one that was mapped.
 * `pid`: of the process, as long as it is the one that the target was made from. */
void hf_target_map_files(hf_target *t, pid_t pid);

/* Maps the separate debug information of a build, from below the root of the process, or else ours,
 * to belong to the binary whose file is files[number]. The id may be a stranger's. */
void hf_target_map_debug_file(hf_target *t, size_t number, pid_t pid, const hf_build_id *id);

/* The files that belong to the binary at `addr`, at most HF_FILES_MAX. Their number. */
size_t hf_target_files_of(const hf_target *t, uint64_t addr,
                          const hf_target_file *ret[HF_FILES_MAX]);

/* All that were mapped. */
const hf_target_file *hf_target_files(const hf_target *t, size_t *ret_count);

#endif
