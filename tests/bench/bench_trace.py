#!/usr/bin/env python3
"""What `holdfast run` costs, beside tracemalloc, memray, scalene, memory_profiler and heaptrack: `make bench-trace`.

    bench_trace.py [--python 3.13] [--rounds 5] [--scale 40] [--only churn,cpu] [--tools PART,...] [--sizes]
                   [--quick] [--fresh] [--write-only]

Each number is time of the timed section of a workload (trace_program.py), traced over untraced, in pairs one right
after the other on the same interpreter; of the pairs the median counts. The bars are what the project promises of itself, as a
ratio and as a share of the overhead of memray. Packages are installed (pinned, by hash) into an environment in
~/.cache/holdfast/peers.

A scale of 40 gives timed sections of half a second to a second: of less, what neighbours of the machine do decides.
Each pair is kept in build/bench-trace.json at once, so that a run may be ended and taken up again; what was measured of
another build of holdfast, or at another scale, is measured again. In the end the page docs/tracing-cost.md is written of all
that there is.
--quick: one small round of everything, nothing is kept. --sizes: only memory, captures, reports and lines.
"""
import argparse
import datetime
import hashlib
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
from tests import pythons  # noqa: E402
from tests.bench import trace_sizes  # noqa: E402
from tests.bench.environment import installed  # noqa: E402
from tests.bench.trace_tools import PYTHON_ALLOCATORS, TOOLS, why_not  # noqa: E402
from tests.e2e.targets import PROGRAM  # noqa: E402

REQUIREMENTS = ROOT / "tests" / "bench" / "trace_peers.txt"
KEPT = ROOT / "build" / "bench-trace.json"
PAGE = ROOT / "docs" / "tracing-cost.md"
WORKLOADS = ("churn", "json", "cpu", "deep", "service", "sympy", "numpy", "deltablue", "raytrace", "hexiom")
MEMRAY, MEMRAY_BOTH = "memray " + PYTHON_ALLOCATORS, "memray, both"
EXACT, CREATORS = "holdfast run --no-creators", "holdfast run"  # from 3.13 on, which is measured
SAMPLE, NATIVE = "holdfast run --sample 512K", "holdfast run --native"
# (tool, workload, most that it may cost, or None; part of the overhead of a peer, and which)
BARS = [
    (EXACT, "churn", 1.8, 1 / 4, MEMRAY), (EXACT, "json", 1.6, 1 / 3, MEMRAY), (EXACT, "cpu", 1.05, None, None),
    (EXACT, "deep", 2.5, 1 / 2, MEMRAY), (EXACT, "service", 1.35, 1 / 4, MEMRAY), (EXACT, "sympy", 1.5, 1 / 4, MEMRAY),
    (EXACT, "numpy", 1.3, None, None), (CREATORS, "churn", 2.2, None, None),
    *((NATIVE, name, None, 1 / 3, MEMRAY_BOTH) for name in ("churn", "json", "deep", "service", "sympy")),
    *((SAMPLE, name, {"cpu": 1.02, "service": 1.02, "sympy": 1.05}.get(name, 1.10), None, None) for name in WORKLOADS),
]
LIVE_MAP, CAPTURE, CAPTURE_STACK, REPORT, LINES = 30, 2_000_000, 12, 1.0, 1.5
TOO_LITTLE = 0.02  # of an overhead there is no share


class Kept:
    """What was measured, in a file."""

    def __init__(self, path, interpreter, fresh):
        self.path = path
        self.data = {"interpreter": interpreter, "pairs": {}, "builds": {}, "scales": {}, "sizes": {}}
        if path and path.exists() and not fresh:
            there = json.loads(path.read_text())
            if there["interpreter"] == interpreter:
                self.data.update(there)

    def save(self):
        if self.path:
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps(self.data, indent=1))
            new.replace(self.path)

    def pairs(self, tool, name, build, scale):
        """The pairs of a tool and workload, of this build and at this scale."""
        key = "%s|%s" % (tool.name, name)
        is_same_build = not tool.ours or self.data["builds"].get(key) == build
        if not is_same_build or self.data["scales"].get(key) != scale:
            self.data["pairs"].pop(key, None)
        self.data["builds"][key], self.data["scales"][key] = build, scale
        return self.data["pairs"].setdefault(key, [])

    def smaller(self):
        """Tools that were measured at a smaller scale than others."""
        most = max(self.data["scales"].values(), default=0)
        return sorted({key.split("|")[0] for key, scale in self.data["scales"].items() if scale < most})


def build_of_holdfast():
    agent = pathlib.Path(PROGRAM).resolve().parent / "holdfast-agent.so"
    return hashlib.sha256(agent.read_bytes()).hexdigest()[:16]


