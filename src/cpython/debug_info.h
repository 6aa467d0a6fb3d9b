/* cpython/debug_info.h - a row from what the compiler has told the debugger.
 *
 * Interpreters that somebody has built by himself (pyenv, a company's own CPython) are mostly not
 * stripped: their DWARF says where each member of each struct is. So for a build that no row was
 * made for, the places of members are taken from there, and only what no debugger is told, such as
 * the values of macros, from a row of the same minor version. What comes of it has to be proved as
 * any other row.
 *
 * DWARF is read by libdw (elfutils); without it there is never any. The file is a stranger's, so
 * that this belongs into a sandbox. */
#ifndef HF_CPYTHON_DEBUG_INFO_H
#define HF_CPYTHON_DEBUG_INFO_H

#include "base/err.h"
#include "cpython/layout.h"

/* What reads DWARF: "elfutils 0.188"; NULL where this program cannot. */
const char *hf_debug_info_reader(void);

/* Fills `ret` with a row of the build whose binary, or whose separate debug information, the `size`
 * bytes at `file` are; they may be written to. False where there is no debug information, or where
 * it lacks a struct or a member that CPython keeps to itself; `why` then says so. */
hf_err *hf_row_from_debug_info(uint8_t *file, size_t size, const hf_layout *from, hf_layout *ret,
                               char *why, size_t why_size, bool *found);

#endif
