/* trace/lines.c - see trace/lines.h.
 *
 * Three tables, one after the other in the history of CPython: pairs of steps (3.9, co_lnotab), the
 * same with places that have no line (3.10, PEP 626), and locations of variable length (3.11). */
#include "trace/lines.h"

#include <stdbool.h>

enum { NO_LINE = -128, UNIT = 2 };

static int64_t line_in_steps(const uint8_t *p, size_t length, int64_t line, uint64_t offset)
{
    uint64_t at = 0;
    for (size_t i = 0; i + 1 < length; i += 2) {
        at += p[i];
        if (at > offset)
            break;
        line += (int8_t)p[i + 1];
    }
    return line;
}

static int64_t line_in_ranges(const uint8_t *p, size_t length, int64_t line, uint64_t offset)
{
    uint64_t end = 0;
    for (size_t i = 0; i + 1 < length; i += 2) {
        int8_t step = (int8_t)p[i + 1];
        end += p[i];
        if (step != NO_LINE)
            line += step;
        if (offset < end)
            return step == NO_LINE ? 0 : line;
    }
    return 0;
}

/* A signed number of six bits a byte, in the entry behind its first byte. */
static int64_t signed_number(const uint8_t *p, const uint8_t *end)
{
    uint64_t value = 0;
    for (unsigned shift = 0; p < end && shift < 60; shift += 6) {
        value |= (uint64_t)(*p & 63) << shift;
        if (!(*p++ & 64))
            break;
    }
    return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

static int64_t line_in_locations(const uint8_t *p, size_t length, int64_t line, uint64_t offset)
{
    const uint8_t *end = p + length;
    uint64_t at = 0;
    while (p < end) {
        unsigned code = *p >> 3 & 15;
        if (code >= 10 && code <= 12)
            line += code - 10;
        else if (code == 13 || code == 14)
            line += signed_number(p + 1, end);
        at += (uint64_t)((*p & 7) + 1) * UNIT;
        if (offset < at)
            return code == 15 ? 0 : line;
        do
            p++;
        while (p < end && !(*p & 0x80));
    }
    return 0;
}

uint32_t hf_instruction_line(hf_state_lines kind, const uint8_t *table, size_t length,
                             uint32_t first_line, int32_t offset)
{
    if (offset < 0)
        return first_line;
    int64_t line = kind == HF_STATE_LINES_STEPS
                       ? line_in_steps(table, length, first_line, (uint64_t)offset)
                   : kind == HF_STATE_LINES_RANGES
                       ? line_in_ranges(table, length, first_line, (uint64_t)offset)
                       : line_in_locations(table, length, first_line, (uint64_t)offset);
    return line > 0 && line < INT32_MAX ? (uint32_t)line : 0;
}
