/* cpython/double_text.h - floats as Python writes them, and packed until somebody wants
 * to read them.
 *
 * The shortest text of a double costs a microsecond, which is more than all the rest of telling a
 * float object; few of them are ever looked at. */
#ifndef HF_CPYTHON_DOUBLE_TEXT_H
#define HF_CPYTHON_DOUBLE_TEXT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Part of the snapshot file: no text in UTF-8 begins with this byte. */
enum { HF_PACKED_DOUBLE = 0xff, HF_PACKED_DOUBLE_SIZE = 9 };

/* Appends repr() of a double; without its ".0" where no point is needed, as in a complex. */
void hf_append_double(double value, bool needs_point, hf_buf *out);

/* Appends HF_PACKED_DOUBLE and the eight bytes of an IEEE double, little-endian. */
void hf_pack_double(uint64_t bits, hf_buf *out);

/* Appends the text of what hf_pack_double() made; false, and nothing, where `value` is none. */
bool hf_append_packed_double(const void *value, size_t length, hf_buf *out);

#endif
