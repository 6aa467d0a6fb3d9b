/* cpython/boot.h - the Python that runs code for us inside a process.
 *
 * It takes the code from a private folder and leaves its output there (acquire/exchange.h):
 *
 *     code   who removes it has it: the process, to run it, or we, to take the request back
 *     out    64 bytes of state, then what was printed, in records
 *     boot   hf_boot_program()
 *     run    hf_boot_text(), where the process is asked by the path of a script
 *
 * The program removes them all before it runs anything, leaves no module, no name and no open file
 * behind, puts sys.stdout and sys.stderr back, and lets no exception out. It does not run what a
 * tool has left that is no more, nor what another process was asked for. */
#ifndef HF_CPYTHON_BOOT_H
#define HF_CPYTHON_BOOT_H

#include "base/buf.h"

/* The state at the start of `out`, little-endian. */
enum {
    HF_BOOT_STATE = 0,    /* uint8: one of below */
    HF_BOOT_END = 8,      /* uint64: records end here */
    HF_BOOT_DROPPED = 16, /* uint64: bytes of output that were dropped */
    HF_BOOT_STATUS = 24,  /* uint32: 0 it ran to its end, 1 it raised */
    HF_BOOT_THREAD = 28,  /* uint32: number of the thread that ran it, as the process counts */
    HF_BOOT_RECORDS = 64,
    HF_BOOT_RECORD_HEAD = 5, /* uint8: 1 stdout, 2 stderr; uint32: length */
};

enum { HF_BOOT_WAITS = 0, HF_BOOT_RUNS = 1, HF_BOOT_DONE = 2 };

/* Output beyond this is dropped. */
#define HF_BOOT_OUTPUT_MAX (UINT64_C(64) << 20)

/* The content of `boot` for a folder, whose path has none but plain characters, and ends with '-',
 * the number of the process as it counts itself, '-' and letters. Another process that comes to
 * it, a forked child, does nothing. */
void hf_boot_program(const char *folder, hf_buf *ret);

/* The content of `code`: `name` is what tracebacks call it. */
void hf_boot_code(const char *name, const void *code, size_t length, hf_buf *ret);

/* How that text begins. */
#define HF_BOOT_TEXT_BEGIN "try:\n def _hf"

/* The text that the process is asked to run in the names of __main__, where it leaves none: it runs
 * `boot` of the folder, if there is one. `mark`: letters and digits that make its name its own. */
void hf_boot_text(const char *folder, const char *mark, hf_buf *ret);

#endif
