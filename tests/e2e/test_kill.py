"""The tool is killed with SIGKILL again and again, at random instants and at each of its steps.

The targets check themselves all the time: registers, stack, results, and that no copy of them
runs. No target may be harmed, no copy may live on, each kill may leave one zombie at most, and the
next run that is not killed reaps them all.
"""
import random
import subprocess
import time

import pytest

from tests.e2e.freezing import (checker, end_well, freeze, running_children_of, tracer_of,
                                zombies_of)
from tests.e2e.targets import clean_environment, kill, state_of, wait_until

# Seconds for each kind of target. A whole run of the tool takes some 15 ms here.
SECONDS = 9

PYTHON_CHECKER = """
import ctypes, hashlib, os, sys, threading
libc = ctypes.CDLL(None)
libc.prctl(1, 9)
me = os.getpid()
data = bytes(range(256)) * 64
right = hashlib.sha256(data).hexdigest()
ending = threading.Event()

def work():
    while not ending.is_set():
        numbers = {i: [i, str(i)] for i in range(500)}
        assert sum(v[0] for v in numbers.values()) == 124750
        assert "".join(v[1] for v in numbers.values())[:10] == "0123456789"
        assert hashlib.sha256(data).hexdigest() == right
        assert libc.getpid() == me
        ring = []
        ring.append(ring)

failed = []
def guarded():
    try:
        work()
    except BaseException as error:
        failed.append(repr(error))
        sys.stderr.write("HARMED: %r\\n" % error)
        os._exit(9)

threads = [threading.Thread(target=guarded) for _ in range(int(sys.argv[1]))]
for thread in threads:
    thread.start()
print("READY", flush=True)
sys.stdin.read()
ending.set()
for thread in threads:
    thread.join()
sys.exit(9 if failed else 0)
"""


class Python:
    """As checker(), for a Python program with so many working threads."""

    def __init__(self, python, threads, *arguments, before=""):
        self.process = subprocess.Popen(
            [python.path, "-c", before + PYTHON_CHECKER, str(threads), *map(str, arguments)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())

    def __enter__(self):
        assert self.process.stdout.readline() == b"READY\n"
        return self.process

    def __exit__(self, *unused):
        kill(self.process)


def steps_of_a_run(pid, folder, *more):
    """A run that is not killed: how many acts on the target it counted."""
    told = freeze(pid, "--folder", folder, "--max-pause", 5000, *more)
    assert told["way"] == "fork", told
    assert told["steps"] > 10
    return told["steps"]


def kill_again_and_again(process, folder, seconds, *more):
    """Returns how many kills there were. more: arguments for tool_freeze."""
    pid = process.pid
    steps = steps_of_a_run(pid, folder, *more)
    started = time.monotonic()
    freeze(pid, "--folder", folder, "--max-pause", 5000, *more)
    whole = time.monotonic() - started
    chance = random.Random(1)
    kills = since = number = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end or number < 2 * steps:
        number += 1
        if number % 3 and number > steps:
            how = "--die-after", 1 + int(chance.uniform(0, whole) * 1e6)
        else:
            how = "--die-at-step", 1 + number % steps
        killed = freeze(pid, "--folder", folder, "--max-pause", 5000, *more, *how) is None
        kills += killed
        wait_until(lambda: not running_children_of(pid), 10, "no copy lives on")
        # A target that waits for a processor may make its copy after the tool is gone: so the
        # kills are counted since the last run that ended by itself.
        since = since + 1 if killed else 0
        zombies = len(zombies_of(pid))
        assert zombies <= since or not killed, "%d zombies, %d kills" % (zombies, since)
        assert process.poll() is None, "the target ended: %r" % process.stderr.read()
        assert state_of(pid) in ("R", "S", "D")
        assert tracer_of(pid) == 0
    time.sleep(0.1)
    assert freeze(pid, "--folder", folder, "--max-pause", 5000)["way"] == "fork"
    assert zombies_of(pid) == []
    end_well(process)
    return kills


@pytest.mark.parametrize("work", ["compute", "threads", "poll", "suspend"])
def test_killing_the_tool_leaves_a_healthy_program(work, tmp_path):
    with checker(work) as process:
        assert kill_again_and_again(process, tmp_path, SECONDS) > 20


@pytest.mark.parametrize("threads", [1, 4])
def test_killing_the_tool_leaves_a_healthy_python(any_python, threads, tmp_path):
    with Python(any_python, threads) as process:
        assert kill_again_and_again(process, tmp_path, SECONDS) > 20
