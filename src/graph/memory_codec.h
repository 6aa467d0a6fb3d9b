/* graph/memory_codec.h - hf_memory to bytes and back: the MEMORY block of a file. */
#ifndef HF_GRAPH_MEMORY_CODEC_H
#define HF_GRAPH_MEMORY_CODEC_H

#include "base/buf.h"
#include "base/bytes.h"
#include "cpython/memory.h"

void hf_memory_encode(const hf_memory *m, hf_buf *out);

/* names, types: how many there are of each; numbers of others are made 0. *ret_good is false, and
 * *ret empty, where the bytes cannot be. Fails only for want of memory. */
hf_err *hf_memory_decode(hf_cursor *c, uint64_t names, uint64_t types, bool *ret_good,
                         hf_memory *ret);

#endif
