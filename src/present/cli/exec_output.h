/* present/cli/exec_output.h - what code that runs in a process prints, as it comes. */
#ifndef HF_PRESENT_CLI_EXEC_OUTPUT_H
#define HF_PRESENT_CLI_EXEC_OUTPUT_H

#include "base/buf.h"
#include "base/err.h"

typedef struct hf_exec_output {
    int fd;
    uint64_t at;      /* of the next record */
    bool prints;      /* on our standard streams, at once */
    bool keeps;       /* in the buffers below */
    hf_buf texts[2];  /* standard output, standard error */
    bool begun, done; /* the code runs; it has ended */
    uint64_t dropped;
    uint32_t status, thread;
} hf_exec_output;

void hf_exec_output_init(hf_exec_output *o, int fd, bool prints, bool keeps);
void hf_exec_output_deinit(hf_exec_output *o);

/* Reads what is new. The bytes are another process's: HF_ERR_DAMAGED where they make no sense. */
hf_err *hf_exec_output_read(hf_exec_output *o);

#endif
