"""`holdfast run`: programs do what they would do without it, and the capture says what they allocated."""
import json
import os
import signal
import subprocess

import pytest

from tests.e2e.targets import PROGRAM


@pytest.fixture
def gil_python(python):
    if python.free_threaded:
        pytest.skip("free-threaded builds run untraced: test_free_threaded")
    return python


# Lines are looked up by their text, so that scripts may be changed.
LEAK = """
def keep(n):
    return [bytes(1000 + i % 7) for i in range(n)]  # kept
def drop(n):
    x = [bytearray(3000) for i in range(n)]  # dropped
    del x
    for i in range(n):
        bytearray(5000)  # temporary
held = keep(10_000)
drop(10_000)
"""


def run(folder, *words, capture="a.hftrace", **options):
    return subprocess.run([PROGRAM, "run", "-o", str(folder / capture), *map(str, words)], cwd=folder, timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def summary(folder, capture="a.hftrace"):
    """Lines that ever allocated, with all their numbers."""
    done = subprocess.run([PROGRAM, "summary", str(folder / capture), "--top", "100000", "--total", "--json", "-"],
                          timeout=60, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def script(folder, text, name="script.py"):
    path = folder / name
    path.write_text(text)
    return path


def line_of(path, mark):
    lines = [n for n, line in enumerate(path.read_text().splitlines(), 1) if line.endswith("# " + mark)]
    assert len(lines) == 1
    return lines[0]


def at(report, path, mark):
    """The numbers of a line of a script, over all functions on it."""
    sums = {}
    for row in report["lines"]:
        if row["kind"] == "line" and row["file"] == str(path) and row["line"] == line_of(path, mark):
            for measure, count in row["all"].items():
                old = sums.get(measure, (0, 0))
                sums[measure] = old[0] + count["bytes"], old[1] + count["blocks"]
    return sums


def test_numbers_of_known_blocks(gil_python, tmp_path):
    path = script(tmp_path, LEAK)
    done = run(tmp_path, gil_python.path, path)
    assert done.returncode == 0 and done.stdout == "", done.stderr
    assert "a.hftrace has the run" in done.stderr and "# dropped" not in done.stderr
    report = summary(tmp_path)
    kept = 10_000 * 1033 + sum(i % 7 for i in range(10_000))  # a bytes object has 33 bytes beside its data
    line = at(report, path, "kept")
    assert kept <= line["live"][0] <= kept + 100_000 and line["peak"] == line["live"]  # and the list's own
    dropped = at(report, path, "dropped")
    assert dropped.get("live", (0, 0))[0] <= 1000 and dropped["peak"][1] >= 20_000
    size = int(subprocess.run([gil_python.path, "-c", "import sys; print(sys.getsizeof(bytearray(3000)))"], check=True,
                              stdout=subprocess.PIPE).stdout)  # from 3.15 on its data is an object
    assert 10_000 * size <= dropped["peak"][0] <= 10_000 * (size + 16) + 100_000
    temporary = at(report, path, "temporary")
    assert temporary["temporary"][1] >= 19_990 and temporary["peak"][0] <= 6000
    assert report["peak"] == report["all"]["peak"]["bytes"]
    assert report["processes"][0]["python"] >> 16 == gil_python.version[0] << 8 | gil_python.version[1]
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".holdfast")]


@pytest.mark.parametrize("words, status", [(["-c", "import sys; sys.exit(7)"], 7), (["-c", "1/0"], 1),
                                           (["-c", "import os; os._exit(9)"], 9)])
