"""exec: code that a live process runs, what it prints, how it ends, what it leaves behind, and what is refused."""
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from tests.e2e.asking import FOLDERS, folders_of, start, wait_until_asked, wait_until_it_reads
from tests.e2e.freezing import TOOLS, is_root, tracer_of
from tests.e2e.targets import (PROGRAM, await_line, clean_environment, holdfast, kill, state_of, target, tell,
                               wait_until)
from tests.pythons import every_minor as every_python

NOBODY = 65534

# Tells at the end of each line of input what there is in it; works meanwhile.
BUSY = """
import gc, os, select, sys, threading
def inventory():
    return [sorted(sys.modules), sorted(vars(sys.modules["__main__"])), os.listdir("/proc/self/fd"),
            sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__, threading.active_count()]
done = 0
def work():
    global done
    while True:
        done += 1
        [i for i in range(100)]
        if done % 1000 == 0 and select.select([0], [], [], 0)[0]:
            line = sys.stdin.readline()
            if not line:
                os._exit(0)
            print("ANSWER", eval(line), flush=True)
left = inventory()
left = inventory()
ready()
work()
"""


# Waits until the test writes a line, for as long as that takes.
READS = "os.read(0, 1)"


def waiting(how, before=""):
    """A program whose main thread waits, and then goes on as BUSY does."""
    return BUSY.replace("ready()\nwork()", before + "\nready()\nbegan = time.monotonic()\n" + how +
                        "\nwaited = time.monotonic() - began\nwork()").replace("import gc", "import time, gc")


def ask(process, question):
    return tell(process, question, "ANSWER").split(" ", 1)[1]


def works_on(process):
    """The program does what it did."""
    before = int(ask(process, "done"))
    wait_until(lambda: int(ask(process, "done")) > before)


def run(process, code, *more, **how):
    return holdfast("exec", process.pid, "-c", code, *more, **how)


def with_gil(found):
    return [python for python in found if not python.free_threaded]


def pytest_generate_tests(metafunc):
    if "gil_python" in metafunc.fixturenames:
        metafunc.parametrize("gil_python", with_gil(every_python()), ids=str)


def test_a_process_runs_code_and_nothing_stays(gil_python):
    with target(gil_python, BUSY) as process:
        answer = run(process, "import sys; print('héllo', __name__, file=sys.stdout); x = 1\n"
                              "print('oops', file=sys.stderr)", expect=0)
        assert answer.stdout == "héllo __main__\n"
        first, *others = answer.stderr.splitlines()
        assert "is asked to run" in first and "stand still for about" in first
        assert "oops" in others
        assert ask(process, "inventory() == left") == "True"
        assert folders_of(process.pid) == []
        assert tracer_of(process.pid) == 0
        works_on(process)


def test_on_every_build(python):
    if python.free_threaded:
        pytest.skip("has no GIL")
    with target(python, BUSY) as process:
        for i in range(3):
            answer = run(process, "print(__import__('sys').version_info[:3], %d)" % i, expect=0)
            assert answer.stdout == "%s %d\n" % (python.version, i)
        assert ask(process, "inventory() == left") == "True"
        works_on(process)


def test_code_changes_the_process(gil_python):
    with target(gil_python, BUSY) as process:
        run(process, "import __main__; __main__.added = [1, 2]", expect=0)
        assert ask(process, "added") == "[1, 2]"


