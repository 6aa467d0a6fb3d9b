/* present/show_code_lines.h - functions of a traced run line by line, with their source where it
 * can be had. */
#ifndef HF_PRESENT_SHOW_CODE_LINES_H
#define HF_PRESENT_SHOW_CODE_LINES_H

#include "present/json.h"
#include "present/text.h"
#include "trace/code_lines.h"

/* The text of a source file, split; lines are numbered from 1. */
typedef struct hf_source_text {
    hf_buf bytes;
    size_t *starts; /* line_count + 1; NULL: the file cannot be had */
    size_t line_count;
    bool newer; /* it was changed after the run */
} hf_source_text;

void hf_show_code_lines_text(hf_text *t, const hf_capture *c, const hf_code_lines *l,
                             const hf_code_function *f, const hf_source_text *source);
void hf_show_code_lines_json(hf_json *j, const hf_capture *c, const hf_code_lines *l, size_t top);

#endif
