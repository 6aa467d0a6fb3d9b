#include "analyse/buffer_room.h"

#include "analyse/attributes.h"

#include <string.h>

static const char BYTEARRAY[] = "bytearray", BYTES_IO[] = "_io.BytesIO",
                  STRING_IO[] = "_io.StringIO", ARRAY[] = "array.array";

uint8_t *hf_types_with_room(hf_graph *g)
{
    const char *const titles[] = {BYTEARRAY, BYTES_IO, STRING_IO, ARRAY};
    return hf_types_named(g, titles, sizeof(titles) / sizeof(*titles));
}

static uint64_t above(uint64_t room, uint64_t filled)
{
    return room > filled ? room - filled : 0;
}

/* BytesIO keeps a bytes object as long as its room. */
static uint64_t room_of_bytes_io(const hf_graph *g, uint32_t object)
{
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
        if (strcmp(hf_graph_type_name(g, g->edge_target[e]), "bytes") == 0)
            return above(hf_graph_length(g, g->edge_target[e]), hf_graph_length(g, object));
    return 0;
}

/* Items of one, two, four, eight or sixteen bytes: as large ones as there is room for so many. */
static uint64_t room_of_array(uint64_t bytes, uint64_t length)
{
    enum { LARGEST = 16 };
    uint64_t item = LARGEST;
    while (item > 1 && length > bytes / item)
        item /= 2;
    return length ? above(bytes, length * item) : 0;
}

uint64_t hf_buffer_room(const hf_graph *g, uint32_t object)
{
    enum { CHARACTER = 4 };
    const char *type = hf_graph_type_name(g, object);
    uint64_t length = hf_graph_length(g, object), external = hf_graph_external(g, object);
    if (strcmp(type, BYTEARRAY) == 0)
        return above(external, length + 1);
    if (strcmp(type, ARRAY) == 0)
        return length > external ? 0 : room_of_array(external, length);
    if (strcmp(type, STRING_IO) == 0)
        return above(external / CHARACTER, length) * CHARACTER;
    return strcmp(type, BYTES_IO) == 0 ? room_of_bytes_io(g, object) : 0;
}
