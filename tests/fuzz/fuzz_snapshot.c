/* Snapshot files from a stranger: whatever the reader believes must be safe to work on.
 * (made_snapshot.h says what the input is.) */
#include "analyse/difference.h"
#include "analyse/lines.h"
#include "made_snapshot.h"
#include "walked_graph.h"

static void tell_lines(const hf_graph *g)
{
    hf_lines lines = {0};
    hf_line_changes changes = {0};
    hf_buf place = {0};
    hf_err_free(hf_lines_compute(g, NULL, &lines));
    hf_err_free(hf_lines_compare(g, g, &changes));
    assert(!changes.count);
    for (size_t i = 0; i < lines.count; i++)
        hf_line_text(g, lines.rows[i].file, lines.rows[i].line, false, &place);
    for (uint32_t o = 0; o < g->object_count && o < OBJECTS_SHOWN; o++)
        hf_allocated_at(g, o);
    hf_buf_deinit(&place);
    hf_lines_deinit(&lines);
    hf_line_changes_deinit(&changes);
}

static void count(hf_graph *g, const hf_dominators *d)
{
    hf_histogram histogram = {0};
    hf_difference difference = {0};
    hf_err_free(hf_histogram_compute(g, NULL, false, &histogram));
    hf_err_free(hf_difference_compute(g, d, g, d, &difference));
    assert(difference.survivors + difference.born == g->object_count);
    hf_difference_deinit(&difference);
    hf_histogram_deinit(&histogram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hf_cursor input = hf_cursor_over(data, size);
    hf_graph *g = read_snapshot(&input, NULL);
    if (g) {
        hf_dominators *d = walk_graph(g);
        tell_lines(g);
        count(g, d);
        hf_dominators_free(d);
    }
    hf_graph_free(g);
    return 0;
}