@pytest.mark.parametrize("code, status, said", [
    ("def f():\n    1 / 0\nf()", 1, r"Traceback .*File \"<holdfast exec>\", line 2, in f.*ZeroDivisionError: division"),
    ("1 +* 2", 1, r"SyntaxError: invalid syntax"),
    ("raise SystemExit", 0, ""),
    ("import sys; sys.exit(0)", 0, ""),
    ("import sys; sys.exit(7)", 1, ""),
    ("import sys; sys.exit('no luck')", 1, "no luck"),
    ("raise BaseException('odd')", 1, "BaseException: odd"),
    ("class E(Exception):\n  def __str__(self): return 1 / 0\nraise E", 1, "E"),
    ("raise KeyError('a') from ValueError('b')", 1, "KeyError"),
    ("import sys; sys.stdout = sys.stderr = None; 1 / 0", 1, ""),
    ("import sys; del sys.stdout, sys.stderr", 0, ""),
    ("def f(): f()\nf()", 1, "RecursionError"),
])
def test_however_code_ends_the_program_goes_on(any_python, code, status, said):
    with target(any_python, BUSY) as process:
        answer = run(process, code, expect=status)
        assert re.search(said, answer.stderr, re.DOTALL)
        run(process, "import sys; sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__", expect=0)
        assert ask(process, "inventory()[2:] == left[2:]") == "True"
        works_on(process)


def test_code_that_closes_the_file_of_its_output(any_python):
    """Then nobody hears of its end, and waits until told not to."""
    with target(any_python, BUSY) as process:
        tool = start(process, "import os, __main__; os.closerange(3, 200); __main__.closed = True")
        wait_until(lambda: ask(process, "'closed' in globals()") == "True")
        tool.send_signal(signal.SIGINT)
        assert "the code goes on in process %d" % process.pid in tool.communicate(timeout=60)[1]
        assert ask(process, "inventory()[2:] == left[2:]") == "True"
        works_on(process)


def test_exceptions_are_told_by_each_version(gil_python):
    with target(gil_python, BUSY) as process:
        answer = run(process, "def f():\n    1 / 0\nf()", expect=1)
        assert 'File "<holdfast exec>", line 2, in f' in answer.stderr
        assert "ZeroDivisionError: division by zero" in answer.stderr
        assert "boot" not in answer.stderr
        assert "SyntaxError" in run(process, "if", expect=1).stderr
        assert ask(process, "inventory() == left") == "True" # no module for it either
        works_on(process)


def test_what_the_program_handles_is_not_told(gil_python):
    """It would be the context of what the code raises."""
    handling = BUSY.replace("ready()\nwork()", """
import traceback
try:
    {}["of the program"]
except KeyError as error:
    handled = error
    ready()
    work()
""")
    with target(gil_python, handling) as process:
        said = run(process, "raise ValueError('mine')", expect=1).stderr
        assert "ValueError: mine" in said and "KeyError" not in said and "During handling" not in said
        chain = "try:\n 1 / 0\nexcept ZeroDivisionError:\n try:\n  [][0]\n except IndexError as e:\n  raise OSError('x') from e"
        said = run(process, chain, expect=1).stderr
        assert re.search("ZeroDivisionError.*During handling.*IndexError.*direct cause.*OSError: x", said, re.DOTALL)
        assert "KeyError" not in said
        assert "KeyError" in run(process, "import sys; raise ValueError('b') from sys.exc_info()[1]", expect=1).stderr
        assert ask(process, "handled.__context__") == "None"
        works_on(process)


