"""Targets in states that are hard on whoever stops them, and targets that die, become another program
or fork at each step of the tool. tool_hazard watches itself: it must never notice more than a pause."""
import contextlib
import os
import select
import signal
import subprocess

import pytest

from tests.e2e.freezing import TOOLS, end_well, freeze, running_children_of, tracer_of, zombies_of
from tests.e2e.targets import kill, wait_until

PATIENT = "--max-pause", 5000
HAZARD = str(TOOLS / "tool_hazard")


@contextlib.contextmanager
def hazard(state):
    process = subprocess.Popen([HAZARD, state], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    try:
        assert select.select([process.stdout], [], [], 30)[0]
        line = process.stdout.readline().decode()
        if line.startswith("CANNOT"):
            pytest.skip(line[7:].strip())
        assert line == "READY\n", (line, process.stderr.read())
        yield process
    finally:
        kill(process)


def unharmed(process):
    wait_until(lambda: tracer_of(process.pid) == 0, what="no tracer")
    end_well(process)


@pytest.mark.parametrize("state", ["births", "vforking", "profiled", "clock", "epoll", "sigwait", "semaphore",
                                   "forks", "execs"])
def test_a_copy_is_made_and_the_target_does_not_notice(state, tmp_path):
    with hazard(state) as process:
        ways = [freeze(process.pid, "--folder", tmp_path, *PATIENT)["way"] for _ in range(15)]
        assert ways.count("fork") >= 12, ways # a thread may end in the midst of it
        wait_until(lambda: not zombies_of(process.pid), what="no zombie of ours")
        unharmed(process)


@pytest.mark.parametrize("state, why", [
    ("vforks", "no thread that could be stopped"),
    ("tight", "stack of unknown bounds"),
    ("deep", "no room for a signal frame"),
    ("faults", "userfaultfd"),
])
def test_a_target_that_cannot_be_forked_is_read_while_it_runs(state, why, tmp_path):
    with hazard(state) as process:
        for _ in range(3):
            told = freeze(process.pid, "--folder", tmp_path, *PATIENT)
            assert told["way"] == "live" and why in told["why_not_fork"], told
        unharmed(process)


def test_a_restartable_sequence_is_not_disturbed(tmp_path):
    """The thread is in one nearly always: it is refused, or met while it is outside."""
    with hazard("sequence") as process:
        refused = 0
        for _ in range(10):
            told = freeze(process.pid, "--folder", tmp_path, *PATIENT)
            assert told["way"] == "fork" or "restartable sequence" in told["why_not_fork"], told
            refused += told["way"] == "live"
        assert refused
        unharmed(process)


def steps_of(process, folder):
    told = freeze(process.pid, "--folder", folder, *PATIENT)
    assert told["way"] == "fork" and told["steps"] > 10, told
    return told["steps"]


def test_a_target_that_dies_at_any_step(tmp_path):
    """SIGKILL at each step of the tool: an error, or bytes that were copied before; nothing is left."""
    steps, gone = None, 0
    for number in range(1, 200):
        with hazard("births" if number % 2 else "clock") as process:
            if steps is None:
                steps = steps_of(process, tmp_path)
            pid = process.pid
            told = freeze(pid, "--folder", tmp_path, *PATIENT, "--send-at-step", "%d:9" % number)
            assert process.wait(10) == -signal.SIGKILL or number >= steps - 3
            assert told.get("error") in (None, 4, 8), told
            gone += told.get("error") == 8
            wait_until(lambda pid=pid: not running_children_of(pid), what="no copy lives on")
        if number >= steps:
            break
    assert gone > steps // 3, (gone, steps)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("state", ["forks", "execs", "exits"])
def test_a_target_that_acts_at_any_step(state, tmp_path):
    """It forks, becomes another program, or ends while one of its threads is held."""
    steps, number = 30, 0
    while number < steps:
        with hazard(state) as process:
            steps = steps_of(process, tmp_path)
            while number < steps and process.poll() is None:
                number += 1
                told = freeze(process.pid, "--folder", tmp_path, *PATIENT, "--send-at-step",
                              "%d:%d" % (number, signal.SIGUSR1))
                assert told.get("error") in (None, 4, 8), told
                if state == "exits":
                    assert process.wait(10) == 0, process.stderr.read()
                else:
                    # A thread that executes a program ends all others first, the first one, too.
                    ending = state == "execs" and "a zombie" in told.get("message", "")
                    assert "way" in told or told["error"] == 8 or ending, told
                    wait_until(lambda pid=process.pid: not running_children_of(pid), what="no copy lives on")
                    assert process.poll() is None, process.stderr.read()
            if state != "exits":
                unharmed(process)
    assert os.listdir(tmp_path) == []
