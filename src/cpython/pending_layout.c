#include "cpython/pending_layout.h"

/* Members on both sides of what the row tells are where the proved layout has them. */
static bool agrees(const hf_pending_layout *row, const hf_layout *proved)
{
    return row->interpreter_next == proved->interpreter_next &&
           row->interpreter_runtime == proved->interpreter_runtime &&
           row->interpreter_gc == proved->interpreter_gc &&
           row->interpreter_modules == proved->interpreter_modules &&
           row->debug_offsets_size == proved->debug_offsets_size;
}

const hf_pending_layout *hf_pending_layout_for(const hf_layout *proved, uint32_t version)
{
    for (size_t i = 0; i < hf_pending_layout_count; i++) {
        const hf_pending_layout *row = &hf_pending_layouts[i];
        if (row->first_version >> 16 == version >> 16 && row->debug == proved->debug &&
            row->free_threaded == proved->free_threaded && agrees(row, proved))
            return row;
    }
    return NULL;
}
