/* trace/lines.h - the line of an instruction, from a code's own table. */
#ifndef HF_TRACE_LINES_H
#define HF_TRACE_LINES_H

#include "trace/state.h"

#include <stddef.h>

/* The line of the instruction `offset` bytes after the start of a code; before it: its first line.
 * 0: it has none. */
uint32_t hf_instruction_line(hf_state_lines kind, const uint8_t *table, size_t length,
                             uint32_t first_line, int32_t offset);

#endif