def test_code_from_a_file_and_from_standard_input(any_python, tmp_path):
    script = tmp_path / "do.py"
    script.write_bytes("# -*- coding: latin-1 -*-\nprint('é')\nraise ValueError\n".encode("latin-1"))
    with target(any_python, BUSY) as process:
        answer = holdfast("exec", process.pid, script, expect=1)
        assert answer.stdout == "é\n"
        assert 'File "%s", line 3' % script in answer.stderr
        said = subprocess.run([PROGRAM, "exec", str(process.pid), "-"], input=b"print(6 * 7)", timeout=30,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert (said.returncode, said.stdout) == (0, b"42\n")
        script.write_bytes(b"x = '\xff'\n")
        assert "SyntaxError" in holdfast("exec", process.pid, script, expect=1).stderr
        script.write_bytes(b"x = 1\0\n")
        assert re.search("null bytes", holdfast("exec", process.pid, script, expect=1).stderr)
        script.write_bytes(b"x = [\n" + b"    'a line of data',\n" * 200_000 + b"]\nprint(len(x))\n")
        assert holdfast("exec", process.pid, script, expect=0).stdout == "200000\n"
        assert ask(process, "inventory()[1:] == left[1:]") == "True" # the codec is a module


def test_megabytes_come_whole(any_python):
    with target(any_python, BUSY) as process:
        answer = run(process, "import sys\nfor i in range(200): sys.stdout.write('%099999d\\n' % i)\n"
                              "sys.stdout.buffer.write(b'raw\\xff')", expect=0)
        lines = answer.stdout.split("\n")
        assert len(lines) == 201 and all(line == "%099999d" % i for i, line in enumerate(lines[:200]))
        assert lines[200].startswith("raw")
        answer = run(process, "import sys\nfor i in range(70): sys.stdout.write('x' * (1 << 20))", expect=0)
        assert len(answer.stdout) == 63 << 20
        assert "%d bytes of output were dropped" % (7 << 20) in answer.stderr
        works_on(process)


def test_json_says_what_the_text_says(any_python, tmp_path):
    with target(any_python, BUSY) as process:
        answer = run(process, "import sys; print('out'); print('err', file=sys.stderr); 1 / 0", "--json", "-",
                     expect=1)
        told = answer.json
        assert told["stdout"] == "out\n" and told["stderr"].startswith("err\nTraceback")
        assert told["outcome"] == "raised" and told["thread"] == process.pid and told["pid"] == process.pid
        assert 0 < told["pause_ms"] and told["stops"] == 1
        file = tmp_path / "told.json"
        answer = run(process, "print('out')", "--json", file, expect=0)
        assert answer.stdout == "out\n"
        assert json.loads(file.read_text())["stdout"] == "out\n"
        assert file.stat().st_mode & 0o777 == 0o600


def test_what_other_threads_print_goes_where_it_went(any_python):
    program = BUSY.replace("ready()\nwork()", """
def chatter():
    n = 0
    while True:
        print("NOISE", flush=True)
        n += 1
import threading, time
threading.Thread(target=chatter, daemon=True).start()
os.write(1, b"READY\\n") # between two lines of the other's
while True: [i for i in range(100)]
""")
    with target(any_python, program) as process:
        code = "import time\nfor i in range(20):\n    print('mine')\n    time.sleep(0.01)"
        seen = []
        pid = os.fork()
        if pid == 0: # reads what the program prints: it would wait else
            while os.read(process.stdout.fileno(), 1 << 16):
                pass
            os._exit(0)
        try:
            seen = run(process, code, expect=0).stdout
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        assert seen == "mine\n" * 20


@pytest.mark.parametrize("how, before", [
    ("lock.acquire(timeout=1.5)", "import threading\nlock = threading.Lock(); lock.acquire()"),
    ("time.sleep(1.5)", ""),
    ("select.select([], [], [], 1.5)", ""),
], ids=["lock", "sleep", "select"])
def test_a_main_thread_that_waits_comes_when_the_wait_ends(gil_python, how, before):
    with target(gil_python, waiting(how, before)) as process:
        answer = run(process, "print('at last')", "--wait", "60s", expect=0)
        assert answer.stdout == "at last\n"
        assert 1.4 < float(ask(process, "waited"))
        works_on(process)


def test_who_does_not_come_is_not_waited_for(gil_python):
    with target(gil_python, waiting(READS, "touched = []")) as process:
        wait_until_it_reads(process)
        answer = run(process, "import __main__; __main__.touched.append(1)", "--wait", "300ms", expect=3)
        assert "did not come to a safe point within 0.3 s: its main thread waits in read" in answer.stderr
        assert "was taken back" in answer.stderr and "will not be" in answer.stderr
        assert folders_of(process.pid) == []
        tool = start(process, "import __main__; __main__.touched.append(2); print(1)", "--wait", "60s")
        wait_until_asked(process)
        tell(process, "")
        assert tool.communicate(timeout=60)[0] == "1\n"
        assert ask(process, "touched") == "[2]"
        works_on(process)


def test_another_thread_runs_it_where_the_version_lets_it(gil_python):
    worker = ("def other():\n    while True: [i for i in range(100)]\n"
              "threading.Thread(target=other, daemon=True).start()")
    with target(gil_python, waiting(READS, worker)) as process:
        wait_until_it_reads(process)
        if gil_python.version < (3, 12):
            answer = run(process, "1", "--wait", "500ms", expect=3)
            assert "no other serves such a request" in answer.stderr
        else:
            told = run(process, "import threading; print(threading.current_thread().name)", "--json", "-",
                       "--wait", "60s", expect=0).json
            assert told["thread"] != process.pid


def test_ctrl_c_takes_it_back(any_python):
    with target(any_python, waiting(READS, "touched = []")) as process:
        wait_until_it_reads(process)
        tool = start(process, "import __main__; __main__.touched.append(1)", "--wait", "60s")
        wait_until_asked(process)
        tool.send_signal(signal.SIGINT)
        assert "taken back" in tool.communicate(timeout=60)[1]
        assert tool.returncode == 3
        assert folders_of(process.pid) == []
        tell(process, "")
        assert ask(process, "touched") == "[]"


def test_signals_are_meant_for_the_program(any_python):
    program = BUSY.replace("ready()\nwork()", """
import signal
def bye(*ignored):
    raise SystemExit(42)
signal.signal(signal.SIGTERM, bye)
try:
    ready()
    work()
except KeyboardInterrupt:
    print("INTERRUPTED", flush=True)
    try:
        work()
    except SystemExit as error:
        os._exit(error.code)
""")
    code = "import os, signal, time; os.kill(os.getpid(), signal.%s); time.sleep(5)"
    with target(any_python, program) as process:
        answer = run(process, code % "SIGINT", expect=1)
        assert "KeyboardInterrupt" in answer.stderr
        await_line(process.stdout, "INTERRUPTED")
        works_on(process)
        assert run(process, code % "SIGTERM").status in (1, 3)
        assert process.wait(60) == 42


def test_a_program_that_ends_meanwhile(any_python):
    with target(any_python, BUSY) as process:
        answer = run(process, "print('last words', flush=True); import os; os._exit(5)", expect=3)
        assert answer.stdout == "last words\n"
        assert "ended, or became another program, while the code ran" in answer.stderr
        assert process.wait(60) == 5
        assert folders_of(process.pid) == []
    with target(any_python, BUSY) as process:
        answer = run(process, "import os; os.execv('/bin/sleep', ['sleep', '100'])", expect=3, timeout=60)
        assert "became another program" in answer.stderr
    with target(any_python, waiting(READS)) as process:
        wait_until_it_reads(process)
        tool = start(process, "1", "--wait", "60s")
        wait_until_asked(process)
        process.kill()
        assert re.search("process %d .*ended" % process.pid, tool.communicate(timeout=60)[1])
        assert tool.returncode == 3
        process.wait()
        assert folders_of(process.pid) == []


def test_two_at_a_time(gil_python):
    with target(gil_python, BUSY) as process:
        tools = [start(process, "print(%d)" % i) for i in range(4)]
        for i, tool in enumerate(tools):
            said, error = tool.communicate(timeout=60)
            # One after the other, or told that another waits, or stops it; never another's output.
            assert (tool.returncode, said) == (0, "%d\n" % i) or (
                tool.returncode == 3 and re.search("waits in it|traced", error)), error
        works_on(process)
        assert ask(process, "inventory() == left") == "True"


def test_what_others_left_long_ago_is_removed(any_python):
    made = []
    def leave(pid, age, *files):
        folder = "/dev/shm/.holdfast-exec-%d-%s" % (pid, "abcdefgh"[len(made)] * 8)
        os.makedirs(folder, 0o700)
        made.append(folder)
        for file in files:
            with open(folder + "/" + file, "wb"):
                pass
        make_older(folder, age)
        return folder
    def make_older(folder, age):
        os.utime(folder, (time.time() - age,) * 2)
    nobody = 1 << 22 # no pid is so large
    script = "code", "out", "boot", "run"
    try:
        with target(any_python, BUSY) as process:
            young, old = leave(nobody, 600, "code"), leave(nobody, 4000, "code")
            old_script, awaited = leave(nobody, 4000, *script), leave(os.getpid(), 4000, *script)
            own, own_script = leave(process.pid, 0, "code", "out", "boot"), leave(process.pid, 0, *script)
            run(process, "pass", expect=0)
            assert os.path.exists(young)
            assert not any(map(os.path.exists, [old, own]))
            # A thread that comes finds the script, and no code.
            assert all(sorted(os.listdir(folder)) == ["boot", "run"] for folder in (old_script, awaited, own_script))
            for folder in old_script, awaited, own_script:
                make_older(folder, 4000)
            run(process, "pass", expect=0)
            assert os.path.exists(awaited)
            assert not any(map(os.path.exists, [old_script, own_script]))
    finally:
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)


