/* Memory that a decoder shares with who asked for a heap, filled by one that has been taken over:
 * all of it may be anything, also how much of it there is said to be.
 *
 * The input: for each column of hf_shared_columns() 2 bytes length and the bytes, and then what the
 * file beside it says, as in made_snapshot.h. (tool_seed writes such inputs.) */
#include "graph/shared_inside.h"
#include "made_snapshot.h"
#include "walked_graph.h"

enum { HEAP_BYTES = 1 << 16 };

static void fill(hf_cursor *input, hf_shared_graph *s)
{
    hf_shared_column columns[HF_SHARED_COLUMNS];
    hf_shared_columns(s, columns);
    for (size_t i = 0; i < HF_SHARED_COLUMNS; i++) {
        size_t length, room = columns[i].room * columns[i].size;
        const uint8_t *bytes = take_bytes(input, &length);
        if (length)
            memcpy(*columns[i].items, bytes, length < room ? length : room);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hf_shared_graph *s = hf_shared_new(HEAP_BYTES);
    assert(s);
    hf_cursor input = hf_cursor_over(data, size);
    fill(&input, s);
    hf_graph *g = read_snapshot(&input, s);
    hf_shared_free(s);
    if (g)
        hf_dominators_free(walk_graph(g));
    hf_graph_free(g);
    return 0;
}
