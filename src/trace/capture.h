/* trace/capture.h - a traced run in memory: stacks as a tree of nodes, and what each
 * node's blocks are.
 *
 * A node is a place in the tree of stacks: "line 12 of load(), called from line 40 of main()". A
 * block belongs to the node where it was asked for, and to no other: what a caller holds in all is
 * the sum over its tree (hf_capture_add_up()). Nodes are in an order in which a parent comes
 * before its children.
 *
 * Four numbers are kept for each node, in blocks and in bytes as they were asked for:
 *   total      all that was ever allocated
 *   live       not freed at the end of the recording
 *   peak       live at the moment when all processes together held most
 *   temporary  freed when at most one other block had been allocated since
 *
 * hf_capture_read() checks every number of a file, so that a capture of a stranger is
 * safe to index. */
#ifndef HF_TRACE_CAPTURE_H
#define HF_TRACE_CAPTURE_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/strtab.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_NODE_NONE UINT32_MAX

typedef enum hf_node_kind {
    HF_NODE_PROCESS,  /* the root of a process: blocks asked for where no Python ran */
    HF_NODE_PYTHON,   /* a line of a code object */
    HF_NODE_NATIVE,   /* malloc, as called by native code below the parent's line */
    HF_NODE_MAPPING,  /* mmap, likewise */
    HF_NODE_OTHER,    /* stacks for which the tree had no room */
    HF_NODE_FUNCTION, /* a call of native code, in runs that follow them */
    HF_NODE_KIND_END
} hf_node_kind;

typedef struct hf_node {
    uint32_t parent;  /* HF_NODE_NONE for the root of a process */
    uint32_t code;    /* of a call (hf_kind_is_call()): in hf_capture.codes */
    uint32_t line;    /* likewise; 0: code without a line */
    uint32_t process; /* in hf_capture.processes */
    hf_node_kind kind;
} hf_node;

/* A kind that has a code and a line. */
static inline bool hf_kind_is_call(hf_node_kind kind)
{
    return kind == HF_NODE_PYTHON || kind == HF_NODE_FUNCTION;
}

/* Of native code, the file is that of its source where that is known, and else the binary; the name
 * is "+0x..." (an address of the binary) where it has none. */
typedef struct hf_code {
    uint32_t file, name; /* texts; name is qualified from CPython 3.11 on */
    uint32_t first_line; /* 0: not known */
    /* Texts: of native code whose file is its source, the binary; of C++ and Rust, the name that
     * the linker has; 0: none of these. */
    uint32_t binary, symbol;
} hf_code;

/* The binary of native code: a text. */
static inline uint32_t hf_code_binary(const hf_code *code)
{
    return code->binary ? code->binary : code->file;
}

typedef struct hf_count {
    uint64_t bytes, blocks;
} hf_count;

typedef struct hf_counts {
    hf_count total, live, peak, temporary;
} hf_counts;

/* What went otherwise than it should in a process. */
typedef enum hf_trace_flag {
    /* Objects of recycled types count where their memory came from. */
    HF_TRACED_FREE_LISTS = 1 << 0,
    HF_TRACED_CAPPED = 1 << 1,    /* the tree was full: HF_NODE_OTHER holds the rest */
    HF_TRACED_NO_SPACE = 1 << 2,  /* no space on the disk for more nodes: likewise */
    HF_TRACED_HOOK_LOST = 1 << 3, /* somebody put another allocator in place of the hooks */
    HF_TRACED_NO_STACKS = 1 << 4, /* this build's frames are not known: blocks count at the root */
    HF_TRACED_CUT_OFF = 1 << 5,   /* the process was killed, crashed, or outlived its runner */
    HF_TRACED_DEEP = 1 << 6,      /* stacks too deep to be followed count in HF_NODE_OTHER */
    /* Of stacks of more than 128 calls only the newest 32 are verified. */
    HF_TRACED_FAR_CALLERS = 1 << 7,
    HF_TRACED_RUNNING = 1 << 8,  /* it goes on: this is what it had done so far */
    HF_TRACED_RESERVED = 1 << 9, /* reserved address ranges are not counted (format 4) */
    /* A build without a GIL: Python's own blocks are not counted (likewise). */
    HF_TRACED_NO_OBJECTS = 1 << 10,
    HF_TRACED_FLAGS = (1 << 11) - 1 /* all of these */
} hf_trace_flag;

