"""What is no ratio of run times in the table of bench_trace.py: memory, captures, reports, and profilers of lines."""
import json
import os
import pathlib
import subprocess
import tempfile

from tests.bench.trace_tools import WORKLOAD
from tests.e2e.package import package
from tests.e2e.targets import PROGRAM, clean_environment

EVENTS = 40_000_000
REPORTS = (("summary",), ("stats",), ("table",), ("tree",), ("flamegraph", "-o", "a.html"))
LINES_OF_PASS = 3  # of trace_program.hot()
# What no profiler of lines, and no tracer of each block, can be below.
HOOKS, EMPTY = "hooks of the allocators alone (a sample)", "an empty trace function of C"
FLOORS = HOOKS, EMPTY


def workload(words, name, scale, folder, environment=None, more=()):
    """(processor, clock, bytes) of one run: what trace_program.py wrote."""
    path = pathlib.Path(folder) / "seconds"
    subprocess.run([str(w) for w in words(str(WORKLOAD), name, str(scale), str(path), *more)], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900,
                   env=clean_environment(**(environment or {})))
    spent, passed, grown = path.read_text().split()
    path.unlink()
    return float(spent), float(passed), int(grown)


def traced(python, *options):
    return lambda *words: [PROGRAM, "run", *options, "-o", "a.hftrace", python, *words]


def bare(python):
    return lambda *words: [python, *words]


def live_map(python, rounds):
    """By how much a live set takes more, in percent of what it takes."""
    found = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            plain = workload(bare(python), "hold", 300, folder)[2]
            found.append(100 * (workload(traced(python), "hold", 300, folder)[2] / plain - 1))
    return found


def answer(folder, *words):
    done = subprocess.run([PROGRAM, *words, "--json", "-"], cwd=folder, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    return json.loads(done.stdout)


def report_seconds(folder):
    """Processor time of each report of a.hftrace."""
    found = {}
    for words in REPORTS:
        process = subprocess.Popen([PROGRAM, *words, "a.hftrace"], cwd=folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError("%s: status %d" % (words[0], process.returncode))
        found[words[0]] = usage.ru_utime + usage.ru_stime
    return found


def capture(python, name, scale):
    """{"blocks", "stacks", "bytes", "reports"} of a run."""
    with tempfile.TemporaryDirectory() as folder:
        workload(traced(python), name, scale, folder)
        numbers = answer(folder, "stats", "a.hftrace")
        return {"blocks": numbers["all"]["total"]["blocks"], "stacks": numbers["stacks"],
                "freed": numbers["all"]["total"]["blocks"] - numbers["all"]["live"]["blocks"],
                "bytes": os.path.getsize(os.path.join(folder, "a.hftrace")), "reports": report_seconds(folder)}


def captures(python):
    """Of a run of 40 million events, blocks asked for and freed, and of one with many stacks."""
    few, more = (capture(python, "churn", scale)["blocks"] for scale in (2, 12))
    return {"40 M events": capture(python, "churn", 1 + EVENTS // 2 * 10 // (more - few)),
            "SymPy": capture(python, "sympy", 40)}


def lines(python, rounds):
    """{how: ratios} of a loop whose lines are measured, of 200,000 passes and of 20 million. The short one takes some 10 ms: more pairs of it."""
    folder = package()
    if not folder:
        return {}
    ways = {
        "decorated": lambda *words: [python, "-m", "holdfast.memory_profiler", *words],
        "decorated, under holdfast run": lambda *words: [PROGRAM, "run", "-o", "a.hftrace", python, "-m",
                                                         "holdfast.memory_profiler", *words],
        "holdfast run, then lines": traced(python),
        HOOKS: traced(python, "--sample", "512K"),
        EMPTY: bare(python),
    }
    found = {}
    for passes, scale, pairs in (("0.2 M passes", 4, 4 * rounds), ("20 M passes", 400, rounds)):
        for way, words in ways.items():
            mark = "~" if way == EMPTY else "++" if way.startswith("decorated") else ""
            ratios = []
            for _ in range(pairs):
                with tempfile.TemporaryDirectory() as place:
                    environment = {"PYTHONPATH": str(folder)}
                    plain = workload(bare(python), "hot", scale, place)[0]
                    ratios.append(workload(words, "hot" + mark, scale, place, environment)[0] / plain)
            found["%s, %s" % (way, passes)] = ratios
    return found


def memory_profiler(python):
    """Microseconds that it takes for each line."""
    with tempfile.TemporaryDirectory() as folder:
        plain = workload(bare(python), "hot", 1, folder)[0]
        spent = workload(lambda *words: [python, "-m", "memory_profiler", *words], "hot++", 1, folder)[0]
    return (spent - plain) * 1e6 / (LINES_OF_PASS * 50_000)

