/* present/cli/commands.c - the table of commands. */
#include "present/cli/commands.h"

#include "present/cli/session.h"

#include <string.h>

#define FIELD(member) offsetof(hf_arguments, member)

#define OPTION_TOP(what)                                         \
    {                                                            \
        "top", 'n', HF_OPTION_COUNT, FIELD(top), "N", NULL, what \
    }
#define OPTION_TYPE                                                \
    {                                                              \
        "type", 't', HF_OPTION_TEXT, FIELD(type), "PATTERN", NULL, \
            "only types whose name matches, as 'dict' or 'shop.*'" \
    }
#define OPTION_MODULE                                                  \
    {                                                                  \
        "module", 'm', HF_OPTION_TEXT, FIELD(module), "PATTERN", NULL, \
            "only types of modules whose name matches"                 \
    }
#define OPTION_SORT(choices)                                                                   \
    {                                                                                          \
        "sort", 's', HF_OPTION_TEXT, FIELD(sort), "KEY", choices, "largest first by: " choices \
    }
#define OPTION_JSON                                                                   \
    {                                                                                 \
        "json", 'j', HF_OPTION_TEXT, FIELD(json), "FILE", NULL,                       \
            "write the result as JSON too; '-': to standard output, and nothing else" \
    }
#define OPTION_NO_VALUES                                                            \
    {                                                                               \
        "no-values", 0, HF_OPTION_FLAG, FIELD(no_values), NULL, NULL,               \
            "take and show no values and no dict keys: for heaps that hold secrets" \
    }
/* How a process is frozen: all commands that may look at one. */
#define OPTIONS_FREEZE                                                                    \
    {"max-pause",                                                                         \
     0,                                                                                   \
     HF_OPTION_DURATION,                                                                  \
     FIELD(max_pause),                                                                    \
     "DURATION",                                                                          \
     NULL,                                                                                \
     "never stop the process longer than this (default 250ms)"},                          \
        {"live",                                                                          \
         0,                                                                               \
         HF_OPTION_FLAG,                                                                  \
         FIELD(live),                                                                     \
         NULL,                                                                            \
         NULL,                                                                            \
         "do not stop it at all: read it while it runs, less exactly"},                   \
    {                                                                                     \
        "allow-stop", 0, HF_OPTION_FLAG, FIELD(allow_stop), NULL, NULL,                   \
            "where a copy-on-write fork is refused, stop it for as long as copying takes" \
    }
#define OPTION_HELP                                                            \
    {                                                                          \
        "help", 'h', HF_OPTION_FLAG, FIELD(help), NULL, NULL, "show this help" \
    }
#define OPTIONS_END \
    {               \
        NULL        \
    }

static const hf_option ps_options[] = {OPTION_JSON, OPTION_HELP, OPTIONS_END};

const char hf_about_targets[] =
    "TARGET is a pid, a name that 'holdfast ps' shows, or a snapshot file; FILE may be a process "
    "as "
    "well: it is then looked at through a snapshot that is removed afterwards.";

const char hf_about_status[] =
    "Exit status: 0 done (diagnose: no leak), 1 diagnose found suspects, 2 nonsense arguments, "
    "3 could not look, 4 diagnose has seen too little to tell.";

const hf_command hf_commands[] = {
    {
        "ps",
        "list the Python processes that can be looked at",
        "",
        0,
        0,
        ps_options,
        "Lists every CPython process that we may read, with its version, resident memory, age, the "
        "way a snapshot would be taken and how long the process would stand still for it. Nothing "
        "is stopped.\n\n"
        "WAY is fork (an injected copy-on-write fork), stopped (somebody else has stopped it), "
        "stop "
        "(stopped by us, only with --allow-stop) or live (read while it runs). A '?' in the place "
        "of the version is a Python whose layout could not be proved: holdfast refuses to read it.",
        "holdfast ps",
        hf_cmd_ps,
    },
    {NULL},
};

const hf_command *hf_command_find(const char *name)
{
    for (const hf_command *c = hf_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

/* Edits (insert, delete, replace) from one name to another; names of commands are short. */
static size_t edit_distance(const char *from, const char *to)
{
    size_t row[32], length = strlen(to);
    if (length + 1 > sizeof(row) / sizeof(*row))
        return SIZE_MAX;
    for (size_t i = 0; i <= length; i++)
        row[i] = i;
    for (size_t i = 1; from[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= length; k++) {
            size_t best = diagonal + (from[i - 1] != to[k - 1]);
            diagonal = row[k];
            if (row[k] + 1 < best)
                best = row[k] + 1;
            if (row[k - 1] + 1 < best)
                best = row[k - 1] + 1;
            row[k] = best;
        }
    }
    return row[length];
}

const char *hf_command_nearest(const char *name)
{
    const char *nearest = NULL;
    size_t least = 3; /* more than two slips is another word */
    size_t length = strlen(name);
    if (length > 16)
        return NULL;
    for (const hf_command *c = hf_commands; c->name; c++) {
        size_t distance = edit_distance(name, c->name);
        if (length >= 3 && strncmp(c->name, name, length) == 0)
            distance = 0;
        if (distance < least && distance < strlen(c->name)) {
            least = distance;
            nearest = c->name;
        }
    }
    return nearest;
}
