/* present/cli/commands.h - the one table of commands: dispatch, help, man pages and completion all
 * read it, so that none of them can disagree. */
#ifndef HF_PRESENT_CLI_COMMANDS_H
#define HF_PRESENT_CLI_COMMANDS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit statuses of the program. */
typedef enum hf_status {
    HF_STATUS_OK = 0,        /* done; diagnose: no leak */
    HF_STATUS_SUSPECTS = 1,  /* diagnose: something grows; lint: something was found; exec: the
                                code raised */
    HF_STATUS_USAGE = 2,     /* nonsense arguments */
    HF_STATUS_FAILED = 3,    /* could not look */
    HF_STATUS_TOO_EARLY = 4, /* diagnose: not enough seen to tell */
} hf_status;

/* The values of an option that may be given several times. */
enum { HF_WORDS_MAX = 16 };
typedef struct hf_words {
    const char *words[HF_WORDS_MAX];
    size_t count;
} hf_words;

/* What the options of all commands say; zero where an option was not given. */
typedef struct hf_arguments {
    char **operands;
    size_t operand_count;
    const char *json, *output, *format, *type, *module, *sort, *keep;
    const char *sysroot, *select, *ignore, *explain, *sarif, *baseline, *write_baseline, *with,
        *verify, *stdin_filename;
    hf_words cut, cut_type;
    uint64_t top, tree, address, jobs, bound;
    double watch, every, max_pause, wait; /* seconds */
    const char *run_module, *run_code;
    bool by_module, by_site, no_values, allow_stop, live, ask_extensions, raw, whole_tree, all,
        help;
    const char *by, *function, *file, *flamegraph, *born_since;
    double from, to; /* seconds after the start of a run */
    uint64_t pid, sample, block;
    bool creators, no_creators, no_ignore, native;
    bool peak, leaks, temporary, total, inverted, merged, functions, hide_imports, hide_native;
} hf_arguments;

typedef enum hf_option_kind {
    HF_OPTION_FLAG,     /* bool */
    HF_OPTION_TEXT,     /* const char * */
    HF_OPTION_WORDS,    /* hf_words: may be given again */
    HF_OPTION_COUNT,    /* uint64_t, at least 1 */
    HF_OPTION_DURATION, /* double, seconds, above 0 */
    HF_OPTION_ADDRESS,  /* uint64_t */
    HF_OPTION_SIZE,     /* uint64_t, bytes: from 1K to 1G */
    HF_OPTION_LAST,     /* const char *; what follows its argument are operands */
} hf_option_kind;

typedef struct hf_option {
    const char *name; /* without the dashes; NULL ends a list */
    char letter;      /* short form, or 0 */
    hf_option_kind kind;
    size_t field;         /* offset in hf_arguments */
    const char *argument; /* "FILE"; NULL for flags */
    const char *choices;  /* "size retained": nothing else is accepted; or NULL */
    const char *help;
} hf_option;

struct hf_session;

typedef struct hf_command {
    const char *name; /* NULL ends the table */
    const char *summary;
    const char *operands; /* as written behind the name: "TARGET", "OLD NEW" */
    size_t least_operands, most_operands;
    const hf_option *options;
    const char *description; /* paragraphs, separated by empty lines */
    const char *examples;    /* lines */
    hf_err *(*run)(struct hf_session *session);
    bool runs_program; /* options end at the first operand: the rest is another program's */
} hf_command;

typedef struct hf_command_group {
    const char *title; /* NULL ends the list of groups */
    const hf_command *commands;
} hf_command_group;

extern const hf_command_group hf_command_groups[];

/* One table of a group; it ends with a row without a name. (commands_questions.c) */
extern const hf_command hf_question_commands[];
extern const hf_command hf_trace_commands[]; /* (commands_trace.c) */
extern const hf_command hf_act_commands[];   /* (commands_act.c) */

/* All commands, in the order of their groups: the one behind `command`, of NULL the first; NULL
 * behind the last. */
const hf_command *hf_command_next(const hf_command *command);

/* NULL where there is none of that name. */
const hf_command *hf_command_find(const char *name);

/* Edits (insert, delete, replace) from one word to another; SIZE_MAX where that is long. */
size_t hf_word_distance(const char *from, const char *to);

/* The name in the table that looks most like `name`, or NULL where none does. */
const char *hf_command_nearest(const char *name);

/* For help and man pages. */
extern const char hf_about_targets[], hf_about_targets_and_captures[];

/* What the operands of a command may be; NULL where they explain themselves. */
const char *hf_about_operands(const hf_command *command);

/* What its exit statuses mean; NULL: those of any command. */
const char *hf_about_status(const hf_command *command);

#endif
