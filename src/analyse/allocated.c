/* Where what grew was allocated, as tracemalloc in the process has noted it. */
#include "analyse/drafts.h"
#include "analyse/lines.h"
#include "base/cleanup.h"

enum { LINES_TOLD = 3, LEAST_SHARE = 5 };

hf_err *hf_allocated_of(const hf_graph *g, const uint32_t *objects, size_t count, hf_buf *site,
                        hf_buf *out)
{
    if (!hf_lines_known(g))
        return NULL;
    hf_lines lines HF_AUTO(hf_lines_deinit) = {0};
    hf_err *err = hf_lines_of_objects(g, objects, count, &lines);
    if (err)
        return err;
    uint64_t all = lines.total.object_bytes;
    if (!hf_lines_are_sampled(g)) /* then the others were not sampled */
        all += lines.unknown.object_bytes;
    for (size_t i = 0; i < lines.count && i < LINES_TOLD; i++) {
        const hf_line *row = &lines.rows[i];
        uint64_t percent = all ? row->object_bytes * 100 / all : 0;
        if (i && percent < LEAST_SHARE)
            break;
        hf_buf_text(out, i ? ", " : "");
        hf_line_text(g, row->file, row->line, false, out);
        hf_buf_format(out, " (%llu %%)", (unsigned long long)percent);
        if (i == 0 && hf_line_is_users(hf_strtab_get(&g->names, row->file))) {
            hf_buf_clear(site);
            hf_line_text(g, row->file, row->line, false, site);
        }
    }
    return NULL;
}
