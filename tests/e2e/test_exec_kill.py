"""The tool is killed with SIGKILL again and again while it has a Python run code: at random instants, and at
each of its acts on the process. The program checks itself all the time (killing.py); it may never be
harmed, and no code may run of which nobody is left to hear."""
import json
import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from tests.e2e.asking import folders_of, wait_until_asked, wait_until_it_reads
from tests.e2e.freezing import TOOLS, end_well, freeze, tracer_of
from tests.e2e.killing import python_checker
from tests.e2e.targets import state_of, wait_until
from tests.pythons import interpreters
from tests.pythons import every_minor as every_python

SECONDS = 5

# What the code that is run does: it leaves a mark.
CODE = "import builtins; builtins.marks = getattr(builtins, 'marks', 0) + 1; print(builtins.marks)"


def execute(pid, code, *arguments):
    return freeze(pid, code, "--wait", 30000, *arguments, program=str(TOOLS / "tool_exec"))


def execute_in_the_end(pid, code, *arguments):
    """What a run that was killed has asked for may be begun just now: then the next one is told so."""
    def told():
        answer = execute(pid, code, *arguments)
        assert answer.get("done") or "is begun" in answer.get("error", ""), answer
        return answer.get("done")
    wait_until(told, 20, "nothing is in the way")


def kill_again_and_again(process, seconds, seed=1):
    """For so long, and until it was killed more than 20 times."""
    chance, kills, runs = random.Random(seed), 0, 0
    told = execute(process.pid, CODE)
    assert told["done"], told
    steps = told["steps"]
    assert steps > 8
    began = time.monotonic()
    execute(process.pid, CODE)
    whole = time.monotonic() - began
    end = began + seconds
    while time.monotonic() < end or runs < 2 * steps or kills <= 20:
        runs += 1
        if runs % 3 and runs > steps:
            how = "--die-after", 1 + int(chance.uniform(0, whole) * 1e6)
        else:
            how = "--die-at-step", 1 + runs % steps
        kills += execute(process.pid, CODE, *how) is None
        assert process.poll() is None, "the target ended: %r" % process.stderr.read()
        assert state_of(process.pid) in ("R", "S", "D")
        wait_until(lambda: tracer_of(process.pid) == 0, 5, "nobody traces it")
        if runs % 10 == 0: # nothing stands in the way of who comes next
            execute_in_the_end(process.pid, CODE)


def of_a_kind():
    wanted = [python for python in every_python() if not python.free_threaded]
    debug = [python for python in interpreters() if python.debug]
    return wanted + debug


# The main thread works too, until its input ends: up to 3.11 it alone serves requests.
MAIN_WORKS = """
import select, sys
class _In:
    @staticmethod
    def read():
        while not select.select([0], [], [], 0)[0]:
            [i * i for i in range(200)]
sys.stdin = _In
"""


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("gil_python", of_a_kind(), ids=str)
def test_killing_the_tool_leaves_a_healthy_python(gil_python, threads):
    with python_checker(gil_python, threads, before=MAIN_WORKS) as process:
        kill_again_and_again(process, SECONDS)
        time.sleep(0.3) # requests that were left are served, by removing them
        execute_in_the_end(process.pid, CODE)
        # Those that were killed before they had a request.
        left = folders_of(process.pid)
        assert all("code" not in os.listdir(name) for name in left)
        assert "holdfast" not in end_well(process) # no complaint of a script that is not there any more
        for name in left:
            shutil.rmtree(name, ignore_errors=True)


# The main thread waits for a byte, then works until its input ends.
MAIN_WAITS = """
import builtins, os, select, sys
builtins.marks = 0
class _In:
    @staticmethod
    def read():
        os.read(0, 1)
        while not select.select([0], [], [], 0)[0]:
            [i * i for i in range(200)]
        assert builtins.marks == int(sys.argv[2]), builtins.marks
sys.stdin = _In
"""


def ask_and_stay(process):
    """Returns the one who asks, and waits now."""
    tool = subprocess.Popen([TOOLS / "tool_exec", str(process.pid), CODE, "--wait", "60000"], stdout=subprocess.PIPE)
    wait_until_asked(process)
    return tool


def ask_and_die(process):
    """Whoever asks is killed while the main thread waits."""
    wait_until_it_reads(process)
    with ask_and_stay(process) as tool:
        tool.kill()
    assert len(folders_of(process.pid)) == 1


def go_on(process):
    process.stdin.write(b"x")
    process.stdin.flush()


@pytest.mark.parametrize("gil_python", of_a_kind(), ids=str)
def test_code_of_a_tool_that_is_gone_is_not_run(gil_python):
    with python_checker(gil_python, 0, 0, before=MAIN_WAITS) as process:
        ask_and_die(process)
        go_on(process)
        wait_until(lambda: folders_of(process.pid) == [], 60, "the request is served, by removing it")
        end_well(process)


@pytest.mark.parametrize("gil_python", of_a_kind(), ids=str)
def test_what_could_not_be_taken_back_stays(gil_python):
    with python_checker(gil_python, 0, 0, before=MAIN_WAITS) as process:
        ask_and_die(process)
        left = folders_of(process.pid)
        stop = "kill -STOP {0}; until grep -q '^State:.T' /proc/{0}/status; do sleep 0.02; done"
        told = execute(process.pid, CODE, "--before", stop.format(process.pid))
        assert "stopped" in told["error"]
        assert folders_of(process.pid) == left
        process.send_signal(signal.SIGCONT)
        go_on(process)
        wait_until(lambda: folders_of(process.pid) == [], 60, "the request is served, by removing it")
        assert "holdfast" not in end_well(process)


@pytest.mark.parametrize("gil_python", of_a_kind(), ids=str)
def test_who_comes_next_takes_over_what_is_left(gil_python):
    with python_checker(gil_python, 0, 1, before=MAIN_WAITS) as process:
        ask_and_die(process)
        left = folders_of(process.pid)
        tool = subprocess.Popen([TOOLS / "tool_exec", str(process.pid), CODE, "--wait", "60000"],
                                stdout=subprocess.PIPE)
        wait_until(lambda: set(left).isdisjoint(folders_of(process.pid)), 60, "the next has taken over")
        go_on(process)
        told = json.loads(tool.communicate(timeout=60)[0])
        assert told["done"], told
        assert folders_of(process.pid) == []
        end_well(process)
