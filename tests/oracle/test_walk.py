"""The walk against the collector's own list, and the proof against wrong layouts."""
import json
import os
import pathlib
import subprocess

import pytest

from tests.e2e.targets import ROOT, target

TOOLS = pathlib.Path(os.environ.get("HOLDFAST_TOOLS") or ROOT / "build" / "tests")

# Keeps what it lists alive, so that every line must be found again.
LISTING = """
import asyncio, collections, contextlib, decimal, gc, json, logging, re, sys, threading, weakref
class Plain:
    def __init__(self, i): self.i, self.text = i, "text %d" % i
class Slotted:
    __slots__ = ("x", "y")
class Node: pass
plain = [Plain(i) for i in range(2000)]
slotted = [Slotted() for _ in range(200)]
for i, s in enumerate(slotted): s.x, s.y = i, plain[i]
a, b = Node(), Node()
a.b, b.a = b, a
def numbers():
    kept = {"in": "a generator"}
    yield kept
running = numbers(); next(running)
cells = [(lambda n: lambda: n)(object()) for _ in range(20)]
deque, counter = collections.deque([[1], [2]], maxlen=5), collections.Counter("abcabc")
ordered = collections.OrderedDict((str(i), [i]) for i in range(30))
references = [weakref.ref(p) for p in plain[:50]]
def stand(me):
    inside = ["only here"]
    started.set()
    threading.Event().wait()
started = threading.Event()
thread = threading.Thread(target=stand, args=("argument",), name="the worker", daemon=True)
thread.start(); started.wait()
gc.collect()
listed = gc.get_objects()
def write(out):
    # In a function: from 3.15 on a global variable that holds a lazy import becomes what it imports.
    for o in listed:
        if o is not out and o is not listed:
            out.write("%#x\\t%s\\n" % (id(o), type(o).__qualname__))
with open(sys.argv[1], "w") as out:
    write(out)
def main():
    here = {"main": "local"}
    wait()
main()
"""


def tool(name, *arguments, status=0):
    run = subprocess.run([str(TOOLS / name), *map(str, arguments)], capture_output=True, text=True,
                         timeout=120)
    assert run.returncode == status, run.stderr
    return run


@pytest.fixture(scope="module")
def walks(tmp_path_factory):
    """One walk an interpreter: (summary, objects, roots, what the target listed)."""
    made = {}

    def walk(python):
        if python.name not in made:
            folder = tmp_path_factory.mktemp(python.name)
            with target(python, LISTING, folder / "listed") as process:
                run = tool("tool_walk", process.pid, "--objects", folder / "objects",
                           "--edges", folder / "edges", "--roots", folder / "roots")
            rows = [line.split("\t") for line in (folder / "objects").read_text().splitlines()]
            roots = [line.split("\t") for line in (folder / "roots").read_text().splitlines()]
            listed = [line.split("\t") for line in (folder / "listed").read_text().splitlines()]
            made[python.name] = json.loads(run.stdout), rows, roots, listed
        return made[python.name]
    return walk


def test_no_object_of_the_collector_is_missed(python, walks):
    _, rows, _, listed = walks(python)
    tracked = {row[1] for row in rows if int(row[8]) & 1}
    missed = [entry for entry in listed if entry[0] not in tracked]
    assert len(listed) > 10000
    assert missed == []


def test_types_are_those_that_python_names(python, walks):
    _, rows, _, listed = walks(python)
    named = {row[1]: row[2] for row in rows}
    wrong = [(address, name, named[address]) for address, name in listed
             if not named[address].endswith("." + name)]
    assert wrong == []


def test_every_list_closes_and_every_pointer_leads_to_an_object(python, walks):
    summary, rows, _, _ = walks(python)
    assert summary["lists_repaired"] == 0
    assert summary["implausible"] == 0
    assert summary["unreadable"] == 0
    assert summary["objects"] == len(rows)


def test_numbers_follow_addresses(python, walks):
    _, rows, _, _ = walks(python)
    addresses = [int(row[1], 16) for row in rows]
    assert addresses == sorted(set(addresses))
    assert [int(row[0]) for row in rows] == list(range(len(rows)))


