/* present/cli/session.h - what one run of a command writes to.
 *
 * Text goes to standard output; with --json FILE the same result goes to FILE too, and with
 * `--json -` to standard output instead of the text. */
#ifndef HF_PRESENT_CLI_SESSION_H
#define HF_PRESENT_CLI_SESSION_H

#include "present/cli/commands.h"
#include "present/cli/output.h"
#include "present/json.h"
#include "present/text.h"

typedef struct hf_session {
    const hf_command *command;
    const hf_arguments *arguments;
    hf_text *text; /* NULL where nothing is to be told in text */
    hf_json *json; /* NULL without --json */
    hf_status status;

    hf_text text_storage;
    hf_json json_storage;
    hf_output json_output;
} hf_session;

/* Opens the outputs, before any work: a folder that cannot be written is found out now. */
hf_err *hf_session_begin(hf_session *s, const hf_command *command, const hf_arguments *arguments);

/* Makes the JSON file appear under its name; tells failing output. */
hf_err *hf_session_finish(hf_session *s);

void hf_session_deinit(hf_session *s);

/* The folder of a path: "." for a bare name. The caller frees it; NULL without memory. */
char *hf_folder_of(const char *path);

/* folder/name; the caller frees it; NULL without memory. */
char *hf_path_join(const char *folder, const char *name);

/* One line on stderr: "holdfast: ...", escaped, the progress bar taken away first. */
void hf_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The path of an object in Python notation, "" where no root reaches it; the caller frees *ret. */
struct hf_graph;
struct hf_path_tree;
hf_err *hf_path_string(struct hf_graph *graph, const struct hf_path_tree *tree, uint32_t object,
                       char **ret);

/* The functions of the table. */
hf_err *hf_cmd_ps(hf_session *s);
hf_err *hf_cmd_diagnose(hf_session *s);
hf_err *hf_cmd_snapshot(hf_session *s);
hf_err *hf_cmd_info(hf_session *s);
hf_err *hf_cmd_types(hf_session *s);
hf_err *hf_cmd_memory(hf_session *s);
hf_err *hf_cmd_objects(hf_session *s);
hf_err *hf_cmd_path(hf_session *s);
hf_err *hf_cmd_retained(hf_session *s);
hf_err *hf_cmd_diff(hf_session *s);
hf_err *hf_cmd_export(hf_session *s);
hf_err *hf_cmd_demo(hf_session *s);
hf_err *hf_cmd_gc(hf_session *s);
hf_err *hf_cmd_garbage(hf_session *s);
hf_err *hf_cmd_cycles(hf_session *s);
hf_err *hf_cmd_what_if(hf_session *s);
hf_err *hf_cmd_run(hf_session *s);
hf_err *hf_cmd_summary(hf_session *s);
hf_err *hf_cmd_table(hf_session *s);
hf_err *hf_cmd_top(hf_session *s);
hf_err *hf_cmd_tree(hf_session *s);
hf_err *hf_cmd_stats(hf_session *s);
hf_err *hf_cmd_flamegraph(hf_session *s);
hf_err *hf_cmd_plot(hf_session *s);
hf_err *hf_cmd_lines(hf_session *s);
hf_err *hf_cmd_slots(hf_session *s);
hf_err *hf_cmd_duplicates(hf_session *s);
hf_err *hf_cmd_caches(hf_session *s);
hf_err *hf_cmd_tasks(hf_session *s);
hf_err *hf_cmd_threads(hf_session *s);
hf_err *hf_cmd_refcounts(hf_session *s);
hf_err *hf_cmd_exec(hf_session *s);
hf_err *hf_cmd_lint(hf_session *s); /* not in a build without the linter */

#endif
