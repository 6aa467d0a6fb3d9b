/* present/cli/traced.h - what the reports of traced runs have in common: a capture, and what is to
 * be shown of it. */
#ifndef HF_PRESENT_CLI_TRACED_H
#define HF_PRESENT_CLI_TRACED_H

#include "present/cli/session.h"
#include "trace/profile.h"

typedef struct hf_traced {
    hf_capture *capture;
    hf_selection selection;
    hf_count *chosen; /* of each node */
} hf_traced;

/* The capture that an operand names: a file, or a run that goes on. *ret_pid is the process that is
 * to be told of: that of --pid, or of the operand; 0: all. The caller owns *ret. */
hf_err *hf_traced_open(const hf_session *s, const char *operand, hf_capture **ret,
                       int64_t *ret_pid);

/* Reads the operand and selects what the command line says. The caller releases *ret with
 * hf_traced_deinit(). */
hf_err *hf_traced_load(hf_session *s, const char *operand, hf_traced *ret);
void hf_traced_deinit(hf_traced *t);

/* Notes that the numbers of a sampled run are estimates, where the command itself does not tell. */
void hf_traced_warn(const hf_session *s, const hf_capture *c);

/* What the command line says of rows and frames. */
hf_by hf_traced_by(const hf_arguments *a);
hf_profile_options hf_traced_frames(const hf_arguments *a);

/* For commands that take heaps as well: fails with HF_ERR_USAGE where an option says what only
 * a capture has. */
hf_err *hf_traced_refuse(const hf_session *s);

/* `diff` of two captures. (cmd_diff_trace.c) */
hf_err *hf_diff_captures(hf_session *s);

/* `export` of a capture. (cmd_export_trace.c) */
hf_err *hf_export_capture(hf_session *s);

#endif