def test_threads_frames_and_locals_have_names(python, walks):
    _, _, roots, _ = walks(python)
    assert ["thread", "the worker"] in [[r[0], r[2]] for r in roots if r[0] == "thread"]
    frames = [r[2] for r in roots if r[0] == "frame"]
    for function in ("stand", "main", "Thread.run", "<module>"):
        assert any(frame.startswith(function + " (") for frame in frames), frames
    held = {(r[2], r[3].split(" ")[0]) for r in roots if r[0] == "local"}
    assert {("me", "stand"), ("inside", "stand"), ("here", "main")} <= held


def test_modules_are_roots(python, walks):
    _, _, roots, _ = walks(python)
    modules = {r[2] for r in roots if r[0] == "module"}
    assert {"sys", "builtins", "__main__", "decimal", "asyncio.events"} <= modules


def test_references_balance(python, walks):
    """What is held beyond the edges found is held by C; below is a mistake of a decoder."""
    summary, _, _, _ = walks(python)
    counted = summary["balanced"] + summary["c_held"] + summary["overcounted"]
    # Up to 3.10 each C file that names an attribute holds a string of its own (_Py_Identifier).
    assert summary["balanced"] / counted > (0.98 if python.version >= (3, 11) else 0.96)
    assert summary["overcounted"] / counted < 0.002


FROZEN = """
import gc
kept = [[i] for i in range(5000)]
gc.collect(); gc.freeze()
later = [[i] for i in range(100)]
wait()
"""


def test_permanent_generation_is_told(python, tmp_path):
    with target(python, FROZEN) as process:
        tool("tool_walk", process.pid, "--objects", tmp_path / "objects")
    lists = [line.split("\t") for line in (tmp_path / "objects").read_text().splitlines()
             if "\tbuiltins.list\t" in line]
    tracked = [int(row[8]) for row in lists if int(row[8]) & 1]
    assert sum(1 for flags in tracked if flags & 2) >= 5000
    assert sum(1 for flags in tracked if not flags & 2) >= 100


INTERPRETERS = """
try:
    import _interpreters as module
except ImportError:
    import _xxsubinterpreters as module
run = module.exec if hasattr(module, "exec") else module.run_string
made = [module.create() for _ in range(2)]
for one in made:
    run(one, "class Inside: pass\\nheld = [Inside() for _ in range(777)]")
wait()
"""


def test_heaps_of_all_interpreters_are_told(python, tmp_path):
    with target(python, INTERPRETERS) as process:
        run = tool("tool_walk", process.pid, "--objects", tmp_path / "objects")
    inside = [line for line in (tmp_path / "objects").read_text().splitlines()
              if "\t__main__.Inside\t" in line]
    assert len(inside) == 2 * 777
    summary = json.loads(run.stdout)
    assert summary["lists_repaired"] == 0
    assert summary["overcounted"] <= 5


BUSY = """
import gc, random, threading
class Node: pass
kept = {}
def churn(seed):
    numbers = random.Random(seed)
    while True:
        node = Node()
        node.list = [Node() for _ in range(numbers.randrange(8))]
        node.dict = {str(i): i * 1.1 for i in range(numbers.randrange(12))}
        kept[numbers.randrange(2000)] = node
        if numbers.random() < 0.001:
            gc.collect()
for seed in range(3):
    threading.Thread(target=churn, args=(seed,), daemon=True).start()
while len(kept) < 1900:
    pass
wait()
"""


def test_torn_memory_is_walked_without_harm(python):
    """Read while it changes: less is sure, but there is an answer, and it is of the right size."""
    with target(python, BUSY) as process:
        for _ in range(5):
            summary = json.loads(tool("tool_walk", process.pid, "--live").stdout)
            assert summary["way"] == 3
            assert summary["tracked"] > 10000


def test_another_process_is_no_python(tmp_path):
    sleep = subprocess.Popen(["/bin/sleep", "60"])
    try:
        run = tool("tool_probe", sleep.pid, status=6)
        assert "runs no CPython" in run.stderr
    finally:
        sleep.kill()
        sleep.wait()
