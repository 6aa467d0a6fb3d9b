/* trace/lines.h - the line of an instruction, from a code's own table. */
#ifndef HF_TRACE_LINES_H
#define HF_TRACE_LINES_H

#include "trace/state.h"

#include <stddef.h>

/* Where in the table of one code the last look ended: the next one goes on there, if its
 * instruction is not before that. Zero at first. */
typedef struct hf_line_place {
    size_t entry;       /* bytes of the table before it */
    uint64_t start;     /* bytes of code before it */
    int64_t line_after; /* ... and how many lines after the first one that ends */
} hf_line_place;

/* The line of the instruction `offset` bytes after the start of a code; before it: its first line.
 * 0: it has none. place: NULL where a code is looked at once. */
uint32_t hf_instruction_line(hf_state_lines kind, const uint8_t *table, size_t length,
                             uint32_t first_line, int32_t offset, hf_line_place *place);

#endif
