/* trace/state.h - the state of a traced process: what the agent in it writes and `holdfast run`
 * reads.
 *
 * One file for each process and program that it runs, mapped shared by both, so that it is read
 * without stopping anything and is still there after a crash or an OOM kill:
 *
 *   0                       HF_STATE_PAGE   hf_state_header
 *   HF_STATE_NODES_AT       hf_state_node   by number; 0 is none, those before HF_STATE_FIRST are
 *                                           there
 *   HF_STATE_COUNTERS_AT    hf_state_counter of each node
 *   HF_STATE_CODES_AT       hf_state_code   by number; 0 is none
 *   HF_STATE_TEXT_AT        bytes that codes refer to
 *
 * The file has its full size from the start, with holes; the agent reserves disk space for a part
 * (fallocate) before it writes there, so that a full disk ends the growth of the tree and never the
 * process (a store to a hole of a full disk would). Rows are written before the count that tells
 * them. All numbers are of the machine that both run on. The reader believes none of them: the
 * target may be hostile, and a process may be killed at any instruction.
 *
 * Counters only grow, and freed is written after allocated: whoever reads freed first never sees
 * more freed than allocated. What was live at the peak is kept without looking at all nodes at each
 * new peak: each new peak has a number (`epoch`), and a node notes what it holds before its first
 * change after one. So at_peak holds if the node's epoch is the header's; else nothing has changed
 * since, and what is live now was live then. A peak is noted when the first block after it is
 * freed: while live bytes are above header.peak, now is the peak. */
#ifndef HF_TRACE_STATE_H
#define HF_TRACE_STATE_H

#include <stddef.h>
#include <stdint.h>

#define HF_STATE_MAGIC       "HFSTATE\n"
#define HF_STATE_FOLDER_ENV  "HOLDFAST_TRACE" /* the folder where states go; must be private */
/* Numbers with a blank between: mean bytes from sample to sample (0: every block is noted); 1 where
 * objects are charged to the line that creates them, wherever their memory comes from, 2 where that
 * is to be before CPython 3.13, too; 1 where calls of C are followed, too. */
#define HF_STATE_OPTIONS_ENV "HOLDFAST_TRACE_OPTIONS"

enum {
    HF_STATE_VERSION = 6,
    HF_STATE_PAGE = 4096,
    /* A slot of the live map names one with 21 bits; see HF_STATE_BIRTH. */
    HF_STATE_NODES_MAX = (1 << 21) - (1 << 14),
    HF_STATE_CODES_MAX = 1 << 18,
    HF_STATE_TEXT_MAX = 1 << 27,
    HF_STATE_ROOT = 1, /* the node of blocks asked for where no Python ran */
    HF_STATE_REST = 2, /* ... and of those for which there was no room */
    /* Likewise, of native blocks: each counter has one writer at a time. */
    HF_STATE_REST_NATIVE = 3,
    HF_STATE_FIRST = 4,
    HF_STATE_SAMPLE_MAX = 1 << 30,
};

/* Words of the live map from here on say when a block was born: tenths of a second after
 * hf_state_header.start. They stand where nodes that there are not would. */
#define HF_STATE_BIRTH     ((uint32_t)HF_STATE_NODES_MAX << 11)
#define HF_STATE_BIRTH_MAX (UINT32_MAX - HF_STATE_BIRTH)
#define HF_STATE_TICK      ((uint64_t)100000000) /* ns */

typedef enum hf_state_kind {
    HF_STATE_PYTHON,
    HF_STATE_NATIVE,
    HF_STATE_MAPPING,
    /* Where stacks begin while the program has a block of its own (agent/calls.h). */
    HF_STATE_BLOCK,
    HF_STATE_FUNCTION, /* a call of C */
} hf_state_kind;

