"""What `holdfast run` counts is what tracemalloc counts in the same run, line by line.

tracemalloc runs inside of the traced program and wraps our hooks, so both see the same blocks. What cannot be
equal, and is not compared here:

- blocks that are older than tracemalloc's start, and lines that allocated some before;
- lines that use recycled objects (lists, dicts, tuples, floats): tracemalloc moves such a block to the line
  that took it from a free list, allocator hooks see where its memory came from;
- native blocks: our own count has tracemalloc's tables in it, at the lines that made them grow.
"""
import json
import subprocess

import pytest

from tests.e2e.targets import PROGRAM

# Lines of work() allocate bytes, texts, sets and instances with slots: none is recycled.
WORK = """
import json, sys, tracemalloc
class Slots:
    __slots__ = ("a", "b", "c", "d", "e", "f", "g", "h")
def texts(n):
    for i in range(n):
        yield "text %d" % (i * 1000 + 12345)
def work():
    held = set()
    for text in texts(3000):
        held.add(text)
    blobs = bytearray()
    for i in range(2000):
        blobs += b"0123456789" * (i % 50)
    instances = set()
    for i in range(4000):
        instances.add(Slots())
    for i in range(1000):
        bytes(i)
    dropped = {bytes(600 + i) for i in range(2000)}
    del dropped
    return held, blobs, instances, "x" * 100_000
tracemalloc.start()
before = tracemalloc.get_traced_memory()
kept = work()
size, peak = tracemalloc.get_traced_memory()
snapshot = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, __file__)])
lines = {s.traceback[0].lineno: [s.size, s.count] for s in snapshot.statistics("lineno")}
print(json.dumps({"lines": lines, "grown": size - before[0], "peak": peak - before[0]}))
sys.stdout.flush()
import os
os._exit(0)
"""


def test_every_line_as_tracemalloc(python, tmp_path):
    if python.free_threaded:
        pytest.skip("free-threaded builds run untraced")
    path, capture = tmp_path / "work.py", tmp_path / "a.hftrace"
    path.write_text(WORK)
    first = next(n for n, line in enumerate(WORK.splitlines(), 1) if line.startswith("def texts"))
    last = next(n for n, line in enumerate(WORK.splitlines(), 1) if line.startswith("tracemalloc.start"))
    done = subprocess.run([PROGRAM, "run", "-o", capture, python.path, path], check=True, timeout=120,
                          stdout=subprocess.PIPE, text=True)
    theirs = json.loads(done.stdout)
    done = subprocess.run([PROGRAM, "table", capture, "--total", "--top", "100000", "--json", "-"], check=True,
                          stdout=subprocess.PIPE, text=True)
    ours = {}
    for row in json.loads(done.stdout)["lines"]:
        if row.get("file") == str(path) and first < row["line"] < last and row["function"] != "<module>":
            sums = ours.setdefault(row["line"], [0, 0])
            for i, unit in enumerate(("bytes", "blocks")):
                sums[i] += row["all"]["live"][unit] - row["native"]["live"][unit]
    ours = {line: sums for line, sums in ours.items() if sums[1]}
    lines = {int(line): sums for line, sums in theirs["lines"].items() if first < int(line) < last}
    assert len(lines) >= 5 and sum(size for size, _ in lines.values()) > 500_000
    assert ours == lines
