"""Trees of processes: ps --tree."""
import os
import re
import shutil
import subprocess

import pytest

from tests.e2e.prefork import server
from tests.e2e.targets import PROGRAM, holdfast, target, wait_until

DATA = "data = [[number] for number in range(200000)]"


def rollup(pid):
    """What the kernel says of a process, in bytes."""
    with open("/proc/%d/smaps_rollup" % pid) as stream:
        rows = [line.split() for line in stream.read().splitlines()[1:]]
    return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows}


def tree_of(pid):
    return holdfast("ps", "--tree", pid, "--json", "-", expect=0).json


def test_a_server_and_its_workers(any_python):
    with server(any_python, workers=3, load=DATA) as (master, workers):
        told = tree_of(master.pid)
        text = holdfast("ps", "--tree", master.pid, expect=0).stdout
        real = {pid: rollup(pid) for pid in [master.pid] + workers}
    rows = {row["pid"]: row for row in told["processes"]}
    assert sorted(rows) == sorted(real)
    assert rows[master.pid]["parent"] is None
    assert all(rows[pid]["parent"] == master.pid for pid in workers)
    assert {row["python"] for row in rows.values()} == {"%d.%d.%d" % any_python.version}
    # All of them sleep: what was read at two moments is the same, but for what we ourselves did.
    for pid, row in rows.items():
        assert abs(row["pss_bytes"] - real[pid]["Pss"]) <= 0.02 * real[pid]["Pss"]
        assert abs(row["rss_bytes"] - real[pid]["Rss"]) <= 0.02 * real[pid]["Rss"]
        assert row["private_bytes"] < row["pss_bytes"] < row["rss_bytes"]
    [tree] = told["trees"]
    assert tree["processes"] == 4 and tree["unmeasured"] == 0
    assert tree["pss_bytes"] == sum(row["pss_bytes"] for row in rows.values())
    # The list was made before the fork: four processes have it once.
    assert tree["pss_bytes"] < 0.6 * tree["rss_bytes"]
    lines = text.splitlines()
    assert re.match(r"%d +\d" % master.pid, lines[1])
    assert [line[:3] for line in lines[2:5]] == ["├─ ", "├─ ", "└─ "]
    assert "%d and its 3 descendants take" % master.pid in text


def test_grandchildren_and_programs_that_are_no_python(python):
    work = "import subprocess; subprocess.Popen(['sh', '-c', 'sleep 600 & wait'])"
    with server(python, workers=1, work=work) as (master, _):
        try:
            wait_until(lambda: len(tree_of(master.pid)["processes"]) == 4, what="shell and sleep")
            told = tree_of(master.pid)
            text = holdfast("ps", "--tree", master.pid, expect=0).stdout
        finally:
            for row in tree_of(master.pid)["processes"][:1:-1]:
                os.kill(row["pid"], 9)  # nobody else sees to their end
    rows = told["processes"]
    assert [row["depth"] for row in rows] == [0, 1, 2, 3]
    assert [row["is_python"] for row in rows] == [True, True, False, False]
    assert rows[3]["command"] == "sleep 600" and rows[3]["pss_bytes"] > 0
    assert told["trees"][0]["processes"] == 4
    assert re.search(r"^      └─ %d +- .*sleep 600$" % rows[3]["pid"], text, re.MULTILINE)


def test_multiprocessing(python):
    program = ("import multiprocessing as m, time\n"
               "m.set_start_method('fork')\n"
               "all = [m.Process(target=time.sleep, args=(600,), daemon=True) for _ in range(2)]\n"
               "for one in all: one.start()\n"
               "print('STARTED', flush=True)\n")
    with target(python, program) as process:
        rows = tree_of(process.pid)["processes"]
        assert [row["depth"] for row in rows] == [0, 1, 1]


def test_trees_begin_with_python(python):
    """The test itself runs Python and is an ancestor, so the target is below it and begins none."""
    with server(python, workers=1) as (master, [worker]):
        told = holdfast("ps", "--tree", "--json", "-", expect=0).json
    rows = {row["pid"]: row for row in told["processes"]}
    assert rows[worker]["parent"] == master.pid
    assert rows[os.getpid()]["depth"] < rows[master.pid]["depth"]
    assert master.pid not in [tree["pid"] for tree in told["trees"]]
    for tree in told["trees"]:
        assert rows[tree["pid"]]["is_python"] and rows[tree["pid"]]["parent"] is None


def test_no_children(python):
    with target(python, "") as process:
        text = holdfast("ps", "--tree", process.pid, expect=0).stdout
    assert "%d takes " % process.pid in text and "descendant" not in text


def test_a_zombie_is_none(python):
    with server(python, workers=2) as (master, workers):
        os.kill(workers[0], 9)
        wait_until(lambda: len(tree_of(master.pid)["processes"]) == 2, what="the end of a worker")


@pytest.mark.parametrize("operand,status,words", [
    ("999999999", 3, "no process 999999999"), ("0", 3, "no process can have the pid 0"),
    ("no-such-name", 3, "there is no file 'no-such-name', and no Python process"), (__file__, 2, "is a file"),
])
def test_what_is_no_process(operand, status, words):
    answer = holdfast("ps", "--tree", operand, expect=status)
    assert words in answer.stderr and len(answer.stderr.splitlines()) == 1


def test_no_python():
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        assert "runs no CPython" in holdfast("ps", "--tree", sleeper.pid, expect=3).stderr
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_worker_that_may_not_be_looked_at(python):
    """The master becomes nobody, its worker stays root's: nobody sees the one and not the other."""
    program = shutil.copy(PROGRAM, "/var/tmp/holdfast-of-nobody-%d" % os.getpid())
    try:
        os.chmod(program, 0o755)
        become = "import ctypes, os; os.setgid(65534); os.setuid(65534); " \
                 "ctypes.CDLL(None).prctl(4, 1)"  # PR_SET_DUMPABLE
        with server(python, workers=1, ready=become) as (master, [worker]):
            done = subprocess.run([program, "ps", "--tree", str(master.pid)], user=65534, group=65534,
                                  text=True, cwd="/", stdout=subprocess.PIPE, check=True)
    finally:
        os.unlink(program)
    assert re.search(r"^└─ %d +- +- +- +- .*\(may not be looked at\)$" % worker, done.stdout,
                     re.MULTILINE)
    assert "1 of them could not be measured" in " ".join(done.stdout.split())


def test_many_processes_stay_cheap(python):
    """Processor time, not the clock: a hundred processes cost no more than a tenth of a second each."""
    with server(python, workers=60) as (master, workers):
        before = os.times()
        told = tree_of(master.pid)
        after = os.times()
    assert len(told["processes"]) == 61 and not told["trees"][0]["unmeasured"]
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < 61 * 0.05
