/* base/library_path.h - the paths of files of Python, as people know them. */
#ifndef HF_BASE_LIBRARY_PATH_H
#define HF_BASE_LIBRARY_PATH_H

/* Of a file of an installed package or of the standard library, the part of its path from the package on ("json/decoder.py"),
 * which is a part of `path`; NULL for all others. */
const char *hf_library_part(const char *path);

#endif
