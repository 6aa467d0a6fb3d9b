#!/usr/bin/env python3
"""What `holdfast lint` costs: beside the bare parse of the same files by tree-sitter, and beside ruff with B019 alone.

    lint_speed.py [--rounds 5] [PATH...]      default: the standard library of the interpreter that runs this

Files are copied to a folder of their own first, so that all read the same ones. ruff is installed into a private
environment in ~/.cache/holdfast/peers, or left out with the reason. The bar: 60 % of the speed of the parse, by
processor time, which other work on the machine does not change.
"""
import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
from tests.bench.environment import installed  # noqa: E402
from tests.e2e.targets import PROGRAM, clean_environment  # noqa: E402

REQUIREMENTS = ROOT / "tests" / "bench" / "lint_peers.txt"
BAR = 0.6


def copied(paths, folder):
    """All .py files of the paths below the folder: how many bytes."""
    size = 0
    for path in map(pathlib.Path, paths):
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            target = folder / path.name / (file.relative_to(path) if file != path else file.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            data = file.read_bytes()
            target.write_bytes(data)
            size += len(data)
    return size


def measured(rounds, *words):
    """Medians of wall clock and of processor time, in seconds."""
    walls, processors = [], []
    for _ in range(rounds + 1):  # the first brings the files into memory
        begin = time.monotonic()
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            raise RuntimeError("%s: status %d" % (words[0], process.returncode))
        walls.append(time.monotonic() - begin)
        processors.append(usage.ru_utime + usage.ru_stime)
    return statistics.median(walls[1:]), statistics.median(processors[1:])


def row(what, wall, processor, size, note=""):
    print("| %-33s | %7.2f s | %7.2f s | %6.1f MB/s | %-8s |" % (what, wall, processor, size / processor / 1e6, note))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("paths", nargs="*", default=[sysconfig.get_path("stdlib")])
    arguments = parser.parse_args()
    bench = pathlib.Path(PROGRAM).resolve().parent / "tests" / "bench_lint"
    with tempfile.TemporaryDirectory() as folder:
        size = copied(arguments.paths, pathlib.Path(folder))
        done = json.loads(subprocess.run([bench, "--rounds", str(arguments.rounds), folder], check=True,
                                         stdout=subprocess.PIPE).stdout)
        print("%s, %.1f MB of Python, median of %d\n" % (datetime.date.today(), size / 1e6, arguments.rounds))
        print("| | wall clock | processor | a processor second | of the parse |\n| --- | --- | --- | --- | --- |")
        for name, label in (("one_thread", "one thread"), ("all_processors", "all processors")):
            part = done[name]
            row("tree-sitter alone, " + label, part["parse_seconds"], part["parse_processor_seconds"], size)
            row("holdfast lint, " + label, part["lint_seconds"], part["lint_processor_seconds"], size,
                "%.0f %%" % (100 * part["speed_of_parse"]))
        row("holdfast lint, as a command", *measured(arguments.rounds, PROGRAM, "lint", folder), size)
        python, reason = installed(sys.executable, "lint", REQUIREMENTS)
        ruff = python and python.parent / "ruff"
        if ruff:
            row("ruff, B019 alone", *measured(arguments.rounds, ruff, "check", "--isolated", "--no-cache", "--select",
                                              "B019", "--exit-zero", "--no-respect-gitignore", folder), size)
        else:
            print("# ruff is left out: " + reason)
    return min(done[name]["speed_of_parse"] for name in done) < BAR


if __name__ == "__main__":
    sys.exit(main())
