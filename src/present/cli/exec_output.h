/* present/cli/exec_output.h - what code that runs in a process prints, as it comes. */
#ifndef HF_PRESENT_CLI_EXEC_OUTPUT_H
#define HF_PRESENT_CLI_EXEC_OUTPUT_H

#include "base/buf.h"
#include "base/err.h"

enum { HF_EXEC_TAIL_MAX = 4 };

/* The bytes of a character of UTF-8 whose others are yet to come. */
typedef struct hf_exec_tail {
    uint8_t bytes[HF_EXEC_TAIL_MAX];
    size_t count;
} hf_exec_tail;

typedef struct hf_exec_output {
    int fd;
    uint64_t at;           /* of the next record */
    bool prints;           /* on our standard streams, at once */
    bool keeps;            /* in the buffers below */
    hf_buf texts[2];       /* standard output, standard error */
    hf_exec_tail tails[2]; /* what a terminal is still to be shown, of the same */
    bool begun, done;      /* the code runs; it has ended */
    uint64_t dropped;
    uint32_t status, thread;
} hf_exec_output;

void hf_exec_output_init(hf_exec_output *o, int fd, bool prints, bool keeps);
void hf_exec_output_deinit(hf_exec_output *o);

/* Reads what is new. The bytes are another process's: HF_ERR_DAMAGED where they make no sense. */
hf_err *hf_exec_output_read(hf_exec_output *o);

/* For a terminal: what it would take as an order to itself, and bytes that are no UTF-8, become
 * '?'; lines, tabs and text stay. A character is told when it is whole, however it was cut. Returns
 * how many bytes; *ret has room for n + HF_EXEC_TAIL_MAX. */
size_t hf_exec_output_tame(hf_exec_tail *tail, const uint8_t *bytes, size_t n, uint8_t *ret);

#endif
