/* present/cli/output.h - a file that appears under its name when it is whole, readable
 * by us only. */
#ifndef HF_PRESENT_CLI_OUTPUT_H
#define HF_PRESENT_CLI_OUTPUT_H

#include "base/err.h"

#include <stdio.h>

typedef struct hf_output {
    FILE *stream; /* NULL: not open */
    const char *path;
    char *temporary; /* NULL for standard output */
} hf_output;

/* '-' is standard output. `path` must live on. Nothing but a regular file is written over. */
hf_err *hf_output_open(const char *path, hf_output *ret);

/* Makes it appear; tells what failed since it was opened. */
hf_err *hf_output_finish(hf_output *o);

/* Gives up what was not finished. */
void hf_output_deinit(hf_output *o);

#endif