def test_stopped_and_traced_processes_are_refused(any_python):
    with target(any_python, BUSY) as process:
        process.send_signal(signal.SIGSTOP)
        wait_until(lambda: state_of(process.pid) == "T")
        assert "it is stopped" in run(process, "1", expect=3).stderr
        process.send_signal(signal.SIGCONT)
        works_on(process)
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.ptrace(0x4206, process.pid, None, None) == 0 # PTRACE_SEIZE
        assert "it is traced already, by process %d" % os.getpid() in run(process, "1", expect=3).stderr


@pytest.mark.skipif(not is_root(), reason="needs root")
def test_set_uid_programs_are_refused(tmp_path):
    python = tmp_path / "python"
    shutil.copy("/usr/bin/python3", python)
    os.chown(python, NOBODY, NOBODY)
    os.chmod(python, 0o4755)
    tmp_path.chmod(0o755)
    with target(str(python), "ready()\nwhile True: pass") as process:
        if not began_with_more_rights(process.pid):
            pytest.skip("set-uid does not work here")
        assert "more rights than who started it" in run(process, "1", expect=3).stderr


def began_with_more_rights(pid):
    """AT_SECURE of a process."""
    with open("/proc/%d/auxv" % pid, "rb") as stream:
        words = memoryview(stream.read()).cast("Q").tolist()
    return dict(zip(words[::2], words[1::2])).get(23)


