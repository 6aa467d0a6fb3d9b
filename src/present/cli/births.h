/* present/cli/births.h - what the agent of a traced process knows of it, for a snapshot
 * of its heap. */
#ifndef HF_CLI_BIRTHS_H
#define HF_CLI_BIRTHS_H

#include "base/cleanup.h"
#include "cpython/births.h"

#include <sys/types.h>

/* NULL where the process is not traced. The caller frees it with hf_births_free(). */
hf_births *hf_births_of(pid_t pid);
void hf_births_free(hf_births *births); /* NULL is fine */
HF_RELEASE_BY(hf_births, hf_births_free)

#endif
