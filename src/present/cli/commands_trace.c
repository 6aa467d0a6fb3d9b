/* present/cli/commands_trace.c - the commands that run a program and tell what it allocated. */
#include "present/cli/command_options.h"
#include "present/cli/commands.h"
#include "present/cli/session.h"

/* clang-format off: a table, with its texts as they are read */

static const hf_option run_options[] = {
    {"output", 'o', HF_OPTION_TEXT, FIELD(output), "FILE", NULL,
     "where to write the capture (default: PID.hftrace, with the pid of this command)"},
    {"module", 'm', HF_OPTION_LAST, FIELD(run_module), "MODULE", NULL,
     "run a module, as python3 -m does; what follows are its arguments"},
    {"code", 'c', HF_OPTION_LAST, FIELD(run_code), "CODE", NULL,
     "run this code, as python3 -c does; what follows are its arguments"},
    OPTION_HELP,
    OPTIONS_END,
};

#define OPTIONS_MEASURE                                                                     \
    {"peak",                                                                                \
     0,                                                                                     \
     HF_OPTION_FLAG,                                                                        \
     FIELD(peak),                                                                           \
     NULL,                                                                                  \
     NULL,                                                                                  \
     "what was live when the run held most (the default)"},                                 \
        {"leaks", 0, HF_OPTION_FLAG, FIELD(leaks), NULL, NULL, "what was never freed"},     \
        {"temporary",                                                                       \
         0,                                                                                 \
         HF_OPTION_FLAG,                                                                    \
         FIELD(temporary),                                                                  \
         NULL,                                                                              \
         NULL,                                                                              \
         "what was freed when at most one other block had been allocated since"},           \
    {                                                                                       \
        "total", 0, HF_OPTION_FLAG, FIELD(total), NULL, NULL, "all that was ever allocated" \
    }

static const hf_option summary_options[] = {
    OPTION_TOP("show the N largest lines (default 10)"),
    OPTIONS_MEASURE,
    OPTION_JSON,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option table_options[] = {
    OPTION_TOP("show the N largest (default 30)"),
    OPTIONS_MEASURE,
    OPTION_JSON,
    OPTION_HELP,
    OPTIONS_END,
};

const hf_command hf_trace_commands[] = {
    {
        "run",
        "run a program and note every block that it allocates",
        "SCRIPT|COMMAND [ARGUMENT...]",
        0,
        SIZE_MAX,
        run_options,
        "Runs a Python script (or module, or code) or any command, and follows each Python process "
        "that comes "
        "of it: by fork, spawn and exec, through virtual environments, shell scripts and servers. "
        "Every block that Python's allocators, malloc and mmap hand out is counted at the line "
        "that asked for it, with the whole stack of calls. Output and exit status are the "
        "program's.\n\n"
        "The capture is small: it grows with the number of distinct stacks, not with the number of "
        "blocks. "
        "It is written also when the program crashes or is killed. A program that gives its "
        "children an "
        "environment without LD_PRELOAD is not followed into them.\n\n"
        "CPython 3.9 to 3.15 with a GIL; others run untraced.",
        "holdfast run app.py --port 8000\n"
        "holdfast run -o tests.hftrace -m pytest tests\n"
        "holdfast run .venv/bin/gunicorn shop.wsgi",
        hf_cmd_run,
        true,
    },
    {
        "summary",
        "what a traced run held, by process and by line",
        "CAPTURE",
        1,
        1,
        summary_options,
        "What a run under 'holdfast run' held at its peak, never freed, allocated in all and threw "
        "away at "
        "once; its processes; the lines that asked for most; and what the capture cannot tell.",
        "holdfast summary app.hftrace\n"
        "holdfast summary app.hftrace --leaks --json -",
        hf_cmd_summary,
    },
    {
        "table",
        "the lines of a traced run that allocated most",
        "CAPTURE",
        1,
        1,
        table_options,
        "Each line with the bytes and blocks that it asked for, whoever had called it. NATIVE is "
        "the part that "
        "came from malloc and mmap: C extensions, and what Python allocates without its own "
        "allocators.",
        "holdfast table app.hftrace --leaks",
        hf_cmd_table,
    },
    {NULL},
};

/* clang-format on */
