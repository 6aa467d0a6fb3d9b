/* present/cli/commands_questions.c - the commands that answer one question about one heap. */
#include "present/cli/command_options.h"
#include "present/cli/commands.h"
#include "present/cli/session.h"

/* clang-format off: a table, with its texts as they are read */

static const hf_option gc_options[] = {OPTION_JSON, OPTION_NO_VALUES, OPTIONS_FREEZE, OPTION_HELP,
                                       OPTIONS_END};

static const hf_option kinds_options[] = {
    OPTION_TOP("show the N largest kinds (default 10)"),
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option caches_options[] = {
    OPTION_TOP("show the N largest caches (default 10)"),
    {"bound", 0, HF_OPTION_COUNT, FIELD(bound), "N", NULL,
     "tell what a bound of N entries would free (default 128)"},
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option refcounts_options[] = {
    OPTION_TOP("show the N types with most (default 10), of one object N references"),
    OPTION_TYPE,
    {"all", 0, HF_OPTION_FLAG, FIELD(all), NULL, NULL,
     "leave nothing out that is known to be no mistake"},
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};

static const hf_option what_if_options[] = {
    {"cut", 'c', HF_OPTION_WORDS, FIELD(cut), "PATH", NULL,
     "a reference, by the path that 'holdfast path' prints; may be given again"},
    {"cut-type", 0, HF_OPTION_WORDS, FIELD(cut_type), "PATTERN", NULL,
     "all objects of types whose name matches; may be given again"},
    OPTION_TOP("show the N types that free most (default 10)"),
    OPTION_JSON,
    OPTION_NO_VALUES,
    OPTIONS_FREEZE,
    OPTION_HELP,
    OPTIONS_END,
};

const hf_command hf_question_commands[] = {
    {
        "gc",
        "tell how the collector does, and what it would free",
        "TARGET",
        1,
        1,
        gc_options,
        "Reads switches, thresholds, counts and statistics of the collector from the process, "
        "tells when it will run next, and predicts what gc.collect() would free without running "
        "it: by the collector's own algorithm, from reference counts and references.\n\n"
        "Thresholds, counts, statistics, debug flags, gc.garbage, gc.callbacks and the number of "
        "objects in each generation are read from the target. The prediction leaves out what a "
        "__del__ may bring back to life, and tells how many there are.",
        "holdfast gc 4711\n"
        "holdfast gc monday.hfheap --json -",
        hf_cmd_gc,
    },
    {
        "garbage",
        "show cycles that wait for the collector, and why",
        "TARGET",
        1,
        1,
        kinds_options,
        "Objects that nothing uses any more, but that hold each other, so that only the collector "
        "can free them: which they are, what they take, why they are still there, and which "
        "reference made the cycle.\n\n"
        "Cycles are shown by the shortest way from an object back to itself: shop.Node.parent."
        "children[0] is the Node again. Those that are alike are one row.",
        "holdfast garbage 4711\n"
        "holdfast garbage monday.hfheap --top 3",
        hf_cmd_garbage,
    },
    {
        "cycles",
        "list live objects that hold each other in a circle",
        "TARGET",
        1,
        1,
        kinds_options,
        "Cycles among what lives now: when they are dropped, only the collector can free them. "
        "Each kind is shown with what it retains, one example and its path, and the reference that "
        "would break it as a weak one. Modules, classes and their functions are left out.",
        "holdfast cycles 4711\n"
        "holdfast cycles monday.hfheap --json -",
        hf_cmd_cycles,
    },
    {
        "what-if",
        "tell what would be freed if a reference were cut",
        "TARGET",
        1,
        1,
        what_if_options,
        "Takes references away and tells exactly what nothing would hold any more, or, where that "
        "is nothing, by which other paths it is held.\n\n"
        "PATH is as holdfast prints it: module shop.pricing._quotes, local rows in main "
        "(app.py:57): rows[3]. {…} means all members of a set, [*] all entries of a list, tuple or "
        "dict. It may begin with an address, 0x7f31c2a41b80.lines; an address alone means the "
        "object with all references to it. Several cuts are made at once.",
        "holdfast what-if monday.hfheap --cut 'module shop.pricing._quotes'\n"
        "holdfast what-if monday.hfheap --cut 0x7f31c2a41b80.lines --cut 'module "
        "shop.audit.recent'\n"
        "holdfast what-if 4711 --cut-type 'shop.pricing.Quote'",
        hf_cmd_what_if,
    },
    {
        "slots",
        "tell what __slots__ would save, class by class",
        "TARGET",
        1,
        1,
        kinds_options,
        "Lists classes with 100 instances or more whose attributes stand in a dict, with what they "
        "take now and what they would take with __slots__ in the interpreter that runs: header, "
        "base class, one word for each attribute, rounded as its allocator rounds.\n\n"
        "Attributes are those that instances have; those that less than half of them have are "
        "named. Where instances are weakly referenced, \"__weakref__\" is counted as a slot. "
        "Classes whose base in C has a dict or items of its own (exceptions, int) are left out.",
        "holdfast slots 4711\n"
        "holdfast slots monday.hfheap --top 3 --json -",
        hf_cmd_slots,
    },
    {
        "duplicates",
        "list equal strings, bytes and numbers kept twice",
        "TARGET",
        1,
        1,
        kinds_options,
        "Lists str, bytes, int and float objects with the same value, what one of each would save, "
        "and where one of them is held. Values longer than the snapshot keeps (80 bytes) are not "
        "compared, but counted. With --no-values nothing can be compared.",
        "holdfast duplicates 4711\n"
        "holdfast duplicates monday.hfheap --top 3 --json -",
        hf_cmd_duplicates,
    },
    {
        "caches",
        "list caches, what they retain and what bounds them",
        "TARGET",
        1,
        1,
        caches_options,
        "Lists functools.lru_cache (with hits and misses) and cached_property, cachetools, weak "
        "dictionaries, caches of the standard library and of well-known libraries, and dicts of 16 "
        "entries or more that have the name of a cache, which is marked as an opinion. Each with "
        "its bound, what it retains, what a bound of N entries would free, and entries whose time "
        "is over.\n\n"
        "What a bound would free is (entries - N) times the mean of what its entries retain. A "
        "method's cache has the instance in its keys: how many instances it keeps alive is told.",
        "holdfast caches 4711\n"
        "holdfast caches monday.hfheap --bound 1000 --json -",
        hf_cmd_caches,
    },
    {
        "tasks",
        "list tasks of asyncio, where they wait and what they keep",
        "TARGET",
        1,
        1,
        kinds_options,
        "Tasks and futures of asyncio by the function of their coroutine: how many are pending, "
        "finished, failed or cancelled, and what they retain. Of each function the place where "
        "most of its pending tasks stand is shown: each coroutine that awaits the next, to the "
        "innermost, what that waits for, and who holds the task.\n\n"
        "What is done and still held could be let go of. Generators and coroutines that have begun "
        "and that no task runs are listed below.",
        "holdfast tasks 4711\n"
        "holdfast tasks monday.hfheap --top 50 --json -",
        hf_cmd_tasks,
    },
    {
        "threads",
        "list threads, where they stand and what they keep",
        "TARGET",
        1,
        1,
        kinds_options,
        "Threads that run Python, of all interpreters: id, name, stack, what only their frames and "
        "state reach, their data in threading.local objects, and the memory of their C stack. Then "
        "Thread objects whose thread has ended or was never started, with who holds them, and "
        "executors with what waits in their queues.",
        "holdfast threads 4711\n"
        "holdfast threads monday.hfheap --top 50 --json -",
        hf_cmd_threads,
    },
    {
        "refcounts",
        "find references that nothing in the heap has: leaks of C",
        "TARGET [OBJECT]",
        1,
        2,
        refcounts_options,
        "Compares how many references each object counts with those that objects, running calls "
        "and the interpreter hold. What is left over is held by C code: on purpose, for a call "
        "under way, or forgotten. Objects that live by nothing else are what a leak of C costs. "
        "What an idle interpreter shows is left out and counted by reason, unless --all is "
        "given.\n\n"
        "OBJECT is an address or a path as holdfast prints it: then all its references are listed, "
        "with who holds each.",
        "holdfast refcounts 4711\n"
        "holdfast refcounts monday.hfheap --type 'imaging.*' --json -\n"
        "holdfast refcounts monday.hfheap 0x7f31c2a41b80",
        hf_cmd_refcounts,
    },
    {NULL},
};

/* clang-format on */
