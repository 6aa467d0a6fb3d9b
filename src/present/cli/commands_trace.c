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
    {"sample", 0, HF_OPTION_SIZE, FIELD(sample), "SIZE", NULL,
     "note one block in so many bytes, as 512K, and not every block"},
    {"native", 0, HF_OPTION_FLAG, FIELD(native), NULL, NULL,
     "follow calls of native code, too: stacks have C functions between those of Python, with "
     "lines and inlined functions where there is debug information"},
    {"creators", 0, HF_OPTION_FLAG, FIELD(creators), NULL, NULL,
     "charge objects that reuse memory of others to who creates them with --sample and before "
     "CPython 3.13, too: tracemalloc is then taken from the program"},
    {"no-creators", 0, HF_OPTION_FLAG, FIELD(no_creators), NULL, NULL,
     "charge objects that reuse memory of others to who first asked for it, as --sample does"},
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option summary_options[] = {
    OPTION_TOP("show the N largest lines (default 10)"),
    OPTIONS_SELECTION,
    OPTION_HIDE_IMPORTS,
    OPTION_JSON,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option table_options[] = {
    OPTION_TOP("show the N largest (default 30)"),
    OPTION_BY,
    {"sort", 's', HF_OPTION_TEXT, FIELD(sort), "KEY", "bytes blocks",
     "largest first by: bytes (the default), blocks"},
    OPTIONS_SELECTION,
    OPTION_HIDE_IMPORTS,
    OPTION_HIDE_NATIVE,
    OPTION_JSON,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option tree_options[] = {
    OPTION_TOP("show the N largest places (default 40)"),
    {"inverted", 0, HF_OPTION_FLAG, FIELD(inverted), NULL, NULL,
     "begin with the lines that allocated, their callers below them"},
    OPTIONS_SELECTION,
    OPTIONS_FRAMES,
    OPTION_JSON,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option flamegraph_options[] = {
    {"output", 'o', HF_OPTION_TEXT, FIELD(output), "FILE", NULL,
     "the page (default: the capture's name with .flamegraph.html); '-': standard output"},
    OPTION_TOP("keep the N largest places (default 10000)"),
    OPTIONS_SELECTION,
    OPTIONS_FRAMES,
    OPTION_JSON,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option plot_options[] = {
    {"output", 'o', HF_OPTION_TEXT, FIELD(output), "FILE", NULL,
     "write a page instead of drawing in the terminal; '-': to standard output"},
    {"pid", 0, HF_OPTION_COUNT, FIELD(pid), "PID", NULL, "only this process"},
    OPTION_JSON,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option top_options[] = {
    {"sort", 's', HF_OPTION_TEXT, FIELD(sort), "KEY", "own total blocks growth allocates",
     "largest first by: own (the default), total, blocks, growth, allocates"},
    OPTION_TOP("show the N largest (default: as many as there is room for; 20 where there is no "
               "terminal)"),
    {"every", 'e', HF_OPTION_DURATION, FIELD(every), "DURATION", NULL,
     "look so often (default 1s, or more rarely where a look takes long)"},
    {"for", 'f', HF_OPTION_DURATION, FIELD(watch), "DURATION", NULL,
     "end after so long (default: when the process ends)"},
    OPTION_JSON,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option lines_options[] = {
    OPTION_TOP("show the N functions with most at the peak (default 3)"),
    {"function", 0, HF_OPTION_TEXT, FIELD(function), "PATTERN", NULL,
     "only functions of that name"},
    {"file", 0, HF_OPTION_TEXT, FIELD(file), "PATTERN", NULL, "only functions in such files"},
    {"pid", 0, HF_OPTION_COUNT, FIELD(pid), "PID", NULL, "only this process"},
    OPTION_JSON,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option stats_options[] = {
    OPTION_TOP("show the N largest of each kind (default 5)"),
    {"pid", 0, HF_OPTION_COUNT, FIELD(pid), "PID", NULL, "only this process"},
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
        "that comes of it: by fork, spawn and exec, through virtual environments, shell scripts "
        "and servers. Every block that Python's allocators, malloc and mmap hand out is counted at "
        "the line that asked for it, with the whole stack of calls. Output and exit status are the "
        "program's.\n\n"
        "The capture is small: it grows with the number of distinct stacks, not with the number of "
        "blocks. It is written also when the program crashes or is killed. A program that gives "
        "its children an environment without LD_PRELOAD is not followed into them, nor into those "
        "that it forks past the C library, by the system call itself.\n\n"
        "With --sample, blocks are noted with a chance that grows with their size, and all numbers "
        "are estimates, shown with the range in which 19 of 20 lie: with 512K, about 20 % more or "
        "less for a line that holds 50 MB. It costs a part of what counting every block does.\n\n"
        "CPython reuses the memory of lists, floats, tuples and others without asking an "
        "allocator. From 3.13 on, and without --sample, each such object is charged to the line "
        "that created it; else only with --creators, and the reports say that it may not be.\n\n"
        "CPython 3.9 to 3.15 with a GIL; others run untraced.",
        "holdfast run app.py --port 8000\n"
        "holdfast run -o tests.hftrace -m pytest tests\n"
        "holdfast run --sample 512K .venv/bin/gunicorn shop.wsgi",
        hf_cmd_run,
        true,
    },
    {
        "summary",
        "what a traced run held, by process and by line",
        "CAPTURE|PID",
        1,
        1,
        summary_options,
        "What a run under 'holdfast run' held at its peak, never freed, allocated in all and threw "
        "away at once; its processes; the lines that asked for most; and what the capture cannot "
        "tell.",
        "holdfast summary app.hftrace\n"
        "holdfast summary 4711 --leaks --json -",
        hf_cmd_summary,
    },
    {
        "table",
        "the lines of a traced run that allocated most",
        "CAPTURE|PID",
        1,
        1,
        table_options,
        "Each line with the bytes and blocks that it asked for, whoever had called it; or each "
        "function, file or whole stack. NATIVE is the part that came from malloc and mmap: C "
        "extensions, and what Python allocates without its own allocators.\n\n"
        "Of a run with --native, what several native functions asked for at one line has rows of "
        "its own, and NATIVE FUNCTION is who asked: the innermost that is not of the interpreter, "
        "the standard libraries of C++ and Rust, or an allocator. Stacks have native calls in "
        "them. --hide-native leaves them out.\n\n"
        "Code of modules, and what they do when they are imported, is asked for by the import "
        "system; with --hide-imports it counts at the line that imports.\n\n"
        "Patterns are those of the shell: * ? [ ].",
        "holdfast table app.hftrace --leaks\n"
        "holdfast table 4711 --from 60s\n"
        "holdfast table app.hftrace --by function --sort blocks --total\n"
        "holdfast table app.hftrace --from 30s --to 90s --file '*/shop/*'",
        hf_cmd_table,
    },
    {
        "tree",
        "who called what allocated most in a traced run",
        "CAPTURE|PID",
        1,
        1,
        tree_options,
        "The calls of a run with what was allocated in each of them and in what it called. OWN is "
        "what the line itself asked for. A call is indented below its caller where that made "
        "others as well that are shown. Shown are the N places that have most, and how much the "
        "largest has that is not.",
        "holdfast tree app.hftrace --hide-imports\n"
        "holdfast tree app.hftrace --leaks --inverted\n"
        "holdfast tree app.hftrace --pid 4711 --function 'Store.*'",
        hf_cmd_tree,
    },
    {
        "flamegraph",
        "a traced run as an interactive page",
        "CAPTURE|PID",
        1,
        1,
        flamegraph_options,
        "Writes one HTML file that needs nothing else, loads nothing and sends nothing. In it: "
        "what was held at the peak, never freed, allocated in all or freed at once, or came to be "
        "held between two times; calls, or upside down from the lines that allocated; frames of "
        "imports and native code shown or hidden; search by regular expression with the share that "
        "matches; all by keyboard, too.\n\n"
        "Small places of large runs are left out, and count as one at their caller; the page says "
        "where it draws the line.",
        "holdfast flamegraph app.hftrace\n"
        "holdfast flamegraph app.hftrace --leaks --merged -o leaks.html",
        hf_cmd_flamegraph,
    },
    {
        "plot",
        "the memory of a traced run over time",
        "CAPTURE|PID",
        1,
        1,
        plot_options,
        "Draws what was allocated and not freed, and what was resident, from the start to the end "
        "of a run: in the terminal, or as an HTML file that needs nothing else, with the numbers "
        "of each process at each moment.\n\n"
        "The longer a run, the further its moments are apart: from 0.1 seconds on. Pages that "
        "several processes share count as resident in each.",
        "holdfast plot app.hftrace\n"
        "holdfast plot app.hftrace -o memory.html",
        hf_cmd_plot,
    },
    {
        "top",
        "a live table of what a running program holds",
        "PID",
        1,
        1,
        top_options,
        "Which functions of a process under 'holdfast run' hold most now, made anew each second: "
        "what their own lines asked for and has not been freed (OWN, BLOCKS), the same with all "
        "that they called (TOTAL), how fast that grows, and how much they allocate a second. In a "
        "terminal, keys choose the order and q ends; elsewhere the tables are printed one after "
        "the other. Nothing is stopped for it.\n\n"
        "PID is a process that runs under 'holdfast run'; the pid of 'holdfast run' itself stands "
        "for all of its processes. With --json there is one table, after two looks.",
        "holdfast top 4711\n"
        "holdfast top 4711 --sort growth\n"
        "holdfast top 4711 --for 10s > table.txt",
        hf_cmd_top,
    },
    {
        "lines",
        "functions of a traced run line by line",
        "CAPTURE|PID",
        1,
        1,
        lines_options,
        "The source of functions with what each line allocated, and what the calls allocated that "
        "it made: in all, freed again, held at the end, held when the run held most, and how many "
        "blocks. Loops, comprehensions and native code count at the line that they are on; a call "
        "that recurs counts once.\n\n"
        "The source is read from the file that the program ran from, where that is still there. "
        "Patterns are those of the shell: * ? [ ].",
        "holdfast lines app.hftrace --function 'Store.*'\n"
        "holdfast lines app.hftrace --file '*/shop/*' --top 10",
        hf_cmd_lines,
    },
    {
        "stats",
        "the numbers of a traced run: rates, sizes, kinds",
        "CAPTURE|PID",
        1,
        1,
        stats_options,
        "How many blocks of which size a run asked for and how fast, by which allocator, how many "
        "of them lived for a moment only, and which lines, functions and files asked most often "
        "and for most.\n\n"
        "The size of a block is the mean of those of its stack, since a capture keeps sums.",
        "holdfast stats app.hftrace",
        hf_cmd_stats,
    },
    {NULL},
};

/* clang-format on */
