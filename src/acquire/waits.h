/* acquire/waits.h - what a thread is at, for sentences. */
#ifndef HF_ACQUIRE_WAITS_H
#define HF_ACQUIRE_WAITS_H

#include <stddef.h>
#include <sys/types.h>

/* Writes "waits in select(2)", "computes", "is stopped"; "cannot be looked at" where /proc does not
 * say. tid as we count. */
void hf_thread_waits(pid_t tid, char *ret, size_t size);

#endif