def pair(tool, python, name, scale):
    """[processor and clock, traced; processor and clock, untraced], in seconds."""
    scale = max(1, round(scale * tool.part))
    with tempfile.TemporaryDirectory() as folder:
        plain = trace_sizes.workload(trace_sizes.bare(python), name, scale, folder)
        traced = trace_sizes.workload(lambda *words: tool.words(python, list(words)), name + tool.mark, scale, folder,
                                      tool.environment, tool.more)
    return [*traced[:2], *plain[:2]]


def measure(kept, python, options):
    build = build_of_holdfast()
    for name in options.only:
        for tool in TOOLS:
            wanted = not options.tools or any(part in tool.name for part in options.tools)
            if not wanted or why_not(tool) or (tool.workloads and name not in tool.workloads):
                continue
            pairs = kept.pairs(tool, name, build, options.scale)
            try:
                while len(pairs) < options.rounds:
                    pairs.append(pair(tool, python, name, options.scale))
                    kept.save()
            except (subprocess.SubprocessError, OSError, ValueError) as failure:
                print("%-10s %-32s failed: %s" % (name, tool.name, type(failure).__name__), flush=True)
                continue
            print("%-10s %-32s %s" % (name, tool.name, spread([p[0] / p[2] for p in pairs])), flush=True)


def measure_sizes(kept, python, rounds):
    sizes = kept.data["sizes"]
    if sizes.get("build") != build_of_holdfast():
        sizes.clear()
        sizes["build"] = build_of_holdfast()
    older = next((p for p in reversed(pythons.every_minor()) if p.minor == "3.11"), None)
    for name, function in (("live map", lambda: trace_sizes.live_map(python, rounds)),
                           ("captures", lambda: trace_sizes.captures(python)),
                           ("lines", lambda: trace_sizes.lines(python, rounds)),
                           ("lines, 3.11", lambda: older and trace_sizes.lines(older.path, rounds)),
                           ("memory_profiler", lambda: trace_sizes.memory_profiler(python))):
        if name not in sizes:
            sizes[name] = function()
            kept.save()
            print("%-20s %s" % (name, json.dumps(sizes[name])[:300]), flush=True)


def spread(found):
    return "%.2f (%.2f-%.2f)" % (statistics.median(found), min(found), max(found))


def cost(kept, tool, name, clock=0):
    """The ratios of a tool and a workload; none if it was not measured."""
    return [p[clock] / p[2 + clock] for p in kept.data["pairs"].get("%s|%s" % (tool, name), [])]


def said(holds):
    return {True: "reached", False: "**not reached**", None: "not measured"}[holds]


def row_of_bar(kept, tool, name, most, part, peer):
    """(what, measured, bar, whether it is reached)"""
    mine, theirs = cost(kept, tool, name), cost(kept, peer, name)
    measured, bars, holds = spread(mine) if mine else "", [], True if mine else None
    if most:
        bars.append("%.2f" % most)
        holds = holds and statistics.median(mine) <= most
    if part:
        bars.append("1/%.0f of the overhead of %s" % (1 / part, peer))
        overhead = statistics.median(theirs) - 1 if theirs else None
        if mine and theirs and overhead > TOO_LITTLE:
            share = (statistics.median(mine) - 1) / overhead
            measured += "; 1/%.1f of %s (%s)" % (1 / max(share, 0.01), peer, spread(theirs))
            holds = holds and share <= part
        else:
            holds = None
    return "%s, %s" % (tool, name), measured, ", ".join(bars), holds


def rows_of_sizes(sizes):
    if "live map" in sizes:
        found = sizes["live map"]
        yield ("live map, of the heap that is traced", "%+.0f %% (%+.0f to %+.0f)" % (
            statistics.median(found), min(found), max(found)), "+%d %%" % LIVE_MAP, statistics.median(found) <= LIVE_MAP)
    for name, found in sizes.get("captures", {}).items():
        what = "%s: %.1f M blocks asked for, %.1f M freed, %s stacks" % (
            name, found["blocks"] / 1e6, found["freed"] / 1e6, format(found["stacks"], ","))
        most = CAPTURE + CAPTURE_STACK * found["stacks"]
        yield "capture of " + what, "%.2f MB" % (found["bytes"] / 1e6), "%.2f MB" % (most / 1e6), found["bytes"] <= most
        for report, seconds in found["reports"].items():
            yield "its `%s`" % report, "%.2f s" % seconds, "%.0f s" % REPORT, seconds <= REPORT
    for version in ("lines", "lines, 3.11"):
        for way, found in (sizes.get(version) or {}).items():
            what, is_floor = version.replace("lines", "hot loop") + ": " + way, way.startswith(trace_sizes.FLOORS)
            yield what, spread(found), "" if is_floor else "%.1f" % LINES, statistics.median(found) <= LINES
    if "memory_profiler" in sizes:
        yield "memory_profiler, each line of it", "%.1f us" % sizes["memory_profiler"], "", None


def table(rows, *titles):
    lines = ["| %s |" % " | ".join(row) for row in (titles, ["---"] * len(titles), *rows)]
    return "\n".join(lines) + "\n"


