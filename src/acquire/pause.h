/* acquire/pause.h - how long a fork stops a process.
 *
 * A fork copies the page tables of private memory, page by page: measured 19 to 25 ms of processor
 * time per GB of 4 KB pages, and 0.5 ms per GB in huge pages; 0.5 ms for stop, registers and start.
 * On a machine with more work than processors it takes longer by its turn in the queue. */
#ifndef HF_ACQUIRE_PAUSE_H
#define HF_ACQUIRE_PAUSE_H

#include <stdint.h>
#include <sys/types.h>

/* Nanoseconds, for so many bytes of anonymous memory (in memory or swap), some in huge pages. */
uint64_t hf_pause_of(uint64_t anonymous, uint64_t huge);

/* How many times as long a pause takes by its turn in the queue, at least 1: threads that want a
 * processor, the target's with them, for each processor. The time of processors is shared fairly;
 * who runs at another priority, or is bound to some processors, has another share. */
double hf_pause_queue(void);

/* The same of a text as /proc/loadavg has it, of which the asker is one thread. */
double hf_pause_queue_of(const char *loadavg, long processors);

/* The part of it that is in huge pages; 0 where that is not known. */
uint64_t hf_huge_bytes(pid_t pid, uint64_t anonymous);

#endif
