/* present/cli/commands_act.c - the commands that change a process. */
#include "present/cli/command_options.h"
#include "present/cli/commands.h"
#include "present/cli/session.h"

/* clang-format off: a table, with its texts as they are read */

static const hf_option exec_options[] = {
    {"code", 'c', HF_OPTION_TEXT, FIELD(run_code), "CODE", NULL, "run this text"},
    {"wait", 'w', HF_OPTION_DURATION, FIELD(wait), "DURATION", NULL,
     "take the request back when the process has not begun by then (default 10s)"},
    OPTION_JSON,
    OPTION_HELP,
    OPTIONS_END,
};

const hf_command hf_act_commands[] = {
    {
        "exec",
        "run Python code in a live process",
        "PROCESS [FILE|-]",
        1,
        2,
        exec_options,
        "Has a process run CODE, a FILE of ours or standard input ('-') in itself, as __main__ "
        "with "
        "names of its own, and prints what the code prints, its traceback where it raises, and its "
        "exit status. The process needs no preparation. It is CPython 3.9 or later, built with a "
        "GIL.\n\n"
        "This changes the process: what the code does, it does there. Nothing else stays: no "
        "module, name, file or redirection of ours. Its exceptions, SystemExit "
        "among them, end the code and not the program. While it runs, the thread that runs it does "
        "nothing else, and others wait for the interpreter's lock as for any Python code. What "
        "other threads print goes where it always went.\n\n"
        "The code is run at a safe point, between two instructions of Python, never in the midst "
        "of one. Up to 3.11 only the main thread comes to it; from 3.12 on whichever is first; "
        "from 3.14 on the main thread, or another that runs when that does not come. A thread that "
        "waits in a system call, as in time.sleep() or select(), comes when that ends. When nobody "
        "has begun in time, the request is taken back and the reason told. Ctrl-C takes it back "
        "at once; code that runs already goes on.\n\n"
        "The thread may hold locks there that the code then waits for, as it may in a handler of a "
        "signal: what takes locks of the program is better given to a thread of its own.\n\n"
        "Code and output go through a folder of mode 0700 in /dev/shm, /tmp or /var/tmp as the "
        "process sees them, so also into containers; the process removes it before the code "
        "begins. One that other users could exchange is not used. Output beyond 64 MB is "
        "dropped.\n\n"
        "Refused are programs with set-uid rights, stopped and traced ones, builds without a GIL, "
        "processes of 3.14 and later that were started with remote debugging switched off, and "
        "those with seccomp filters that forbid a system call that running the code takes, or that "
        "cannot be read. What the code itself calls is up to you.",
        "holdfast exec 4711 -c 'import gc; print(gc.collect())'\n"
        "holdfast exec worker.py fix.py --wait 1m\n"
        "echo 'import threading; print(threading.enumerate())' | holdfast exec 4711 -\n"
        "holdfast exec 4711 -c 'import ctypes; print(ctypes.CDLL(None).malloc_trim(0))' --json -",
        hf_cmd_exec,
    },
    {NULL},
};

/* clang-format on */
