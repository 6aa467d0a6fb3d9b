/* graph/column.h - compressed columns: how blocks of the snapshot file are packed and unpacked. */
#ifndef HF_GRAPH_COLUMN_H
#define HF_GRAPH_COLUMN_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

/* Appends a column (its header and a zstd frame, or the bytes where that is no gain) to `out`.
 * compressor: a ZSTD_CCtx, or NULL to store the bytes as they are. False when out of memory or
 * longer than HF_COLUMN_MAX. */
bool hf_column_pack(void *compressor, const void *bytes, size_t length, hf_buf *out);

/* Unpacks the `count` columns of a stored block into `scratch`, which the cursors in `ret` run
 * over. decompressor: a ZSTD_DCtx. NULL, or what is wrong with the block (static text). */
const char *hf_columns_unpack(void *decompressor, const uint8_t *stored, size_t length,
                              size_t count, hf_buf *scratch, hf_cursor *ret);

/* True when every cursor stands at its end and has seen nothing bad. */
bool hf_columns_done(const hf_cursor *columns, size_t count);

uint64_t hf_checksum(const void *bytes, size_t length);

#endif
