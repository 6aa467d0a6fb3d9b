"""exec beside what the process does meanwhile of its own."""
import os
import signal
import time

import pytest

from tests.e2e.asking import folders_of, start, wait_until_asked, wait_until_it_reads
from tests.e2e.targets import await_line, target, tell
from tests.pythons import every_minor


def pytest_generate_tests(metafunc):
    found = [python for python in every_minor() if not python.free_threaded]
    if "gil_python" in metafunc.fixturenames:
        metafunc.parametrize("gil_python", found, ids=str)
    if "ring_python" in metafunc.fixturenames:
        metafunc.parametrize("ring_python", [python for python in found if python.version < (3, 14)], ids=str)


# The main thread waits; meanwhile another adds pending calls.
CALLS = """
import ctypes, os, sys, threading
call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
made = []
kept = call(lambda argument: made.append(1) or 0)
add = ctypes.pythonapi.Py_AddPendingCall
add.argtypes = [call, ctypes.c_void_p]
end, ended = os.pipe()
def other():
    sys.stdin.readline()
    print("ADDED", sum(add(kept, None) == 0 for i in range(%d)), flush=True)
    sys.stdin.readline()
    os.write(ended, b"x")
threading.Thread(target=other).start()
ready()
os.read(end, 1)
for i in range(10000): pass
print("MADE", len(made), flush=True)
sys.stdin.readline()
print("ALIVE", flush=True)
"""


@pytest.mark.parametrize("count", [3, 8, 400])
@pytest.mark.parametrize("served", [False, True], ids=["taken_back", "served"])
def test_its_own_pending_calls_are_made(ring_python, count, served):
    """Some few are put behind the request, many write over its text: then it runs nothing."""
    with target(ring_python, CALLS % count) as process:
        wait_until_it_reads(process, threads=2)
        tool = start(process, "print('served')", "--wait", "60s")
        wait_until_asked(process)
        added = tell(process, "", "ADDED").split()[1]
        by_other = ring_python.version >= (3, 12) # which has come by and served it
        if not served and not by_other:
            tool.send_signal(signal.SIGINT)
            tool.wait(60)
        assert tell(process, "", "MADE").split()[1] == added
        runs = by_other or (served and count < 400)
        if not runs: # nobody would say so
            tool.send_signal(signal.SIGINT)
        said, told = tool.communicate(timeout=60)
        assert (tool.returncode, said) == ((0, "served\n") if runs else (3, "")), told
        tell(process, "", "ALIVE")
        assert start(process, "print('again')", "--wait", "1s").wait(60) in (0, 3)
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
            os._exit(os.getpid() in runs)
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
            tool = start(process, "import __main__, os; __main__.runs.append(os.getpid()); print(os.getpid())")
            said, told = tool.communicate(timeout=60)
            assert (tool.returncode, said) == (0, "%d\n" % process.pid), told
        assert process.poll() is None
        assert folders_of(process.pid) == []


# Looks at all that is run from here on, up to the program's own code.
LOOKS = """
import builtins, sys
builtins.looks = []
def look(frame, event, arg):
    looks.append("" if "__builtins__" in frame.f_globals else "%s %d" % (frame.f_code.co_name, frame.f_lineno))
    frame.f_trace_opcodes = True
    return look
frame = sys._getframe()
while frame.f_back:
    frame.f_trace, frame.f_trace_opcodes = look, True
    frame = frame.f_back
sys.settrace(look)
"""


def test_the_next_request_may_be_served_at_any_moment_of_one(gil_python):
    """Python imports what opens a script, which needs the globals of what runs just then to have builtins."""
    with target(gil_python, "ready()\nwhile True: [i for i in range(100)]") as process:
        said = []
        for code in LOOKS, "import sys; sys.settrace(None); print(len(looks) > 500, sorted(set(looks)))":
            tool = start(process, code)
            said.append(tool.communicate(timeout=60)[0])
            assert tool.returncode == 0
        assert said == ["", "True ['']\n"]


def test_what_the_code_raises_itself_is_not_meant_for_the_program(gil_python):
    with target(gil_python, "ready()\nwhile True: [i for i in range(100)]") as process:
        for code in "raise KeyboardInterrupt", "def f():\n  raise KeyboardInterrupt('x')\nf()":
            tool = start(process, code)
            assert "KeyboardInterrupt" in tool.communicate(timeout=60)[1] and tool.returncode == 1
        time.sleep(0.3)
        assert process.poll() is None
        tool = start(process, "import signal; signal.raise_signal(2)\nfor i in range(1000): pass")
        assert "KeyboardInterrupt" in tool.communicate(timeout=60)[1]
        assert process.wait(60) != 0 # it was meant


def test_a_signal_that_came_meanwhile_is_sent_to_the_program_alone(gil_python):
    """Not to the code that has run, which is at its end: also where another thread gets the lock at once."""
    program = """
import sys, threading, time
sys.setswitchinterval(1e-6)
def other():
    while %d: pass
    time.sleep(600)
threading.Thread(target=other, daemon=True).start()
for i in range(20):
    try:
        if not i:
            ready()
        while True: [i for i in range(100)]
    except KeyboardInterrupt:
        print("INTERRUPTED", i, flush=True)
""" % (gil_python.version < (3, 12)) # later ones let that thread run the code
    with target(gil_python, program) as process:
        for i in range(20):
            tool = start(process, "import signal; signal.raise_signal(2)\nfor i in range(1000): pass")
            assert "KeyboardInterrupt" in tool.communicate(timeout=60)[1]
            await_line(process.stdout, "INTERRUPTED %d" % i)


def test_without_a_free_descriptor(gil_python):
    """`free`: how many are; a request needs two."""
    program = """
import os, resource
def limit(free):
    used = len(os.listdir("/proc/self/fd")) - 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + free, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
os.listdir("/proc/self/fd")
limit(%d)
ready()
while os.read(0, 1):
    for i in range(1000): pass
    print("CAME BY", flush=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))
"""
    for free in 0, 1:
        with target(gil_python, program % free) as process:
            wait_until_it_reads(process)
            tool = start(process, "print('run')", "--wait", "60s")
            wait_until_asked(process)
            tell(process, "", "CAME BY")
            wait_until_it_reads(process)
            tool.send_signal(signal.SIGINT)
            said, told = tool.communicate(timeout=60)
            assert (tool.returncode, said) == (3, "") and "two free descriptors" in told, told
            tool = start(process, "print('run')", "--wait", "60s") # at once
            wait_until_asked(process)
            tell(process, "", "CAME BY")
            said, told = tool.communicate(timeout=60)
            assert (tool.returncode, said) == (0, "run\n"), told
            assert process.poll() is None
