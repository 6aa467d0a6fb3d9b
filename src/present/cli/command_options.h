/* present/cli/command_options.h - options that several commands have, for the tables of commands. */
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
