"""Every command that knows trees, on every version of CPython that is here, and on a tree whose processes
count themselves otherwise than we do: in a pid namespace of its own."""
import json
import os
import stat

import pytest

from tests.e2e.freezing import is_root
from tests.e2e.prefork import PROGRAM, indented, server
from tests.e2e.targets import children_of, holdfast, is_traced, state_of, target, wait_until

LOAD = """
class Quote:
    def __init__(self, number): self.lines = [number]
quotes = [Quote(number) for number in range(20000)]
class Order:
    def __init__(self): self.lines = [0] * 50
orders = []
"""
WORK = "gc.collect()"
LEAK = """
while True:
                orders.extend(Order() for _ in range(10))
                time.sleep(0.02)
""".strip()


def suspect_of(master, workers):
    """The first suspect. Of workers that began a moment ago it may be too early to tell: they are looked at again."""
    for _ in range(4):
        found = holdfast("diagnose", "--tree", master, "--for", "3s", "--json", "-", expect=(1, 4)).json
        if found["suspects"] and found["suspects"][0]["pids"] == workers:
            break
    assert found["suspects"], found["summary"]
    return found["suspects"][0]


def look_at(master, workers, folder):
    """All four commands; what they say must be true of such a server."""
    pids = [master] + workers
    told = holdfast("ps", "--tree", master, "--json", "-", expect=0).json
    assert [(row["pid"], row["parent"], row["is_python"]) for row in told["processes"]] == \
        [(master, None, True)] + [(pid, master, True) for pid in workers]
    holdfast("snapshot", "--tree", master, "-o", folder / "files", expect=0)
    files = json.loads((folder / "files" / "manifest.json").read_text())
    assert (files["taken"], files["failed"]) == (len(pids), 0)
    for row in files["processes"]:
        types = holdfast("types", row["file"], "--type", "*.Quote", "--json", "-", expect=0).json
        assert types["matching"]["objects"] == 20000, row
    shared = holdfast("memory", "--tree", master, "--json", "-", expect=0).json
    assert shared["workers"] == len(workers)
    for row in shared["processes"][1:]:
        # A collection writes to the header of each Quote at least, which takes 48 bytes and more.
        assert row["sharing"]["forked_from"] == master
        assert row["sharing"]["unshared_bytes"] > 20000 * 32, row
    suspect = suspect_of(master, workers)
    assert "orders" in suspect["path"] and suspect["pids"] == workers, suspect
    assert not any(is_traced(pid) or state_of(pid) == "T" for pid in pids)


def test_a_server(every_minor, tmp_path):
    with server(every_minor, workers=2, load=LOAD, work=WORK, after=LEAK) as (master, workers):
        look_at(master.pid, workers, tmp_path)
        assert master.poll() is None and sorted(children_of(master.pid)) == workers


@pytest.mark.skipif(not is_root(), reason="a pid namespace is made by root")
def test_a_server_in_a_pid_namespace(every_minor, tmp_path):
    """Its master is process 1 there; numbers are told as whoever looks counts them."""
    script = tmp_path / "namespace"
    script.write_text('#!/bin/sh\nexec unshare --pid --fork --kill-child --mount-proc --mount %s "$@"\n' %
                      every_minor.path)
    script.chmod(stat.S_IRWXU)
    program = PROGRAM.format(workers=2, load=LOAD, work=indented(WORK, 4), after=LEAK,
                             ready="assert os.getpid() == 1")
    with target(str(script), program) as process:
        [master] = wait_until(lambda: children_of(process.pid), what="the master")
        workers = sorted(children_of(master))
        assert len(workers) == 2 and os.readlink("/proc/%d/ns/pid" % master) != os.readlink("/proc/self/ns/pid")
        look_at(master, workers, tmp_path)
        assert sorted(children_of(master)) == workers
