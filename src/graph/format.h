/* graph/format.h - the snapshot file, version 4. All fixed integers are little-endian, `varint` is
 * LEB128, `zigzag` folds a signed number into a varint.
 *
 *   +--------+-----------------------------+-------+--------+
 *   | header | blocks, one after the other | index | footer |
 *   +--------+-----------------------------+-------+--------+
 *
 *   header    0  8  magic "HFHEAP\r\n"     (\r\n: damaged by copies in text mode)
 *             8  4  format version: the lowest that has all that is in this file
 *            12  4  zero
 *
 *   block     one or more columns, each of
 *             0  4  bytes of the column
 *             4  4  bytes stored
 *             8  n  a zstd frame, or the bytes themselves where the two numbers are equal
 *
 *   index     a block of one column: for each block in order of the file
 *                varint kind, rows, stored bytes, first object (only of HF_BLOCK_VALUES, else 0)
 *                u64    XXH3 of the stored bytes
 *
 *   footer    0  8  where the index starts
 *             8  8  stored bytes of the index
 *            16  8  XXH3 of the index's stored bytes
 *            24  8  magic "HFHEAP.\n"
 *
 * The columns of a block are independent of all other blocks, so that writing needs the memory of
 * one block and reading can use all processors. The index comes last because it is known last.
 *
 *   INFO     1 column: see info_codec.c
 *   NAMES    lengths | text                       in order of number, from number 1 on
 *   THREADS  varints: native id, name, number of frames, frames
 *   TYPES    varints: address, module, qualified name, basicsize, itemsize, flags,
 *            1 heap type | 2 exact
 *   ROOTS    varints: kind | id of the interpreter << 4, target, name, place, thread + 1
 *   OBJECTS  address | type | flags | refcount | size | block | length | degree | external | bound
 *   EDGES    shape | label | target               in order of source; the degrees say whose
 *   SITES    varints: blocks, bytes, number of frames, for each frame file name, line
 *                                                 version 2; in order of number, from number 1 on
 *   OBJECT_SITES  site                            version 2; as many blocks as OBJECTS, of the same
 *                                                 rows; none of both where no allocations were
 *                                                 noted
 *   MEMORY   1 column                           version 3; at most one block: see memory_codec.c
 *   OBJECT_BIRTHS  born                         version 4; likewise, where times of birth are known
 *   OBJECT_SAMPLES  asked                       version 4; likewise, where only samples were noted
 *   VALUES   object | length | text               only objects that have one; `object` is the gap;
 *                                                 a float is 0xff and its eight bytes
 *
 * What a row holds is foretold from the last row of the same type (predict.h), and only the
 * difference is written: most differences are zero, and zstd makes almost nothing of zeros.
 *
 *   address   gap to the row before; (gap / 16) * 2, or gap * 2 + 1 where 16 does not divide it:
 *             allocators of Python hand out multiples of 16; addresses are below 2^63
 *   external, bound
 *             sparse: for each row with a number other than zero the gap to the last such row
 *             and the number
 *   site      zigzag of the difference to the last object of the same type in the block; site 0:
 *             not known
 *   born      zigzag of the difference to the last object of the same type in the block;
 *             hf_object.born
 *   asked     likewise
 *   shape     0 where kind, strength and label are what the last edge in the same place of an
 *             object of the same type had; else 1 + kind + strength * 16, and the label follows
 *             in its own column
 *   target    zigzag of the distance to a guess, times 2; the last bit says which guess: the
 *             target of the last edge in the same place, or the edge before (the source for the
 *             first). Objects that are made together lie together, so one of them is near. */
#ifndef HF_GRAPH_FORMAT_H
#define HF_GRAPH_FORMAT_H

#include <stdint.h>

#define HF_FORMAT_MAGIC "HFHEAP\r\n"
#define HF_FORMAT_END   "HFHEAP.\n"

enum {
    HF_FORMAT_VERSION = 4, /* the newest */
    HF_FORMAT_VERSION_AT = 8,
    HF_FORMAT_HEADER_SIZE = 16,
    HF_FORMAT_FOOTER_SIZE = 32,
    HF_FORMAT_COLUMN_HEADER = 8,

    HF_OBJECT_ROWS = 1 << 16, /* of one OBJECTS block, at most */
    HF_EDGE_ROWS = 1 << 17,   /* of one EDGES block */
    HF_VALUE_ROWS = 1 << 14,  /* of one VALUES block */
    HF_TEXT_BYTES = 1 << 17,  /* a block is closed when its text is longer */
    HF_COLUMN_MAX = 1 << 26,  /* no column is longer than this */
    HF_COLUMNS_MAX = 10,
};

/* Part of the file: add at the end, never renumber. */
typedef enum hf_block_kind {
    HF_BLOCK_INFO = 1,
    HF_BLOCK_NAMES = 2,
    HF_BLOCK_THREADS = 3,
    HF_BLOCK_TYPES = 4,
    HF_BLOCK_ROOTS = 5,
    HF_BLOCK_OBJECTS = 6,
    HF_BLOCK_EDGES = 7,
    HF_BLOCK_VALUES = 8,
    HF_BLOCK_SITES = 9,
    HF_BLOCK_OBJECT_SITES = 10,
    HF_BLOCK_MEMORY = 11,
    HF_BLOCK_OBJECT_BIRTHS = 12,
    HF_BLOCK_OBJECT_SAMPLES = 13,
    HF_BLOCK_KIND_END
} hf_block_kind;

enum {
    HF_COLUMN_ADDRESS,
    HF_COLUMN_TYPE,
    HF_COLUMN_FLAGS,
    HF_COLUMN_REFCOUNT,
    HF_COLUMN_SIZE,
    HF_COLUMN_BLOCK,
    HF_COLUMN_LENGTH,
    HF_COLUMN_DEGREE,
    HF_COLUMN_EXTERNAL,
    HF_COLUMN_BOUND,
    HF_OBJECT_COLUMNS
};

/* Columns of a block of each kind. */
static const uint8_t hf_block_columns[HF_BLOCK_KIND_END] = {
    [HF_BLOCK_INFO] = 1,           [HF_BLOCK_NAMES] = 2,  [HF_BLOCK_THREADS] = 1,
    [HF_BLOCK_TYPES] = 1,          [HF_BLOCK_ROOTS] = 1,  [HF_BLOCK_OBJECTS] = HF_OBJECT_COLUMNS,
    [HF_BLOCK_EDGES] = 3,          [HF_BLOCK_VALUES] = 3, [HF_BLOCK_SITES] = 1,
    [HF_BLOCK_OBJECT_SITES] = 1,   [HF_BLOCK_MEMORY] = 1, [HF_BLOCK_OBJECT_BIRTHS] = 1,
    [HF_BLOCK_OBJECT_SAMPLES] = 1,
};

/* The lowest version of a file that has a block of this kind. */
static inline uint32_t hf_format_version_of(hf_block_kind kind)
{
    if (kind >= HF_BLOCK_OBJECT_BIRTHS)
        return 4;
    return kind >= HF_BLOCK_MEMORY ? 3 : kind >= HF_BLOCK_SITES ? 2 : 1;
}

enum { HF_COLUMN_SHAPE, HF_COLUMN_LABEL, HF_COLUMN_TARGET, HF_EDGE_COLUMNS };

#endif
