/* trace/state_read.h - a copy of a process's state file, checked: safe to index.
 *
 * The file is read, never mapped, because the process may cut it off at any time; and it is read
 * while the process writes on. */
#ifndef HF_TRACE_STATE_READ_H
#define HF_TRACE_STATE_READ_H

#include "base/err.h"
#include "trace/capture.h"
#include "trace/state.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct hf_state {
    hf_state_header header;
    hf_state_node *nodes;       /* header.node_count; each parent has a lower number */
    hf_state_counter *counters; /* of each node */
    hf_state_code *codes;       /* header.code_count; their texts are in the text */
    uint8_t *text;              /* header.text_length */
} hf_state;

/* The head alone; fails with HF_ERR_NOT_OURS where it is none (yet). */
hf_err *hf_state_read_header(int fd, const char *name, hf_state_header *ret);

/* All of it. The caller releases *ret with hf_state_deinit(). The descriptor stays the caller's. */
hf_err *hf_state_read(int fd, const char *name, hf_state *ret);

/* Counters of the first `count` nodes, at most as many as the file has room for. */
hf_err *hf_state_read_counters(int fd, const char *name, hf_state_counter *ret, size_t count);

void hf_state_deinit(hf_state *s);

/* Bytes that are live. */
uint64_t hf_state_live(const hf_state_header *h);

/* What a node had at the peak of its process: see trace/state.h. */
hf_count hf_state_peak_of(const hf_state_counter *c, const hf_state_header *h);

#endif
