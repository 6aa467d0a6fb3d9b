/* acquire/demangle.h - names of C++ and Rust functions as their source has them, from those that
 * the linker has.
 *
 * What a compiler makes of a name is a language of its own ("mangled": Itanium C++ ABI, section
 * 5.1; Rust RFC 2603 and what was before it), in which a thousand bytes can stand for any number.
 * It is read by libiberty (GNU binutils); without it names stay as they are. Mangled names are a
 * stranger's: this belongs into a sandbox. */
#ifndef HF_ACQUIRE_DEMANGLE_H
#define HF_ACQUIRE_DEMANGLE_H

#include <stddef.h>

enum { HF_MANGLED_MOST = 4096 }; /* longer names are not looked at */

/* What reads mangled names: "libiberty"; NULL where this program cannot. */
const char *hf_demangler(void);

/* Writes what a mangled name stands for to `ret`, `room` bytes with a zero byte at the end; what is
 * longer ends in "...". 0 where it is no mangled name, else the length. */
size_t hf_demangle(const char *name, char *ret, size_t room);

#endif