def meanwhile(process, command):
    """What is said where a command is run between the last look at the process and the stop."""
    tool = TOOLS / "tool_exec"
    said = subprocess.run([tool, str(process.pid), "1", "--before", command], stdout=subprocess.PIPE, timeout=30)
    return json.loads(said.stdout)


# At SIGUSR1 it does as it was told; a file says that this is done.
TURN = BUSY.replace("ready()\nwork()", """
import signal
def turn(*ignored):
    exec(sys.argv[1])
signal.signal(signal.SIGUSR1, turn)
ready()
work()
""")


def test_a_process_that_becomes_another_program_meanwhile(gil_python, tmp_path):
    done = tmp_path / "done"
    other = "open(%r, 'w').close()\nwhile True: pass" % str(done)
    with target(gil_python, TURN, "os.execv(sys.executable, [sys.executable, '-c', %r])" % other) as process:
        told = meanwhile(process, "kill -USR1 %d; while ! test -e %s; do sleep 0.02; done" % (process.pid, done))
        assert "it has become another program meanwhile" in told["error"]
        assert process.poll() is None


@pytest.mark.skipif(not is_root(), reason="needs root")
def test_a_process_that_becomes_a_set_uid_program_meanwhile(any_python, tmp_path):
    other = shutil.copy("/bin/sleep", tmp_path / "sleep")
    os.chown(other, NOBODY, NOBODY)
    os.chmod(other, 0o4755)
    with target(any_python, TURN, "os.execv(%r, ['sleep', '30'])" % str(other)) as process:
        told = meanwhile(process, "kill -USR1 %d; while ! grep -q '^Name:.sleep' /proc/%d/status; do sleep 0.02; done"
                         % (process.pid, process.pid))
        if not began_with_more_rights(process.pid):
            pytest.skip("set-uid does not work here")
        assert "it has become another program meanwhile" in told["error"]


