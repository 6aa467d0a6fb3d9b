/* acquire/footprint.h - what a process costs, when pages that several processes have count once.
 *
 * RSS counts a page in each process that has it mapped. PSS gives each of n processes an n-th of
 * it, so that the PSS of processes may be added up; private pages are those that only one has. From
 * /proc/PID/smaps_rollup, or the sums of smaps on kernels before 4.14 (proc(5)). The kernel walks
 * the page tables of the process for it; nothing is stopped. */
#ifndef HF_ACQUIRE_FOOTPRINT_H
#define HF_ACQUIRE_FOOTPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes. */
typedef struct hf_footprint {
    uint64_t rss, pss;
    uint64_t private_clean, private_dirty, shared_clean, shared_dirty;
    uint64_t swap;
} hf_footprint;

static inline uint64_t hf_footprint_private(const hf_footprint *f)
{
    return f->private_clean + f->private_dirty;
}

/* Adds up the lines of smaps or smaps_rollup; false where there are none. */
bool hf_footprint_parse(const char *text, size_t length, hf_footprint *ret);

/* Returns 0 or an errno: EACCES where we may not look, ESRCH where the process is gone. */
int hf_footprint_of(pid_t pid, hf_footprint *ret);

#endif
