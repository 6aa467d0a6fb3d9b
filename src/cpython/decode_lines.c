/* cpython/decode_lines.c - which line of a file an instruction of a code object stands on.
 *
 * Three tables, one after the other in the history of CPython: pairs of steps (3.9, co_lnotab), the
 * same with places that have no line (3.10, PEP 626), and locations of variable length (3.11). */
#include "cpython/decode_read.h"

enum { NO_LINE = -128 }; /* 3.10 */

/* Objects/lnotab_notes.txt of 3.9: a pair says how far on in code its line begins. */
static uint32_t line_in_steps(const uint8_t *p, uint64_t length, int64_t line, uint64_t offset)
{
    uint64_t at = 0;
    for (uint64_t i = 0; i + 1 < length; i += 2) {
        at += p[i];
        if (at > offset)
            break;
        line += (int8_t)p[i + 1];
    }
    return line > 0 ? (uint32_t)line : 0;
}

/* Objects/lnotab_notes.txt of 3.10: a pair says how many bytes of code its line goes on. */
static uint32_t line_in_ranges(const uint8_t *p, uint64_t length, int64_t line, uint64_t offset)
{
    uint64_t end = 0;
    for (uint64_t i = 0; i + 1 < length; i += 2) {
        int8_t step = (int8_t)p[i + 1];
        end += p[i];
        if (step != NO_LINE)
            line += step;
        if (offset < end)
            return step != NO_LINE && line > 0 ? (uint32_t)line : 0;
    }
    return 0;
}

/* One entry of the location table (Objects/locations.md of 3.11): lines it is on relative to the
 * entry before, and whether it has a line at all. */
static int64_t line_step(const uint8_t *entry, const uint8_t *end, bool *ret_has_line)
{
    unsigned code = *entry >> 3 & 15;
    *ret_has_line = code != 15;
    if (code >= 10 && code <= 12)
        return (int64_t)code - 10;
    if (code != 13 && code != 14)
        return 0;
    uint64_t value = 0;
    unsigned shift = 0;
    for (const uint8_t *p = entry + 1; p < end && shift < 60; p++, shift += 6) {
        value |= (uint64_t)(*p & 63) << shift;
        if (!(*p & 64))
            break;
    }
    return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

static uint32_t line_in_locations(const uint8_t *p, uint64_t length, int64_t line, uint64_t offset,
                                  uint64_t unit)
{
    const uint8_t *end = p + length;
    uint64_t at = 0;
    while (p < end) {
        bool has_line;
        line += line_step(p, end, &has_line);
        at += (uint64_t)((*p & 7) + 1) * unit;
        if (offset < at)
            return has_line && line > 0 ? (uint32_t)line : 0;
        do
            p++;
        while (p < end && !(*p & 0x80));
    }
    return 0;
}

uint32_t hf_code_line(hf_decode *d, uint64_t code, uint64_t offset)
{
    const hf_layout *l = d->layout;
    int64_t line = (int32_t)hf_member_u32(d, code, l->code_co_firstlineno);
    bool steps = HF_HAS(l, code_co_lnotab);
    uint64_t table = hf_member(d, code, steps ? l->code_co_lnotab : l->code_co_linetable);
    uint64_t length = table ? hf_item_count(d, table) : 0;
    const uint8_t *p = hf_array_at(d, table + (uint64_t)l->bytes_ob_sval, &length, 1);
    if (!p)
        return 0;
    if (steps)
        return line_in_steps(p, length, line, offset);
    if (!HF_HAS(l, code_co_exceptiontable)) /* both came with 3.11 */
        return line_in_ranges(p, length, line, offset);
    return line_in_locations(p, length, line, offset, (uint64_t)l->code_unit_size);
}
