/* acquire/process.h - a running process: which one it is, and reading its memory. */
#ifndef HF_ACQUIRE_PROCESS_H
#define HF_ACQUIRE_PROCESS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef struct hf_process {
    pid_t pid;
    int pidfd;           /* -1 on kernels before 5.3 */
    int memory;          /* /proc/PID/mem; -1 where it cannot be read, but process_vm_readv can */
    uint64_t start_time; /* with pid it names the process */
} hf_process;

/* Finds out what may be read, by reading; the error says which right is missing. The caller calls
 * hf_process_close(). */
hf_err *hf_process_open(pid_t pid, hf_process *ret);
void hf_process_close(hf_process *p);

/* Whether it still runs: neither gone nor a zombie, and no other process under its number. */
bool hf_process_alive(const hf_process *p);

/* Memory is read through /proc/PID/mem where that is allowed. process_vm_readv(2) pins what it
 * reads, and on Linux 6.18 a pinned page that came from a fork and is still shared gets a frame
 * of its own first (gup_must_unshare() in mm/gup.c): reading a worker of a server would take
 * from it what it shares with the others, and reading a copy would double the memory that it
 * was made of. */

/* Copies n bytes, all or nothing. */
bool hf_process_read(const hf_process *p, uint64_t addr, void *buf, size_t n);

/* Copies the ranges one after the other into buf, and stops at the first byte that cannot be had.
 * Returns how many bytes came; less than asked for where it stopped. count <= IOV_MAX. */
size_t hf_process_read_ranges(const hf_process *p, const struct iovec *ranges, size_t count,
                              void *buf, size_t n);

/* Why this process may not be read or traced by us, as an error that names the missing right;
 * `act` says what was tried: "read", "stop". */
hf_err *hf_process_denied(pid_t pid, const char *act);

#endif