def grid(kept, clock):
    rows = []
    for tool in TOOLS:
        costs = [cost(kept, tool.name, name, clock) for name in WORKLOADS]
        rows.append([tool.name, *(spread(c) if c else "-" for c in costs)])
    return table(rows, "", *WORKLOADS)


def page(kept, about):
    bars = [row_of_bar(kept, *bar) for bar in BARS] + list(rows_of_sizes(kept.data["sizes"]))
    reached = [holds for _, _, bar, holds in bars if bar]
    absent = ["%s is left out: %s." % (tool.name, why_not(tool)) for tool in TOOLS if why_not(tool)]
    slower = ", ".join("%s %g" % (tool.name, tool.part) for tool in TOOLS if tool.part != 1)
    smaller = " Of a run with less work: %s." % ", ".join(kept.smaller()) if kept.smaller() else ""
    return """# What tracing costs

`make bench-trace` makes this page (`tests/bench/bench_trace.py` says how). %s
All ratios are of processor time, traced over untraced, in pairs on the same interpreter: median (least to most). Parts of
the usual amount of work, for slow tools: %s.%s

## What was promised

%d of %d reached. From 3.13 on `holdfast run` charges recycled objects to who creates them, which `--no-creators` leaves out.

%s
A pass of the hot loop has three lines, asks for three blocks and frees three, in some 45 ns. `decorated` counts each execution
of each line by a probe in the function's own code, and looks at what is resident. Under `holdfast run` each block is noted as well, for
every report: that alone is more than the bar where a program does nothing but make numbers. Hooks that only count bytes, as those of a
sample do, leave 2 to 3 ns for each of the six events until the bar is reached; to find the line, the block and its counters takes 7 to 9 ns. An
empty trace function is what being told of lines by CPython costs at least.

## Processor time

memray sees arenas only, and not the blocks in them, without `%s`; likewise heaptrack and scalene without
`PYTHONMALLOC=malloc`. heaptrack knows no lines of Python. memory_profiler measures the lines of one function, of three lines here.

%s
## Clock

Of the same runs: it moves with whatever else the machine does.

%s%s""" % (about, slower, smaller, reached.count(True), len(reached),
           table([(*row[:3], said(row[3]) if row[2] else "") for row in bars], "", "measured", "bar", ""),
           PYTHON_ALLOCATORS, grid(kept, 0), grid(kept, 1), "\n" + "\n".join(absent) + "\n" if absent else "")


def about(python, kept, options):
    model = next((line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown processor")
    versions = [line.split()[0].replace("==", " ") for line in REQUIREMENTS.read_text().splitlines()
                if line.startswith(("memray", "scalene", "memory-profiler", "numpy", "sympy", "pyperformance"))]
    return "%s, %s with %d processors, Linux %s, CPython %s, %s; load %.0f beside it; %d rounds or more." % (
        datetime.date.today(), model, os.cpu_count(), platform.release(), python.name, ", ".join(versions),
        max(kept.data.get("load", 0), os.getloadavg()[0]), options.rounds)


def chosen(wanted):
    """The interpreter of that name, or Debian's of that version, which is built as people get it."""
    os.environ.setdefault("HOLDFAST_TEST_PYTHONS", "all")
    found = [p for p in pythons.interpreters() if wanted in (p.name, p.minor) and not p.debug]
    found.sort(key=lambda p: p.how in ("debian", "fetched"))
    return found[-1] if found else sys.exit("bench_trace: no CPython %s here" % wanted)


def listed(text):
    return [word for word in text.split(",") if word]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default="3.13")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=int, default=40)
    parser.add_argument("--only", type=listed, default=list(WORKLOADS))
    parser.add_argument("--tools", type=listed, default=[])
    for switch in ("sizes", "quick", "fresh", "write-only"):
        parser.add_argument("--" + switch, action="store_true")
    options = parser.parse_args()
    if set(options.only) - set(WORKLOADS):
        parser.error("there is no workload %r" % sorted(set(options.only) - set(WORKLOADS))[0])
    if options.quick:
        options.rounds, options.scale = 1, 2
    return options


def main():
    options = arguments()
    python = chosen(options.python)
    executable, missing = installed(python.path, python.name + "-trace", REQUIREMENTS)
    if missing:
        sys.exit("bench_trace: what is compared with cannot be installed: " + missing)
    kept = Kept(None if options.quick else KEPT, python.name, options.fresh)
    if not options.write_only:
        print("%s; load %.1f %.1f %.1f" % (python.name, *os.getloadavg()), flush=True)
        kept.data["load"] = max(kept.data.get("load", 0), os.getloadavg()[0])
        if not options.sizes:
            measure(kept, executable, options)
        if not options.tools and not options.quick:
            measure_sizes(kept, executable, options.rounds)
    text = page(kept, about(python, kept, options))
    if options.quick:
        print(text)
    else:
        PAGE.write_text(text)


if __name__ == "__main__":
    main()
