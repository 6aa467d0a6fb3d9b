/* present/export_trace.h - a traced run in formats that other programs read. All are linear in the
 * nodes of the profile but for folded stacks and pprof, which repeat each stack. */
#ifndef HF_PRESENT_EXPORT_TRACE_H
#define HF_PRESENT_EXPORT_TRACE_H

#include "trace/profile.h"

#include <stdio.h>

enum { HF_EXPORT_MEASURES = 4 };

typedef struct hf_trace_export {
    const hf_capture *capture;
    const hf_profile *profile;
    hf_measure measures[HF_EXPORT_MEASURES];
    hf_profile_sums sums[HF_EXPORT_MEASURES]; /* of each measure */
    size_t measure_count;
} hf_trace_export;

/* "main (app.py:12);load (app.py:7) 4096": the bytes of the first measure. */
hf_err *hf_export_folded(const hf_trace_export *e, FILE *out);

/* speedscope's file format: one evented profile for each measure, in bytes. */
hf_err *hf_export_speedscope(const hf_trace_export *e, FILE *out);

/* profile.proto, gzipped: of each measure blocks and bytes. */
hf_err *hf_export_pprof(const hf_trace_export *e, FILE *out);

/* One record for each node: its number and its parent's, its frame, what it has itself and
 * with all below. */
hf_err *hf_export_nodes_csv(const hf_trace_export *e, FILE *out);

/* The same in columns. */
hf_err *hf_export_nodes_json(const hf_trace_export *e, FILE *out);

/* Of a frame its name, file ("" for none) and first line; `room` holds a name that had to be
 * made. Of native code also the binary, and the name that the linker has where that is another
 * one ("" for none). */
typedef struct hf_frame_names {
    const char *name, *file, *binary, *symbol;
    size_t name_length, file_length, binary_length, symbol_length;
    uint32_t first_line;
} hf_frame_names;
hf_frame_names hf_frame_names_of(const hf_capture *c, const hf_frame *frame, hf_buf *room);

/* "python", "process", ...: what exports call a frame's kind. */
const char *hf_frame_kind_word(hf_node_kind kind);

#endif
