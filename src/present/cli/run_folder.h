/* present/cli/run_folder.h - the private folder where traced processes write their states
 * while they run.
 *
 * It lies beside the capture and is locked (flock) by who made it for as long as that lives. One
 * that is not locked was left by a run that was killed; once its processes have ended, the next run
 * that writes into the same folder makes a capture of it: nothing that was recorded is lost, and
 * nothing is left. */
#ifndef HF_CLI_RUN_FOLDER_H
#define HF_CLI_RUN_FOLDER_H

#include "base/err.h"

#include <stdbool.h>

typedef struct hf_run_folder {
    char *path;
    int fd; /* holds the lock */
} hf_run_folder;

/* Whether a path that starts with the name of a folder starts with such a one. */
bool hf_run_folder_is(const char *name);

/* Makes one beside `capture`. The caller ends it with hf_run_folder_end(). */
hf_err *hf_run_folder_begin(const char *capture, hf_run_folder *ret);

/* Removes it, where it is empty. */
void hf_run_folder_end(hf_run_folder *f);

/* Takes up what runs that were killed have left beside `capture`. Tells what it does;
 * fails never. */
void hf_run_folder_recover(const char *capture);

#endif
