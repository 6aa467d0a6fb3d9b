/* analyse/workers.h - what the threads of an executor, or the thread that has a queue as an
 * attribute, are at where the queue grows: each look is a sample of their stacks. */
#ifndef HF_ANALYSE_WORKERS_H
#define HF_ANALYSE_WORKERS_H

#include "analyse/clues.h"

/* Appends "; its 2 workers stood at deliver (mail.py:12) at each look" where it is the queue of a
 * ThreadPoolExecutor or of a thread that grows, and this is known. */
void hf_say_workers(const hf_clues *c, hf_buf *out);

#endif
