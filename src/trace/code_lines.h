/* trace/code_lines.h - the lines of functions, each with what it allocated and what the calls
 * allocated that it made. A call that recurs on the way counts once, at its outermost. */
#ifndef HF_TRACE_CODE_LINES_H
#define HF_TRACE_CODE_LINES_H

#include "trace/select.h"

typedef struct hf_code_line {
    uint32_t function; /* in hf_code_lines.functions */
    uint32_t line;
    hf_counts counts;
} hf_code_line;

typedef struct hf_code_function {
    uint32_t code; /* one of its codes */
    uint32_t first_line;
    hf_counts counts;
    size_t first, count; /* in hf_code_lines.lines, ascending by line */
} hf_code_function;

typedef struct hf_code_lines {
    hf_code_function *functions; /* most bytes at the peak first */
    hf_code_line *lines;
    size_t function_count, line_count;
} hf_code_lines;

/* Functions whose name and file match the patterns of fnmatch(3); NULL: any. pid 0: of all
 * processes. A function is known by its file and name. */
hf_err *hf_code_lines_compute(const hf_capture *c, const char *function, const char *file,
                              int64_t pid, hf_code_lines *ret);
void hf_code_lines_deinit(hf_code_lines *l);

#endif
