/* present/cli/running.h - what a run has recorded so far, of a process that is still
 * under `holdfast run`. */
#ifndef HF_CLI_RUNNING_H
#define HF_CLI_RUNNING_H

#include "trace/capture.h"

#include <sys/types.h>

/* A process of a run, and where its state is. */
typedef struct hf_running {
    pid_t pid;
    int folder;      /* of the states: O_PATH */
    char state[32];  /* the file of this process; "": it is the runner */
    int64_t its_pid; /* as the process counts it; 0: the runner */
} hf_running;

/* Fails with HF_ERR_NOT_FOUND where it is not traced. The caller releases *ret with
 * hf_running_deinit(). */
hf_err *hf_running_find(pid_t pid, hf_running *ret);
void hf_running_deinit(hf_running *r);

/* What a process has allocated in a block of its own, by the number that its tracer
 * has given it. */
hf_err *hf_running_block(const char *operand, uint32_t block, hf_capture **ret);

/* The process that an operand names: a pid, or the name of what it runs. */
hf_err *hf_running_of(const char *operand, hf_running *ret);

/* The capture that an operand names: a file, or a pid of a process that is traced, of which
 * *ret_pid is the number in the capture; 0: all of it. */
hf_err *hf_capture_of(const char *operand, hf_capture **ret, int64_t *ret_pid);

/* Whether the operand is a capture, or a process that is traced. */
bool hf_is_traced(const char *operand);

#endif
