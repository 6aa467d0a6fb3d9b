/* cpython/pending_layout.h - the table behind cpython/ring.h and cpython/debugger.h.
 *
 * Made as layout.h is, by a compiler from each build's headers, and not believed either: it is
 * used only beside a proved hf_layout with the same members around, and each word is looked at
 * before any is written. */
#ifndef HF_CPYTHON_PENDING_LAYOUT_H
#define HF_CPYTHON_PENDING_LAYOUT_H

#include "cpython/layout.h"

typedef struct hf_pending_layout {
    const char *name;
    uint32_t first_version, last_version;
    bool debug, free_threaded;

#define HF_FIELD(name, structure, member)                int32_t name;
#define HF_FIELD_IN(first, end, name, structure, member) int32_t name;
#define HF_ALSO_IN(first, end, name, structure, member)
#define HF_SIZE_IN(first, end, name, structure)      int32_t name;
#define HF_CONSTANT_IN(first, end, name, expression) int32_t name;
#include "cpython/pending_fields.h"
#undef HF_FIELD
#undef HF_FIELD_IN
#undef HF_ALSO_IN
#undef HF_SIZE_IN
#undef HF_CONSTANT_IN
} hf_pending_layout;

/* Of builds with a GIL. (pending_tables.c, generated) */
extern const hf_pending_layout hf_pending_layouts[];
extern const size_t hf_pending_layout_count;

/* The row for a process whose layout was proved; NULL where there is none that agrees with it. */
const hf_pending_layout *hf_pending_layout_for(const hf_layout *proved, uint32_t version);

#endif
