/* analyse/buffer_room.h - buffers make room in leaps, an eighth of the whole at once, and most of
 * it is touched later. */
#ifndef HF_ANALYSE_BUFFER_ROOM_H
#define HF_ANALYSE_BUFFER_ROOM_H

#include "graph/graph.h"

/* Types whose objects make room, and classes derived from these. */
typedef enum hf_buffer_kind {
    HF_BUFFER_NONE = 0,
    HF_BUFFER_BYTEARRAY,
    HF_BUFFER_BYTES_IO,
    HF_BUFFER_STRING_IO,
    HF_BUFFER_ARRAY,
} hf_buffer_kind;

/* hf_buffer_kind by type. The caller frees it; NULL without memory. */
uint8_t *hf_buffer_kinds(hf_graph *g);

/* Bytes of a buffer, and of the object in which it keeps its bytes, that it has not filled. kind:
 * of its type. */
uint64_t hf_buffer_room(const hf_graph *g, uint32_t object, hf_buffer_kind kind);

#endif
