"""Killing the tool with SIGKILL at random instants and at each of its steps, again and again, while it
freezes a target that checks itself all the time: registers, stack, results, and that no copy of it runs.
No target may be harmed, no copy may live on, each kill may leave one zombie at most, and the next run
that is not killed reaps them all."""
import contextlib
import random
import subprocess
import time

from tests.e2e.freezing import (TOOLS, checker, end_well, freeze, running_children_of, tracer_of,
                                zombies_of)
from tests.e2e.targets import clean_environment, kill, state_of, wait_until

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


@contextlib.contextmanager
def python_checker(python, threads, *arguments, before=""):
    """As checker(), for a Python program with so many working threads."""
    process = subprocess.Popen(
        [python.path, "-c", before + PYTHON_CHECKER, str(threads), *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
    try:
        assert process.stdout.readline() == b"READY\n"
        yield process
    finally:
        kill(process)


def hazard_checker(state):
    return checker(state, program=str(TOOLS / "tool_hazard"))


class Killer:
    """more: arguments for tool_freeze."""

    def __init__(self, process, folder, *more, seed=1):
        self.process, self.pid = process, process.pid
        self.arguments = ("--folder", folder, "--max-pause", 5000, *more)
        self.plain = ("--folder", folder, "--max-pause", 5000)
        self.chance = random.Random(seed)
        told = freeze(self.pid, *self.arguments)
        assert told["way"] == "fork", told
        assert told["steps"] > 10
        self.steps = told["steps"]
        started = time.monotonic()
        freeze(self.pid, *self.arguments)
        self.whole = time.monotonic() - started
        self.runs = self.kills = self.since = self.most_zombies = 0

    def kill_once(self):
        """One run that is to be killed; the first two rounds at each step, then two of three at random."""
        self.runs += 1
        if self.runs % 3 and self.runs > self.steps:
            how = "--die-after", 1 + int(self.chance.uniform(0, self.whole) * 1e6)
        else:
            how = "--die-at-step", 1 + self.runs % self.steps
        told = freeze(self.pid, *self.arguments, *how)
        killed = told is None
        self.kills += killed
        wait_until(lambda: not running_children_of(self.pid), 10, "no copy lives on")
        # A target that waits for a processor may make its copy after the tool is gone: so the kills
        # are counted since the last run that ended by itself and reaped what was left, but for a
        # copy that was made, or ended, only while that run was at it.
        zombies = len(zombies_of(self.pid))
        if killed:
            self.since += 1
        elif told["way"] == "fork":
            self.since = min(self.since, zombies)
        self.most_zombies = max(self.most_zombies, zombies)
        assert zombies <= self.since or not killed, "%d zombies, %d kills" % (zombies, self.since)
        assert self.process.poll() is None, "the target ended: %r" % self.process.stderr.read()
        assert state_of(self.pid) in ("R", "S", "D")
        assert tracer_of(self.pid) == 0

    def finish(self):
        """A run that is not killed reaps all, and the target says that it was not harmed."""
        time.sleep(0.1)
        assert freeze(self.pid, *self.plain)["way"] == "fork"
        assert zombies_of(self.pid) == []
        end_well(self.process)


def kill_again_and_again(process, folder, seconds, *more):
    """Returns how many kills there were. more: arguments for tool_freeze."""
    killer = Killer(process, folder, *more)
    end = time.monotonic() + seconds
    while time.monotonic() < end or killer.runs < 2 * killer.steps:
        killer.kill_once()
    killer.finish()
    return killer.kills
