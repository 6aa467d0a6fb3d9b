/* analyse/buffer_room.h - buffers make room in leaps, an eighth of the whole at once, and most of it is touched later. */
#ifndef HF_ANALYSE_BUFFER_ROOM_H
#define HF_ANALYSE_BUFFER_ROOM_H

#include "graph/graph.h"

/* By type: whether hf_buffer_room() may be more than nothing. The caller frees it; NULL without memory. */
uint8_t *hf_types_with_room(hf_graph *g);

/* Bytes of a buffer, and of the object in which it keeps its bytes, that it has not filled. */
uint64_t hf_buffer_room(const hf_graph *g, uint32_t object);

#endif
