/* acquire/core_plan.h - which memory of a core file's process comes from where.
 *
 * A piece is memory that one program header and one mapped file tell of, or one of both. What the
 * core file leaves out and the process had from a binary is needed from that binary. */
#ifndef HF_ACQUIRE_CORE_PLAN_H
#define HF_ACQUIRE_CORE_PLAN_H

#include "acquire/binary_file.h"
#include "acquire/core_file.h"

typedef struct hf_core_piece {
    uint64_t start, end;
    const hf_core_load *load;     /* or NULL */
    const hf_core_mapped *mapped; /* or NULL */
} hf_core_piece;

/* A binary of which pages are missing. */
typedef struct hf_core_need {
    uint32_t path;         /* number in hf_core_file.paths */
    bool likely;           /* it is mapped executable, or its first page says that it is a binary */
    const uint8_t *header; /* its first bytes, as the core file has them, or NULL */
    size_t header_size;
    bool header_written; /* the process could write to them */
    hf_build_id id;
} hf_core_need;

typedef struct hf_core_plan {
    hf_core_piece *pieces; /* sorted by address, not overlapping */
    size_t piece_count;
    hf_core_need *needs;
    size_t need_count;
} hf_core_plan;

/* The plan refers to `core`. The caller calls hf_core_plan_deinit(). */
hf_err *hf_core_plan_of(const hf_core_file *core, hf_core_plan *ret);
void hf_core_plan_deinit(hf_core_plan *plan);

/* The bytes of the piece that the core file has, from its start on; *ret_size may be 0. */
const uint8_t *hf_core_piece_bytes(const hf_core_file *core, const hf_core_piece *piece,
                                   uint64_t *ret_size);

/* The address from which on the writer of the core file left the piece out; its end where
 * it meant to write it whole. What was meant to be there and is not (the file was cut off)
 * is nowhere else. */
uint64_t hf_core_piece_left_out(const hf_core_piece *piece);

/* Where the piece begins in its mapped file. */
uint64_t hf_core_piece_offset(const hf_core_piece *piece);

/* Whether memory with these permissions is looked at: code is not, but for the part that binaries
 * of older linkers have their headers and symbols in. */
bool hf_core_piece_wanted(const hf_core_piece *piece, bool readable, bool writable,
                          bool executable);

#endif
