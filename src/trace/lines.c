/* trace/lines.c - see trace/lines.h.
 *
 * Three tables, one after the other in the history of CPython: pairs of steps (3.9, co_lnotab), the
 * same with places that have no line (3.10, PEP 626), and locations of variable length (3.11). */
#include "trace/lines.h"

#include <stdbool.h>

enum { NO_LINE = -128, UNIT = 2 };

/* Each finds the entry of `offset` from `place` on, which becomes the place of that entry, and
 * returns how many lines after the first one it is; NOWHERE: it has no line. */
#define NOWHERE INT64_MIN

static int64_t line_in_steps(const uint8_t *p, size_t length, uint64_t offset, hf_line_place *place)
{
    for (; place->entry + 1 < length; place->entry += 2) {
        if (place->start + p[place->entry] > offset)
            break;
        place->start += p[place->entry];
        place->line_after += (int8_t)p[place->entry + 1];
    }
    return place->line_after;
}

static int64_t line_in_ranges(const uint8_t *p, size_t length, uint64_t offset,
                              hf_line_place *place)
{
    for (; place->entry + 1 < length; place->entry += 2) {
        int8_t step = (int8_t)p[place->entry + 1];
        int64_t line = place->line_after + (step == NO_LINE ? 0 : step);
        uint64_t end = place->start + p[place->entry];
        if (offset < end)
            return step == NO_LINE ? NOWHERE : line;
        place->start = end;
        place->line_after = line;
    }
    return NOWHERE;
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

static int64_t line_in_locations(const uint8_t *table, size_t length, uint64_t offset,
                                 hf_line_place *place)
{
    const uint8_t *p = table + place->entry, *end = table + length;
    while (p < end) {
        unsigned code = *p >> 3 & 15;
        int64_t line = place->line_after;
        if (code >= 10 && code <= 12)
            line += code - 10;
        else if (code == 13 || code == 14)
            line += signed_number(p + 1, end);
        uint64_t behind = place->start + (uint64_t)((*p & 7) + 1) * UNIT;
        if (offset < behind)
            return code == 15 ? NOWHERE : line;
        do
            p++;
        while (p < end && !(*p & 0x80));
        *place = (hf_line_place){(size_t)(p - table), behind, line};
    }
    return NOWHERE;
}

uint32_t hf_instruction_line(hf_state_lines kind, const uint8_t *table, size_t length,
                             uint32_t first_line, int32_t offset, hf_line_place *place)
{
    hf_line_place once = {0};
    if (offset < 0)
        return first_line;
    uint64_t at = (uint64_t)offset;
    if (!place)
        place = &once;
    else if (at < place->start)
        *place = once;
    int64_t after = kind == HF_STATE_LINES_STEPS    ? line_in_steps(table, length, at, place)
                    : kind == HF_STATE_LINES_RANGES ? line_in_ranges(table, length, at, place)
                                                    : line_in_locations(table, length, at, place);
    int64_t line = after == NOWHERE ? 0 : first_line + after;
    return line > 0 && line < INT32_MAX ? (uint32_t)line : 0;
}
