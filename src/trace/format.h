/* trace/format.h - the capture file, version 4: what a traced run has allocated, by stack. All
 * fixed integers are little-endian, `varint` is LEB128, `zigzag` folds a signed number into a
 * varint.
 *
 *   +--------+--------------------------------+-----+
 *   | header | columns, one after the other   | END |
 *   +--------+--------------------------------+-----+
 *
 *   header    0  8  magic "HFTRACE\n"
 *             8  4  format version: the lowest that has all that is in this file
 *            12  4  zero
 *
 *   column    0  4  kind; each kind once, in the order of the list below
 *             4  4  rows
 *             8  8  bytes of the column
 *            16  8  bytes stored
 *            24  8  XXH3 of the stored bytes
 *            32  n  a zstd frame, or the bytes themselves where the two numbers are equal
 *
 *   INFO       varints: mode, mean bytes of a sample, start (ns since 1970), length (ns), peak
 *              bytes, its time (ns after the start), nanoseconds by which the peak may be missed
 *   TEXTS      varint length, bytes              in order of number, from number 1 on
 *   CODES      varints: file, qualified name, first line
 *   BINARIES   varints: gap to the last row's code, binary, name that the linker has; only codes of
 *              native code that have one of them (from version 4 on)
 *   PROCESSES  varints: pid, process that made it + 1 or 0, start and end (ns after the start of
 *              the run), command, version (PY_VERSION_HEX or 0), flags, peak bytes, its time,
 *              blocks that could not be noted
 *   NODES      varints: distance to the parent (0: the root of a process), kind | code << 3 (a call
 *              of native code from version 3 on), zigzag of the line less the first line of the
 *              code
 *   COUNTS     varints: gap to the last row's node, total bytes and blocks, live bytes and blocks,
 *              peak bytes and blocks, temporary bytes and blocks; only nodes that ever had a block
 *   INTERVALS  varints: time since the interval before (ns), nodes that changed; for each
 *              the gap to the node before, zigzag of the change of live bytes and of live blocks
 *   RESIDENT   varints: gap to the interval of the row before, process, bytes resident at the end
 *              of the interval; a row where they have changed (from version 2 on)
 *   END        no rows, no bytes: a file without it was cut off
 *
 * The unit is the node, a place in the tree of stacks: whatever number of events a run has, the
 * file grows with the number of distinct stacks, and a report reads nothing else. A process is the
 * root of its own tree, so that trees of several processes lie one behind the other, adding up over
 * all processes is the same as adding up over all nodes, and a worker can be looked at alone. A
 * parent comes before its children: one pass backwards adds up whole trees. The timeline names only
 * the nodes that changed. Text columns and numbers are written as they come: zstd finds what
 * repeats. */
#ifndef HF_TRACE_FORMAT_H
#define HF_TRACE_FORMAT_H

#define HF_TRACE_MAGIC "HFTRACE\n"

enum {
    HF_TRACE_VERSION = 4,
    HF_TRACE_HEADER_SIZE = 16,
    HF_TRACE_COLUMN_HEADER = 32,
    HF_TRACE_COLUMN_MAX = 1 << 28, /* no column is longer than this */
    HF_TRACE_ROWS_MAX = 1 << 24,   /* nor has more rows: a stranger's file takes bounded memory */
};

typedef enum hf_trace_column {
    HF_TRACE_INFO = 1,
    HF_TRACE_TEXTS,
    HF_TRACE_CODES,
    HF_TRACE_PROCESSES,
    HF_TRACE_NODES,
    HF_TRACE_COUNTS,
    HF_TRACE_INTERVALS,
    HF_TRACE_END,
    HF_TRACE_RESIDENT,
    HF_TRACE_BINARIES,
    HF_TRACE_COLUMN_END
} hf_trace_column;

/* The order in the file: a kind keeps its number for ever, wherever it stands. */
#define HF_TRACE_ORDER                                                                           \
    {                                                                                            \
        HF_TRACE_INFO, HF_TRACE_TEXTS, HF_TRACE_CODES, HF_TRACE_BINARIES, HF_TRACE_PROCESSES,    \
            HF_TRACE_NODES, HF_TRACE_COUNTS, HF_TRACE_INTERVALS, HF_TRACE_RESIDENT, HF_TRACE_END \
    }

#endif
