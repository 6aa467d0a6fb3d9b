/* acquire/cgroup.h - how much memory a process may still take.
 *
 * The least of what its memory cgroups (v1 and v2, each level up) and the machine have left. */
#ifndef HF_ACQUIRE_CGROUP_H
#define HF_ACQUIRE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct hf_headroom {
    uint64_t bytes;        /* UINT64_MAX where there is no limit */
    bool all_die_together; /* memory.oom.group: running out kills the whole group */
} hf_headroom;

/* The memory cgroup of a process. */
typedef struct hf_cgroup_place {
    char folder[2 * 4096]; /* where its files are */
    char root[4096];       /* of the hierarchy, as far as it is mounted here */
    char path[4096];       /* as /proc/PID/cgroup tells it */
    int version;           /* 1 or 2 */
} hf_cgroup_place;

/* False where it is in none that can be seen here. */
bool hf_cgroup_find(pid_t pid, hf_cgroup_place *ret);

hf_headroom hf_headroom_of(pid_t pid);

/* The same for a cgroup folder, up to and with `root`. version: 1 or 2. */
hf_headroom hf_headroom_of_folder(const char *folder, const char *root, int version);

/* What a copy of a process with so many anonymous bytes needs: its page tables (2 MB per GB) and
 * room for the pages that the process is expected to write to while the copy lives: a tenth, but 64
 * MB at least, and 256 MB where we and the copy may have to wait for a processor (`has_priority`:
 * not, see priority.h); never more than all of them, and all of them where running out of memory
 * would kill the process too. */
uint64_t hf_headroom_needed(uint64_t anonymous, bool all_die_together, bool has_priority);

/* Below this much the copy is given up. */
uint64_t hf_headroom_reserve(uint64_t anonymous);

#endif