typedef struct hf_traced_process {
    int64_t pid;
    uint32_t parent;     /* in hf_capture.processes, earlier; UINT32_MAX: none that is traced */
    uint32_t root;       /* its node; its tree reaches to the root of the next process */
    uint32_t command;    /* text */
    uint32_t version;    /* PY_VERSION_HEX; 0: it never ran Python */
    uint32_t flags;      /* hf_trace_flag */
    uint64_t start, end; /* ns after the start of the run */
    uint64_t peak, peak_time; /* its own: most live bytes, and when, 0 where not known */
    uint64_t dropped;         /* blocks that could not be noted */
} hf_traced_process;

typedef enum hf_trace_mode { HF_TRACE_EXACT, HF_TRACE_SAMPLED, HF_TRACE_MODE_END } hf_trace_mode;

typedef struct hf_trace_info {
    hf_trace_mode mode;
    uint64_t sample_bytes; /* HF_TRACE_SAMPLED: mean distance of samples */
    uint64_t start;        /* ns since 1970 */
    uint64_t length;       /* ns */
    uint64_t peak;         /* most live bytes of all processes together */
    uint64_t peak_time;    /* ns after the start */
    uint64_t peak_slack;   /* ns between two looks at all processes; 0: the peak is exact */
} hf_trace_info;

/* A change of what is live at a node, since the interval before. */
typedef struct hf_change {
    uint32_t node;
    int64_t bytes, blocks;
} hf_change;

typedef struct hf_interval {
    uint64_t time; /* its end, ns after the start; ascending */
    uint64_t live; /* bytes of all nodes then */
    size_t first_change, change_count;
} hf_interval;

/* What the kernel counts as resident of a process (VmRSS) at the end of an interval. Rows are in
 * order of interval, then process; there is one where the number is another than in the row before
 * of that process, and one of 0 bytes when the process has gone. */
typedef struct hf_resident {
    uint32_t interval, process;
    uint64_t bytes;
} hf_resident;

typedef struct hf_capture {
    hf_trace_info info;
    hf_strtab texts;
    hf_code *codes;
    hf_traced_process *processes;
    hf_node *nodes;
    hf_counts *counts; /* of each node */
    hf_interval *intervals;
    hf_change *changes;
    hf_resident *residents; /* none in captures of the first format */
    size_t code_count, process_count, node_count, interval_count, change_count, resident_count;
} hf_capture;

/* Reads a capture file. The caller owns *ret and frees it with hf_capture_free(). */
hf_err *hf_capture_read(const char *path, hf_capture **ret);

/* The same from an open descriptor, which it closes; `name` is for messages. */
hf_err *hf_capture_read_fd(int fd, const char *name, hf_capture **ret);

/* True where the file at `path` starts as a capture does. */
bool hf_capture_is(const char *path);

/* Writes a capture: under a temporary name in the same folder, mode 0600, O_EXCL and O_NOFOLLOW,
 * then renamed. The nodes must be in order as they are after hf_capture_read(). */
hf_err *hf_capture_write(const hf_capture *c, const char *path);

/* The same into an open descriptor. */
hf_err *hf_capture_write_fd(const hf_capture *c, int fd);

/* An empty capture whose arrays are to be filled with malloc()ed memory. */
hf_err *hf_capture_new(hf_capture **ret);

void hf_capture_free(hf_capture *c); /* NULL is fine */
HF_RELEASE_BY(hf_capture, hf_capture_free)

/* Everything of all nodes. */
hf_counts hf_capture_sum(const hf_capture *c);

/* Of each node the sum over its whole tree; the caller frees *ret (node_count rows). */
hf_err *hf_capture_add_up(const hf_capture *c, hf_counts **ret);

/* What was live at each node at a time (the last interval that ended by then); the caller frees
 * *ret. Sums of a capture that was read are never negative. */
hf_err *hf_capture_live_at(const hf_capture *c, uint64_t time, hf_count **ret);

/* Bytes resident at the end of each interval: of one process, or of all for UINT32_MAX (pages that
 * several share count in each). The caller frees *ret (interval_count rows). */
hf_err *hf_capture_resident(const hf_capture *c, uint32_t process, uint64_t **ret);

/* Bytes live at the end of each interval, likewise. */
hf_err *hf_capture_live(const hf_capture *c, uint32_t process, uint64_t **ret);

/* Where the run was sampled: so many bytes is a sum of `bytes` too large or too small, at most, in
 * 19 cases of 20. 0 for sums of every block. */
uint64_t hf_capture_margin(const hf_capture *c, uint64_t bytes);

/* The same of a difference: of `now` bytes of a run with that mean distance of samples and `before`
 * of another; 0: every block. */
uint64_t hf_change_margin(uint64_t now, uint64_t sample_now, uint64_t before,
                          uint64_t sample_before);

/* hf_trace_flag of all processes. */
uint32_t hf_capture_flags(const hf_capture *c);

void hf_counts_add(hf_counts *sum, const hf_counts *more);

#endif
