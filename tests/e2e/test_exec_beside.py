"""exec beside what the process does meanwhile of its own."""
import os
import subprocess
import time

import pytest

from tests.e2e.targets import PROGRAM, target, tell, wait_until
from tests.pythons import every_minor

FOLDER = "/dev/shm/.holdfast-exec-%d-"


def pytest_generate_tests(metafunc):
    found = [python for python in every_minor() if not python.free_threaded]
    if "gil_python" in metafunc.fixturenames:
        metafunc.parametrize("gil_python", found, ids=str)
    if "ring_python" in metafunc.fixturenames:
        metafunc.parametrize("ring_python", [python for python in found if python.version < (3, 14)], ids=str)


def start(process, code, *more):
    return subprocess.Popen([PROGRAM, "exec", str(process.pid), "-c", code, *more], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def is_asked(process):
    return any(("/dev/shm/" + name).startswith(FOLDER % process.pid) for name in os.listdir("/dev/shm"))


# The main thread waits; meanwhile another adds pending calls.
CALLS = """
import ctypes, sys, threading
call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
made = []
kept = call(lambda argument: made.append(1) or 0)
add = ctypes.pythonapi.Py_AddPendingCall
add.argtypes = [call, ctypes.c_void_p]
def other():
    sys.stdin.readline()
    print("ADDED", sum(add(kept, None) == 0 for i in range(%d)), flush=True)
    sys.stdin.readline()
thread = threading.Thread(target=other)
ready()
thread.start()
thread.join()
for i in range(10000): pass
print("MADE", len(made), flush=True)
sys.stdin.readline()
print("ALIVE", flush=True)
"""


@pytest.mark.parametrize("count", [3, 15, 400])
@pytest.mark.parametrize("served", [False, True], ids=["taken_back", "served"])
def test_its_own_pending_calls_are_made(ring_python, count, served):
    """Some few are put behind the request, many write over its text: then it runs nothing."""
    with target(ring_python, CALLS % count) as process:
        tool = start(process, "print('served')", "--wait", "3s" if served else "1s")
        wait_until(lambda: is_asked(process))
        time.sleep(0.3)
        added = tell(process, "", "ADDED").split()[1]
        if not served:
            tool.wait(10)
        assert tell(process, "", "MADE").split()[1] == added
        said, told = tool.communicate(timeout=10)
        assert (tool.returncode, said) in ((0, "served\n"), (3, "")), told
        tell(process, "", "ALIVE")
        assert start(process, "print('again')", "--wait", "1s").wait(10) in (0, 3)
        assert process.poll() is None


# All that runs forks, while the main thread waits, or is the one that forks.
FORKS = """
import os, threading, time
runs = []
def fork():
    while True:
        pid = os.fork()
        if pid == 0:
            for i in range(3000): pass
            os._exit(len(runs))
        if os.waitpid(pid, 0)[1]:
            os._exit(9)
        %s
ready()
%s
"""


@pytest.mark.parametrize("main", [False, True], ids=["other", "main"])
def test_children_do_not_run_it(gil_python, main):
    """A child has what its parent is asked for."""
    how = ("time.sleep(0.002)", "fork()") if main else (
        "time.sleep(0.05)", "threading.Thread(target=fork).start()\nwhile True: time.sleep(0.3)")
    with target(gil_python, FORKS % how) as process:
        for _ in range(10):
            tool = start(process, "import __main__, os, sys\n"
                                  "__main__.runs.append(1); print(os.getpid()); sys.stdout.flush(); __main__.runs.pop()")
            said, told = tool.communicate(timeout=30)
            assert (tool.returncode, said) == (0, "%d\n" % process.pid), told
        assert process.poll() is None
        assert not is_asked(process)


def test_what_the_code_raises_itself_is_not_meant_for_the_program(gil_python):
    with target(gil_python, "ready()\nwhile True: [i for i in range(100)]") as process:
        for code in "raise KeyboardInterrupt", "def f():\n  raise KeyboardInterrupt('x')\nf()":
            tool = start(process, code)
            assert "KeyboardInterrupt" in tool.communicate(timeout=30)[1] and tool.returncode == 1
        time.sleep(0.3)
        assert process.poll() is None
        tool = start(process, "import signal; signal.raise_signal(2)\nfor i in range(1000): pass")
        assert "KeyboardInterrupt" in tool.communicate(timeout=30)[1]
        assert process.wait(10) != 0 # it was meant


def test_without_a_free_descriptor(gil_python):
    """`free`: how many are; a request needs two."""
    program = """
import os, resource, signal
def limit(free):
    used = len(os.listdir("/proc/self/fd")) - 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + free, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
os.listdir("/proc/self/fd")
limit(%d)
signal.signal(signal.SIGUSR1, lambda *ignored: resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99)))
ready()
while True: [i for i in range(100)]
"""
    for free in 0, 1:
        with target(gil_python, program % free) as process:
            tool = start(process, "print('run')", "--wait", "500ms")
            said, told = tool.communicate(timeout=20)
            assert (tool.returncode, said) == (3, "") and "two free descriptors" in told, told
            process.send_signal(10)
            tool = start(process, "print('run')")
            said, told = tool.communicate(timeout=20)
            assert said == "run\n" or "another request" in told # for a minute it may be just reading the first
            assert process.poll() is None
