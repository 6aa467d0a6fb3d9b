#include "analyse/buffer_room.h"

#include "analyse/attributes.h"

uint8_t *hf_buffer_kinds(hf_graph *g)
{
    static const char *const titles[] = {
        [HF_BUFFER_BYTEARRAY - 1] = "bytearray",
        [HF_BUFFER_BYTES_IO - 1] = "_io.BytesIO",
        [HF_BUFFER_STRING_IO - 1] = "_io.StringIO",
        [HF_BUFFER_ARRAY - 1] = "array.array",
    };
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
        if (hf_graph_is(g, g->edge_target[e], "bytes"))
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

uint64_t hf_buffer_room(const hf_graph *g, uint32_t object, hf_buffer_kind kind)
{
    enum { CHARACTER = 4 };
    uint64_t length = hf_graph_length(g, object), external = hf_graph_external(g, object);
    switch (kind) {
    case HF_BUFFER_BYTEARRAY:
        return above(external, length + 1);
    case HF_BUFFER_ARRAY:
        return length > external ? 0 : room_of_array(external, length);
    case HF_BUFFER_STRING_IO:
        return above(external / CHARACTER, length) * CHARACTER;
    case HF_BUFFER_BYTES_IO:
        return room_of_bytes_io(g, object);
    case HF_BUFFER_NONE:
        break;
    }
    return 0;
}
