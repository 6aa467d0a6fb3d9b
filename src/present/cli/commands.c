/* present/cli/commands.c - the table of commands. */
#include "present/cli/commands.h"

#include "present/cli/command_options.h"
#include "present/cli/session.h"

#include <string.h>

/* clang-format off: a table, with its texts as they are read */

static const hf_option ps_options[] = {
    OPTION_TREE("show each process with those that it has started, and what they take together"),
    OPTION_JSON,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option diagnose_options[] = {
    {"for", 'f', HF_OPTION_DURATION, FIELD(watch), "DURATION", NULL,
     "watch a process this long (default 30s)"},
    {"every", 'e', HF_OPTION_DURATION, FIELD(every), "DURATION", NULL,
     "time between two snapshots (default: four snapshots in all, three of more than two million "
     "objects)"},
    OPTION_TOP("show at most N suspects (default 5)"),
    {"keep", 'k', HF_OPTION_TEXT, FIELD(keep), "DIR", NULL, "leave the snapshots in this folder"},
    {"verify", 0, HF_OPTION_TEXT, FIELD(verify), "SIGNATURE", NULL,
     "tell whether the leak of this signature is gone: exit status 0 gone, 1 still there, 4 too "
     "early to tell"},
    OPTION_TREE("the process and those below it; the same leak in several is told once"),
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option snapshot_options[] = {
    {"output", 'o', HF_OPTION_TEXT, FIELD(output), "FILE", NULL,
     "where to write it (default: PID.hfheap; CORE.hfheap; PID.core.zst with --raw); with --tree a "
     "folder, or a name with %p for the pid (default: PID.tree)"},
    OPTION_TREE("the process and those below it: a file for each, and a manifest"),
    {"raw", 0, HF_OPTION_FLAG, FIELD(raw), NULL, NULL,
     "write the memory as it is, secrets and all, to be analysed elsewhere"},
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option info_options[] = {OPTION_JSON, OPTION_NO_VALUES, OPTIONS_FREEZE, OPTION_HELP,
                                         OPTIONS_END};

static const hf_option types_options[] = {
    OPTION_TOP("show the N largest (default 20)"),
    OPTION_TYPE,
    OPTION_MODULE,
    {"by-module", 'b', HF_OPTION_FLAG, FIELD(by_module), NULL, NULL,
     "add up by module, not by type"},
    {"by-site", 'l', HF_OPTION_FLAG, FIELD(by_site), NULL, NULL,
     "add up by the line that allocated it, as tracemalloc or 'holdfast run' has noted"},
    {"for", 'f', HF_OPTION_DURATION, FIELD(watch), "DURATION", NULL,
     "watch a process this long (default 30s with --every): each type over time"},
    {"every", 'e', HF_OPTION_DURATION, FIELD(every), "DURATION", NULL,
     "time between two snapshots (default with --for: four snapshots in all)"},
    {"keep", 'k', HF_OPTION_TEXT, FIELD(keep), "DIR", NULL, "leave those snapshots in this folder"},
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option memory_options[] = {
    OPTION_TOP("show the N largest of each table (default 8)"),
    OPTION_TREE("a process and those below it: what they share, and what unshared the rest"),
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option objects_options[] = {
    OPTION_TOP("show the N largest (default 20)"),
    OPTION_TYPE,
    OPTION_MODULE,
    OPTION_SORT("retained size length"),
    {"address", 'a', HF_OPTION_ADDRESS, FIELD(address), "ADDRESS", NULL,
     "only the object at this address"},
    {"born-since", 0, HF_OPTION_TEXT, FIELD(born_since), "TIME", NULL,
     "only what was born since then, and by which lines: 30s, 5m (before now), start+30s (after "
     "the process began); it must run under 'holdfast run'"},
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option path_options[] = {
    {"type", 't', HF_OPTION_TEXT, FIELD(type), "PATTERN", NULL,
     "to the largest object of a type instead of an address"},
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option retained_options[] = {
    OPTION_TOP("show the N largest (default 20; 5 with --tree)"),
    OPTION_TYPE,
    OPTION_MODULE,
    {"tree", 0, HF_OPTION_COUNT, FIELD(tree), "DEPTH", NULL,
     "show what the largest holders hold, so many levels deep"},
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option diff_options[] = {
    OPTION_TOP("show the N most changed rows (default 15)"),
    OPTION_TYPE,
    OPTION_MODULE,
    OPTION_BY,
    OPTIONS_SELECTION,
    {"flamegraph", 0, HF_OPTION_TEXT, FIELD(flamegraph), "FILE", NULL,
     "of captures: write what is more and what is less as a page, as 'flamegraph' does"},
    OPTION_JSON,
    OPTION_NO_VALUES,
    {"sysroot", 0, HF_OPTION_TEXT, FIELD(sysroot), "DIRS", NULL,
     "find the binaries of a core file below these folders (a:b:c) first"},
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option export_options[] = {
    {"format", 'F', HF_OPTION_TEXT, FIELD(format), "FORMAT",
     "csv json pprof speedscope folded hftrace",
     "what to write: csv; of a capture also json, pprof, speedscope, folded, hftrace"},
    {"output", 'o', HF_OPTION_TEXT, FIELD(output), "DIR|FILE", NULL,
     "folder for the files of a heap, made when it is not there; file for a capture, '-': standard "
     "output"},
    OPTION_TOP("of a capture, only the N largest places: smaller ones count there (default all)"),
    {"block", 0, HF_OPTION_COUNT, FIELD(block), "N", NULL,
     "hftrace of a PID: only what holdfast.trace() has begun as its block N"},
    OPTIONS_SELECTION,
    OPTIONS_FRAMES,
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option demo_options[] = {
    {"for", 'f', HF_OPTION_DURATION, FIELD(watch), "DURATION", NULL,
     "watch the service this long (default 10s)"},
    {"output", 'o', HF_OPTION_TEXT, FIELD(output), "DIR", NULL,
     "folder for the snapshots (default: a new one)"},
    OPTION_JSON,
    OPTION_HELP,
    OPTIONS_END,
};

#ifdef HF_WITH_LINT
static const hf_option lint_options[] = {
    {"select", 0, HF_OPTION_TEXT, FIELD(select), "CODES", NULL,
     "only these rules: HF101, or HF1 for those that begin so; all: also those of low confidence"},
    {"ignore", 0, HF_OPTION_TEXT, FIELD(ignore), "CODES", NULL, "all rules but these"},
    {"stdin-filename", 0, HF_OPTION_TEXT, FIELD(stdin_filename), "NAME", NULL,
     "what the file is called whose text '-' reads from standard input"},
    {"no-ignore", 0, HF_OPTION_FLAG, FIELD(no_ignore), NULL, NULL,
     "also read what .ignore and .gitignore files leave out"},
    {"explain", 0, HF_OPTION_TEXT, FIELD(explain), "CODE", NULL,
     "tell what a rule is about, with examples; all: list the rules"},
    {"with", 0, HF_OPTION_TEXT, FIELD(with), "TARGET", NULL,
     "put first what this snapshot or process shows most memory behind"},
    {"baseline", 0, HF_OPTION_TEXT, FIELD(baseline), "FILE", NULL,
     "findings that are known: tell only others"},
    {"write-baseline", 0, HF_OPTION_TEXT, FIELD(write_baseline), "FILE", NULL,
     "write all findings there, for --baseline; exit status 0"},
    {"format", 'F', HF_OPTION_TEXT, FIELD(format), "FORMAT", "text github",
     "text, or annotations as GitHub's workflows show them"},
    {"sarif", 0, HF_OPTION_TEXT, FIELD(sarif), "FILE", NULL,
     "write the findings as SARIF 2.1.0 too"},
    {"jobs", 0, HF_OPTION_COUNT, FIELD(jobs), "N", NULL,
     "read N files at a time (default: as many as there are processors)"},
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};
#endif

static const hf_command main_commands[] = {
    {
        "ps",
        "list the Python processes that can be looked at",
        "[PROCESS]",
        0,
        1,
        ps_options,
        "Lists every CPython process that we may read, with its version, resident memory, age, the "
        "way a snapshot would be taken and how long the process would stand still for it. Nothing "
        "is stopped.\n\n"
        "WAY is fork (an injected copy-on-write fork), stopped (somebody else has stopped it), "
        "stop (stopped by us, only with --allow-stop) or live (read while it runs). A '?' in the "
        "place of the version is a Python whose layout could not be proved: holdfast refuses to "
        "read it.\n\n"
        "With --tree processes stand below those that have started them, of all or of one PROCESS, "
        "programs that are no Python ('-') among them. RSS counts a page in every process that has "
        "it; PSS gives each process its part of it, so that the sum of PSS is what all take "
        "together; PRIVATE is what only this process has.",
        "holdfast ps\n"
        "holdfast ps --tree\n"
        "holdfast ps --tree 4711",
        hf_cmd_ps,
    },
    {
        "diagnose",
        "name what leaks, what holds it and what to do",
        "TARGET...",
        1,
        4096,
        diagnose_options,
        "Looks at a process several times while it works, and tells which object grows, what holds "
        "it, what kind of mistake that is, what it costs and how to undo it. The process needs no "
        "restart and nothing installed; each snapshot stops it for some milliseconds, announced "
        "before the first one. It ends before its time only when two looks in a row have proved "
        "the same culprit, or when you press Ctrl-C while it waits: then it looks once more and "
        "reports. A second Ctrl-C ends it at once.\n\n"
        "With files, oldest first, it does the same from snapshots taken earlier, or from core "
        "files. One of them alone tells less: nothing can be seen to grow in it.\n\n"
        "With --tree it looks at a process and at all below it that run Python, one after the "
        "other, so that never two of them stand still together. Workers of a server have the same "
        "leaks: what has the same signature in several of them is told once, with its growth in "
        "all. It ends before its time when the culprits are proved and nothing else grows in any.",
        "holdfast diagnose 4711\n"
        "holdfast diagnose 4711 --for 5m --keep /var/tmp/leak\n"
        "holdfast diagnose 4711 --tree\n"
        "holdfast diagnose 4711 --for 5m --verify 3f9a1c20b77e\n"
        "holdfast diagnose monday.hfheap tuesday.hfheap wednesday.hfheap --json -\n"
        "holdfast diagnose core.4711",
        hf_cmd_diagnose,
    },
    {
        "snapshot",
        "freeze the heap of a process into a file",
        "PROCESS|CORE",
        1,
        1,
        snapshot_options,
        "Writes every object of a process, with its sizes, references and names, into one file of "
        "mode 0600 that needs the process no more. The process is copied by an injected "
        "copy-on-write fork and stands still only for that fork; the pause is predicted and told "
        "before. The file appears under its name when it is whole, or not at all.\n\n"
        "Of a core file the same is made without any process. Pages that the process had from "
        "binaries and that the core file leaves out are read from those binaries, when their "
        "build-ids are right; what is missing is told.\n\n"
        "With --raw the memory itself is written, as a core file in zstd frames, by a program that "
        "needs less than 64 MB and no room but for that file: for hosts and containers where a "
        "heap cannot be analysed. Every command takes that file, on any machine, without the "
        "binaries of the process; so does gdb after 'zstd -d'. It holds all that the process held "
        "in memory: passwords, keys, data of others.\n\n"
        "With --tree the process and all below it that run Python are taken one after the other, "
        "so that never two of them stand still together. manifest.json in the folder (tree-PID in "
        "the place of %p, with .json behind) says which file is of which process, and why some are "
        "missing. A process that cannot be taken is told and stops no other; the exit status is 3 "
        "then.",
        "holdfast snapshot 4711 -o monday.hfheap\n"
        "holdfast snapshot 4711 --tree -o monday\n"
        "holdfast snapshot 4711 --tree -o 'monday-%p.hfheap'\n"
        "holdfast snapshot worker.py --max-pause 20ms --no-values\n"
        "holdfast snapshot 4711 --raw -o monday.core.zst\n"
        "holdfast snapshot core.4711 --sysroot /mnt/image -o crash.hfheap",
        hf_cmd_snapshot,
    },
    {
        "info",
        "tell what a snapshot is of and how good it is",
        "TARGET",
        1,
        1,
        info_options,
        "Tells the process, interpreter, time, way and pause of a snapshot, and its self-check: "
        "how many objects have exactly as many references as CPython counts for them.",
        "holdfast info monday.hfheap",
        hf_cmd_info,
    },
    {
        "types",
        "count objects and bytes by type, module or line",
        "TARGET...",
        1,
        4096,
        types_options,
        "Bytes are what the allocator spends on the objects and on the buffers that they own "
        "outside. Patterns are those of the shell: * ? [ ].\n\n"
        "--by-site tells which lines of source code allocated what there is, as tracemalloc's "
        "statistics('lineno') does; the process must run under 'holdfast run', or run tracemalloc "
        "(tracemalloc.start(), or PYTHONTRACEMALLOC=1). BLOCKS and BYTES are what was asked of "
        "Python's allocators there and lives; OBJECTS are the objects among the blocks, the others "
        "are buffers.\n\n"
        "With --every or --for, or with several snapshots of one process, oldest first, it tells "
        "how many there were at each look and what has become more; and, where lines are known, "
        "which lines created what is there at the last look and was not at the first. Between two "
        "looks the process runs; what came and went meanwhile is seen by none.",
        "holdfast types monday.hfheap --top 10\n"
        "holdfast types monday.hfheap --type 'shop.*'\n"
        "holdfast types 4711 --by-module\n"
        "holdfast types 4711 --by-site\n"
        "holdfast types 4711 --type 'shop.*' --every 5s --for 1m\n"
        "holdfast types monday.hfheap tuesday.hfheap wednesday.hfheap",
        hf_cmd_types,
    },
    {
        "memory",
        "explain all resident memory, in parts that add up",
        "TARGET",
        1,
        1,
        memory_options,
        "Tells where the memory of a process is: in objects, in garbage that waits for the "
        "collector, in what Python's allocator and malloc keep without use, in C code, stacks and "
        "data of binaries. Each byte is counted once, what is not explained is shown, and the sum "
        "is held against what the kernel counted at that instant.\n\n"
        "Then which sizes of blocks are fragmented and which objects keep sparse pools alive; what "
        "gc.collect(), malloc_trim(0) or fewer malloc arenas would give back; and what the memory "
        "cgroup is charged with, which is what the OOM killer goes by.\n\n"
        "With --tree it looks at a server that forks and at its workers: what they still have in "
        "common, and of the pages that they have not any more, whether data was written there or "
        "only bookkeeping of CPython, by its collector or by reference counts; and how much "
        "gc.freeze() before the fork would have kept shared. Only processes that were forked from "
        "stand still, one after the other; workers do not.",
        "holdfast memory 4711\n"
        "holdfast memory --tree 4711\n"
        "holdfast memory monday.hfheap --json -",
        hf_cmd_memory,
    },
    {
        "objects",
        "list the largest objects, with value and path",
        "TARGET",
        1,
        1,
        objects_options,
        "RETAINED is what would be freed if the object were gone, SIZE what it takes itself, "
        "LENGTH its len().\n\n"
        "With --born-since only what was allocated since then and lives, of a process under "
        "'holdfast run' or a snapshot of one: above the list how many of which type each line "
        "created. Times are known to a tenth of a second, or as far as 'holdfast run' came to run. "
        "Before CPython 3.13 a list, dict, float or tuple may be in memory that an earlier one has "
        "left, and counts from when that was asked for; 'holdfast run --creators' tells them "
        "apart.",
        "holdfast objects monday.hfheap --type dict --top 5\n"
        "holdfast objects monday.hfheap --address 0x7f31c2a41b80\n"
        "holdfast objects 4711 --born-since 30s",
        hf_cmd_objects,
    },
    {
        "path",
        "show the shortest path from a root to an object",
        "TARGET [OBJECT]",
        1,
        2,
        path_options,
        "Writes in Python notation what keeps an object alive, then step by step with type and "
        "sizes. OBJECT is an address, or a path as holdfast prints it.\n\n"
        "A path begins at its root: a module, a local variable of a running function or a value on "
        "its stack, a thread, the interpreter, a type or C data; or with 'held by C', where C code "
        "alone has a reference to its first object. What Python has no notation for "
        "is written so: .local x, a variable of a function that waits; .closure x, a variable that "
        "a function has captured; {…}, a member of a set; .<key K>, a key of a dict; .<stack 2>, a "
        "value that a function is working with; .<+24 dict>, what was found by scanning at byte 24 "
        "of an object of a C extension; .<shop.Index>[3], the fourth reference that an object of a "
        "C extension has told (see --ask-extensions).",
        "holdfast path monday.hfheap 0x7f31c2a41b80\n"
        "holdfast path monday.hfheap 'held by C: Screen.changed'\n"
        "holdfast path monday.hfheap --type shop.pricing.Quote",
        hf_cmd_path,
    },
    {
        "retained",
        "list who alone keeps most memory alive",
        "TARGET",
        1,
        1,
        retained_options,
        "An object retains what would be freed if it were gone, exactly, also through cycles. Of a "
        "chain of holders (module, its dict, a dict in it) the one where the memory comes together "
        "is shown; --tree shows the chain.",
        "holdfast retained monday.hfheap\n"
        "holdfast retained monday.hfheap --tree 4 --top 2",
        hf_cmd_retained,
    },
    {
        "diff",
        "show what changed between two snapshots or runs",
        "OLD NEW",
        2,
        2,
        diff_options,
        "By type, and by the container that grew. CPython moves no object: the same address with "
        "the same type is the same object, so that survivors, births and deaths can be told; and "
        "where the memory was and is: objects and their buffers, what Python and malloc keep free, "
        "what C code has. OLD and NEW are snapshots or core files of one process.\n\n"
        "Or they are captures of two runs, or pids of processes under 'holdfast run': then by "
        "line, function, file or stack, of the peak, of what was never freed, and so on. Functions "
        "are known by file and name, wherever in the file they are; lines and stacks only where "
        "the function starts at the same line.",
        "holdfast diff monday.hfheap tuesday.hfheap --top 5\n"
        "holdfast diff old.hftrace new.hftrace --by function --leaks\n"
        "holdfast diff old.hftrace new.hftrace --flamegraph changes.html",
        hf_cmd_diff,
    },
    {
        "export",
        "write a heap or a capture in another format",
        "TARGET|CAPTURE",
        1,
        1,
        export_options,
        "Of a heap, csv writes two files (RFC 4180, UTF-8, mode 0600):\n\n"
        "objects.csv has the columns address (hexadecimal), type, size (as sys.getsizeof), block "
        "(bytes of the allocator), external (bytes of buffers outside), refcount (-1: immortal), "
        "flags (tracked, frozen, static, immortal, interned, finalized, suspended, bounded, "
        "small-view, queue, joined by |) and value (text of str, numbers, names; cut at the "
        "snapshot's limit). Where the process ran tracemalloc, or under 'holdfast run', "
        "allocated_at follows (file:line).\n\n"
        "refs.csv has the columns source, target (addresses), label and kind. kind is field, "
        "attribute, key, value, index, member, local, stack, cell or offset, with weak: or "
        "scanned: in front where the reference owns nothing or was found by scanning. label is the "
        "name of a field, attribute or local, the number of an index, stack slot or offset, and "
        "for value the text of the key; empty for key, member and cell.\n\n"
        "Of a capture of 'holdfast run', one file is written. Without --peak, --leaks, "
        "--temporary, --total or a time it has all four measures (folded: the peak). pprof is a "
        "gzipped profile.proto, for 'go tool pprof' and its like; speedscope is for "
        "speedscope.app; folded has a line of frames and bytes for each stack, as flamegraph.pl "
        "takes it. csv has a record and json a row of columns for each node of the tree of calls: "
        "its number and its parent's, its frame, and of each measure bytes and blocks of its own "
        "and with all that it called. Line 0 is a whole function, or code without lines. hftrace "
        "is the capture itself: of a process that runs under 'holdfast run' what it has done so "
        "far; csv of a pid is its heap.",
        "holdfast export monday.hfheap --format csv -o monday\n"
        "holdfast export app.hftrace --format pprof -o app.pb.gz\n"
        "holdfast export 4711 --format hftrace -o so-far.hftrace\n"
        "holdfast export app.hftrace --format speedscope --leaks --merged -o app.json\n"
        "holdfast export app.hftrace --format folded -o - | flamegraph.pl > app.svg",
        hf_cmd_export,
    },
    {
        "demo",
        "watch holdfast find a leak in a small service",
        "",
        0,
        0,
        demo_options,
        "Starts a small web service that leaks, sends it requests, diagnoses it while it serves, "
        "prints the report and leaves the snapshots in a folder. Needs a python3 of version 3.11, "
        "3.12 or 3.13.",
        "holdfast demo",
        hf_cmd_demo,
    },
#ifdef HF_WITH_LINT
    {
        "lint",
        "find mistakes that keep memory in Python source",
        "PATH...",
        0,
        4096,
        lint_options,
        "Reads Python files, and the .py, .pyw, .pyi and .ipynb files of folders, and tells where "
        "they keep memory longer than they need it. Nothing is imported or run. What .ignore and "
        ".gitignore files say, hidden folders and virtual environments are left out; .ignore goes "
        "before .gitignore. A PATH '-' is standard input, as editors hand over what is not saved "
        "yet; --stdin-filename says which file that is.\n\n"
        "A comment '# noqa: HF101' at the end of a line silences that rule there, '# holdfast: "
        "noqa: HF101' in the whole file. The nearest pyproject.toml above the first PATH may have "
        "a table [tool.holdfast.lint] with the lists select, ignore and exclude (patterns as in "
        ".gitignore) and the text baseline.\n\n"
        "With --with, each finding is looked up in a heap by the names that it is about; those "
        "that the heap confirms come first, with the bytes that they keep alive.\n\n"
        "Rules of low confidence are left out unless they are selected by their code or by all, or "
        "a heap confirms what they find.",
        "holdfast lint src\n"
        "holdfast lint src --select HF1,HF301 --sarif findings.sarif\n"
        "holdfast lint src --with monday.hfheap\n"
        "holdfast lint - --stdin-filename src/shop/pricing.py < draft.py\n"
        "holdfast lint --explain HF101",
        hf_cmd_lint,
    },
#endif
    {NULL},
};

/* clang-format on */

const hf_command_group hf_command_groups[] = {
    {"Commands", main_commands},
    {"Questions to one heap, each with its cure", hf_question_commands},
    {"Tracing: which line asked for it", hf_trace_commands},
    {"Acting: what changes a process", hf_act_commands},
    {NULL},
};

const hf_command *hf_command_next(const hf_command *command)
{
    if (!command)
        return hf_command_groups->commands;
    if (command[1].name)
        return command + 1;
    for (const hf_command_group *group = hf_command_groups; group->title; group++)
        for (const hf_command *c = group->commands; c->name; c++)
            if (c == command)
                return group[1].title ? group[1].commands : NULL;
    return NULL;
}

const char hf_about_targets[] =
    "TARGET is a pid, the name of a script, module or program that one process runs ('holdfast ps' "
    "lists them), a snapshot file, or a core file, whatever that is called. A process or a core "
    "file is looked at through a snapshot that is removed afterwards.";

const char hf_about_targets_and_captures[] =
    "TARGET is a pid, the name of a script, module or program that one process runs ('holdfast ps' "
    "lists them), a snapshot file, or a core file. CAPTURE is a file that 'holdfast run' has "
    "written, or a pid of a process that runs under it. What a file is, its content tells.";

const char *hf_about_operands(const hf_command *command)
{
    if (strstr(command->operands, "TARGET|CAPTURE"))
        return hf_about_targets_and_captures;
    if (strstr(command->operands, "TARGET"))
        return hf_about_targets;
    if (strstr(command->operands, "CAPTURE"))
        return "CAPTURE is a file that 'holdfast run' has written. PID is a process that runs "
               "under it: then the report is of what that process has done so far, and nothing is "
               "stopped for it. The pid of 'holdfast run' itself stands for all of its processes.";
    if (strstr(command->operands, "PROCESS") && !strstr(command->operands, "CORE"))
        return "PROCESS is a pid, or the name of a script, module or program that one process runs "
               "('holdfast ps' lists them).";
    if (strstr(command->operands, "PROCESS"))
        return "PROCESS is a pid, or the name of a script, module or program that one process runs "
               "('holdfast ps' lists them). CORE is a core file of the kernel or of gcore, "
               "whatever it is called.";
    return NULL;
}

const char *hf_about_status(const hf_command *command)
{
#ifdef HF_WITH_LINT
    if (command && command->run == hf_cmd_lint)
        return "0 done, and nothing found; 1 findings; 2 nonsense arguments; 3 could not look.";
#endif
    if (command && command->run == hf_cmd_exec)
        return "0 the code ran to its end; 1 it raised, or exited with another status than 0; 2 "
               "nonsense arguments; 3 it was not run, or its end was not seen.";
    if (command && command->runs_program)
        return "that of the program; 127 where it was not found, 126 where it could not be run, 2 "
               "nonsense arguments, 3 could not trace.";
    if (command && command->run != hf_cmd_diagnose)
        return "0 done, 2 nonsense arguments, 3 could not look.";
    return "0 done, and no leak; 1 suspects; 2 nonsense arguments; 3 could not look; 4 too early "
           "to tell.";
}

const hf_command *hf_command_find(const char *name)
{
    for (const hf_command *c = hf_command_next(NULL); c; c = hf_command_next(c))
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

size_t hf_word_distance(const char *from, const char *to)
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
    for (const hf_command *c = hf_command_next(NULL); c; c = hf_command_next(c)) {
        size_t distance = hf_word_distance(name, c->name);
        if (length >= 3 && strncmp(c->name, name, length) == 0)
            distance = 0;
        if (distance < least && distance < strlen(c->name)) {
            least = distance;
            nearest = c->name;
        }
    }
    return nearest;
}