@pytest.mark.skipif(not is_root(), reason="needs root")
def test_a_process_that_changes_its_user_meanwhile(any_python, tmp_path):
    done = tmp_path / "done"
    change = "f = open(%r, 'w'); os.set%%s; f.write('done'); f.close()" % str(done)
    for call in "euid(%d)" % NOBODY, "resuid(%d, %d, %d)" % (NOBODY, NOBODY, NOBODY):
        with target(any_python, TURN, change % call) as process:
            told = meanwhile(process, "kill -USR1 %d; while ! test -s %s; do sleep 0.02; done"
                             % (process.pid, done))
            assert "its user has changed meanwhile" in told["error"]
            if "euid" in call:
                assert "real, effective and saved user differ" in run(process, "1", expect=3).stderr
            assert folders_of(process.pid) == []
            works_on(process)
        done.unlink()


KILL_PROCESS, TRAP, ERRNO, LOG = 0x80000000, 0x00030000, 0x00050001, 0x7FFC0000
CALLS = {"openat": 257, "pwrite64": 18, "fcntl": 72, "rmdir": 84, "ioctl": 16, "clone3": 435, "unused": 250}

# Puts a thread under a filter that answers for one call; the main thread, or one that begins then.
FILTER = """
import ctypes, struct
def stand_under(action, number):
    libc = ctypes.CDLL(None)
    code = b"".join(struct.pack("HBBI", *i) for i in [
        (0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, action), (0x06, 0, 0, 0x7fff0000)])
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, ctypes.create_string_buffer(program)) == 0
"""


def filtered(action, call, how="stand_under(%d, %d)"):
    return BUSY.replace("ready()\nwork()", FILTER + how % (action, CALLS[call]) + "\nready()\nwork()")


@pytest.mark.skipif(not is_root(), reason="only root may read filters")
@pytest.mark.parametrize("action, call", [
    (KILL_PROCESS, "pwrite64"), (TRAP, "rmdir"), (ERRNO, "fcntl"), (KILL_PROCESS, "openat"),
    (KILL_PROCESS, "ioctl"), (KILL_PROCESS, "clone3")])
def test_a_seccomp_filter_that_forbids_what_it_calls_is_not_tried(any_python, action, call):
    with target(any_python, filtered(action, call)) as process:
        answer = run(process, "print(1)", "--wait", "3s", expect=3)
        assert "its seccomp filter does not allow system call %d" % CALLS[call] in answer.stderr
        assert folders_of(process.pid) == []
        works_on(process)


@pytest.mark.skipif(not is_root(), reason="only root may read filters")
def test_a_seccomp_filter_of_another_thread_counts(any_python):
    sleeper = ("import threading, time\nstands = threading.Event()\n"
               "threading.Thread(target=lambda: (stand_under(%d, %d), stands.set(), time.sleep(600)),"
               " daemon=True).start(); stands.wait()")
    with target(any_python, filtered(KILL_PROCESS, "pwrite64", sleeper)) as process:
        assert "does not allow system call 18" in run(process, "1", expect=3).stderr
        works_on(process)


@pytest.mark.skipif(not is_root(), reason="only root may read filters")
@pytest.mark.parametrize("action, call", [(LOG, "pwrite64"), (ERRNO, "clone3"), (KILL_PROCESS, "unused")])
def test_a_seccomp_filter_that_allows_what_it_calls_is_no_hindrance(gil_python, action, call):
    with target(gil_python, filtered(action, call)) as process:
        assert run(process, "print(1)", expect=0).stdout == "1\n"
        works_on(process)


