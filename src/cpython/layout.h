/* cpython/layout.h - where CPython keeps what, for each version of it.
 *
 * One row an interpreter build: byte offsets, sizes and constants, made by tools/gen_layouts.py
 * with a C compiler from that build's own headers (never by hand: PyGC_Head lost its alignment
 * between 3.13.0 and 3.13.5 and moved the collector's lists by 4 bytes, with no line of the struct
 * changed). A row is not believed because its version number fits; see prove.h. */
#ifndef HF_CPYTHON_LAYOUT_H
#define HF_CPYTHON_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_ABSENT INT32_MIN /* this version has no such member */

typedef struct hf_layout {
    const char *name; /* "3.13.0", "3.11.2-3.11.7": the patches it was made from */
    uint32_t first_version, last_version; /* PY_VERSION_HEX of the first and last of them */
    bool debug;                           /* Py_DEBUG */
    bool free_threaded;                   /* Py_GIL_DISABLED */

#define HF_FIELD(name, structure, member)                int32_t name;
#define HF_FIELD_IN(first, end, name, structure, member) int32_t name;
#define HF_ALSO_IN(first, end, name, structure, member)
#define HF_ALSO_SIZE_IN(first, end, name, structure)
#define HF_ALSO_CONSTANT_IN(first, end, name, expression)
#define HF_SIZE(name, structure)                        int32_t name;
#define HF_SIZE_IN(first, end, name, structure)         int32_t name;
#define HF_BITS(name, structure, member)                int32_t name, name##_mask;
#define HF_BITS_IN(first, end, name, structure, member) int32_t name, name##_mask;
#define HF_CONSTANT(name, expression)                   int32_t name;
#define HF_CONSTANT_IN(first, end, name, expression)    int32_t name;
#include "cpython/layout_fields.h"
#undef HF_FIELD
#undef HF_FIELD_IN
#undef HF_ALSO_IN
#undef HF_ALSO_SIZE_IN
#undef HF_ALSO_CONSTANT_IN
#undef HF_SIZE
#undef HF_SIZE_IN
#undef HF_BITS
#undef HF_BITS_IN
#undef HF_CONSTANT
#undef HF_CONSTANT_IN
} hf_layout;

/* All rows, oldest version first. (layout_tables.c, generated) */
extern const hf_layout hf_layouts[];
extern const size_t hf_layout_count;

/* True where a member exists in this layout. */
#define HF_HAS(layout, member) ((layout)->member != HF_ABSENT)

/* The value of a bit field in the 32-bit word that its entry names. */
static inline uint32_t hf_bits(uint32_t word, int32_t mask)
{
    uint32_t m = (uint32_t)mask;
    return m ? (word & m) >> __builtin_ctz(m) : 0;
}

#endif
