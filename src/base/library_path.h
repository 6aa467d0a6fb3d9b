/* base/library_path.h - the paths of files of Python, as people know them. */
#ifndef HF_BASE_LIBRARY_PATH_H
#define HF_BASE_LIBRARY_PATH_H

#include <stddef.h>

/* Of a file of an installed package or of the standard library, the part of its path from the
 * package on ("json/decoder.py"), which is a part of `path`; NULL for all others. Packages are in
 * directories site-packages (Python's module site) or dist-packages (Debian's Python policy), the
 * standard library is in lib/python3.X, or lib64/python3.X of Fedora and its kin (module sysconfig,
 * platlib). length: of `path`, which need not end with a zero byte. */
const char *hf_library_part(const char *path, size_t length);

/* The part of a path by which people know the file, which is a part of `path`: a library
 * has many files of one name, and its are known from the package on; a program's own by
 * their last part, but for those that are named after nothing, which are known with
 * their folder ("shop/__init__.py"). */
const char *hf_known_part(const char *path);

#endif
