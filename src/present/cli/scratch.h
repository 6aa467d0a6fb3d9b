/* present/cli/scratch.h - private files for the time of one run.
 *
 * What is registered here is removed when the program ends, be it by its own will or by Ctrl-C,
 * SIGTERM or SIGHUP. Signals are taken by a thread of their own, which may use any function, where
 * a handler could not even list a folder. */
#ifndef HF_PRESENT_CLI_SCRATCH_H
#define HF_PRESENT_CLI_SCRATCH_H

#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

/* Blocks the signals and starts the thread that waits for them; before any other thread. */
hf_err *hf_scratch_watch_signals(void);

/* Called before a signal ends us, by the thread that waits for signals; one function for all
 * of the program. */
void hf_scratch_at_end(void (*restore)(void));

/* From begin to end an interrupt waits (at most some seconds), and so does Ctrl-Z: the target must
 * not be left in the middle of being copied, nor its copy be kept. Do not nest. */
void hf_scratch_hold_signals(void);
void hf_scratch_release_signals(void);

/* Whether a signal that ends us has come, and waits. Then the caller may wait for the end, which
 * does not return. */
bool hf_scratch_is_ending(void);
_Noreturn void hf_scratch_await_end(void);

/* While we only wait for time to pass, the first Ctrl-C does not end us: it is remembered, for the
 * waiting to be cut short. The second one ends us. */
void hf_scratch_wait(bool begins);
bool hf_scratch_was_interrupted(void);

/* Makes a folder that only we may enter, in `parent`, or where that is NULL in hf_spool_folder()
 * (/tmp is memory on many hosts, and memory is what is short). What runs of the same user that were
 * killed have left there is removed. *ret belongs to this module. */
hf_err *hf_scratch_folder(const char *parent, const char **ret);

/* Makes a file that only we may read, of a pattern that ends with XXXXXX, which becomes its
 * path. It is removed in the end unless it is forgotten again. The caller closes it. NULL:
 * errno says why. */
FILE *hf_scratch_file(char *pattern);
void hf_scratch_forget_file(const char *path);

/* Removes one folder of ours now, with the files in it. */
void hf_scratch_remove_folder(const char *path);

/* Removes all that is left; at the end of main(). */
void hf_scratch_remove_all(void);

#endif
