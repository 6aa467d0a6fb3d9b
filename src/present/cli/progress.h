/* present/cli/progress.h - a bar on a terminal's stderr for what takes longer than a second. */
#ifndef HF_PRESENT_CLI_PROGRESS_H
#define HF_PRESENT_CLI_PROGRESS_H

#include <stdint.h>

/* A new piece of work; `label` has static lifetime. Nothing is shown before it is a second old. */
void hf_progress_begin(const char *label);

/* The work is known to take long: show the bar from the start. */
void hf_progress_at_once(void);

/* total 0: not known. Cheap to call often. */
void hf_progress_update(uint64_t done, uint64_t total);

/* Takes the bar off the screen; it comes back with the next update. */
void hf_progress_clear(void);

#endif