def test_exit_status(any_python, words, status, tmp_path):
    plain = subprocess.run([any_python.path, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    done = run(tmp_path, any_python.path, *words)
    assert plain.returncode == done.returncode == status
    assert done.stdout == plain.stdout and done.stderr.startswith(plain.stderr)
    assert "cut-off" not in summary(tmp_path)["processes"][0]["flags"]


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL", "SIGTERM"])
def test_a_killed_program(any_python, name, tmp_path):
    path = script(tmp_path, LEAK + "import os, signal\nos.kill(os.getpid(), signal.%s)\n" % name)
    done = run(tmp_path, any_python.path, path)
    assert done.returncode == -getattr(signal, name)
    report = summary(tmp_path)
    assert report["processes"][0]["flags"].count("cut-off") == 1
    assert at(report, path, "kept")["live"][0] > 10_000_000
    for command in "summary", "table", "stats":
        told = subprocess.run([PROGRAM, command, str(tmp_path / "a.hftrace")], stdout=subprocess.PIPE, text=True,
                              check=True)
        assert told.stdout.count("ended by a signal") == 1, told.stdout


FAMILY = """
import os, subprocess, sys
def hold(n):
    return bytearray(n)  # held
if sys.argv[1:] == ["child"]:
    x = hold(30_000_000)
elif sys.argv[1:] == ["exec"]:
    x = hold(1_000_000)
    os.execv(sys.executable, [sys.executable, __file__, "child"])
else:
    x = hold(20_000_000)
    pid = os.fork()
    if not pid:
        y = hold(10_000_000)
        import time; time.sleep(0.5)
        os._exit(0)
    os.waitpid(pid, 0)
    subprocess.run(["sh", "-c", '"$0" "$1" child', sys.executable, __file__], check=True)
    subprocess.run([sys.executable, __file__, "exec"], check=True)
"""


def test_fork_spawn_and_exec(gil_python, tmp_path):
    path = script(tmp_path, FAMILY)
    done = run(tmp_path, gil_python.path, path)
    assert done.returncode == 0, done.stderr
    report = summary(tmp_path)
    peaks = sorted(process["peak"] // 1_000_000 for process in report["processes"])
    assert len(peaks) == 5 and peaks[0] < 10 <= peaks[1] < 19 and 20 <= peaks[2] < 29 and 30 <= peaks[3] <= peaks[4] < 39
    pids = {process["pid"] for process in report["processes"]}
    assert len(pids) == 4  # exec keeps it
    starts = [process["start"] for process in report["processes"]]
    assert starts == sorted(starts)  # a child is done before its parent is
    first = report["processes"][0]
    assert sum("parent" in process for process in report["processes"]) >= 3 and "parent" not in first  # not: the shell's
    assert report["peak"] >= 50_000_000  # of the first and its child by way of a shell
    held = at(report, path, "held")
    assert held["live"][0] >= 20_000_000 + 10_000_000 + 2 * 30_000_000 + 1_000_000


LATE = """
import os, time
def hold(n):
    return bytearray(n)
x = hold(20_000_000)
time.sleep(2.5)  # the folder of the run is not read while nothing comes into it
pid = os.fork()
if not pid:
    y = hold(30_000_000)
    time.sleep(1)
    os._exit(0)
os.waitpid(pid, 0)
"""


def test_a_child_that_comes_late_is_followed_while_it_runs(gil_python, tmp_path):
    assert run(tmp_path, gil_python.path, script(tmp_path, LATE)).returncode == 0
    report = summary(tmp_path)
    assert len(report["processes"]) == 2 and report["peak"] >= 50_000_000  # which is known of what runs at once only


PROGRAMS = """
import os, sys, time
kept = bytearray(3_000_000 * int(sys.argv[1]))
time.sleep(0.4)  # so that it is seen
if sys.argv[1] != "4":
    os.execv(sys.executable, [sys.executable, __file__, str(int(sys.argv[1]) + 1)])
"""


def test_a_process_that_runs_one_program_after_the_other(any_python, tmp_path):
    path = script(tmp_path, PROGRAMS)
    done = run(tmp_path, any_python.path, path, "1")
    assert done.returncode == 0 and "left" not in done.stderr
    report = summary(tmp_path)
    assert len({process["pid"] for process in report["processes"]}) == 1
    assert [process["peak"] // 3_000_000 for process in sorted(report["processes"], key=lambda p: p["start"])] == [1, 2, 3, 4]


THREADS = """
import threading
def work(i):
    for k in range(200):
        x = [bytes(500 + k) for k in range(100)]  # worked
    kept[i] = bytearray(100_000)  # kept
kept = [None] * 40
for round in range(5):
    threads = [threading.Thread(target=work, args=(i,)) for i in range(40)]
    for t in threads: t.start()
    for t in threads: t.join()
"""


def test_threads(gil_python, tmp_path):
    path = script(tmp_path, THREADS)
    assert run(tmp_path, gil_python.path, path).returncode == 0
    report = summary(tmp_path)
    worked = at(report, path, "worked")
    kept_frame = 3000 if gil_python.version < (3, 11) else 0  # a code keeps the frame of its last call
    assert worked["total"][1] >= 5 * 40 * 200 * 100 and worked["live"][0] < 1000 + kept_frame
    assert 40 * 100_000 <= at(report, path, "kept")["live"][0] < 40 * 101_000


def test_ways_to_name_a_program(any_python, tmp_path):
    folder = os.path.dirname(any_python.path)
    environment = {**os.environ, "PATH": "%s:%s" % (tmp_path, os.environ["PATH"])}
    os.symlink(any_python.path, tmp_path / "python3")
    path = script(tmp_path, "import sys; print(sys.argv)")
    done = run(tmp_path, "script.py", "-o", "b", "--help", env=environment)
    assert done.returncode == 0 and done.stdout == "['script.py', '-o', 'b', '--help']\n", (folder, path, done.stderr)
    done = run(tmp_path, "-m", "script", "-c", "x", env=environment)
    assert done.stdout.endswith("script.py', '-c', 'x']\n")
    done = run(tmp_path, "-c", "import sys; print(sys.argv)", "-m", "", env=environment)
    assert done.stdout == "['-c', '-m', '']\n"
    done = run(tmp_path, "sh", "-c", "exec python3 script.py a", env=environment)
    assert done.returncode == 0 and done.stdout == "['script.py', 'a']\n"
    assert len(summary(tmp_path)["processes"]) == 1


MAPS = """
import mmap
def hold(n):
    return mmap.mmap(-1, n, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # mapped
kept = hold(30_000_000)
gone = hold(50_000_000)
gone.close()
kept.resize(40_000_000)  # resized
"""


def test_mappings(gil_python, tmp_path):
    path = script(tmp_path, MAPS)
    assert run(tmp_path, gil_python.path, path).returncode == 0
    report = summary(tmp_path)
    mapped = at(report, path, "mapped")
    assert mapped["total"][0] >= 80_000_000 and mapped["live"][0] < 1000
    assert 40_000_000 <= at(report, path, "resized")["live"][0] < 40_000_500 # with the object, where it was recycled
    assert 80_000_000 <= report["peak"] < 90_000_000


RESERVED = """
import mmap
def reserve(n, more):
    return mmap.mmap(-1, n, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | more)  # mapped
kept = reserve(30_000_000, 0)
reserved = reserve(1 << 30, 0x4000)  # MAP_NORESERVE
reserved[:1000] = bytes(1000)
reserved.close()
again = reserve(1 << 30, 0x4000)
"""


def test_address_space_is_no_memory(gil_python, tmp_path):
    path = script(tmp_path, RESERVED)
    assert run(tmp_path, gil_python.path, path).returncode == 0
    report = summary(tmp_path)
    assert 30_000_000 <= at(report, path, "mapped")["live"][0] < 30_010_000 and report["peak"] < 40_000_000
    assert "reserved" in report["processes"][0]["flags"]
    told = subprocess.run([PROGRAM, "summary", tmp_path / "a.hftrace"], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert "MAP_NORESERVE" in told
    assert run(tmp_path, gil_python.path, "-c", "x = 1").returncode == 0
    assert "reserved" not in summary(tmp_path)["processes"][0]["flags"]


def test_allocators_that_are_replaced(gil_python, tmp_path):
    """-X dev and PYTHONMALLOC put others in place while the interpreter starts; tracemalloc wraps ours."""
    path = script(tmp_path, LEAK)
    for options in ["-X", "dev"], ["-X", "tracemalloc"]:
        assert run(tmp_path, gil_python.path, *options, path).returncode == 0
        report = summary(tmp_path)
        assert at(report, path, "kept")["live"][0] > 10_000_000 and "hook-lost" not in report["processes"][0]["flags"]
        assert report["peak"] < 100_000_000
    # A sample of almost nothing sees it, too: hooks are put back without a block that is noted.
    done = subprocess.run([PROGRAM, "run", "--sample", "1G", "-o", "a.hftrace", gil_python.path, "-X", "dev", path], cwd=tmp_path)
    assert done.returncode == 0 and "hook-lost" not in summary(tmp_path)["processes"][0]["flags"]
    environment = {**os.environ, "PYTHONMALLOC": "malloc"}
    assert run(tmp_path, gil_python.path, path, env=environment).returncode == 0
    assert 10_000_000 < at(summary(tmp_path), path, "kept")["live"][0] < 11_000_000


DEEP = """
import sys
sys.setrecursionlimit(5000)
def down(n):
    x = [n, n + 1, n + 2]  # deep
    return down(n - 1) if n else bytearray(1_000_000)  # end
for i in range(20):
    y = down(2000)
"""


def test_deep_stacks(gil_python, tmp_path):
    path = script(tmp_path, DEEP)
    done = run(tmp_path, gil_python.path, path)
    assert done.returncode == 0, done.stderr
    report = summary(tmp_path)
    assert at(report, path, "deep")["total"][1] >= 2000 and "far-callers" in report["processes"][0]["flags"]
    assert at(report, path, "end")["total"][0] >= 20_000_000


def test_no_python(tmp_path):
    done = run(tmp_path, "sh", "-c", "echo out; echo err >&2; exit 5")
    assert done.returncode == 5 and done.stdout == "out\n"
    assert done.stderr == ("err\nholdfast: no Python ran that could be traced (programs that are linked statically, or "
                           "lose LD_PRELOAD, cannot)\n")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("name, status, why", [("no-such-program", 127, "No such file or directory"),
                                               ("no_such_script.py", 127, "No such file or directory"),
                                               ("/etc", 126, "Permission denied")])
def test_what_cannot_be_run_leaves_nothing(tmp_path, name, status, why):
    done = run(tmp_path, name)
    assert done.returncode == status and done.stdout == ""
    assert done.stderr == "holdfast: cannot run '%s': %s\n" % (name, why)
    assert not os.listdir(tmp_path)


def test_a_limit_of_file_sizes_ends_no_program(any_python, tmp_path):
    done = run(tmp_path, "sh", "-c", 'ulimit -f 1000; exec "$0" -c "print(1)"', any_python.path)
    assert done.returncode == 0 and done.stdout == "1\n"
    assert done.stderr.startswith("holdfast: no Python ran that could be traced")


def test_unwritable_output(any_python, tmp_path):
    done = subprocess.run([PROGRAM, "run", "-o", "/no/such/folder/x", any_python.path, "-c", "print(1)"], cwd=tmp_path,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3 and done.stdout == "" and "/no/such/folder/x" in done.stderr


def test_signals_are_passed_on(any_python, tmp_path):
    path = script(tmp_path, "import signal, sys, time\n"
                            "signal.signal(signal.SIGTERM, lambda *_: sys.exit(11))\n"
                            "print('ready', flush=True)\n"
                            # a signal just before one long sleep would be handled after it
                            "for _ in range(600): time.sleep(0.1)\n")
    runner = subprocess.Popen([PROGRAM, "run", "-o", "a.hftrace", any_python.path, path], cwd=tmp_path,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert runner.stdout.readline() == "ready\n"
    runner.terminate()
    assert runner.wait(60) == 11
    runner.communicate()
    assert summary(tmp_path)["processes"][0]["flags"].count("cut-off") == 0


def test_the_environment_and_the_shell_see_no_difference(any_python, tmp_path):
    code = ("import os, resource, signal; print(resource.getrlimit(resource.RLIMIT_CORE), oct(os.umask(0)), "
            "signal.getsignal(signal.SIGPIPE), sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])), "
            "sorted(os.listdir('/proc/self/fd')))")
    plain = subprocess.run([any_python.path, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, text=True, umask=0o027)
    done = run(tmp_path, any_python.path, "-c", code, umask=0o027)
    assert done.stdout == plain.stdout


def test_what_the_agent_shows():
    """Its symbols are those that it stands in for and what a program may ask of it, and it loads in a C library from 2014."""
    agent = os.path.join(os.path.dirname(os.path.realpath(PROGRAM)), "holdfast-agent.so")
    names = subprocess.run(["nm", "-D", agent], check=True, stdout=subprocess.PIPE, text=True).stdout
    shown = {line.split()[2] for line in names.splitlines() if line.split()[-2] in ("T", "W", "D", "B", "i")}
    assert shown == {"malloc", "free", "calloc", "realloc", "reallocarray", "posix_memalign", "aligned_alloc",
                     "memalign", "valloc", "pvalloc", "mmap", "mmap64", "munmap", "mremap", "_exit", "_Exit",
                     "dlclose", "holdfast_agent"}
    versions = {line.split("@GLIBC_")[1] for line in names.splitlines() if "@GLIBC_" in line}
    assert max(tuple(map(int, version.split("."))) for version in versions) <= (2, 17)




def test_a_run_that_is_killed_is_recovered(any_python, tmp_path):
    """The program goes on; the next run makes a capture of what it has left, once it has ended."""
    path = script(tmp_path, LEAK + "print('ready', flush=True)\nimport sys; sys.stdin.read()\n")
    runner = subprocess.Popen([PROGRAM, "run", "-o", "a.hftrace", any_python.path, path], cwd=tmp_path,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert runner.stdout.readline() == b"ready\n"
    runner.kill()
    runner.wait(60)
    done = run(tmp_path, any_python.path, "-c", "print(2)", capture="b.hftrace")
    assert done.returncode == 0 and "earlier run" not in done.stderr and not (tmp_path / "a.hftrace.left").exists()
    runner.stdin.close()
    assert runner.stdout.read() == b""  # closed when the program has ended
    done = run(tmp_path, any_python.path, "-c", "print(2)", capture="b.hftrace")
    assert done.stdout == "2\n" and "holdfast: an earlier run was killed" in done.stderr
    report = summary(tmp_path, "a.hftrace.left")
    assert len(report["processes"]) == 1 and at(report, path, "kept")["live"][0] > 10_000_000
    assert 0 < report["length"] < 3600
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".holdfast")]


def test_folders_of_others_are_left_alone(any_python, tmp_path):
    folder = tmp_path / ".holdfast-run-abcdef"
    folder.mkdir(mode=0o755)
    (folder / "1-0.state").write_bytes(b"x")
    os.symlink("/etc", tmp_path / ".holdfast-run-ghijkl")
    assert run(tmp_path, any_python.path, "-c", "1").returncode == 0
    assert (folder / "1-0.state").read_bytes() == b"x" and os.path.islink(tmp_path / ".holdfast-run-ghijkl")


STOLEN = """
import ctypes
class Allocator(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("ctx", "malloc", "calloc", "realloc", "free")]
def keep(n):
    return [bytes(1000) for i in range(n)]  # seen
held = keep(1000)
raw = Allocator()
ctypes.pythonapi.PyMem_GetAllocator(0, ctypes.byref(raw))
old = Allocator()
ctypes.pythonapi.PyMem_GetAllocator(2, ctypes.byref(old))
ctypes.pythonapi.PyMem_SetAllocator(2, ctypes.byref(%s))
import os
os._exit(0)
"""


def test_a_hook_that_is_taken_away_is_told(gil_python, tmp_path):
    path = script(tmp_path, STOLEN % "raw")
    environment = {**os.environ, "PYTHONMALLOC": "malloc"}  # so that either may free what the other gave
    assert run(tmp_path, gil_python.path, path, env=environment).returncode == 0
    report = summary(tmp_path)
    assert report["processes"][0]["flags"].count("hook-lost") == 1 and at(report, path, "seen")["live"][0] >= 1_033_000
    assert run(tmp_path, gil_python.path, script(tmp_path, STOLEN % "old")).returncode == 0
    assert "hook-lost" not in summary(tmp_path)["processes"][0]["flags"]


def test_tracemalloc_that_starts_and_stops(gil_python, tmp_path):
    path = script(tmp_path, "import tracemalloc\ntracemalloc.start()\na = bytes(1_000_000)  # during\n"
                            "assert tracemalloc.get_traced_memory()[0] >= 1_000_000\ntracemalloc.stop()\n"
                            "b = bytes(2_000_000)  # after\n")
    done = run(tmp_path, gil_python.path, path)
    assert done.returncode == 0, done.stderr
    report = summary(tmp_path)
    assert at(report, path, "during")["live"][0] >= 1_000_000 and at(report, path, "after")["live"][0] >= 2_000_000
    assert "hook-lost" not in report["processes"][0]["flags"]


def test_free_threaded_builds_run_untraced(python, tmp_path):
    if not python.free_threaded:
        pytest.skip("this build has a GIL")
    path = script(tmp_path, LEAK + "print(len(held))\n")
    done = run(tmp_path, python.path, path)
    assert done.returncode == 0 and done.stdout == "10000\n"
    report = summary(tmp_path)
    assert {"no-stacks", "no-objects", "reserved"} <= set(report["processes"][0]["flags"])
    assert "its objects are not counted" in done.stderr
    assert report["peak"] < 100_000_000  # not the gigabyte of addresses that its allocator reserves


FORKS = """
import os
def hold(n):
    return bytearray(n)  # held
def grow(depth):
    pids = []
    for i in range(6 if depth else 0):
        pid = os.fork()
        if not pid:
            x = hold(100_000)
            grow(depth - 1)
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        assert os.waitpid(pid, 0)[1] == 0
grow(3)
"""


def test_a_storm_of_forks(gil_python, tmp_path):
    path = script(tmp_path, FORKS)
    assert run(tmp_path, gil_python.path, path).returncode == 0
    report = summary(tmp_path)
    children = 6 + 36 + 216
    assert len(report["processes"]) == 1 + children
    assert at(report, path, "held")["total"][0] >= children * 100_000
    assert not [process for process in report["processes"] if "cut-off" in process["flags"]]


SIGNALS = """
import signal
count = 0
def handle(*_):
    global count
    count += 1
    kept.append(bytes(1000))  # handled
kept = []
signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
while count < 100:
    x = [bytes(700) for i in range(100)]  # interrupted
signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_signal_handlers(gil_python, tmp_path):
    path = script(tmp_path, SIGNALS)
    assert run(tmp_path, gil_python.path, path).returncode == 0
    report = summary(tmp_path)
    assert at(report, path, "handled")["live"][0] >= 100 * 1033
    assert at(report, path, "interrupted")["total"][1] > 100 and report["processes"][0]["dropped"] == 0


def test_memory_that_runs_out(gil_python, tmp_path):
    """A program that may have so many bytes of addresses meets its own MemoryError, and goes on."""
    path = script(tmp_path, "held = []\ntry:\n    while True:\n        held.append(bytearray(50_000_000))  # taken\n"
                            "except MemoryError:\n    print(len(held))\n")
    done = run(tmp_path, "sh", "-c", 'ulimit -v 3000000; exec "$0" "$1"', gil_python.path, path)
    assert done.returncode == 0, done.stderr
    count = int(done.stdout)
    assert count > 10
    report = summary(tmp_path)
    dropped = report["processes"][0]["dropped"]  # where the agent had no memory either, which it says
    assert dropped < 10
    assert (count - dropped) * 50_000_000 <= at(report, path, "taken")["live"][0] <= count * 50_000_100 + 10_000


def memory_group(name):
    """The folder of a fresh memory cgroup, or why there is none."""
    for root in "/sys/fs/cgroup/memory", "/sys/fs/cgroup":
        limit = "memory.limit_in_bytes" if root.endswith("memory") else "memory.max"
        folder = os.path.join(root, name)
        try:
            os.mkdir(folder)
        except OSError:
            continue
        if os.path.exists(os.path.join(folder, limit)):
            return folder, limit
        os.rmdir(folder)
    pytest.skip("no memory cgroup can be made here")


def test_an_oom_kill_leaves_the_capture(gil_python, tmp_path):
    group, limit = memory_group("holdfast-test-%d" % os.getpid())
    try:
        with open(os.path.join(group, limit), "w") as file:
            file.write("150000000")
        path = script(tmp_path, "held = []\nwhile True:\n    held.append(b'x' * 1_000_000)  # taken\n")
        done = run(tmp_path, "sh", "-c", 'echo $$ >"$0"/cgroup.procs && exec "$1" "$2"', group, gil_python.path, path)
        assert done.returncode == -signal.SIGKILL, done.stderr
        report = summary(tmp_path)
        assert at(report, path, "taken")["live"][0] > 50_000_000 and "cut-off" in report["processes"][0]["flags"]
    finally:
        os.rmdir(group)


RECYCLED = """
def innocent(n):
    for i in range(n):
        x = i * 1.5  # innocent
        y, z, w = [], {}, (i, n)  # innocent-too
def leak(n):
    for i in range(n):
        kept.append(i * 0.5)  # floats
        kept.append([])  # lists
        kept.append((i, n))  # tuples
        kept.append({})  # dicts
        kept.append(slice(i, n))  # slices
kept = []
for k in range(500):
    innocent(200)
    leak(20)
"""


def test_recycled_objects_are_charged_to_who_created_them(gil_python, tmp_path):
    """From 3.13 on CPython tells; before, the capture says that it does not know."""
    path = script(tmp_path, RECYCLED)
    assert run(tmp_path, gil_python.path, path).returncode == 0
    report = summary(tmp_path)
    flagged = "free-lists" in report["processes"][0]["flags"]
    assert flagged == (gil_python.version < (3, 13))
    blocks = live_blocks(report, path)
    if flagged:  # the innocent have asked for what others hold
        assert sum(blocks.values()) >= 49_500
        return
    assert_charged_to_creators(blocks)


def live_blocks(report, path):
    return {mark: at(report, path, mark).get("live", (0, 0))[1]
            for mark in ("floats", "lists", "tuples", "dicts", "slices", "innocent", "innocent-too")}


def assert_charged_to_creators(blocks, inherited=0):
    for mark in "floats", "lists", "tuples", "dicts", "slices":
        assert 9_995 - inherited <= blocks[mark] <= 10_010, (mark, blocks)
    assert blocks["innocent"] <= 110 and blocks["innocent-too"] <= 2200, blocks  # dead, in the free lists


def test_creators_before_3_13_on_request(gil_python, tmp_path):
    path = script(tmp_path, RECYCLED)
    done = run(tmp_path, "--creators", gil_python.path, path)
    assert done.returncode == 0, done.stderr
    report = summary(tmp_path)
    assert "free-lists" not in report["processes"][0]["flags"]
    assert_charged_to_creators(live_blocks(report, path))


def test_creators_of_a_sample(gil_python, tmp_path):
    """A block that is in the sample stands for those that are not, whoever makes an object of it later."""
    path = script(tmp_path, RECYCLED)
    done = run(tmp_path, "--sample", "1K", "--creators", gil_python.path, path)
    assert done.returncode == 0, done.stderr
    report = summary(tmp_path)
    assert "free-lists" not in report["processes"][0]["flags"]
    blocks = live_blocks(report, path)
    for mark in "floats", "lists", "tuples", "dicts", "slices":  # four standard deviations
        assert 7_000 <= blocks[mark] <= 13_000, (mark, blocks)
    assert blocks["innocent"] <= 500 and blocks["innocent-too"] <= 3_500, blocks
    assert "--no-creators" in run(tmp_path, "--creators", "--no-creators", gil_python.path, path).stderr


FORKED = "import os\npid = os.fork()\nif not pid:\n" + "".join("    %s\n" % line for line in RECYCLED.splitlines() if line) + \
    "    os._exit(0)\nassert os.waitpid(pid, 0)[1] == 0\n"


def test_creators_are_told_in_a_child(gil_python, tmp_path):
    path = script(tmp_path, FORKED)
    done = run(tmp_path, "--creators", gil_python.path, path)
    assert done.returncode == 0, done.stderr
    report = summary(tmp_path)
    assert len(report["processes"]) == 2 and "free-lists" not in report["processes"][1]["flags"]
    # Memory that was on free lists at the fork is the parent's: objects made of it count nowhere.
    assert_charged_to_creators(live_blocks(report, path), inherited=100)


def test_creators_leave_a_tracemalloc_that_works_alone(gil_python, tmp_path):
    path = script(tmp_path, "import sys, tracemalloc\nx = [1.5 * i for i in range(1000)]\n"
                            "held = tracemalloc.get_traced_memory()[0]\nassert held > 24_000, held\n")
    done = run(tmp_path, "--creators", gil_python.path, "-X", "tracemalloc", path)
    assert done.returncode == 0, done.stderr
    assert "free-lists" in summary(tmp_path)["processes"][0]["flags"]
    # One that is started later, and stopped, is told of.
    path = script(tmp_path, "import tracemalloc\ntracemalloc.start()\nx = [1.5 * i for i in range(1000)]\n"
                            "tracemalloc.get_traced_memory(), tracemalloc.take_snapshot()\ntracemalloc.stop()\n"
                            "y = [1.5 * i for i in range(1000)]\n")
    done = run(tmp_path, "--creators", gil_python.path, path)
    assert done.returncode == 0, done.stderr
    if gil_python.version[:2] != (3, 12):  # where a stop does not show outside of CPython
        assert "free-lists" in summary(tmp_path)["processes"][0]["flags"]


def test_creators_can_be_left_out_or_taken_away(gil_python, tmp_path):
    path = script(tmp_path, RECYCLED)
    done = subprocess.run([PROGRAM, "run", "--no-creators", "-o", "a.hftrace", gil_python.path, path], cwd=tmp_path)
    assert done.returncode == 0 and "free-lists" in summary(tmp_path)["processes"][0]["flags"]
    path = script(tmp_path, "import tracemalloc\nx = [1.5 * i for i in range(1000)]\ntracemalloc.start()\n"
                            "y = [1.5 * i for i in range(1000)]\n")
    assert run(tmp_path, gil_python.path, path).returncode == 0
    report = summary(tmp_path)["processes"][0]  # from 3.13 on tracemalloc takes the only place
    assert "free-lists" in report["flags"]


SAMPLED = """
import os
def leak():
    kept.append([bytes(20 + i % 90) for i in range(12_000)])  # small
    kept.append([{i: i} for i in range(4000)])  # dicts
    kept.append([bytes(20_000) for i in range(60)])  # large
    kept.append([bytearray(600 + i) for i in range(1500)])  # native-too
    grown = []
    for i in range(100_000):
        grown.append(None)  # grown
    kept.append(grown)
    for i in range(20_000):
        x = [None] * 50  # dropped
kept = []
for i in range(10):
    pid = os.fork()
    if not pid:
        leak()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""


def test_samples_are_unbiased(gil_python, tmp_path):
    """Ten processes, each with its own seed, against the same program with every block noted."""
    path = script(tmp_path, SAMPLED)
    assert run(tmp_path, gil_python.path, path, capture="exact.hftrace").returncode == 0
    mean = 32 << 10
    done = subprocess.run([PROGRAM, "run", "--sample", "32K", "-o", "a.hftrace", gil_python.path, path], cwd=tmp_path,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    exact, sampled = summary(tmp_path, "exact.hftrace"), summary(tmp_path)
    assert sampled["mode"] == "sampled" and sampled["sample_bytes"] == mean and exact["mode"] == "exact"
    for mark, measure in [(mark, measure) for mark in ("small", "dicts", "large", "native-too", "grown")
                          for measure in ("live", "total")] + [("dropped", "total"), ("dropped", "temporary")]:
        true, estimate = at(exact, path, mark)[measure], at(sampled, path, mark)[measure]
        assert true[0] > 1_000_000, (mark, measure, true)
        # The variance is below this, and a normal variable is so far off in one case of 150,000.
        assert abs(true[0] - estimate[0]) <= 4.5 * (mean * true[0]) ** 0.5, (mark, measure, true, estimate)
    small = at(exact, path, "small")["live"][1], at(sampled, path, "small")["live"][1]
    assert abs(small[0] - small[1]) <= 0.35 * small[0], small
    assert at(sampled, path, "dropped").get("live", (0, 0))[0] <= 20 * mean
    table = subprocess.run([PROGRAM, "table", "a.hftrace"], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True)
    assert "GIVE OR TAKE" in table.stdout


IMPORTING = """
def need():
    import large  # import
    return large
kept = need()
"""


@pytest.mark.parametrize("by", ["line", "function", "file", "stack"])
def test_imports_count_at_the_line_that_imports(any_python, tmp_path, by):
    path = script(tmp_path, IMPORTING)
    script(tmp_path, "rows = [bytes(1000) for _ in range(1000)]  # rows\n" + "".join(
        "def f%d(x):\n    return {'a%d': x, 'b': [x, %d, 'text %d']}\n" % (i, i, i, i) for i in range(3000)), "large.py")
    done = run(tmp_path, any_python.path, path)
    assert done.returncode == 0 and "importlib" not in done.stderr

    def table(*options):
        told = subprocess.run([PROGRAM, "table", tmp_path / "a.hftrace", "--by", by, "--leaks", "--top", "1000000", "--json", "-", *options],
                              check=True, stdout=subprocess.PIPE, text=True, timeout=60)
        return json.loads(told.stdout)

    plain, hidden = table(), table("--hide-imports")
    assert plain["chosen"] == hidden["chosen"] == {name: sum(row["chosen"][name] for row in hidden["lines"]) for name in ("bytes", "blocks")}

    def held(report, function):
        return sum(row["chosen"]["bytes"] for row in report["lines"] if row.get("file") == str(path) and (by == "file" or row["function"] == function))

    code = held(hidden, "need") - held(plain, "need")
    assert code > 1_000_000  # the code of 3,000 functions
    moved = [row for row in plain["lines"] if "importlib" in (row.get("file") or "")]
    assert code <= sum(row["chosen"]["bytes"] for row in moved)
    assert not [row for row in hidden["lines"] if (row.get("file") or "").startswith("<frozen importlib._bootstrap")]
    rows = [row for row in hidden["lines"] if (row.get("file") or "").endswith("large.py")]
    assert sum(row["chosen"]["bytes"] for row in rows) > 1_000_000  # what a module asks for by itself stays its own
    if by == "stack":
        assert not any("importlib" in frame["file"] for row in hidden["lines"] for frame in row.get("stack", [])[1:] if row.get("function") == "need")
        assert any([frame["function"] for frame in row["stack"]] == ["<module>", "need", "<module>"] for row in rows)