typedef struct hf_state_node {
    uint32_t parent; /* a lower number */
    uint32_t code;   /* of HF_STATE_PYTHON; of HF_STATE_FUNCTION the binary, 0: not known */
    /* Bytes after the start of the code (negative: before); of HF_STATE_FUNCTION where it goes on,
     * as an address of the binary's file; of HF_STATE_BLOCK its number. */
    int32_t instruction;
    uint32_t kind; /* hf_state_kind */
} hf_state_node;

typedef struct hf_state_counter {
    uint64_t allocated_bytes, allocated_blocks;
    uint64_t freed_bytes, freed_blocks;
    uint64_t peak_bytes; /* live at the peak of number `epoch` */
    uint32_t peak_blocks, epoch;
    uint64_t temporary_bytes, temporary_blocks;
} hf_state_counter;

/* How a code's lines are written (Objects/lnotab_notes.txt of 3.9 and 3.10,
 * locations.md of 3.11). */
typedef enum hf_state_lines {
    HF_STATE_LINES_STEPS,
    HF_STATE_LINES_RANGES,
    HF_STATE_LINES_LOCATIONS,
} hf_state_lines;

/* A binary is a code, too: its path, and its build ID in hexadecimal digits as its name. */
typedef struct hf_state_code {
    uint32_t first_line;
    /* instructions before it belong to the caller: the frame is being made */
    int32_t first_traceable;
    uint32_t text; /* where in the text: file, name, lines, one behind the other */
    uint32_t file_length, name_length, lines_length;
} hf_state_code;

typedef struct hf_state_header {
    char magic[8];
    uint32_t version, python; /* HF_STATE_VERSION; PY_VERSION_HEX */
    int32_t pid, parent;
    uint64_t start; /* ns since 1970 */
    uint32_t lines; /* hf_state_lines */
    uint32_t mode;  /* hf_trace_mode */
    uint64_t sample_bytes;
    uint32_t node_count, code_count, text_length;
    uint32_t flags;     /* hf_trace_flag */
    uint32_t ended;     /* 1: it has said farewell */
    uint32_t forked;    /* 1: made by fork, not by exec */
    uint64_t dropped;   /* blocks that could not be noted */
    uint64_t live_map;  /* address of the live map in the process */
    char command[1024]; /* words, each with a zero byte behind it */

    /* Written at each event; a cache line for those that hold the GIL, one for all others. */
    _Alignas(64) uint64_t python_live; /* bytes of blocks of Python's allocators */
    uint64_t peak;                     /* of all live bytes, but see above */
    uint64_t peak_clock;               /* `clock` then */
    uint32_t epoch;
    _Alignas(64) uint64_t native_live; /* bytes of blocks of the C library and the kernel */
    uint32_t native_lock;
    _Alignas(
        64) uint64_t clock; /* ns since 1970, set by the reader now and then; 0: nobody reads */
    uint32_t birth;         /* what a block that is born now has in the live map; with `clock` */
} hf_state_header;

#define HF_STATE_NODES_AT    ((uint64_t)HF_STATE_PAGE)
#define HF_STATE_COUNTERS_AT (HF_STATE_NODES_AT + HF_STATE_NODES_MAX * sizeof(hf_state_node))
#define HF_STATE_CODES_AT    (HF_STATE_COUNTERS_AT + HF_STATE_NODES_MAX * sizeof(hf_state_counter))
#define HF_STATE_TEXT_AT     (HF_STATE_CODES_AT + HF_STATE_CODES_MAX * sizeof(hf_state_code))
#define HF_STATE_SIZE        (HF_STATE_TEXT_AT + HF_STATE_TEXT_MAX)

_Static_assert(sizeof(hf_state_header) <= HF_STATE_PAGE, "the header has its page");
_Static_assert(offsetof(hf_state_header, birth) ==
                   offsetof(hf_state_header, clock) + sizeof(uint64_t),
               "the reader writes both at once");
_Static_assert(sizeof(hf_state_counter) == 64, "a counter is a cache line");

#endif