@pytest.mark.skipif(not is_root(), reason="needs root")
def test_filters_that_may_not_be_read(any_python):
    """Refused, unless the tool stands under the same ones: a child of it tries what is called."""
    as_nobody = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    if subprocess.run([*as_nobody, any_python.path, "-c", ""], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("nobody may not run this interpreter")
    forked = FILTER + """
import os, subprocess, sys
action, number, both = map(int, sys.argv[1:4])
stands, say = os.pipe()
if both:
    stand_under(action, number)
child = os.fork()
if not child:
    if not both:
        stand_under(action, number)
    os.write(say, b"x")
    while True: pass
os.read(stands, 1)
code = subprocess.run([sys.argv[4], "exec", str(child), "-c", "print(1)"]).returncode
alive = os.waitpid(child, os.WNOHANG) == (0, 0)
os.kill(child, 9)
sys.exit(100 + code if alive else 99)
"""
    def go(tool, action, call, both):
        return subprocess.run([*as_nobody, any_python.path, "-c", forked, str(action), str(CALLS[call]), str(both),
                               tool], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder: # where every user may run it
        os.chmod(folder, 0o755)
        tool = shutil.copy(PROGRAM, folder)
        said = go(tool, KILL_PROCESS, "unused", 0)
        assert said.returncode == 103 and "may not be read" in said.stderr, said
        said = go(tool, KILL_PROCESS, "unused", 1)
        assert (said.returncode, said.stdout) == (100, "1\n"), said
        for action, call in (KILL_PROCESS, "rmdir"), (ERRNO, "rmdir"):
            said = go(tool, action, call, 1)
            assert said.returncode == 103 and "forbids a system call that running the code needs" in said.stderr, said


def test_builds_without_a_gil_are_refused():
    found = [python for python in every_python() if python.free_threaded]
    if not found:
        pytest.skip("no free-threaded CPython here")
    with target(found[0], BUSY) as process:
        assert "without a GIL" in run(process, "1", expect=3).stderr


def test_a_closed_door_stays_closed(gil_python):
    if gil_python.version < (3, 14):
        pytest.skip("has no such switch")
    for environment, options in ({"PYTHON_DISABLE_REMOTE_DEBUG": "1"}, []), ({}, ["-X", "disable-remote-debug"]):
        process = subprocess.Popen([gil_python.path, *options, "-c", "print('READY', flush=True)\nwhile True: pass"],
                                   stdout=subprocess.PIPE, env=clean_environment(**environment))
        try:
            process.stdout.readline()
            assert "switched off" in run(process, "1", expect=3).stderr
        finally:
            kill(process)


@pytest.mark.skipif(not is_root(), reason="needs root")
def test_between_users(any_python):
    """Root may ask anybody's process; nobody may not ask root's."""
    as_nobody = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    if subprocess.run([*as_nobody, any_python.path, "-c", ""], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("nobody may not run this interpreter")
    process = subprocess.Popen([*as_nobody, any_python.path, "-c", "print('READY', flush=True)\nwhile True: pass"],
                               stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        answer = run(process, "import os; print(os.getuid(), len(os.listdir('/proc/self/fd')))", expect=0)
        assert answer.stdout.split()[0] == str(NOBODY)
        assert run(process, "import os; print(os.getuid(), len(os.listdir('/proc/self/fd')))").stdout == answer.stdout
        assert folders_of(process.pid) == []
    finally:
        kill(process)
    with target(any_python, BUSY) as process:
        said = subprocess.run([*as_nobody, PROGRAM, "exec", str(process.pid), "-c", "1"], stderr=subprocess.PIPE)
        assert said.returncode in (3, 126)
        works_on(process)


@pytest.mark.skipif(not is_root(), reason="needs root")
def test_into_a_container(gil_python):
    """Other namespaces of mounts and pids, with a /dev/shm of its own, and a read-only root."""
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
               'mount -t tmpfs none /dev/shm && mount -o bind,ro / / 2>/dev/null; exec "$@"', "sh",
               gil_python.path, "-c", "import os\nprint('READY', os.getpid(), flush=True)\nwhile True: pass"]
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no namespaces here")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=clean_environment())
    try:
        assert process.stdout.readline().split()[:2] == [b"READY", b"1"]
        children = subprocess.run(["pgrep", "-P", str(process.pid)], stdout=subprocess.PIPE).stdout.split()
        answer = holdfast("exec", int(children[0]), "-c", "import os; print(os.getpid(), os.listdir('/dev/shm'))",
                          expect=0)
        assert answer.stdout == "1 []\n"
    finally:
        kill(process)


@pytest.mark.skipif(not is_root(), reason="needs root")
@pytest.mark.parametrize("options, fits", [
    ("mode=0777", False), ("mode=0775", False), ("mode=1777,uid=4242", False),
    ("mode=1777", True), ("mode=0700,uid=%d" % NOBODY, True)])
def test_no_folder_that_others_can_exchange(any_python, options, fits):
    """Else they would have their code run as the user of the process."""
    as_nobody = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    if subprocess.run([*as_nobody, any_python.path, "-c", ""], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("nobody may not run this interpreter")
    def start(*mounts):
        process = subprocess.Popen(["unshare", "--mount", "sh", "-c", "&&".join([*mounts, 'exec "$@"']), "sh",
                                    *as_nobody, any_python.path, "-c", "print('READY', flush=True)\nwhile True: pass"],
                                   stdout=subprocess.PIPE)
        if process.stdout.readline() != b"READY\n":
            kill(process)
            pytest.skip("no namespaces here")
        return process
    mounts = ["mount -t tmpfs -o %s none %s" % (options, folder) for folder in FOLDERS]
    process = start(*mounts)
    try:
        answer = run(process, "print(1)", expect=0 if fits else 3)
        assert answer.stdout == "1\n" if fits else "let other users exchange what is in them" in answer.stderr
    finally:
        kill(process)
    process = start(mounts[0]) # the next one will do
    try:
        assert run(process, "print(1)", expect=0).stdout == "1\n"
    finally:
        kill(process)


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace")
def test_no_file_is_looked_for_while_threads_stand_still(gil_python, tmp_path):
    """The process may serve the file system itself."""
    trace = tmp_path / "trace"
    with target(gil_python, BUSY) as process:
        for i in range(3): # from the second on there are remains
            subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=ptrace,openat,openat2", PROGRAM, "exec",
                            str(process.pid), "-c", "1"], check=True, stderr=subprocess.DEVNULL, timeout=60)
            lines = trace.read_text().splitlines()
            held, opened = False, 0
            for line in lines:
                if "PTRACE_SEIZE" in line or "PTRACE_DETACH" in line:
                    held = "PTRACE_SEIZE" in line
                if "holdfast-exec" in line or "/dev/shm" in line:
                    opened += 1
                    assert not held, line
            assert opened
        works_on(process)


def test_what_is_no_python(tmp_path):
    process = subprocess.Popen(["sleep", "20"])
    try:
        assert "runs no CPython" in holdfast("exec", process.pid, "-c", "1", expect=3).stderr
    finally:
        kill(process)
    assert "either -c CODE or a FILE" in holdfast("exec", os.getpid(), expect=2).stderr
    assert "either -c CODE or a FILE" in holdfast("exec", os.getpid(), "x.py", "-c", "1", expect=2).stderr
    assert "cannot read" in holdfast("exec", os.getpid(), tmp_path / "none.py", expect=3).stderr
    assert "goes behind -c" in holdfast("exec", os.getpid(), "print(1)", expect=2).stderr
