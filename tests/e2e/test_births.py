"""A heap whose process runs under `holdfast run`: every object with the stack that created it."""
import json
import os
import signal
import subprocess

import pytest

from tests.e2e.captures import answer, holdfast
from tests.e2e.targets import PROGRAM

SCRIPT = """
import sys
class Order:
    def __init__(self, n):
        self.n = n
class Slim:
    __slots__ = ("n",)
def orders():
    return [Order(i) for i in range(2000)]  # orders
def slims():
    return [Slim() for i in range(1000)]  # slims
def lists():
    kept = []
    for i in range(1500):
        kept.append([i])  # lists
    return kept
def temporary():
    for i in range(300):
        x = [[i] for k in range(80)]  # temporary
temporary()
kept = orders(), slims(), lists(), {i: str(i) * 10 for i in range(3000)}  # dict
print("ready", flush=True)
held = []
for line in sys.stdin:
    held.extend([object() for i in range(int(line))])  # grows
    print("done", flush=True)
"""


def line_of(mark):
    return next(n for n, line in enumerate(SCRIPT.splitlines(), 1) if line.endswith("# " + mark))


@pytest.fixture
def traced(python, tmp_path):
    if python.free_threaded:
        pytest.skip("free-threaded builds run untraced")
    script = tmp_path / "app.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen([PROGRAM, "run", "-o", tmp_path / "a.hftrace", python.path, script], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    assert process.stdout.readline() == "ready\n"
    with open("/proc/%d/task/%d/children" % (process.pid, process.pid)) as children:
        process.target = int(children.read().split()[0])
    process.script = str(script)
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.stdin.close()
    process.stdout.close()
    process.wait()


def births(process, snapshot, kind, count):
    """{line of the script: objects} of the objects of a type."""
    rows = answer("objects", snapshot, "--type", kind, "--top", count, "--sort", "size")["objects"]
    lines = {}
    for row in rows:
        frames = [f["line"] for f in row.get("allocated_at", ()) if f["file"] == process.script]
        lines[frames[0] if frames else 0] = lines.get(frames[0] if frames else 0, 0) + 1
    return lines


def test_objects_with_the_line_that_created_them(traced, python, tmp_path):
    snapshot = tmp_path / "a.hfheap"
    done = holdfast("snapshot", traced.target, "-o", snapshot)
    assert done.returncode == 0, done.stderr
    assert births(traced, snapshot, "__main__.Order", 5000).get(line_of("orders"), 0) >= 1999
    assert births(traced, snapshot, "__main__.Slim", 5000).get(line_of("slims"), 0) == 1000
    lists = births(traced, snapshot, "list", 100000)
    if python.version >= (3, 13):  # objects that reuse memory are charged to who created them
        assert lists.get(line_of("lists"), 0) >= 1495
    else:
        assert lists.get(line_of("lists"), 0) >= 1300
    assert "holdfast run" in holdfast("info", snapshot).stdout
    assert answer("info", snapshot)["tracemalloc"] == "agent"


def test_path_and_types_tell_the_stack(traced):
    orders = answer("objects", traced.target, "--type", "__main__.Order", "--top", 1)["objects"]
    path = holdfast("path", traced.target, orders[0]["address"])
    assert "allocated at" in path.stdout and "app.py:%d" % line_of("orders") in path.stdout
    assert "called from" in path.stdout
    sites = holdfast("types", traced.target, "--by-site", "--type", "__main__.Slim")
    assert "app.py:%d" % line_of("slims") in sites.stdout


def test_diagnose_names_where_suspects_are_born(traced, tmp_path):
    names = []
    for i in range(4):
        traced.stdin.write("20000\n")
        traced.stdin.flush()
        assert traced.stdout.readline() == "done\n"
        names.append(tmp_path / ("%d.hfheap" % i))
        assert holdfast("snapshot", traced.target, "-o", names[-1]).returncode == 0
    done = holdfast("diagnose", *names)
    assert done.returncode == 1
    assert "app.py:%d" % line_of("grows") in done.stdout


def test_nothing_is_said_of_who_is_not_traced(any_python, tmp_path):
    idle = subprocess.Popen([any_python.path, "-c", "print(1, flush=True); input()"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)
    try:
        idle.stdout.readline()
        snapshot = tmp_path / "a.hfheap"
        assert holdfast("snapshot", idle.pid, "-o", snapshot).returncode == 0
        assert answer("info", snapshot)["tracemalloc"] == "off"
        assert "allocated_at" not in json.dumps(answer("objects", snapshot, "--top", 5))
    finally:
        idle.kill()
        idle.communicate()
