/* lint/text.h - a Python file as UTF-8.
 *
 * Files come from strangers: what cannot be read as Python source is told in a note and skipped. */
#ifndef HF_LINT_TEXT_H
#define HF_LINT_TEXT_H

#include "base/buf.h"
#include "base/err.h"

enum { HF_TEXT_LARGEST = 8 << 20 }; /* bytes; larger files are generated data, not programs */

/* Reads a file and turns it into UTF-8 as its byte order mark or its coding line says (PEP 263);
 * the mark itself is left out. What is no UTF-8 and says nothing is read as Latin-1, where offsets
 * of lines stay right. *ret_note: why the file is skipped, or NULL; static text. */
hf_err *hf_text_read(const char *path, hf_buf *text, const char **ret_note);

/* The same from an open file; `path` is for messages. The descriptor stays the caller's. */
hf_err *hf_text_read_open(int fd, const char *path, hf_buf *text, const char **ret_note);

/* The same from standard input, which may be a pipe. */
hf_err *hf_text_read_input(hf_buf *text, const char **ret_note);

/* The same from bytes in memory: turns *text into UTF-8 in place. */
const char *hf_text_decode(hf_buf *text);

#endif
