#!/usr/bin/env python3
"""What `holdfast run` costs, beside tracemalloc and memray: the table of `make bench-trace`.

    bench_trace.py [--python 3.13] [--rounds 5] [--scale 10] [--only churn,json,cpu,deep]

Each number is CPU time of the timed section, traced over untraced, in pairs one right after the other; shown
are the median and the range. The second table is of runs that follow native code, too. The bars are what the project promises of itself, and its share of
the overhead of memray --trace-python-allocators, which is installed (pinned, by hash) into an environment in
~/.cache/holdfast/peers, or left out with the reason. tracemalloc, which is slow, runs at a quarter of the scale.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
from tests.bench.environment import installed  # noqa: E402
from tests.e2e.targets import PROGRAM, clean_environment  # noqa: E402
from tests.pythons import interpreters  # noqa: E402

PROGRAM_TRACED = ROOT / "tests" / "bench" / "trace_program.py"
REQUIREMENTS = ROOT / "tests" / "bench" / "trace_peers.txt"
# Workload: most that it may cost, and the part of memray's overhead.
BARS = {"churn": (1.8, 1 / 4), "json": (1.6, 1 / 3), "cpu": (1.05, None), "deep": (2.5, 1 / 2)}


def seconds(words, folder):
    done = subprocess.run([str(word) for word in words], cwd=folder, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, timeout=600, env=clean_environment())
    return float(done.stdout.splitlines()[-1] if "memray" not in map(str, words) else
                 next(line for line in done.stdout.splitlines() if line.replace(".", "").isdigit()))


def ratios(tool, python, name, scale, rounds):
    found = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            plain = [python, PROGRAM_TRACED, name, scale]
            found.append(seconds(tool(python, name, scale), folder) / seconds(plain, folder))
    return found


def ours(python, name, scale):
    return [PROGRAM, "run", "-o", "a.hftrace", python, PROGRAM_TRACED, name, scale]


def tracemalloc(python, name, scale):
    return [python, PROGRAM_TRACED, name, scale, "--tracemalloc"]


def memray(python, name, scale):
    return [python, "-m", "memray", "run", "-q", "--trace-python-allocators", "-o", "a.bin", PROGRAM_TRACED, name,
            scale]


def ours_native(python, name, scale):
    return [PROGRAM, "run", "--native", "-o", "a.hftrace", python, PROGRAM_TRACED, name, scale]


def memray_native(python, name, scale):
    return [python, "-m", "memray", "run", "-q", "--native", "--trace-python-allocators", "-o", "a.bin", PROGRAM_TRACED,
            name, scale]


NATIVE_PART = 1 / 3  # of memray's overhead, where that is an overhead at all


def native_table(executable, peers, options):
    print("\n%-8s %-20s %-20s %s" % ("", "run --native", "memray, both", "bar"))
    for name in options.only.split(","):
        scale = max(options.scale // 4, 1)
        mine = ratios(ours_native, executable, name, scale, options.rounds)
        theirs = ratios(memray_native, executable, name, scale, options.rounds) if peers else None
        said, holds = "-", True
        if theirs:
            share = (statistics.median(mine) - 1) / (statistics.median(theirs) - 1)
            said = "1/%.0f of memray's overhead; it is 1/%.1f" % (1 / NATIVE_PART, 1 / max(share, 0.001))
            holds = share <= NATIVE_PART
        print("%-8s %-20s %-20s %s%s" % (name, text_of(mine), text_of(theirs) if theirs else "-", said,
                                           "" if holds else " MISSED"), flush=True)


def text_of(found):
    return "%.2f (%.2f-%.2f)" % (statistics.median(found), min(found), max(found))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default="3.13")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=int, default=10)
    parser.add_argument("--only", default=",".join(BARS))
    options = parser.parse_args()
    python = next((p for p in interpreters() if p.minor == options.python), None)
    if not python:
        sys.exit("bench_trace: no CPython %s here" % options.python)
    peers, missing = installed(python.path, python.name + "-trace", REQUIREMENTS)
    executable = peers or python.path
    print("%s; load %.1f %.1f %.1f" % (python.name, *os.getloadavg()))
    if missing:
        print("memray is left out: " + missing)
    print("%-8s %-20s %-20s %-20s %s" % ("", "holdfast run", "tracemalloc 1", "memray, Python", "bar"))
    for name in options.only.split(","):
        mine = ratios(ours, executable, name, options.scale, options.rounds)
        slow = ratios(tracemalloc, executable, name, max(options.scale // 4, 1), options.rounds)
        theirs = ratios(memray, executable, name, options.scale, options.rounds) if peers else None
        bar, part = BARS[name]
        cost = statistics.median(mine)
        holds = cost <= bar
        said = "at most %.2f" % bar
        if theirs and part:
            share = (cost - 1) / (statistics.median(theirs) - 1)
            holds = holds and share <= part
            said += ", 1/%.0f of memray's overhead; it is 1/%.1f" % (1 / part, 1 / max(share, 0.001))
        print("%-8s %-20s %-20s %-20s %s%s" % (name, text_of(mine), text_of(slow), text_of(theirs) if theirs else "-",
                                                said, "" if holds else " MISSED"), flush=True)
    native_table(executable, peers, options)


if __name__ == "__main__":
    main()
