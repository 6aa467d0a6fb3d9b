/* acquire/proc.h - the texts of /proc, read whole and parsed.
 *
 * Parsers take plain buffers, so that they can be tested and fuzzed without a process. Formats:
 * proc(5) and Documentation/filesystems/proc.rst of the kernel. */
#ifndef HF_ACQUIRE_PROC_H
#define HF_ACQUIRE_PROC_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

/* Reads a file whole. Returns 0 or an errno; what was read until then is in ret. */
int hf_proc_read_file(const char *path, hf_buf *ret);

/* The same for /proc/PID/NAME. */
int hf_proc_read(pid_t pid, const char *name, hf_buf *ret);

/* The text of the symbolic link /proc/PID/NAME, cut at `size`. Returns 0 or an errno. */
int hf_proc_link(pid_t pid, const char *name, char *text, size_t size);

/* The pids or tids that are the names in a folder, ascending; the caller frees *ret.
 * Returns 0 or an errno. */
int hf_proc_numbers(const char *folder, pid_t **ret, size_t *ret_count);

/* A line of /proc/PID/stat. */
typedef struct hf_proc_stat {
    char state; /* R S D T t Z X */
    pid_t parent;
    uint64_t start_time; /* clock ticks after boot */
    int exit_signal;     /* what its parent gets when it ends; 0 in a copy of ours */
    int exit_code;       /* as wait() tells it; 0 where we may not know */
} hf_proc_stat;

bool hf_proc_parse_stat(const char *text, size_t length, hf_proc_stat *ret);

/* Reads and parses /proc/PID/stat. Returns 0 or an errno (ESRCH when there is no such process). */
int hf_proc_stat_of(pid_t pid, hf_proc_stat *ret);

enum { HF_PROC_NAMESPACES = 32 }; /* MAX_PID_NS_LEVEL of the kernel */

/* What we need of /proc/PID/status; bytes where the file says kB. Absent lines give zeros. */
typedef struct hf_proc_status {
    char state;
    pid_t process; /* Tgid */
    pid_t tracer;
    uid_t real_uid, uid, saved_uid; /* uid: the effective one */
    gid_t gid;
    uint64_t capabilities;               /* CapEff */
    uint64_t rss, peak, anonymous, swap; /* peak: the most that rss has been */
    uint32_t seccomp_mode;               /* 0 none, 1 strict, 2 filters */
    uint32_t seccomp_filters;
    bool knows_filters; /* the kernel tells their number (5.9) */
    bool shadow_stack;
    pid_t ids[HF_PROC_NAMESPACES]; /* NSpid: as counted by each pid namespace, innermost last */
    size_t id_count;
} hf_proc_status;

void hf_proc_parse_status(const char *text, size_t length, hf_proc_status *ret);

/* Reads and parses /proc/PID/status. Returns 0 or an errno. */
int hf_proc_status_of(pid_t pid, hf_proc_status *ret);

/* The number behind `key` in a text of "key number" or "key: number kB" lines, as in smaps_rollup,
 * meminfo and memory.stat; false when there is none. */
bool hf_proc_field(const char *text, size_t length, const char *key, uint64_t *ret);

#endif
