/* present/cli/command_options.h - options that several commands have, for the tables
 * of commands. */
#ifndef HF_PRESENT_CLI_COMMAND_OPTIONS_H
#define HF_PRESENT_CLI_COMMAND_OPTIONS_H

/* clang-format off: the texts as they are read */

#define FIELD(member) offsetof(hf_arguments, member)

#define OPTION_TOP(what)                                         \
    {                                                            \
        "top", 'n', HF_OPTION_COUNT, FIELD(top), "N", NULL, what \
    }
#define OPTION_TREE(what)                                              \
    {                                                                  \
        "tree", 0, HF_OPTION_FLAG, FIELD(whole_tree), NULL, NULL, what \
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
#define OPTIONS_FREEZE                                                                \
    {"max-pause",                                                                     \
     0,                                                                               \
     HF_OPTION_DURATION,                                                              \
     FIELD(max_pause),                                                                \
     "DURATION",                                                                      \
     NULL,                                                                            \
     "never stop the process longer than this (default 250ms)"},                      \
        {"live",                                                                      \
         0,                                                                           \
         HF_OPTION_FLAG,                                                              \
         FIELD(live),                                                                 \
         NULL,                                                                        \
         NULL,                                                                        \
         "do not stop it at all: read it while it runs, less exactly"},               \
        {"ask-extensions",                                                            \
         0,                                                                           \
         HF_OPTION_FLAG,                                                              \
         FIELD(ask_extensions),                                                       \
         NULL,                                                                        \
         NULL,                                                                        \
         "have objects of C extensions tell what they refer to, in the copy"},        \
        {"sysroot",                                                                   \
         0,                                                                           \
         HF_OPTION_TEXT,                                                              \
         FIELD(sysroot),                                                              \
         "DIRS",                                                                      \
         NULL,                                                                        \
         "find the binaries of a core file below these folders (a:b:c) first"},       \
    {                                                                                 \
        "allow-stop", 0, HF_OPTION_FLAG, FIELD(allow_stop), NULL, NULL,               \
            "where a fork is refused, stop it and copy; also longer than --max-pause" \
    }
/* Which blocks of a traced run, by what, and as which frames. */
#define OPTIONS_SELECTION                                                                      \
    {"peak",                                                                                   \
     0,                                                                                        \
     HF_OPTION_FLAG,                                                                           \
     FIELD(peak),                                                                              \
     NULL,                                                                                     \
     NULL,                                                                                     \
     "what was live when the run held most (the default)"},                                    \
        {"leaks", 0, HF_OPTION_FLAG, FIELD(leaks), NULL, NULL, "what was never freed"},        \
        {"temporary",                                                                          \
         0,                                                                                    \
         HF_OPTION_FLAG,                                                                       \
         FIELD(temporary),                                                                     \
         NULL,                                                                                 \
         NULL,                                                                                 \
         "what was freed when at most one other block had been allocated since"},              \
        {"total", 0, HF_OPTION_FLAG, FIELD(total), NULL, NULL, "all that was ever allocated"}, \
        {"to",                                                                                 \
         0,                                                                                    \
         HF_OPTION_DURATION,                                                                   \
         FIELD(to),                                                                            \
         "TIME",                                                                               \
         NULL,                                                                                 \
         "what was held so long after the start of the run, as 90s"},                          \
        {"from",                                                                               \
         0,                                                                                    \
         HF_OPTION_DURATION,                                                                   \
         FIELD(from),                                                                          \
         "TIME",                                                                               \
         NULL,                                                                                 \
         "what came to be held between then and --to (or the end)"},                           \
        {"pid", 0, HF_OPTION_COUNT, FIELD(pid), "PID", NULL, "only this process"},             \
        {"function",                                                                           \
         0,                                                                                    \
         HF_OPTION_TEXT,                                                                       \
         FIELD(function),                                                                      \
         "PATTERN",                                                                            \
         NULL,                                                                                 \
         "only what functions of that name, and what they called, allocated"},                 \
    {                                                                                          \
        "file", 0, HF_OPTION_TEXT, FIELD(file), "PATTERN", NULL,                               \
            "only what functions in such files, and what they called, allocated"               \
    }
#define OPTION_BY                                                              \
    {                                                                          \
        "by", 0, HF_OPTION_TEXT, FIELD(by), "KEY", "line function file stack", \
            "add up by: line (the default), function, file, stack"             \
    }
#define OPTION_HIDE_IMPORTS                                                 \
    {                                                                       \
        "hide-imports", 0, HF_OPTION_FLAG, FIELD(hide_imports), NULL, NULL, \
            "leave the calls of the import system out"                      \
    }
#define OPTION_HIDE_NATIVE                                                  \
    {                                                                       \
        "hide-native", 0, HF_OPTION_FLAG, FIELD(hide_native), NULL, NULL,   \
            "leave native code out: what it allocates counts at its caller" \
    }
#define OPTIONS_FRAMES                                \
    {"functions",                                     \
     0,                                               \
     HF_OPTION_FLAG,                                  \
     FIELD(functions),                                \
     NULL,                                            \
     NULL,                                            \
     "a place is a function, not a line of one"},     \
        {"merged",                                    \
         0,                                           \
         HF_OPTION_FLAG,                              \
         FIELD(merged),                               \
         NULL,                                        \
         NULL,                                        \
         "add equal stacks of several processes up"}, \
        OPTION_HIDE_IMPORTS, OPTION_HIDE_NATIVE
#define OPTION_HELP                                                            \
    {                                                                          \
        "help", 'h', HF_OPTION_FLAG, FIELD(help), NULL, NULL, "show this help" \
    }
#define OPTIONS_END \
    {               \
        NULL        \
    }

/* clang-format on */

#endif
